//! What is kept of a request: one [`Record`], and a [`Chunk`] for each event of
//! its stream. These are the rows of `requests.parquet` and `chunks.parquet`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Nanos, Outcome, Phase};

/// Everything kept of one request. Instants are on `CLOCK_REALTIME`; a value
/// that was not seen is `None`, never zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The number of the request in its trial, in the order in which requests
    /// became due. Unique over all phases.
    pub request: u32,
    /// The row of the workload that it sent; of a warm-up, the row of the
    /// warm-up's own requests.
    pub row: u32,
    /// The phase in which it was due.
    pub phase: Phase,
    /// How it ended.
    pub outcome: Outcome,
    /// What was said about it if it did not end well: the server's words, or
    /// the operating system's.
    pub error: Option<String>,
    /// When it was due: its offset in an open loop, the instant at which its
    /// slot came free in a closed one.
    pub intended: Nanos,
    /// The clock just before the first byte was written.
    pub send_start: Option<Nanos>,
    /// The clock just before the last byte was written (M3).
    pub sent: Option<Nanos>,
    /// The clock just after the last byte was handed to the kernel.
    pub written: Option<Nanos>,
    /// The arrival of the first chunk that bears tokens.
    pub first: Option<Nanos>,
    /// The arrival of the first answer text or tool call, after any reasoning.
    pub first_answer: Option<Nanos>,
    /// The arrival of the last chunk that bears tokens; of a response that is
    /// not streamed, that of its last byte.
    pub last: Option<Nanos>,
    /// The end of the response, or the instant at which it failed.
    pub end: Option<Nanos>,
    /// How long it took to open the connection, if this request had to open
    /// one.
    pub connect: Option<Nanos>,
    /// Whether it went out on a connection that was open already.
    pub reused: bool,
    /// Whether the answer came as a stream of events.
    pub streamed: bool,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Prompt tokens.
    pub input: Counts,
    /// Generated tokens.
    pub output: Counts,
    /// Whether exactly `output.asked` tokens were asked for.
    pub exact: bool,
    /// Prompt tokens that the server says it took from its cache.
    pub cached_tokens: Option<u32>,
    /// Generated tokens that the server says were reasoning.
    pub reasoning_tokens: Option<u32>,
    /// How the tokens of each chunk were found.
    pub token_rule: TokenRule,
    /// Why the server stopped, in its own word: `length`, `stop` …
    pub finish_reason: Option<String>,
    /// Everything generated, in the order of arrival: reasoning, answer, tool
    /// calls. The `text_bytes` of the chunks cut it into pieces.
    pub text: String,
}

impl Record {
    /// The record of a request that was due at `intended`, and of which nothing
    /// else is known: it was never sent.
    pub fn due(request: u32, row: u32, phase: Phase, intended: Nanos) -> Record {
        Record {
            request,
            row,
            phase,
            outcome: Outcome::Unsent,
            error: None,
            intended,
            send_start: None,
            sent: None,
            written: None,
            first: None,
            first_answer: None,
            last: None,
            end: None,
            connect: None,
            reused: false,
            streamed: false,
            status: None,
            input: Counts::default(),
            output: Counts::default(),
            exact: false,
            cached_tokens: None,
            reasoning_tokens: None,
            token_rule: TokenRule::Unknown,
            finish_reason: None,
            text: String::new(),
        }
    }
}

/// One number of tokens, told three ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What was asked for.
    pub asked: Option<u32>,
    /// What the server says.
    pub server: Option<u32>,
    /// What our own tokenizer counts, after the run.
    pub counted: Option<u32>,
}

impl Counts {
    /// The number to use (M4): the server's word first, then our own count.
    /// What was asked is no evidence of what was done.
    pub fn best(self) -> Option<u32> {
        self.server.or(self.counted)
    }
}

/// How the tokens of each chunk of a request were found (M5).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TokenRule {
    /// (a) The server told, chunk by chunk: token ids, or a running count.
    Told,
    /// (b) As many chunks with text as tokens: one each.
    OneEach,
    /// (c) The whole text was tokenised again after the run, with offsets.
    Retokenised,
    /// (d) Unknown: only the total is known, if that.
    #[default]
    Unknown,
}

impl TokenRule {
    /// Every rule, strongest evidence first.
    pub const ALL: [TokenRule; 4] =
        [TokenRule::Told, TokenRule::OneEach, TokenRule::Retokenised, TokenRule::Unknown];

    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            TokenRule::Told => "told",
            TokenRule::OneEach => "one_each",
            TokenRule::Retokenised => "retokenised",
            TokenRule::Unknown => "unknown",
        }
    }

    /// The rule of this name, if there is one.
    pub fn from_name(name: &str) -> Option<TokenRule> {
        TokenRule::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// One event of a response's stream; of a response that is not streamed, its
/// whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What it holds.
    pub kind: ChunkKind,
    /// When it arrived: the stamp of the read that brought its last byte.
    pub received: Nanos,
    /// Who said so.
    pub stamp: StampSource,
    /// The number of that read, from 0, within the request. Events that share
    /// a read can't be told apart in time.
    pub read: u32,
    /// The user-space time of the read before, when the socket was last seen
    /// empty: the true arrival lies between that and `received` (M2).
    pub previous_read: Nanos,
    /// The length of the event on the wire, its border included.
    pub bytes: u32,
    /// Its tokens; `None` where they are unknown.
    pub tokens: Option<u32>,
    /// The length of the generated text in it, in bytes of UTF-8.
    pub text_bytes: u32,
    /// Whether it had a `choices` list that was not empty: some tools count
    /// such chunks, with or without text.
    pub has_choices: bool,
}

impl Chunk {
    /// Whether it bears tokens (M1): known to be more than none, or else some
    /// generated text; and never if it only frames the stream.
    pub fn bears_tokens(&self) -> bool {
        let holds_any = match self.tokens {
            Some(tokens) => tokens > 0,
            None => self.text_bytes > 0,
        };
        holds_any && self.kind.may_bear_tokens()
    }
}

/// What an event of a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChunkKind {
    /// Answer text.
    Text,
    /// Reasoning, in a field of its own.
    Reasoning,
    /// A piece of a tool call.
    ToolCall,
    /// Only who speaks.
    Role,
    /// Choices, but nothing in them.
    Empty,
    /// No text, but the reason for stopping.
    Finish,
    /// No choices, only counts.
    Usage,
    /// An error frame.
    Error,
    /// A comment or a keep-alive line.
    Comment,
    /// The `[DONE]` that ends a stream.
    Done,
    /// Something that can't be read.
    Unreadable,
}

impl ChunkKind {
    /// Every kind.
    pub const ALL: [ChunkKind; 11] = [
        ChunkKind::Text,
        ChunkKind::Reasoning,
        ChunkKind::ToolCall,
        ChunkKind::Role,
        ChunkKind::Empty,
        ChunkKind::Finish,
        ChunkKind::Usage,
        ChunkKind::Error,
        ChunkKind::Comment,
        ChunkKind::Done,
        ChunkKind::Unreadable,
    ];

    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            ChunkKind::Text => "text",
            ChunkKind::Reasoning => "reasoning",
            ChunkKind::ToolCall => "tool_call",
            ChunkKind::Role => "role",
            ChunkKind::Empty => "empty",
            ChunkKind::Finish => "finish",
            ChunkKind::Usage => "usage",
            ChunkKind::Error => "error",
            ChunkKind::Comment => "comment",
            ChunkKind::Done => "done",
            ChunkKind::Unreadable => "unreadable",
        }
    }

    /// The kind of this name, if there is one.
    pub fn from_name(name: &str) -> Option<ChunkKind> {
        ChunkKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether tokens can count as arriving with it (M1). What only frames the
    /// stream never bears any, even where a running count rises at it: that is
    /// the end-of-sequence token, which comes after the last text (M4).
    pub fn may_bear_tokens(self) -> bool {
        matches!(
            self,
            ChunkKind::Text | ChunkKind::Reasoning | ChunkKind::ToolCall | ChunkKind::Empty
        )
    }

    /// Whether it is part of the answer rather than of the thinking before it.
    pub fn is_answer(self) -> bool {
        matches!(self, ChunkKind::Text | ChunkKind::ToolCall)
    }
}

/// Who stamped a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StampSource {
    /// The kernel, when the last segment of the read came in.
    Kernel,
    /// Our own clock, after the read: late by however busy we were.
    User,
}

impl StampSource {
    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            StampSource::Kernel => "kernel",
            StampSource::User => "user",
        }
    }
}

/// Where records go as requests end. It is called from a thread of the
/// client's that is not in the measured path, one request at a time.
pub trait Sink: Send {
    /// Keeps a record and its chunks. An error ends the load: what can't be
    /// kept is not worth measuring.
    fn keep(&mut self, record: &Record, chunks: &[Chunk]) -> Result<(), SinkError>;
}

/// Why a record could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("failed to keep a record")]
pub struct SinkError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Records kept in memory, for tests and short self-measurements.
impl Sink for Vec<(Record, Vec<Chunk>)> {
    fn keep(&mut self, record: &Record, chunks: &[Chunk]) -> Result<(), SinkError> {
        self.push((record.clone(), chunks.to_vec()));
        Ok(())
    }
}

//! Bytes: what answers look like on the wire, in each dialect. Nothing here
//! knows when they leave.

mod error;
mod generate;
mod openai;
mod response;
mod tgi;
mod triton;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use error::{error_body, error_frame, refusal_body};
pub(crate) use generate::Generate;
pub(crate) use openai::Openai;
pub(crate) use response::{LAST_CHUNK, Response, push_http_chunk, stream_head};
pub(crate) use tgi::Tgi;
pub(crate) use triton::Triton;

/// The dialects that the server speaks. It has its own list, since it is to
/// judge a client, not to learn from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// `POST /v1/completions`.
    OpenaiCompletions,
    /// `POST /v1/chat/completions`.
    OpenaiChat,
    /// `POST /generate`.
    SglangGenerate,
    /// `POST /v2/models/MODEL/generate_stream`, or `…/generate`.
    TritonGenerateStream,
    /// `POST /generate_stream`, or `/generate` with `inputs` in its body.
    Tgi,
}

impl Dialect {
    /// Whether its streams end in `[DONE]`.
    pub(crate) fn says_done(self) -> bool {
        !matches!(self, Dialect::TritonGenerateStream | Dialect::Tgi)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::OpenaiCompletions => "openai-completions",
            Dialect::OpenaiChat => "openai-chat",
            Dialect::SglangGenerate => "sglang-generate",
            Dialect::TritonGenerateStream => "triton-generate-stream",
            Dialect::Tgi => "tgi",
        })
    }
}

/// Why an answer ended, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Length,
    Stop,
}

impl Finish {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Finish::Length => "length",
            Finish::Stop => "stop",
        }
    }
}

/// What the server says it counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: u32,
    pub(crate) output: u32,
    /// Tokens of the prompt that were in the prefix cache, where there is one.
    pub(crate) cached: Option<u32>,
}

/// What one event, or a whole answer, is to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    /// The new text; it needs no escaping in JSON.
    pub(crate) text: &'a [u8],
    /// The new tokens.
    pub(crate) ids: &'a [u32],
    pub(crate) finish: Option<Finish>,
    pub(crate) usage: Option<Usage>,
}

/// The JSON objects of one answer. Each call appends one object, without the
/// `data:` before it and the blank line after it. `Send`, so that a server may
/// be bound on one thread and run on another.
pub(crate) trait Frames: Send {
    /// The event that comes before any token; false if the dialect has none.
    fn opening(&mut self, out: &mut Vec<u8>) -> bool;
    /// An event with text, a finish reason, or both.
    fn event(&mut self, said: Said<'_>, out: &mut Vec<u8>);
    /// The event that only holds the usage; false if the dialect has none.
    fn usage(&mut self, usage: Usage, out: &mut Vec<u8>) -> bool;
    /// The body of an answer that isn't streamed.
    fn whole(&mut self, said: Said<'_>, out: &mut Vec<u8>);
}

/// What is fixed for one answer's frames.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    /// A number from which the answer's id is made.
    pub(crate) key: u64,
    /// The model's name, as it stands in JSON, quotes included.
    pub(crate) model: String,
    /// Seconds since the Unix epoch.
    pub(crate) created: i64,
    /// Whether token ids were asked for.
    pub(crate) ids: bool,
    /// The prompt, to be said again where ids were asked for.
    pub(crate) prompt: Vec<u32>,
}

/// Appends `[1,2,3]`.
fn push_ids(out: &mut Vec<u8>, ids: &[u32]) {
    out.push(b'[');
    for (index, id) in ids.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        crate::words::push_decimal(out, u64::from(*id));
    }
    out.push(b']');
}

//! What a tool would have noted of one request, had it read the bytes that we
//! read: when it began, its first token, its gaps, its end, its tokens.
//!
//! Spans are worked out in seconds as floats, as the tools do. Nothing is added
//! up here.

use tokenometer_core::{Chunk, ChunkKind, Nanos, Outcome, Record};
use tokenometer_results::Trial;

use super::View;
use super::eyes::{End, Event, Eyes, Length, Route, Sight};

/// What a tool notes of one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Output {
    /// The number of the request, which is the tool's order.
    pub(super) request: u32,
    /// The row of the workload that it sent.
    pub(super) row: u32,
    /// Whether the tool takes it for a success.
    pub(super) success: bool,
    /// Whether it did what was asked of it, as we see it.
    pub(super) ok: bool,
    /// Why it failed; empty if it did not.
    pub(super) error: String,
    /// When it became due, in seconds since the load began.
    pub(super) due: f64,
    /// When the tool's clock for it starts, likewise.
    pub(super) start: f64,
    /// From there to its first token; 0 if none came.
    pub(super) ttft: f64,
    /// From there to its end; 0 if it failed.
    pub(super) latency: f64,
    /// The gaps between its tokens.
    pub(super) itl: Vec<f64>,
    /// How many events of tokens there were.
    pub(super) events: u32,
    /// The tokens of each event that ends a gap, as far as they are known.
    pub(super) tokens: Vec<Option<u32>>,
    /// The prompt's tokens, as the dataset has them.
    pub(super) prompt_len: Option<u32>,
    /// The prompt's tokens, as the server has them, if the tool asked.
    pub(super) server_prompt_len: Option<u32>,
    /// The tokens that were generated, as the tool has it; `Some(0)` if it
    /// failed.
    pub(super) output_len: Option<u32>,
    /// The tokens that were generated, as the server has it, whether or not
    /// the tool asked.
    pub(super) told: Option<u32>,
    /// What a tokenizer makes of the text.
    pub(super) counted: Option<u32>,
    /// The text that the tool keeps, where it is asked for.
    pub(super) text: String,
}

/// How one tool reads the requests of one trial.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) eyes: Eyes,
    pub(super) view: View,
    /// Whether the tool itself decided what was asked of the server: its rules
    /// were followed.
    pub(super) theirs: bool,
    began: Nanos,
    keeps_text: bool,
}

impl Reading {
    /// How `view` reads the requests of `trial`.
    pub(super) fn of(view: View, trial: &Trial, keeps_text: bool) -> Reading {
        let engine = trial.target.engine.as_ref();
        let writes_as_vllm = ["vllm", "tokenometer-sim"];
        let is_vllm = engine.is_some_and(|engine| writes_as_vllm.contains(&engine.name.as_str()));
        Reading {
            eyes: Eyes::of(view, Route::of(trial.target.dialect), is_vllm),
            view,
            theirs: trial.invocation.rules.is_some_and(|rules| view.is_kin_of(rules)),
            began: began(trial),
            keeps_text,
        }
    }

    /// An instant as the tool's clock has it: seconds since the load began.
    pub(super) fn seconds(&self, instant: Nanos) -> f64 {
        (instant - self.began).as_secs_f64()
    }

    /// What the tool notes of one request.
    pub(super) fn read(&self, record: &Record, chunks: &[Chunk]) -> Output {
        let start = self.seconds(clock_start(record));
        let walk = self.walk(start, chunks);
        let mut output = Output {
            request: record.request,
            row: record.row,
            ok: record.outcome.is_ok(),
            due: self.seconds(record.intended),
            start,
            ttft: walk.first.map_or(0.0, |first| first - start),
            itl: walk.gaps,
            events: walk.events,
            // Only one tool shares gaps out, and these are as many as the gaps.
            tokens: if self.view == View::Sglang0523 { walk.tokens } else { Vec::new() },
            prompt_len: record.input.asked.or(record.input.counted),
            server_prompt_len: record.input.server.filter(|_| self.sees_usage(chunks)),
            output_len: Some(0),
            told: record.output.server,
            counted: record.output.counted,
            ..Output::default()
        };
        output.success = walk.end.is_some()
            && !walk.choked
            && came_whole(record)
            && (walk.first.is_some() || self.eyes.empty_succeeds);
        if output.success {
            output.latency = walk.end.unwrap_or(start) - start;
            output.output_len = self.length(record, chunks, output.events);
            if self.keeps_text {
                output.text = self.text(record, chunks);
            }
        } else {
            output.error = self.failure(record, walk.choked);
        }
        output
    }

    /// Goes through the events in their order.
    fn walk(&self, start: f64, chunks: &[Chunk]) -> Walk {
        let mut walk = Walk { mark: start, ..Walk::default() };
        let mut text = false;
        for chunk in chunks {
            let sight = self.eyes.see(chunk, text, self.theirs);
            text |= chunk.text_bytes > 0;
            let now = self.seconds(chunk.received);
            match sight {
                Sight::Unseen => {}
                Sight::Line => walk.line(now, self.eyes.end),
                Sight::Frame => walk.frame(now, self.eyes.end),
                Sight::Event => walk.event(now, chunk.tokens, self.eyes.event),
                Sight::Choke => {
                    walk.choked = true;
                    break;
                }
            }
        }
        walk
    }

    /// Whether the tool gets to see the server's counts.
    fn sees_usage(&self, chunks: &[Chunk]) -> bool {
        if self.eyes.event == Event::Running {
            return true;
        }
        let asked = self.eyes.asks_usage || self.theirs;
        let apart = |chunk: &Chunk| {
            // A frame that is no event may bring the counts along.
            chunk.kind == ChunkKind::Usage
                || (self.eyes.event == Event::Delta
                    && chunk.kind == ChunkKind::Finish
                    && !self.eyes.of_vllm)
        };
        asked && chunks.iter().any(apart)
    }

    /// The tokens that the tool says were generated.
    fn length(&self, record: &Record, chunks: &[Chunk], events: u32) -> Option<u32> {
        let told = record.output.server;
        match self.eyes.length {
            // A whole answer brings its counts in the one frame that has text.
            Length::Asked if !record.streamed && self.view != View::Sglang0214 => {
                told.or(record.output.asked)
            }
            // Of a chat the counts are taken from wherever they stand.
            Length::Asked if self.theirs && self.eyes.event == Event::Speech => {
                told.or(record.output.asked)
            }
            Length::Asked => record.output.asked,
            Length::Running => told.or(record.output.asked),
            Length::Usage => {
                told.filter(|&told| told > 0 && self.sees_usage(chunks)).or(record.output.counted)
            }
            Length::AskedIfExact if record.exact => record.output.asked,
            Length::Counted | Length::AskedIfExact => record.output.counted,
            Length::Events => Some(events),
        }
    }

    /// The text that the tool keeps: of reasoning and tool calls only what it
    /// takes for text.
    fn text(&self, record: &Record, chunks: &[Chunk]) -> String {
        let mut rest = record.text.as_str();
        let mut kept = String::new();
        for chunk in chunks {
            let Some((piece, after)) = rest.split_at_checked(chunk.text_bytes as usize) else {
                break;
            };
            rest = after;
            let is_kept = chunk.kind == ChunkKind::Text
                || (chunk.kind == ChunkKind::Reasoning && self.eyes.event == Event::Speech);
            if is_kept {
                kept.push_str(piece);
            }
        }
        kept
    }

    /// Why it failed, in the words that the tool has itself, or else in ours.
    fn failure(&self, record: &Record, choked: bool) -> String {
        let ours = record.error.clone().filter(|error| !error.is_empty());
        match ours {
            Some(error) => error,
            None if choked => "a line of the stream could not be read".to_owned(),
            None if record.outcome == Outcome::Empty || came_whole(record) => {
                "Never received a valid chunk to calculate TTFT.This response will be marked as \
                 failed!"
                    .to_owned()
            }
            None => record.outcome.name().to_owned(),
        }
    }
}

/// What is noted while the events of one response pass by.
#[derive(Debug, Default)]
struct Walk {
    /// When the first event of tokens came.
    first: Option<f64>,
    /// What the next gap is measured from.
    mark: f64,
    /// Up to where the latency reaches so far; `None` while nothing came that
    /// could end it.
    end: Option<f64>,
    gaps: Vec<f64>,
    tokens: Vec<Option<u32>>,
    events: u32,
    choked: bool,
}

impl Walk {
    /// A line without a frame.
    fn line(&mut self, now: f64, end: End) {
        let reaches = match end {
            End::Line => now,
            End::Frame | End::Event => self.mark,
        };
        self.end = Some(reaches);
    }

    /// A frame without tokens.
    fn frame(&mut self, now: f64, end: End) {
        if end == End::Frame {
            self.mark = now;
        }
        self.line(now, end);
    }

    /// An event of tokens.
    fn event(&mut self, now: f64, tokens: Option<u32>, event: Event) {
        self.events += 1;
        self.end = Some(now);
        if self.first.is_none() {
            self.first = Some(now);
        } else {
            let worth = if event == Event::Running { tokens.unwrap_or(1) } else { 1 };
            if worth == 0 {
                return;
            }
            let gap = (now - self.mark) / f64::from(worth);
            self.gaps.extend(std::iter::repeat_n(gap, worth as usize));
            self.tokens.push(tokens);
        }
        self.mark = now;
    }
}

/// When the load began: the tools start their clock just before the first
/// request becomes due.
pub(super) fn began(trial: &Trial) -> Nanos {
    trial.phases.measure.map_or(Nanos(trial.started_ns), |window| Nanos(window.start_ns))
}

/// Where the tools start the clock of a request: once it may be sent, before a
/// connection is opened for it.
fn clock_start(record: &Record) -> Nanos {
    let send = record.send_start.or(record.sent).unwrap_or(record.intended);
    send - record.connect.unwrap_or(Nanos::ZERO)
}

/// Whether HTTP brought the response to its end, and with a status of success:
/// else the tools' HTTP client raises.
fn came_whole(record: &Record) -> bool {
    let is_success = record.status.is_some_and(|status| (200..300).contains(&status));
    let cut = match record.outcome {
        Outcome::Ok | Outcome::Short | Outcome::Long | Outcome::Empty => false,
        // What ended in its own time but without a reason is whole to them.
        Outcome::Truncated => {
            record.finish_reason.is_some()
                || record.error.as_deref().is_some_and(|why| why.contains("was closed inside"))
        }
        Outcome::StreamError => false,
        Outcome::Cancelled
        | Outcome::Unsent
        | Outcome::Refused
        | Outcome::Reset
        | Outcome::Timeout
        | Outcome::HttpError
        | Outcome::Censored => true,
    };
    is_success && !cut
}

//! What can be made to go wrong, and what a correct client must conclude from
//! it. Nothing here does any of it; `stream` does.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SimError;
use crate::script::{parse_duration, show_duration};

/// One way to misbehave. Where a fault acts after some tokens, it acts at the
/// deadline at which the write after them would have been due; if the answer
/// has no more tokens than that, it never acts. A whole answer, which isn't
/// streamed, is spoilt in its middle instead, and what bends only the form of
/// a stream does nothing to it. Nor does a fault where the dialect has no form
/// for it: Triton gives neither a finish reason nor a usage, and Text Generation
/// Inference bundles no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Fault {
    /// `error-after:TOKENS`: an error frame that is an object, then a proper
    /// end. A client must conclude `stream_error`.
    ErrorAfter(u32),
    /// `error-text-after:TOKENS`: an error frame that is a string, then the
    /// end of the body without `[DONE]`, as transformers does. `stream_error`.
    ErrorTextAfter(u32),
    /// `cut-after:TOKENS`: the connection is closed in mid-body. `truncated`.
    CutAfter(u32),
    /// `reset-after:TOKENS`: the connection is reset. `reset`.
    ResetAfter(u32),
    /// `silence-after:TOKENS`: the socket stays open and nothing more comes,
    /// as from vLLM after SIGTERM. `timeout`.
    SilenceAfter(u32),
    /// `half-close`: everything is sent but the body's last chunk, then the
    /// sending side is shut. `truncated`.
    HalfClose,
    /// `no-finish`: `[DONE]` without a finish reason, as from llama-cpp-python
    /// when another request interrupts. `truncated`.
    NoFinish,
    /// `no-done`: a finish reason and a proper end of the body, but no
    /// `[DONE]`. `ok`.
    NoDone,
    /// `slow-headers:DURATION`: the headers are held back. `ok`, unless the
    /// client gives up before they come: then `timeout`.
    SlowHeaders(Duration),
    /// `status:CODE` or `status:CODE:SHAPE`: an error status at once.
    /// `http_error`.
    Status {
        /// From 400 to 599.
        code: u16,
        /// How its body is written.
        shape: ErrorShape,
    },
    /// `bad-utf8:CHUNK`: the text of this chunk, the first being 1, holds
    /// bytes that are no UTF-8. `stream_error`, since it can't be read.
    BadUtf8(u32),
    /// `huge-event:BYTES`: the first event with tokens is padded to this size.
    /// `ok`.
    HugeEvent(u32),
    /// `wrong-usage:DELTA`: the final count of output tokens is off by this
    /// much. `short` or `long` where an exact length was asked and the count
    /// is all that a client has.
    WrongUsage(i32),
    /// `bundled-first:TOKENS`: the first event holds this many tokens. `ok`.
    BundledFirst(u32),
    /// `no-usage`: no usage, though it was asked for. `ok`.
    NoUsage,
    /// `usage-in-finish`: usage, asked for or not, rides on the event with the
    /// finish reason, as from transformers. `ok`.
    UsageInFinish,
    /// `finish-apart`: the finish reason comes in an event of its own, without
    /// text, as from SGLang's chat route. `ok`.
    FinishApart,
    /// `comments`: a `: ping` comment before every event. `ok`.
    Comments,
    /// `crlf`: lines end in CR LF. `ok`.
    Crlf,
    /// `split`: each write leaves in small pieces, 100 µs apart, one of which
    /// ends inside a character of two bytes. `ok`.
    Split,
    /// `empty:cut`, `empty:bare` or `empty:finished`: a 200 with no tokens.
    Empty(Empty),
    /// `stop-at:TOKENS`: the answer ends early with finish reason `stop`.
    /// `short` where an exact length was asked, else `ok`.
    StopAt(u32),
    /// `overrun:TOKENS`: the answer goes on for this many tokens beyond the
    /// limit. `long` where an exact length was asked, else `ok`.
    Overrun(u32),
}

/// How a 200 without tokens ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// No event, and the connection is closed in mid-body, as llama-cpp-python
    /// does with a prompt that is too long. `truncated`.
    Cut,
    /// No event, but a proper end of the body. `truncated`, since there is no
    /// finish reason.
    Bare,
    /// An event without text that carries the finish reason, and a proper end.
    /// `empty`.
    Finished,
}

/// The shapes of an error body among real servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `openai`: `{"error": {"message", "type", "param", "code"}}`.
    Openai,
    /// `flat`: the same without its wrapping, as SGLang's.
    Flat,
    /// `detail`: `{"detail": "…"}`, as FastAPI's.
    Detail,
    /// `detail-list`: `{"detail": [{"loc", "msg", "type"}]}`, FastAPI's for a
    /// body that isn't as declared.
    DetailList,
    /// `text`: no JSON.
    Text,
}

/// Every fault as it is written, in the order of [`Fault`].
const FORMS: [&str; 23] = [
    "error-after:TOKENS",
    "error-text-after:TOKENS",
    "cut-after:TOKENS",
    "reset-after:TOKENS",
    "silence-after:TOKENS",
    "half-close",
    "no-finish",
    "no-done",
    "slow-headers:DURATION",
    "status:CODE, or status:CODE:SHAPE with a code from 400 to 599 and a shape of \
     openai, flat, detail, detail-list or text",
    "bad-utf8:CHUNK, the first chunk being 1",
    "huge-event:BYTES",
    "wrong-usage:DELTA, a whole number other than 0",
    "bundled-first:TOKENS, at least 1",
    "no-usage",
    "usage-in-finish",
    "finish-apart",
    "comments",
    "crlf",
    "split",
    "empty:cut, empty:bare or empty:finished",
    "stop-at:TOKENS",
    "overrun:TOKENS",
];

/// The largest number that a fault may name: it keeps sums of counts within 32
/// bits, and a padded event within what a machine can hold.
const LARGEST: u32 = 1 << 26;

impl FromStr for Fault {
    type Err = SimError;

    fn from_str(word: &str) -> Result<Fault, SimError> {
        let (name, argument) = match word.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (word, None),
        };
        let Some(form) = FORMS.into_iter().find(|form| name_of(form) == name) else {
            let valid: Vec<&str> =
                FORMS.iter().map(|form| form.split([',', ' ']).next().unwrap_or(form)).collect();
            return Err(SimError::UnknownFault { word: word.to_owned(), valid: valid.join(", ") });
        };
        read(name, argument).ok_or_else(|| SimError::FaultArgument { word: word.to_owned(), form })
    }
}

impl Fault {
    /// Reads a fault and the share of requests that it befalls, as in
    /// `error-after:3@0.1`; without a share, it befalls all.
    pub fn with_share(word: &str) -> Result<(Fault, f64), SimError> {
        let Some((fault, share)) = word.rsplit_once('@') else {
            return Ok((word.parse()?, 1.0));
        };
        let wrong = || SimError::Value {
            key: "the share of a fault".to_owned(),
            value: share.to_owned(),
            wanted: "it is a number from 0 to 1",
        };
        let share: f64 = share.parse().map_err(|_| wrong())?;
        if (0.0..=1.0).contains(&share) { Ok((fault.parse()?, share)) } else { Err(wrong()) }
    }
}

/// The name at the beginning of a form.
fn name_of(form: &str) -> &str {
    form.split([':', ',', ' ']).next().unwrap_or(form)
}

/// The fault of this name with this argument, if they go together.
fn read(name: &str, argument: Option<&str>) -> Option<Fault> {
    let plain = |fault: Fault| argument.is_none().then_some(fault);
    let number = |least: u32, make: fn(u32) -> Fault| {
        let number = argument?.parse().ok()?;
        (least..=LARGEST).contains(&number).then(|| make(number))
    };
    match name {
        "error-after" => number(0, Fault::ErrorAfter),
        "error-text-after" => number(0, Fault::ErrorTextAfter),
        "cut-after" => number(0, Fault::CutAfter),
        "reset-after" => number(0, Fault::ResetAfter),
        "silence-after" => number(0, Fault::SilenceAfter),
        "half-close" => plain(Fault::HalfClose),
        "no-finish" => plain(Fault::NoFinish),
        "no-done" => plain(Fault::NoDone),
        "slow-headers" => Some(Fault::SlowHeaders(parse_duration(argument?).ok()?)),
        "status" => read_status(argument?),
        "bad-utf8" => number(1, Fault::BadUtf8),
        "huge-event" => number(1, Fault::HugeEvent),
        "wrong-usage" => read_delta(argument?),
        "bundled-first" => number(1, Fault::BundledFirst),
        "no-usage" => plain(Fault::NoUsage),
        "usage-in-finish" => plain(Fault::UsageInFinish),
        "finish-apart" => plain(Fault::FinishApart),
        "comments" => plain(Fault::Comments),
        "crlf" => plain(Fault::Crlf),
        "split" => plain(Fault::Split),
        "empty" => match argument? {
            "cut" => Some(Fault::Empty(Empty::Cut)),
            "bare" => Some(Fault::Empty(Empty::Bare)),
            "finished" => Some(Fault::Empty(Empty::Finished)),
            _ => None,
        },
        "stop-at" => number(0, Fault::StopAt),
        "overrun" => number(1, Fault::Overrun),
        _ => None,
    }
}

fn read_status(argument: &str) -> Option<Fault> {
    let (code, shape) = argument.split_once(':').unwrap_or((argument, "openai"));
    let shape = match shape {
        "openai" => ErrorShape::Openai,
        "flat" => ErrorShape::Flat,
        "detail" => ErrorShape::Detail,
        "detail-list" => ErrorShape::DetailList,
        "text" => ErrorShape::Text,
        _ => return None,
    };
    let code = code.parse().ok().filter(|code| (400..=599).contains(code))?;
    Some(Fault::Status { code, shape })
}

fn read_delta(argument: &str) -> Option<Fault> {
    let delta: i32 = argument.parse().ok()?;
    (delta != 0 && delta.unsigned_abs() <= LARGEST).then_some(Fault::WrongUsage(delta))
}

impl TryFrom<String> for Fault {
    type Error = SimError;

    fn try_from(word: String) -> Result<Fault, SimError> {
        word.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> String {
        fault.to_string()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Fault::ErrorAfter(tokens) => write!(f, "error-after:{tokens}"),
            Fault::ErrorTextAfter(tokens) => write!(f, "error-text-after:{tokens}"),
            Fault::CutAfter(tokens) => write!(f, "cut-after:{tokens}"),
            Fault::ResetAfter(tokens) => write!(f, "reset-after:{tokens}"),
            Fault::SilenceAfter(tokens) => write!(f, "silence-after:{tokens}"),
            Fault::HalfClose => f.write_str("half-close"),
            Fault::NoFinish => f.write_str("no-finish"),
            Fault::NoDone => f.write_str("no-done"),
            Fault::SlowHeaders(length) => write!(f, "slow-headers:{}", show_duration(length)),
            Fault::Status { code, shape } => write!(f, "status:{code}:{shape}"),
            Fault::BadUtf8(chunk) => write!(f, "bad-utf8:{chunk}"),
            Fault::HugeEvent(bytes) => write!(f, "huge-event:{bytes}"),
            Fault::WrongUsage(delta) => write!(f, "wrong-usage:{delta:+}"),
            Fault::BundledFirst(tokens) => write!(f, "bundled-first:{tokens}"),
            Fault::NoUsage => f.write_str("no-usage"),
            Fault::UsageInFinish => f.write_str("usage-in-finish"),
            Fault::FinishApart => f.write_str("finish-apart"),
            Fault::Comments => f.write_str("comments"),
            Fault::Crlf => f.write_str("crlf"),
            Fault::Split => f.write_str("split"),
            Fault::Empty(Empty::Cut) => f.write_str("empty:cut"),
            Fault::Empty(Empty::Bare) => f.write_str("empty:bare"),
            Fault::Empty(Empty::Finished) => f.write_str("empty:finished"),
            Fault::StopAt(tokens) => write!(f, "stop-at:{tokens}"),
            Fault::Overrun(tokens) => write!(f, "overrun:{tokens}"),
        }
    }
}

impl fmt::Display for ErrorShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorShape::Openai => "openai",
            ErrorShape::Flat => "flat",
            ErrorShape::Detail => "detail",
            ErrorShape::DetailList => "detail-list",
            ErrorShape::Text => "text",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_and_written_back() {
        for word in [
            "error-after:3",
            "error-text-after:0",
            "cut-after:3",
            "reset-after:3",
            "silence-after:3",
            "half-close",
            "no-finish",
            "no-done",
            "slow-headers:20ms",
            "status:429:openai",
            "status:503:flat",
            "status:422:detail",
            "status:422:detail-list",
            "status:500:text",
            "bad-utf8:1",
            "huge-event:65536",
            "wrong-usage:+2",
            "wrong-usage:-2",
            "bundled-first:4",
            "no-usage",
            "usage-in-finish",
            "finish-apart",
            "comments",
            "crlf",
            "split",
            "empty:cut",
            "empty:bare",
            "empty:finished",
            "stop-at:0",
            "overrun:1",
        ] {
            assert_eq!(word.parse::<Fault>().unwrap().to_string(), word);
        }
        assert_eq!("status:429".parse::<Fault>().unwrap().to_string(), "status:429:openai");
    }

    #[test]
    fn shares_are_read() {
        let read = |word| Fault::with_share(word);
        assert_eq!(read("crlf@0.25").unwrap(), (Fault::Crlf, 0.25));
        assert_eq!(read("cut-after:3").unwrap(), (Fault::CutAfter(3), 1.0));
        for word in ["crlf@2", "crlf@", "crlf@x", "crlf@NaN", "bang@0.5"] {
            assert!(read(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_wrong_name_is_told_the_right_ones() {
        let said = "explode:3".parse::<Fault>().unwrap_err().to_string();
        for word in
            ["`explode:3`", "error-after:TOKENS", "status:CODE,", "empty:cut,", "overrun:TOKENS"]
        {
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn a_wrong_argument_is_told_the_form() {
        for word in [
            "error-after",
            "error-after:",
            "error-after:x",
            "error-after:-1",
            "half-close:3",
            "status:200",
            "status:429:round",
            "empty:full",
            "wrong-usage:0",
            "slow-headers:soon",
            "bad-utf8:0",
            "huge-event:99999999999",
        ] {
            let said = word.parse::<Fault>().unwrap_err().to_string();
            let name = word.split(':').next().unwrap();
            assert!(
                said.starts_with(&format!("read the fault `{word}`: it is written {name}")),
                "{said}"
            );
        }
    }
}

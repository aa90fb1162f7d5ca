//! How a request ended. A failed request is data, never an error of ours.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a request ended: the first of these that applies (M11).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Given up by us, because the run was interrupted.
    Cancelled,
    /// Due, but never sent.
    Unsent,
    /// No connection could be made (refused, unreachable, TLS failed).
    Refused,
    /// The peer reset or closed the connection before an answer was complete
    /// enough to be called [`Outcome::Truncated`].
    Reset,
    /// A limit passed: connecting, to the first byte, between bytes, in all.
    Timeout,
    /// An HTTP status other than 2xx.
    HttpError,
    /// An error frame inside a stream, or a frame that can't be read.
    StreamError,
    /// The stream had no proper end: no finish reason, `[DONE]` without one, or
    /// a body that was cut.
    Truncated,
    /// Still running at the drain limit.
    Censored,
    /// Finished properly, but nothing was generated.
    Empty,
    /// Fewer tokens than the exact number asked for.
    Short,
    /// More tokens than the exact number asked for.
    Long,
    /// Finished properly, with the tokens that were asked for.
    Ok,
}

impl Outcome {
    /// Every outcome, in the order in which they are tested.
    pub const ALL: [Outcome; 13] = [
        Outcome::Cancelled,
        Outcome::Unsent,
        Outcome::Refused,
        Outcome::Reset,
        Outcome::Timeout,
        Outcome::HttpError,
        Outcome::StreamError,
        Outcome::Truncated,
        Outcome::Censored,
        Outcome::Empty,
        Outcome::Short,
        Outcome::Long,
        Outcome::Ok,
    ];

    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Cancelled => "cancelled",
            Outcome::Unsent => "unsent",
            Outcome::Refused => "refused",
            Outcome::Reset => "reset",
            Outcome::Timeout => "timeout",
            Outcome::HttpError => "http_error",
            Outcome::StreamError => "stream_error",
            Outcome::Truncated => "truncated",
            Outcome::Censored => "censored",
            Outcome::Empty => "empty",
            Outcome::Short => "short",
            Outcome::Long => "long",
            Outcome::Ok => "ok",
        }
    }

    /// The outcome of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether the request did what was asked of it.
    pub fn is_ok(self) -> bool {
        self == Outcome::Ok
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! An answer as the event loop sees it: writes that come one after the other,
//! each with its deadline, and what becomes of the connection afterwards.

use tokenometer_core::{Nanos, Outcome};

use crate::stream::Stream;

/// One write to the socket. Its bytes are rendered before its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    /// The earliest instant at which it may leave, and the one at which it
    /// should.
    pub(crate) due: Nanos,
    /// Tokens whose events are complete with it.
    pub(crate) tokens: u32,
    /// Whether it has a deadline of its own: in a burst it has that of the
    /// write before it, and can't meet it.
    pub(crate) timed: bool,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It waits for the next request.
    KeepAlive,
    Close,
    /// Only the sending side is shut; the client closes the rest.
    Shut,
    /// It is reset.
    Reset,
    /// It stays open, and nothing more is said.
    Silence,
}

impl End {
    /// The end of an answer with which nothing is wrong.
    pub(crate) fn proper(close: bool) -> End {
        if close { End::Close } else { End::KeepAlive }
    }
}

/// An answer.
pub(crate) enum Answer {
    /// One write.
    Once {
        bytes: Vec<u8>,
        write: Write,
        end: End,
        said: bool,
        /// Whether a fault holds it back for longer than its work takes.
        held_back: bool,
    },
    /// Many.
    Stream(Box<Stream>),
}

impl Answer {
    /// An answer whose bytes all leave at `due`.
    pub(crate) fn once(bytes: Vec<u8>, due: Nanos, tokens: u32, end: End) -> Answer {
        let write = Write { due, tokens, timed: true };
        Answer::Once { bytes, write, end, said: false, held_back: false }
    }

    /// The same, held back by a fault if `held`.
    pub(crate) fn held_back(mut self, held: bool) -> Answer {
        if let Answer::Once { held_back, .. } = &mut self {
            *held_back = held;
        }
        self
    }

    /// Puts the bytes of the next write into `out`, which must be empty.
    /// `None` when there is none.
    pub(crate) fn next(&mut self, out: &mut Vec<u8>) -> Option<Write> {
        match self {
            Answer::Once { said: true, .. } => None,
            Answer::Once { bytes, write, said, .. } => {
                *said = true;
                out.append(bytes);
                Some(*write)
            }
            Answer::Stream(stream) => stream.next(out),
        }
    }

    /// What becomes of the connection when there is no next write.
    pub(crate) fn end(&self) -> End {
        match self {
            Answer::Once { end, .. } => *end,
            Answer::Stream(stream) => stream.end(),
        }
    }

    /// What is to be concluded where the client hangs up now, of an answer
    /// that was meant to come to `planned`.
    pub(crate) fn abandoned(&self, planned: Outcome) -> Outcome {
        match self {
            // Its one write is rendered ahead, so it may have been taken already.
            Answer::Once { held_back: true, .. } => Outcome::Timeout,
            Answer::Once { .. } => Outcome::Cancelled,
            Answer::Stream(stream) => stream.abandoned(planned),
        }
    }
}

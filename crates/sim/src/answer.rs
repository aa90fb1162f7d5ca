//! An answer as the event loop sees it: writes that come one after the other,
//! each with its deadline, and what becomes of the connection afterwards.

use tokenometer_core::{Nanos, Outcome};

use crate::pace::Feed;
use crate::stream::Stream;
use crate::whole::{self, Whole};

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

/// What comes next of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// This write.
    Write(Write),
    /// Nothing until it is fed.
    Later,
    /// Nothing at all.
    Over,
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
    /// One write, as soon as all its tokens are there.
    Whole(Box<Whole>),
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
    pub(crate) fn next(&mut self, out: &mut Vec<u8>) -> Next {
        match self {
            Answer::Once { said: true, .. } => Next::Over,
            Answer::Once { bytes, write, said, .. } => {
                *said = true;
                out.append(bytes);
                Next::Write(*write)
            }
            Answer::Whole(whole) => match whole.ready() {
                Some(ready) => {
                    *self = ready;
                    self.next(out)
                }
                None => Next::Later,
            },
            Answer::Stream(stream) => stream.next(out),
        }
    }

    /// What a scheduler feeds, if one does.
    pub(crate) fn feed(&mut self) -> Option<&mut Feed> {
        match self {
            Answer::Once { .. } => None,
            Answer::Whole(whole) => whole.feed(),
            Answer::Stream(stream) => stream.feed(),
        }
    }

    /// What becomes of the connection when there is no next write.
    pub(crate) fn end(&self) -> End {
        match self {
            Answer::Once { end, .. } => *end,
            // It becomes one that is said at once before it can end.
            Answer::Whole(_) => End::Close,
            Answer::Stream(stream) => stream.end(),
        }
    }

    /// What a correct client must conclude of an answer that has left as a
    /// whole and was meant to come to `planned`. The two differ where only the
    /// end shows how many events there were.
    pub(crate) fn outcome(&self, planned: Outcome) -> Outcome {
        match self {
            Answer::Once { .. } | Answer::Whole(_) => planned,
            Answer::Stream(stream) => stream.outcome(planned),
        }
    }

    /// What is to be concluded where the client hangs up now, of an answer
    /// that was meant to come to `planned`.
    pub(crate) fn abandoned(&self, planned: Outcome) -> Outcome {
        match self {
            // Its one write is rendered ahead, so it may have been taken already.
            Answer::Once { held_back, .. } => whole::abandoned(*held_back),
            Answer::Whole(whole) => whole.abandoned(),
            Answer::Stream(stream) => stream.abandoned(planned),
        }
    }
}

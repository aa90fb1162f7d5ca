//! What passes from the thread that carries the load to the thread that reads
//! the answers: bytes, when they came, and how the request ended.

use tokenometer_core::{Nanos, Outcome, StampSource};

use crate::pacer::Job;
use crate::wire::http1::Head;

/// One read of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// The offset in the segment just after what it brought.
    pub(crate) end: u32,
    /// Its number within the request, from 0.
    pub(crate) number: u32,
    /// When its last segment arrived.
    pub(crate) received: Nanos,
    /// Who says so.
    pub(crate) stamp: StampSource,
    /// The user-space time of the read before.
    pub(crate) previous: Nanos,
}

/// A piece of a body, without HTTP's framing, and the reads that brought it.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    pub(crate) bytes: Vec<u8>,
    pub(crate) reads: Vec<Read>,
}

/// How the transport saw a request end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The answer came to its proper end.
    Whole,
    /// The connection ended inside the answer.
    Cut,
    /// The answer's framing can't be read.
    Unreadable(String),
    /// No proper end was reached, for a reason that is an outcome of its own.
    Failed(Outcome, String),
}

/// A request that has ended, with what the transport knows of it.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) job: Job,
    pub(crate) times: Times,
    pub(crate) head: Option<Head>,
    pub(crate) ending: Ending,
    pub(crate) rest: Segment,
}

/// The instants of a request, as far as the transport knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) send_start: Option<Nanos>,
    pub(crate) sent: Option<Nanos>,
    pub(crate) written: Option<Nanos>,
    pub(crate) end: Option<Nanos>,
    pub(crate) connect: Option<Nanos>,
    pub(crate) reused: bool,
}

/// What is handed over.
#[derive(Debug)]
pub(crate) enum Message {
    /// A request is still running and has filled a segment.
    Segment { request: u32, head: Option<Head>, segment: Segment },
    /// A request has ended.
    Ended(Box<Ended>),
}

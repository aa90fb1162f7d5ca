//! What a run tells while it runs. Progress bars, logs and live pages are all
//! readers of this one stream.

use std::time::Duration;

use crate::Phase;

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A phase began.
    PhaseBegan {
        /// Which.
        phase: Phase,
        /// How many requests it will hold, where that is known.
        requests: Option<u64>,
        /// How long it will last, where that is known.
        length: Option<Duration>,
    },
    /// Where the present phase stands; sent about ten times a second.
    Progress(Progress),
    /// A step outside the load, in words: "starting the embedded engine".
    Step(String),
    /// Something that is worth keeping in sight: "block 2: chat-c8 on vllm,
    /// valid".
    Note(String),
}

/// Where a phase stands. The counts are of the whole load so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Measured requests that have ended, well or not.
    pub done: u64,
    /// Requests of any phase now in flight.
    pub in_flight: u64,
    /// Measured requests that did not end well.
    pub failed: u64,
    /// Reads that brought something so far, over all requests: about one a
    /// chunk. The exact counts come with the records.
    pub chunks: u64,
    /// Time since the load began.
    pub elapsed: Duration,
}

/// A reader of events. It is called from the thread that carries the load, so
/// it must return at once: hand the event on, and do the work elsewhere.
pub trait Observer: Send + Sync {
    /// Takes notice of one event.
    fn notice(&self, event: Event);
}

/// An observer that looks away.
impl Observer for () {
    fn notice(&self, _event: Event) {}
}

//! When which request is due. Made before the clock starts; `load` draws
//! nothing.

use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Nanos, Phase, Request};

/// A load, complete: every request, and the rule by which each becomes due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Every distinct request. [`Pace`] refers to them by their index here.
    pub requests: Vec<Request>,
    /// When they are due.
    pub pace: Pace,
}

/// The rule by which requests become due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Requests are due at fixed instants, whatever the server does.
    Open {
        /// Every arrival, ordered by offset.
        arrivals: Vec<Arrival>,
        /// Where the measured part lies.
        window: Window,
        /// The most requests in flight; what is due beyond it waits in the
        /// client, and its latency is given from *intended* and from *sent*.
        cap: Option<u32>,
    },
    /// A fixed number of slots, each sending its next request when the one
    /// before has ended.
    Closed {
        /// The offset at which each slot begins; one entry a slot, ascending.
        /// The window opens at the last of them.
        starts: Vec<Nanos>,
        /// What the slots send before the window opens.
        ramp_in: Range<u32>,
        /// What is measured.
        measured: Range<u32>,
        /// What keeps the load up while the last measured requests end.
        drain: Range<u32>,
        /// When the window closes.
        close: Close,
        /// What a request of `measured` is recorded as: [`Phase::Measure`], or
        /// [`Phase::WarmUp`] where this whole schedule is a warm-up.
        measured_as: Phase,
    },
}

/// One due request of an open loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When it is due, from the start of the load.
    pub offset: Nanos,
    /// Which request, by index in [`Schedule::requests`].
    pub request: u32,
    /// The phase in which it is due.
    pub phase: Phase,
}

/// When a closed loop's window closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Close {
    /// When every measured request has been sent once and has ended.
    AllEnded,
    /// This long after it opened; the measured requests are sent in turn, and
    /// again from the first when they run out.
    After(Duration),
}

/// A half-open stretch of time, `[opens, closes)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant inside.
    pub opens: Nanos,
    /// The first instant after.
    pub closes: Nanos,
}

impl Window {
    /// How long it is; never negative.
    pub fn length(self) -> Nanos {
        Nanos((self.closes - self.opens).0.max(0))
    }

    /// Whether the instant lies inside.
    pub fn contains(self, instant: Nanos) -> bool {
        self.opens <= instant && instant < self.closes
    }
}

//! Which request is due when: the schedule, walked. A pure state machine over
//! instants that its caller passes in, so that its tests need no clock.
//!
//! It must never sleep, send, or look at what an answer holds.

mod closed;
mod open;

use std::time::Duration;

use tokenometer_core::{Nanos, Pace, Phase, Window};

use closed::Closed;
use open::Open;

/// One request that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// Its number in the load, in the order in which requests became due.
    pub(crate) request: u32,
    /// The row of the workload that it sends.
    pub(crate) row: u32,
    /// The phase in which it was due.
    pub(crate) phase: Phase,
    /// When it was due.
    pub(crate) intended: Nanos,
    /// Whether it belongs to the cohort: a measured request, or in a warm-up
    /// one of the warm-up's own.
    pub(crate) in_cohort: bool,
}

/// A schedule that is being walked. Instants are absolute: the start of the
/// load is given once, and never re-based.
#[derive(Debug)]
pub(crate) enum Pacer {
    Open(Open),
    Closed(Closed),
}

impl Pacer {
    /// Begins to walk `pace` at the instant `start`; its requests are numbered
    /// from `first`.
    pub(crate) fn new(pace: &Pace, start: Nanos, first: u32) -> Pacer {
        match pace {
            Pace::Open { arrivals, window, cap } => {
                Pacer::Open(Open::new(arrivals.clone(), *window, *cap, start).numbered_from(first))
            }
            Pace::Closed { starts, ramp_in, measured, drain, close, measured_as } => {
                let rows = closed::Rows {
                    ramp_in: ramp_in.clone(),
                    measured: measured.clone(),
                    drain: drain.clone(),
                    measured_as: *measured_as,
                };
                Pacer::Closed(Closed::new(starts, rows, *close, start).numbered_from(first))
            }
        }
    }

    /// The next instant at which a request may leave, if it doesn't take the
    /// end of another one first.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        match self {
            Pacer::Open(open) => open.next_due(),
            Pacer::Closed(closed) => closed.next_due(),
        }
    }

    /// The request that is due at `now`, if there is one. It counts as in
    /// flight from here on.
    pub(crate) fn take_due(&mut self, now: Nanos) -> Option<Job> {
        match self {
            Pacer::Open(open) => open.take_due(now),
            Pacer::Closed(closed) => closed.take_due(now),
        }
    }

    /// Takes notice that a request has ended; its slot is free from `free_at`.
    pub(crate) fn ended(&mut self, job: &Job, ended: Nanos, free_at: Nanos) {
        match self {
            Pacer::Open(open) => open.ended(job, ended),
            Pacer::Closed(closed) => closed.ended(job, ended, free_at),
        }
    }

    /// Lets nothing more become due after `now`.
    pub(crate) fn stop(&mut self, now: Nanos) {
        match self {
            Pacer::Open(open) => open.stop(now),
            Pacer::Closed(closed) => closed.stop(now),
        }
    }

    /// Whether every request of the cohort has become due and ended.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Pacer::Open(open) => open.is_complete(),
            Pacer::Closed(closed) => closed.is_complete(),
        }
    }

    /// The requests that are due at `now` and were never taken.
    pub(crate) fn take_unsent(&mut self, now: Nanos) -> Vec<Job> {
        match self {
            Pacer::Open(open) => open.take_unsent(now),
            Pacer::Closed(_) => Vec::new(),
        }
    }

    /// When to give up what is still running: `limit` after the cohort's last
    /// request was due. `None` while more of the cohort is to come.
    pub(crate) fn drain_deadline(&self, limit: Duration) -> Option<Nanos> {
        let last = match self {
            Pacer::Open(open) => open.cohort_due_until(),
            Pacer::Closed(closed) => closed.cohort_due_until(),
        }?;
        Some(last + limit.into())
    }

    /// When the window opens.
    pub(crate) fn opens(&self) -> Nanos {
        match self {
            Pacer::Open(open) => open.opens(),
            Pacer::Closed(closed) => closed.opens(),
        }
    }

    /// The window as it stands, once the load has ended.
    pub(crate) fn window(&self) -> Option<Window> {
        match self {
            Pacer::Open(open) => open.window(),
            Pacer::Closed(closed) => closed.window(),
        }
    }

    /// The number that the next request would have.
    pub(crate) fn next_request(&self) -> u32 {
        match self {
            Pacer::Open(open) => open.next_request(),
            Pacer::Closed(closed) => closed.next_request(),
        }
    }

    /// How often a request of the ramp-in or the drain was sent again because
    /// its prompts had run out.
    pub(crate) fn repeated(&self) -> u64 {
        match self {
            Pacer::Open(_) => 0,
            Pacer::Closed(closed) => closed.repeated(),
        }
    }
}

//! Concurrency (M14): how many requests were in flight.
//!
//! **Formula** N = (1/|W|) ∫ in-flight dt over the window W, a request being in
//! flight from *sent* to its end. Little's law checks it: N should equal X·S,
//! with X the completions a second in W and S their mean time in flight; the
//! error is |N − X·S| / N, above 2 % if the load did not stand or is miscounted.
//! **Unit** requests. **Window** W, requests of every phase but warm-up, however
//! they ended. **Absent** if W has no length; the error also if nothing was in
//! flight. (Little 1961)

use crate::schedule::Window;
use crate::{Nanos, Record};

/// Time in flight, added up over requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlight {
    window: Window,
    /// Request-nanoseconds inside the window. A thousand requests in flight
    /// for a day would still be far from 2¹²⁷.
    inside: i128,
    /// Request-nanoseconds, inside or not, of those that ended in the window.
    stays: i128,
}

impl InFlight {
    /// Nothing seen yet.
    pub fn new(window: Window) -> InFlight {
        InFlight { window, inside: 0, stays: 0 }
    }

    /// Adds one request. One whose end was not seen is in flight until the
    /// window closes.
    pub fn add(&mut self, record: &Record) {
        let Some(sent) = record.sent else { return };
        let end = record.end.unwrap_or(Nanos::MAX);
        let from = sent.max(self.window.opens);
        let to = end.min(self.window.closes);
        self.inside += i128::from((to - from).0.max(0));
        if self.window.contains(end) {
            self.stays += i128::from((end - sent).0);
        }
    }

    /// N: requests in flight, averaged over the window.
    pub fn mean(&self) -> Option<f64> {
        let length = self.window.length().0;
        (length > 0).then(|| self.inside as f64 / length as f64)
    }

    /// |N − X·S| / N. The window's length cancels, so it compares the time
    /// spent inside with the stays of those that ended inside.
    pub fn littles_error(&self) -> Option<f64> {
        let flows = self.window.length().0 > 0 && self.inside > 0;
        flows.then(|| (self.inside - self.stays).abs() as f64 / self.inside as f64)
    }
}

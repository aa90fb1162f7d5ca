//! When the next scrape is due. The beat is never moved: a scrape that took
//! long costs the beats that it covers, and the next one is on time again.
//! Moved beats would make the spacing of the readings depend on the load.

use std::time::{Duration, Instant};

/// The beats from a start on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start: Instant,
    interval: Duration,
    /// The number of the next beat.
    next: u32,
}

impl Schedule {
    /// Beats every `interval`, which is some time, the first at `start`.
    pub(crate) fn new(start: Instant, interval: Duration) -> Schedule {
        Schedule { start, interval, next: 0 }
    }

    /// When the next beat is.
    pub(crate) fn due(&self) -> Instant {
        self.start + self.interval * self.next
    }

    /// Takes the next beat as done at `now`, and says how many after it have
    /// passed already.
    pub(crate) fn done(&mut self, now: Instant) -> u32 {
        self.next += 1;
        let mut missed = 0;
        // A beat that is due at this very moment can still be kept.
        while self.due() < now {
            self.next += 1;
            missed += 1;
        }
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_scrape_costs_beats_and_moves_none() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut schedule = Schedule::new(start, Duration::from_secs(1));
        assert_eq!(schedule.due(), start);
        assert_eq!(schedule.done(at(20)), 0);
        assert_eq!(schedule.due(), at(1000));
        // Asked a little late, and answered after two more beats.
        assert_eq!(schedule.done(at(3100)), 2);
        assert_eq!(schedule.due(), at(4000));
        assert_eq!(schedule.done(at(5000)), 0);
        assert_eq!(schedule.due(), at(5000));
    }
}

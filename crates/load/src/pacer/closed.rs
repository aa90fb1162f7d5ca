//! The closed loop: a fixed number of slots, each sending its next request when
//! the one before has ended.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use tokenometer_core::{Close, Nanos, Phase, Window};

use super::Job;

/// What the slots send, by the phase in which they come free.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) ramp_in: Range<u32>,
    pub(crate) measured: Range<u32>,
    pub(crate) drain: Range<u32>,
    pub(crate) measured_as: Phase,
}

/// A closed loop that is being walked.
#[derive(Debug)]
pub(crate) struct Closed {
    /// The instants at which slots came free, or begin.
    free: BinaryHeap<Reverse<Nanos>>,
    ramp_in: Pool,
    measured: Pool,
    drain: Pool,
    measured_as: Phase,
    opens: Nanos,
    close: Close,
    /// The latest instant that the caller told of.
    seen: Nanos,
    next_request: u32,
    cohort_in_flight: u64,
    last_cohort_due: Option<Nanos>,
    last_cohort_end: Option<Nanos>,
    stopped: Option<Nanos>,
}

/// Rows that are sent in turn, and from the first again when they run out.
#[derive(Debug)]
struct Pool {
    rows: Range<u32>,
    sent: u64,
}

impl Pool {
    fn new(rows: Range<u32>) -> Pool {
        Pool { rows, sent: 0 }
    }

    fn size(&self) -> u64 {
        u64::from(self.rows.end.saturating_sub(self.rows.start))
    }

    fn is_spent(&self) -> bool {
        self.sent >= self.size()
    }

    fn take(&mut self) -> Option<u32> {
        let place = self.sent.checked_rem(self.size())?;
        self.sent += 1;
        let place = u32::try_from(place).expect("a place in a range of u32 is a u32");
        Some(self.rows.start + place)
    }

    fn repeated(&self) -> u64 {
        self.sent.saturating_sub(self.size())
    }
}

impl Closed {
    pub(crate) fn new(starts: &[Nanos], rows: Rows, close: Close, start: Nanos) -> Closed {
        Closed {
            free: starts.iter().map(|&offset| Reverse(start + offset)).collect(),
            ramp_in: Pool::new(rows.ramp_in),
            measured: Pool::new(rows.measured),
            drain: Pool::new(rows.drain),
            measured_as: rows.measured_as,
            opens: start + starts.last().copied().unwrap_or(Nanos::ZERO),
            close,
            seen: start,
            next_request: 0,
            cohort_in_flight: 0,
            last_cohort_due: None,
            last_cohort_end: None,
            stopped: None,
        }
    }

    /// Numbers the requests from `first`, in the order in which they are sent.
    pub(crate) fn numbered_from(self, first: u32) -> Closed {
        Closed { next_request: first, ..self }
    }

    pub(crate) fn next_request(&self) -> u32 {
        self.next_request
    }

    pub(crate) fn next_due(&self) -> Option<Nanos> {
        match self.stopped {
            Some(_) => None,
            None => self.free.peek().map(|Reverse(at)| *at),
        }
    }

    /// A slot that finds nothing to send retires; the next one is asked then.
    pub(crate) fn take_due(&mut self, now: Nanos) -> Option<Job> {
        self.seen = self.seen.max(now);
        while self.next_due().is_some_and(|at| at <= now) {
            let Reverse(intended) = self.free.pop()?;
            if let Some((row, phase, in_cohort)) = self.next_row(intended) {
                return Some(self.job(row, phase, in_cohort, intended));
            }
        }
        None
    }

    fn job(&mut self, row: u32, phase: Phase, in_cohort: bool, intended: Nanos) -> Job {
        let request = self.next_request;
        self.next_request += 1;
        if in_cohort {
            self.cohort_in_flight += 1;
            self.last_cohort_due = self.last_cohort_due.max(Some(intended));
        }
        Job { request, row, phase, intended, in_cohort }
    }

    fn next_row(&mut self, intended: Nanos) -> Option<(u32, Phase, bool)> {
        if intended < self.opens {
            return self.ramp_in.take().map(|row| (row, Phase::RampIn, false));
        }
        if self.takes_cohort_at(intended) {
            return self.measured.take().map(|row| (row, self.measured_as, true));
        }
        if self.is_complete() {
            return None;
        }
        self.drain.take().map(|row| (row, Phase::Drain, false))
    }

    /// Whether a request that becomes due at `instant` belongs to the cohort.
    fn takes_cohort_at(&self, instant: Nanos) -> bool {
        match self.close {
            Close::AllEnded => !self.measured.is_spent(),
            Close::After(length) => instant < self.opens + length.into(),
        }
    }

    pub(crate) fn ended(&mut self, job: &Job, ended: Nanos, free_at: Nanos) {
        self.free.push(Reverse(free_at));
        if job.in_cohort {
            self.cohort_in_flight -= 1;
            self.last_cohort_end = self.last_cohort_end.max(Some(ended));
        }
    }

    pub(crate) fn stop(&mut self, now: Nanos) {
        self.stopped.get_or_insert(now);
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.cohort_in_flight == 0 && (self.stopped.is_some() || self.cohort_is_all_due())
    }

    fn cohort_is_all_due(&self) -> bool {
        match self.close {
            Close::AllEnded => self.measured.is_spent(),
            // A slot that came free before the close still sends one of the
            // cohort, however late it is taken.
            Close::After(length) => {
                let closes = self.opens + length.into();
                self.seen >= closes && self.free.peek().is_none_or(|Reverse(at)| *at >= closes)
            }
        }
    }

    pub(crate) fn cohort_due_until(&self) -> Option<Nanos> {
        match (self.stopped, self.close) {
            (Some(stopped), _) => Some(stopped),
            (None, Close::AllEnded) if self.measured.is_spent() => self.last_cohort_due,
            (None, Close::AllEnded) => None,
            (None, Close::After(length)) => Some(self.opens + length.into()),
        }
    }

    pub(crate) fn opens(&self) -> Nanos {
        self.opens
    }

    pub(crate) fn window(&self) -> Option<Window> {
        let closes = match self.close {
            Close::AllEnded => self.last_cohort_end? + Nanos(1),
            Close::After(length) => {
                let planned = self.opens + length.into();
                self.stopped.map_or(planned, |stopped| planned.min(stopped))
            }
        };
        (self.opens < closes).then_some(Window { opens: self.opens, closes })
    }

    pub(crate) fn repeated(&self) -> u64 {
        self.ramp_in.repeated() + self.drain.repeated() + self.measured.repeated()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn closed(starts: &[i64], close: Close) -> Closed {
        let starts: Vec<_> = starts.iter().map(|&at| Nanos(at)).collect();
        let rows = Rows { measured: 0..3, ramp_in: 3..5, drain: 5..6, measured_as: Phase::Measure };
        Closed::new(&starts, rows, close, Nanos(1_000))
    }

    fn end(closed: &mut Closed, job: &Job, at: i64) {
        closed.ended(job, Nanos(at), Nanos(at));
    }

    #[test]
    fn slots_that_start_together_measure_from_the_first_request() {
        let mut closed = closed(&[0, 0], Close::AllEnded);
        let first = closed.take_due(Nanos(1_000)).unwrap();
        assert_eq!((first.phase, first.row), (Phase::Measure, 0));
        assert_eq!(closed.opens(), Nanos(1_000));
    }

    #[test]
    fn a_spread_start_ramps_in_and_the_load_outlives_the_cohort() {
        let mut closed = closed(&[0, 100], Close::AllEnded);
        let ramp = closed.take_due(Nanos(1_000)).unwrap();
        assert_eq!((ramp.phase, ramp.row), (Phase::RampIn, 3));
        assert_eq!(closed.take_due(Nanos(1_099)), None);
        let one = closed.take_due(Nanos(1_100)).unwrap();
        end(&mut closed, &ramp, 1_150);
        let two = closed.take_due(Nanos(1_160)).unwrap();
        assert_eq!((two.phase, two.intended), (Phase::Measure, Nanos(1_150)));
        end(&mut closed, &one, 1_200);
        let three = closed.take_due(Nanos(1_200)).unwrap();
        end(&mut closed, &two, 1_300);
        let drain = closed.take_due(Nanos(1_300)).unwrap();
        assert_eq!((three.row, drain.phase, drain.row), (2, Phase::Drain, 5));
        assert!(!closed.is_complete());
        end(&mut closed, &three, 1_400);
        assert!(closed.is_complete());
        assert_eq!(closed.take_due(Nanos(1_500)), None);
        assert_eq!(closed.window(), Some(Window { opens: Nanos(1_100), closes: Nanos(1_401) }));
    }

    #[test]
    fn a_duration_closes_the_window_and_repeats_prompts_if_it_must() {
        let mut closed = closed(&[0], Close::After(Duration::from_nanos(500)));
        let mut rows = Vec::new();
        let mut now = 1_000;
        while let Some(job) = closed.take_due(Nanos(now)) {
            rows.push((job.row, job.phase));
            now += 130;
            end(&mut closed, &job, now);
        }
        let rows: Vec<_> = rows.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows, [0, 1, 2, 0]);
        assert_eq!(closed.repeated(), 1);
        assert_eq!(closed.window(), Some(Window { opens: Nanos(1_000), closes: Nanos(1_500) }));
        assert_eq!(closed.cohort_due_until(), Some(Nanos(1_500)));
    }

    #[test]
    fn a_stop_lets_what_runs_end_and_starts_nothing() {
        let mut closed = closed(&[0, 0], Close::AllEnded);
        let one = closed.take_due(Nanos(1_000)).unwrap();
        let two = closed.take_due(Nanos(1_000)).unwrap();
        closed.stop(Nanos(1_010));
        end(&mut closed, &one, 1_020);
        assert_eq!(closed.take_due(Nanos(1_030)), None);
        assert!(!closed.is_complete());
        end(&mut closed, &two, 1_040);
        assert!(closed.is_complete());
        assert_eq!(closed.window().unwrap().closes, Nanos(1_041));
    }
}

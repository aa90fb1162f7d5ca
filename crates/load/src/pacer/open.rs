//! The open loop: requests are due at fixed instants, whatever the server does.

use tokenometer_core::{Arrival, Nanos, Phase, Window};

use super::Job;

/// An open loop that is being walked.
#[derive(Debug)]
pub(crate) struct Open {
    arrivals: Vec<Arrival>,
    /// Absolute.
    window: Window,
    cap: Option<u32>,
    start: Nanos,
    first_request: u32,
    /// The next arrival to be taken; under a cap it may be long due.
    next: usize,
    in_flight: u32,
    cohort_in_flight: u64,
    /// The index after the last arrival of the cohort.
    cohort_ends: usize,
    last_cohort_end: Option<Nanos>,
    stopped: Option<Nanos>,
}

impl Open {
    pub(crate) fn new(
        arrivals: Vec<Arrival>,
        window: Window,
        cap: Option<u32>,
        start: Nanos,
    ) -> Open {
        let cohort_ends =
            arrivals.iter().rposition(|arrival| in_cohort(arrival.phase)).map_or(0, |at| at + 1);
        Open {
            arrivals,
            window: Window { opens: start + window.opens, closes: start + window.closes },
            cap,
            start,
            first_request: 0,
            next: 0,
            in_flight: 0,
            cohort_in_flight: 0,
            cohort_ends,
            last_cohort_end: None,
            stopped: None,
        }
    }

    /// Numbers the requests from `first`, in the order of the schedule.
    pub(crate) fn numbered_from(self, first: u32) -> Open {
        Open { first_request: first, ..self }
    }

    pub(crate) fn next_request(&self) -> u32 {
        let taken = u32::try_from(self.next).expect("a schedule holds fewer than 2^32 arrivals");
        self.first_request + taken
    }

    /// The next arrival and the instant at which it is due, unless a stop came
    /// before that.
    fn upcoming(&self) -> Option<(Arrival, Nanos)> {
        let arrival = *self.arrivals.get(self.next)?;
        let due = self.start + arrival.offset;
        match self.stopped {
            Some(_) => None,
            None => Some((arrival, due)),
        }
    }

    pub(crate) fn next_due(&self) -> Option<Nanos> {
        if self.cap.is_some_and(|cap| self.in_flight >= cap) {
            return None;
        }
        self.upcoming().map(|(_, due)| due)
    }

    pub(crate) fn take_due(&mut self, now: Nanos) -> Option<Job> {
        if self.next_due()? > now {
            return None;
        }
        let (arrival, due) = self.upcoming()?;
        let job = self.job(arrival, due);
        self.next += 1;
        self.in_flight += 1;
        self.cohort_in_flight += u64::from(job.in_cohort);
        Some(job)
    }

    fn job(&self, arrival: Arrival, intended: Nanos) -> Job {
        Job {
            request: self.next_request(),
            row: arrival.request,
            phase: arrival.phase,
            intended,
            in_cohort: in_cohort(arrival.phase),
        }
    }

    pub(crate) fn ended(&mut self, job: &Job, ended: Nanos) {
        self.in_flight -= 1;
        if job.in_cohort {
            self.cohort_in_flight -= 1;
            self.last_cohort_end = self.last_cohort_end.max(Some(ended));
        }
    }

    pub(crate) fn stop(&mut self, now: Nanos) {
        self.stopped.get_or_insert(now);
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.cohort_in_flight == 0 && (self.next >= self.cohort_ends || self.stopped.is_some())
    }

    /// Gives out what was due by the time of the stop, or by `now`, and never
    /// taken: the cap held it back to the end.
    pub(crate) fn take_unsent(&mut self, now: Nanos) -> Vec<Job> {
        let until = self.stopped.unwrap_or(now);
        let mut unsent = Vec::new();
        while let Some(&arrival) = self.arrivals.get(self.next) {
            let due = self.start + arrival.offset;
            if due > until || self.next >= self.cohort_ends {
                break;
            }
            unsent.push(self.job(arrival, due));
            self.next += 1;
        }
        unsent
    }

    pub(crate) fn cohort_due_until(&self) -> Option<Nanos> {
        if let Some(stopped) = self.stopped {
            return Some(stopped);
        }
        let last = self.arrivals.get(self.cohort_ends.checked_sub(1)?)?;
        Some((self.start + last.offset).max(self.window.closes))
    }

    pub(crate) fn opens(&self) -> Nanos {
        self.window.opens
    }

    /// The planned window, cut where the load was stopped. A burst has all its
    /// arrivals in one instant: its window lasts until the last of them ended.
    pub(crate) fn window(&self) -> Option<Window> {
        let Window { opens, closes } = self.window;
        let closes = match self.last_cohort_end {
            Some(end) if self.is_burst() => end + Nanos(1),
            _ => closes,
        };
        let closes = self.stopped.map_or(closes, |stopped| closes.min(stopped));
        (opens < closes).then_some(Window { opens, closes })
    }

    fn is_burst(&self) -> bool {
        self.window.length() <= Nanos(1)
    }
}

fn in_cohort(phase: Phase) -> bool {
    matches!(phase, Phase::Measure)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Nanos = Nanos(1_000);

    fn arrivals(entries: &[(i64, Phase)]) -> Vec<Arrival> {
        entries
            .iter()
            .enumerate()
            .map(|(row, (offset, phase))| Arrival {
                offset: Nanos(*offset),
                request: row as u32,
                phase: *phase,
            })
            .collect()
    }

    fn measured(offsets: &[i64], cap: Option<u32>) -> Open {
        let entries: Vec<_> = offsets.iter().map(|&offset| (offset, Phase::Measure)).collect();
        let closes = Nanos(offsets.last().unwrap() + 1);
        Open::new(arrivals(&entries), Window { opens: Nanos(0), closes }, cap, START)
    }

    #[test]
    fn requests_leave_at_start_plus_offset_and_are_never_rebased() {
        let mut open = measured(&[0, 10, 20], None);
        assert_eq!(open.next_due(), Some(Nanos(1_000)));
        // Late by 15: the second is overdue at once, the third keeps its instant.
        assert_eq!(open.take_due(Nanos(1_015)).unwrap().intended, Nanos(1_000));
        assert_eq!(open.take_due(Nanos(1_015)).unwrap().intended, Nanos(1_010));
        assert_eq!(open.take_due(Nanos(1_015)), None);
        assert_eq!(open.next_due(), Some(Nanos(1_020)));
    }

    #[test]
    fn a_cap_queues_in_the_client_and_keeps_the_intended_instant() {
        let mut open = measured(&[0, 1, 2], Some(1));
        let first = open.take_due(Nanos(1_005)).unwrap();
        assert_eq!((open.next_due(), open.take_due(Nanos(1_005))), (None, None));
        open.ended(&first, Nanos(1_050));
        assert_eq!(open.take_due(Nanos(1_050)).unwrap().intended, Nanos(1_001));
    }

    #[test]
    fn the_load_goes_on_until_the_cohort_has_ended() {
        let entries = [(0, Phase::RampIn), (5, Phase::Measure), (9, Phase::Drain)];
        let window = Window { opens: Nanos(4), closes: Nanos(6) };
        let mut open = Open::new(arrivals(&entries), window, None, START);
        let jobs: Vec<_> = std::iter::from_fn(|| open.take_due(Nanos(1_009))).collect();
        assert_eq!(jobs.iter().map(|job| job.in_cohort).collect::<Vec<_>>(), [false, true, false]);
        assert!(!open.is_complete());
        open.ended(&jobs[1], Nanos(1_020));
        assert!(open.is_complete());
        assert_eq!(open.window(), Some(Window { opens: Nanos(1_004), closes: Nanos(1_006) }));
    }

    #[test]
    fn what_was_due_and_never_sent_is_given_out_at_the_end() {
        let mut open = measured(&[0, 1, 50], Some(1));
        let first = open.take_due(Nanos(1_000)).unwrap();
        open.stop(Nanos(1_010));
        open.ended(&first, Nanos(1_020));
        assert!(open.is_complete());
        let unsent = open.take_unsent(Nanos(1_020));
        assert_eq!(unsent.iter().map(|job| job.intended).collect::<Vec<_>>(), [Nanos(1_001)]);
        assert_eq!(open.window().unwrap().closes, Nanos(1_010));
    }

    #[test]
    fn a_burst_has_a_window_until_its_last_end() {
        let mut open = measured(&[0, 0], None);
        let jobs: Vec<_> = std::iter::from_fn(|| open.take_due(START)).collect();
        for (job, end) in jobs.iter().zip([1_400, 1_300]) {
            open.ended(job, Nanos(end));
        }
        assert_eq!(open.window(), Some(Window { opens: START, closes: Nanos(1_401) }));
    }
}

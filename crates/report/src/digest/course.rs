//! What happened over time, in equal bins of the measured window.
//!
//! A stretch of time adds to two bins and two borders, however many bins it covers, so that
//! a million requests in flight at once take no longer than as many one after another.

use tokenometer_core::metric::throughput::prompt_done;
use tokenometer_core::timeline::{Arrival, Timeline};
use tokenometer_core::{Nanos, Phase, Record, TokenRule, Window};

use super::Course;

/// How many bins the window has.
const BINS: usize = 120;

/// A course in the making.
pub(super) struct CourseOf {
    window: Window,
    in_flight: Stretches,
    waiting_first: Stretches,
    tokens: [f64; BINS],
    due: [u64; BINS],
}

impl CourseOf {
    /// Nothing seen yet.
    pub(super) fn new(window: Window) -> CourseOf {
        CourseOf {
            window,
            in_flight: Stretches::new(),
            waiting_first: Stretches::new(),
            tokens: [0.0; BINS],
            due: [0; BINS],
        }
    }

    /// Adds a request of any phase but the warm-up, as concurrency and throughput do (M10,
    /// M14).
    pub(super) fn add(&mut self, record: &Record, timeline: &Timeline, arrivals: &[Arrival]) {
        if let Some(sent) = record.sent {
            let end = record.end.unwrap_or(Nanos::MAX);
            let answered = prompt_done(timeline).unwrap_or(end);
            if let Some((from, to)) = self.inside(sent, end) {
                self.in_flight.add(from, to);
            }
            if let Some((from, to)) = self.inside(sent, answered) {
                self.waiting_first.add(from, to);
            }
        }
        if record.phase == Phase::Measure
            && let Some(bin) = self.bin(record.intended)
        {
            self.due[bin] += 1;
        }
        self.add_tokens(record, timeline, arrivals);
    }

    /// Adds a request's tokens when they arrived. Where those of its chunks aren't known, all
    /// of them are shared out evenly over its chunks; where those aren't known either, a
    /// chunk is one.
    fn add_tokens(&mut self, record: &Record, timeline: &Timeline, arrivals: &[Arrival]) {
        if !record.streamed {
            let tokens = timeline.last.map(|last| (last, timeline.tokens.unwrap_or(1)));
            return tokens.into_iter().for_each(|(last, all)| self.arrived(last, f64::from(all)));
        }
        if timeline.rule == TokenRule::Unknown {
            let chunks = f64::from(timeline.chunks);
            let each = timeline.tokens.map_or(1.0, |all| f64::from(all) / chunks);
            for arrival in arrivals {
                self.arrived(arrival.received, each * f64::from(arrival.chunks));
            }
            return;
        }
        for arrival in arrivals {
            self.arrived(arrival.received, f64::from(arrival.tokens.unwrap_or(0)));
        }
        if let (Some(end), Some(all), Some(shown)) =
            (record.end, timeline.tokens, timeline.shown_tokens)
        {
            self.arrived(end, f64::from(all.saturating_sub(shown)));
        }
    }

    fn arrived(&mut self, instant: Nanos, tokens: f64) {
        if let Some(bin) = self.bin(instant) {
            self.tokens[bin] += tokens;
        }
    }

    /// The course; `knows_tokens` says whether the tokens may be shown.
    pub(super) fn finish(self, knows_tokens: bool) -> Course {
        let bin_s = self.window.length().as_secs_f64() / BINS as f64;
        if bin_s <= 0.0 {
            return Course::default();
        }
        let per_second = |count: f64| count / bin_s;
        let tokens = self.tokens.into_iter().filter(|_| knows_tokens);
        Course {
            bin_s,
            in_flight: self.in_flight.averages(),
            waiting_first: self.waiting_first.averages(),
            tokens_per_s: tokens.map(per_second).collect(),
            due_per_s: self.due.into_iter().map(|due| per_second(due as f64)).collect(),
        }
    }

    /// How many bins after the window's beginning an instant lies.
    fn bins_to(&self, instant: Nanos) -> f64 {
        let into = (instant - self.window.opens).0 as f64;
        into * BINS as f64 / self.window.length().0 as f64
    }

    /// The bin of an instant, if it lies in the window.
    fn bin(&self, instant: Nanos) -> Option<usize> {
        let bin = || (self.bins_to(instant) as usize).min(BINS - 1);
        self.window.contains(instant).then(bin)
    }

    /// What of a stretch of time lies in the window, in bins from its beginning.
    fn inside(&self, from: Nanos, to: Nanos) -> Option<(f64, f64)> {
        let (from, to) = (from.max(self.window.opens), to.min(self.window.closes));
        (from < to).then(|| (self.bins_to(from), self.bins_to(to)))
    }
}

/// Stretches of time, laid over one another.
struct Stretches {
    /// What of them covers a bin only in part, in bins.
    parts: [f64; BINS],
    /// How many more cover a bin whole than cover the one before.
    wholes: [i64; BINS + 1],
}

impl Stretches {
    fn new() -> Stretches {
        Stretches { parts: [0.0; BINS], wholes: [0; BINS + 1] }
    }

    /// Adds a stretch, in bins from the beginning, up to the end of the last at most.
    fn add(&mut self, from: f64, to: f64) {
        let (first, last) = (from as usize, to as usize);
        if first == last {
            self.parts[first.min(BINS - 1)] += to - from;
            return;
        }
        self.parts[first] += (first + 1) as f64 - from;
        if last < BINS {
            self.parts[last] += to - last as f64;
        }
        self.wholes[first + 1] += 1;
        self.wholes[last.min(BINS)] -= 1;
    }

    /// How many covered each bin, averaged over it.
    fn averages(&self) -> Vec<f64> {
        let mut wholes = 0;
        let bins = self.parts.iter().zip(&self.wholes);
        bins.map(|(part, more)| {
            wholes += more;
            part + wholes as f64
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_covers_bins_in_part_and_whole() {
        let mut stretches = Stretches::new();
        stretches.add(0.25, 0.75);
        stretches.add(0.5, 3.25);
        stretches.add(119.5, 120.0);
        stretches.add(0.0, 120.0);
        let averages = stretches.averages();
        assert_eq!(averages[..5], [2.0, 2.0, 2.0, 1.25, 1.0]);
        assert_eq!(averages[119], 1.5);
    }

    #[test]
    fn a_window_without_length_has_no_course() {
        let window = Window { opens: Nanos(5), closes: Nanos(5) };
        assert_eq!(CourseOf::new(window).finish(true), Course::default());
    }
}

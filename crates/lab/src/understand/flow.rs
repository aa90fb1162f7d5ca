//! How the load went over its window, in bins of equal length: what the trend
//! test of gate W5 looks at.

use tokenometer_core::{Chunk, Nanos, Phase, Record, Window};
use tokenometer_verdict::Steadiness;

use super::tokens_of;

/// How many bins a window has (W5).
const BINS: usize = 20;

/// Tokens and requests in flight, bin by bin.
#[derive(Debug)]
pub(super) struct Flow {
    window: Window,
    tokens: [f64; BINS],
    /// Nanoseconds that requests spent in flight.
    in_flight: [f64; BINS],
}

impl Flow {
    pub(super) fn new(window: Window) -> Flow {
        Flow { window, tokens: [0.0; BINS], in_flight: [0.0; BINS] }
    }

    /// Adds a request of any phase but the warm-up.
    pub(super) fn add(&mut self, record: &Record, chunks: &[Chunk]) {
        if record.phase == Phase::WarmUp {
            return;
        }
        for chunk in chunks {
            if self.window.contains(chunk.received) {
                self.tokens[self.bin(chunk.received)] += f64::from(tokens_of(chunk));
            }
        }
        let from = record.intended.max(self.window.opens);
        let until = record.end.unwrap_or(self.window.closes).min(self.window.closes);
        if from < until {
            self.spread(from, until);
        }
    }

    /// Spreads a request's time over the bins that it touches.
    fn spread(&mut self, from: Nanos, until: Nanos) {
        for bin in self.bin(from)..=self.bin(until - Nanos(1)) {
            let (begins, ends) = (self.border(bin), self.border(bin + 1));
            self.in_flight[bin] += (until.min(ends) - from.max(begins)).0 as f64;
        }
    }

    fn bin(&self, instant: Nanos) -> usize {
        let length = i128::from(self.window.length().0.max(1));
        let into = i128::from((instant - self.window.opens).0);
        usize::try_from(into * BINS as i128 / length).unwrap_or(0).min(BINS - 1)
    }

    /// The first instant of a bin: the least that [`Flow::bin`] puts there.
    fn border(&self, bin: usize) -> Nanos {
        let length = i128::from(self.window.length().0.max(1));
        let into = (bin as i128 * length + BINS as i128 - 1) / BINS as i128;
        self.window.opens + Nanos(i64::try_from(into).unwrap_or(i64::MAX))
    }

    pub(super) fn finish(self) -> Steadiness {
        let width = self.window.length().as_secs_f64() / BINS as f64;
        let width = width.max(1e-9);
        Steadiness {
            tokens_per_second: self.tokens.iter().map(|tokens| tokens / width).collect(),
            in_flight: self.in_flight.iter().map(|nanos| nanos / 1e9 / width).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{chunk, record};

    #[test]
    fn time_and_tokens_fall_into_their_bins() {
        let window = Window { opens: Nanos(0), closes: Nanos(20_000_000_000) };
        let mut flow = Flow::new(window);
        let mut one = record();
        one.intended = Nanos(-5_000_000_000);
        one.end = Some(Nanos(2_500_000_000));
        let chunks = [chunk(-1, 9), chunk(500_000_000, 3), chunk(19_999_999_999, 4)];
        flow.add(&one, &chunks);
        let steadiness = flow.finish();
        assert_eq!(steadiness.in_flight[..4], [1.0, 1.0, 0.5, 0.0]);
        assert_eq!((steadiness.tokens_per_second[0], steadiness.tokens_per_second[19]), (3.0, 4.0));
    }
}

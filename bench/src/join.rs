//! What a client said beside what was true.

use std::collections::HashMap;

use tokenometer_sim::Truth;

use crate::client::Told;
use crate::numbers::quantile;

/// Errors, in milliseconds, over all values of one run.
pub(crate) struct Errors {
    /// Of each request's time to its first token.
    pub(crate) ttft: Vec<f64>,
    /// Of each gap between tokens.
    pub(crate) itl: Vec<f64>,
    /// Requests that one side knows and the other does not, or with another
    /// number of events.
    pub(crate) unmatched: usize,
}

impl Errors {
    /// Compares, request by request and gap by gap.
    pub(crate) fn of(told: &Told, truth: &[Truth]) -> Errors {
        let truth: HashMap<&str, &Truth> =
            truth.iter().map(|line| (line.request.as_str(), line)).collect();
        let mut errors = Errors { ttft: Vec::new(), itl: Vec::new(), unmatched: 0 };
        for seen in &told.requests {
            let line = truth.get(seen.id.as_str());
            let Some(line) = line.filter(|line| line.writes.len() == seen.events.len()) else {
                errors.unmatched += 1;
                continue;
            };
            let millis = |nanos: i64| nanos as f64 / 1e6;
            if let (Some(said), Some(&(first, _))) = (seen.events.first(), line.writes.first()) {
                errors.ttft.push(millis((said - seen.sent) - (first - line.arrival_ns)));
            }
            let gaps = seen.events.windows(2).zip(line.writes.windows(2));
            errors.itl.extend(
                gaps.map(|(said, was)| millis((said[1] - said[0]) - (was[1].0 - was[0].0))),
            );
        }
        errors
    }

    /// The error that 99 of 100 values stay within, to either side.
    pub(crate) fn p99(values: &[f64]) -> f64 {
        let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
        quantile(&mut sizes, 0.99)
    }
}

//! Lengths of time in the buckets of a Prometheus histogram, whose edges are
//! vLLM's.

use tokenometer_core::Nanos;

use super::exposition::Names;

/// Edges for the time to the first token, in seconds.
pub(super) const FIRST_TOKEN: &[f64] = &[
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    20.0, 40.0, 80.0, 160.0, 640.0, 2560.0,
];
/// Edges for the time between tokens, in seconds.
pub(super) const BETWEEN_TOKENS: &[f64] = &[
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0,
    40.0, 80.0,
];
/// Edges for the time of a whole request, in seconds.
pub(super) const WHOLE: &[f64] = &[
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0,
    480.0, 960.0, 1920.0, 7680.0,
];

/// Counts of lengths of time.
pub(super) struct Latency {
    edges: &'static [f64],
    /// One count for each edge, and one for what lies above them all.
    counts: Box<[u64]>,
    sum: f64,
}

impl Latency {
    /// Nothing counted so far; `edges` ascend.
    pub(super) fn new(edges: &'static [f64]) -> Latency {
        Latency { edges, counts: vec![0; edges.len() + 1].into(), sum: 0.0 }
    }

    pub(super) fn add(&mut self, length: Nanos) {
        let seconds = length.as_secs_f64();
        // A length that is an edge's belongs below it.
        self.counts[self.edges.partition_point(|edge| *edge < seconds)] += 1;
        self.sum += seconds;
    }

    /// The series of the histogram `name`.
    pub(super) fn series(&self, names: &Names, name: &str) -> Vec<(String, f64)> {
        let edges = self.edges.iter().map(|edge| format!("{edge:?}")).chain(["+Inf".to_owned()]);
        let mut below = 0;
        let mut series: Vec<_> = edges
            .zip(&self.counts)
            .map(|(edge, count)| {
                below += count;
                let label = format!("le=\"{edge}\"");
                (names.series(&format!("{name}_bucket"), &label), below as f64)
            })
            .collect();
        series.push((names.series(&format!("{name}_count"), ""), below as f64));
        series.push((names.series(&format!("{name}_sum"), ""), self.sum));
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_all_that_is_below_their_edge() {
        let mut latency = Latency::new(BETWEEN_TOKENS);
        for millis in [10, 11, 90_000] {
            latency.add(Nanos::from_millis(millis));
        }
        let series = latency.series(&Names::new("e:", "a=\"0\"".to_owned()), "gap");
        let value = |name: &str| series.iter().find(|(series, _)| series == name).unwrap().1;
        assert_eq!(value("e:gap_bucket{a=\"0\",le=\"0.01\"}"), 1.0);
        assert_eq!(value("e:gap_bucket{a=\"0\",le=\"80.0\"}"), 2.0);
        assert_eq!(value("e:gap_bucket{a=\"0\",le=\"+Inf\"}"), 3.0);
        assert_eq!(value("e:gap_count{a=\"0\"}"), 3.0);
        assert!((value("e:gap_sum{a=\"0\"}") - 90.021).abs() < 1e-9);
    }
}

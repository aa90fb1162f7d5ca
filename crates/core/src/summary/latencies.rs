//! The metrics of one instant against another, and their tails with failures.

use super::cohort::{Ordered, Values};
use super::describe::Basis;
use super::ranked::{rank, survive};
use super::{Distribution, Summary};
use crate::Nanos;
use crate::metric::{Absent, e2e, lateness, ttfo, ttft};
use crate::stats::Value;
use crate::timeline::Timeline;

/// A metric of one request, in milliseconds.
fn millis(
    metric: impl Fn(&Timeline) -> Result<Nanos, Absent>,
) -> impl Fn(&Timeline) -> Result<f64, Absent> {
    move |timeline| metric(timeline).map(Nanos::as_millis_f64)
}

impl Summary {
    /// Everything that a clock alone can tell.
    pub(super) fn take_latencies(&mut self, cohort: &Ordered, basis: Basis) {
        let over = |metric: fn(&Timeline) -> Result<Nanos, Absent>| {
            basis.describe(cohort.values(millis(metric)))
        };
        self.ttft_ms = over(ttft::ttft);
        self.ttft_intended_ms = over(ttft::from_intended);
        self.ttfo_ms = over(ttfo::ttfo);
        self.e2e_ms = over(e2e::e2e);
        self.e2e_intended_ms = over(e2e::from_intended);
        self.e2e_stream_ms = over(e2e::e2e_stream);
        let everyone = cohort.requests().map(|(rank, _, timeline)| (rank, timeline));
        self.lateness_ms = basis.describe(Values::of(everyone, millis(lateness::lateness)));
        let connects = cohort.requests().filter_map(|(rank, kept, _)| {
            kept.connect.map(|span| Value::of_request(span.as_millis_f64(), rank))
        });
        let values = Values { values: connects.collect(), absent: Vec::new() };
        self.connect_ms = basis.describe(values);
    }

    /// The tails of TTFT and E2E with failures at +∞, and where requests were
    /// censored, by Kaplan–Meier too.
    pub(super) fn take_tails(&mut self, cohort: &Ordered, basis: Basis, censored: u64) {
        if let Some(mut ranked) = rank(cohort, basis, millis(ttft::ttft)) {
            if censored > 0 {
                survive(&mut ranked, cohort, |_, timeline| timeline.first);
            }
            self.ranked.insert("ttft_ms".to_owned(), ranked);
        }
        if let Some(mut ranked) = rank(cohort, basis, millis(e2e::e2e)) {
            if censored > 0 {
                // The last token seen of a request that went on was not its
                // last.
                survive(&mut ranked, cohort, |kept, timeline| {
                    timeline.last.filter(|_| kept.outcome.is_ok())
                });
            }
            self.ranked.insert("e2e_ms".to_owned(), ranked);
        }
    }

    /// The mean of a latency that some requests had not reached when they were
    /// cut off says nothing (M12).
    pub(super) fn withhold_means(&mut self, censored: u64) {
        if censored == 0 {
            return;
        }
        let why = format!("{censored} requests were still running at the drain limit");
        for distribution in self.latencies() {
            distribution.withhold_mean(&why);
        }
    }

    /// Reasoning that stands unparsed in an answer hides where it begins (M8).
    pub(super) fn withhold_answers(&mut self, unparsed: u64) {
        if unparsed > 0 {
            let why = format!("reasoning stands unparsed in the answers of {unparsed} requests");
            self.ttfo_ms.withhold(&why);
        }
    }

    /// Every metric over `ok` requests that failures bias.
    fn latencies(&mut self) -> [&mut Distribution; 9] {
        [
            &mut self.ttft_ms,
            &mut self.ttft_intended_ms,
            &mut self.ttfo_ms,
            &mut self.tpot_ms,
            &mut self.itl_ms,
            &mut self.icl_ms,
            &mut self.e2e_ms,
            &mut self.e2e_intended_ms,
            &mut self.e2e_stream_ms,
        ]
    }
}

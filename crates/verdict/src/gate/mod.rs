//! The gates, one file a class. Each is a function of the evidence and the
//! thresholds, and gives one [`Gate`].

mod arm;
mod cache;
mod environment;
mod instrument;
mod warm_up;
mod work;

use tokenometer_core::{Gate, GateClass, GateStatus};

use crate::trend::{Trend, mann_kendall};
use crate::{Evidence, Thresholds};

pub(crate) use arm::{Fall, SATURATED, fall};
pub(crate) use environment::ERRORS;
pub(crate) use instrument::{BACKLOG, CLOCK, CPU};

/// A gate.
pub(crate) type Test = fn(&Evidence, &Thresholds) -> Gate;

/// Every gate, in the order of its id.
pub(crate) const ALL: [Test; 27] = [
    instrument::i1_lateness,
    instrument::i2_cpu,
    instrument::i3_backlog,
    instrument::i4_stamps,
    instrument::i5_coalesced,
    instrument::i6_clock,
    instrument::i7_offered_load,
    instrument::i8_noise_floor,
    environment::e1_slowdown,
    environment::e2_settings,
    environment::e3_clocks,
    environment::e4_start_state,
    environment::e5_neighbours,
    environment::e6_errors,
    arm::a1_alive,
    arm::a2_failures,
    arm::a3_saturated,
    arm::a4_lengths,
    arm::a5_configuration,
    work::w1_prompt_tokens,
    work::w2_counts,
    cache::w3_prefix_cache,
    work::w4_enough,
    work::w5_steady,
    warm_up::w6_warm_up,
    work::w7_in_flight,
    work::w8_tokenizer,
];

/// The metrics that say how long a request took.
const LATENCIES: &[&str] = &[
    "ttft_ms",
    "ttft_intended_ms",
    "ttfo_ms",
    "tpot_ms",
    "itl_ms",
    "icl_ms",
    "pace_ms",
    "e2e_ms",
    "e2e_intended_ms",
    "e2e_stream_ms",
];

/// The metrics that say how much was done in the window.
const THROUGHPUTS: &[&str] =
    &["request_throughput", "input_throughput", "output_throughput", "total_throughput"];

/// The metrics that a prefix cache changes: whatever prefill is part of.
const PREFILLS: &[&str] =
    &["ttft_ms", "ttft_intended_ms", "ttfo_ms", "e2e_ms", "e2e_intended_ms", "input_throughput"];

/// What a gate is, apart from what it finds.
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    name: &'static str,
    class: GateClass,
}

impl Rule {
    const fn new(id: &'static str, name: &'static str, class: GateClass) -> Rule {
        Rule { id, name, class }
    }

    fn passed(&self, saw: impl Into<String>) -> Gate {
        self.found(GateStatus::Passed, saw.into(), None)
    }

    /// A fault, with what it does to the numbers and how to mend it.
    fn failed(&self, saw: impl Into<String>, advice: impl Into<String>) -> Gate {
        self.found(GateStatus::Failed, saw.into(), Some(advice.into()))
    }

    /// Not to be told, and why.
    fn unknown(&self, why: impl Into<String>) -> Gate {
        self.found(GateStatus::Unknown, why.into(), None)
    }

    /// Not asked, and why.
    fn waived(&self, why: impl Into<String>) -> Gate {
        self.found(GateStatus::Waived, why.into(), None)
    }

    fn found(&self, status: GateStatus, saw: String, advice: Option<String>) -> Gate {
        Gate {
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            class: self.class,
            status,
            saw,
            advice,
            withholds: Vec::new(),
        }
    }
}

/// The same gate, withholding metrics.
fn withholding(mut gate: Gate, metrics: &[&str]) -> Gate {
    gate.withholds.extend(metrics.iter().map(|&metric| metric.to_owned()));
    gate
}

/// The trend of a series that is long enough to have one.
fn trend(bins: &[f64], thresholds: &Thresholds) -> Option<Trend> {
    if bins.len() < thresholds.trend_bins { None } else { mann_kendall(bins) }
}

/// Whether a trend is both no accident and large enough to care for.
fn matters(trend: Trend, thresholds: &Thresholds) -> bool {
    trend.p < thresholds.trend_p && trend.change.abs() > thresholds.trend_change
}

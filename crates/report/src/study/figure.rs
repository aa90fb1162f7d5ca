//! The figures of a study's tables: which they are, and which trials count.

use tokenometer_core::{Standing, Summary};
use tokenometer_results::Trial;

use super::Ending;

/// A figure of a trial.
pub(super) struct Figure {
    /// The head of its column.
    pub(super) head: &'static str,
    /// Where it is found.
    pub(super) of: fn(&Summary) -> Option<f64>,
    /// Whether a loop that can't keep up leaves it meaningless: such a latency
    /// grows with the length of the window (A3).
    pub(super) is_latency: bool,
}

/// The figures that are shown, in their order.
pub(super) const FIGURES: [Figure; 5] = [
    Figure { head: "output tok/s", of: |summary| summary.output_throughput, is_latency: false },
    Figure { head: "requests/s", of: |summary| summary.request_throughput, is_latency: false },
    Figure { head: "TTFT p50 ms", of: |summary| summary.ttft_ms.p50, is_latency: true },
    Figure { head: "TPOT p50 ms", of: |summary| summary.tpot_ms.p50, is_latency: true },
    Figure { head: "E2E p50 ms", of: |summary| summary.e2e_ms.p50, is_latency: true },
];

/// How a planned trial stands, in a word.
pub(super) fn standing(ending: &Ending<'_>) -> &'static str {
    match ending {
        Ending::Missing => "missing",
        Ending::Failed { .. } => "failed",
        Ending::Carried(trial) if trial.interrupted => "interrupted",
        Ending::Carried(trial) => match trial.validity.standing {
            Standing::Valid => "valid",
            Standing::Invalid => "invalid",
            Standing::Failed => "failed",
            Standing::Saturated => "saturated",
        },
    }
}

/// The figure of a trial, if it counts: an invalid trial, a failed or an
/// interrupted one has none, and a saturated one no latency.
pub(super) fn value(figure: &Figure, trial: &Trial) -> Option<f64> {
    let counts = match trial.validity.standing {
        Standing::Valid => true,
        Standing::Saturated => !figure.is_latency,
        Standing::Invalid | Standing::Failed => false,
    };
    (counts && !trial.interrupted).then(|| (figure.of)(&trial.summary)).flatten()
}

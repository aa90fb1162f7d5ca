//! The metrics of other tools' results, under the names that they have with us.

use tokenometer_report::compare::{BlockFigure, FigurePair, How};
use tokenometer_results::ForeignResult;
use tokenometer_verdict::answer::{Metric, MetricClass};

use super::Alike;
use crate::compare::figures::{Beside, OTHER_OBJECTIVES};
use crate::compare::{ToCompare, definitions};

/// How much the lengths of answers may differ where a metric hangs on them.
const LENGTHS: f64 = 0.01;

/// Every metric that one side has, or that was asked for by name.
pub(super) fn figures(
    sides: [&Alike; 2],
    is_comparable: bool,
    asked: &ToCompare,
) -> Vec<FigurePair> {
    let mut figures = Vec::new();
    for metric in asked.metrics() {
        let [one, two] = sides.map(|side| values(side, metric));
        if one.is_empty() && two.is_empty() && !asked.names(metric) {
            continue;
        }
        let mut notes = Vec::new();
        for (side, values) in [("reference", &one), ("compared", &two)] {
            if values.is_empty() {
                notes.push(format!("{side}: it isn't there"));
            }
        }
        let refused = lengths(sides, metric).or_else(|| objectives(sides, metric));
        let ranks = is_comparable && refused.is_none();
        notes.extend(refused);
        let beside = Beside { metric, how: How::NumbersOnly, ranks };
        let mut figure = beside.figure([one, two], notes);
        let [one, two] = sides.map(Alike::first);
        figure.defined_otherwise =
            figure.effect.is_some() && definitions::are_apart(metric.name, one, two);
        if figure.defined_otherwise {
            figure.notes.push("the two tools define it each in its way".to_owned());
        }
        figures.push(figure);
    }
    figures
}

fn values(side: &Alike, metric: &Metric) -> Vec<BlockFigure> {
    let value = |result: &ForeignResult| {
        keys(metric.name).iter().find_map(|key| result.figures.get(*key).copied())
    };
    let values = side
        .results
        .iter()
        .filter_map(|(block, result)| Some(BlockFigure { block: *block, value: value(result)? }));
    values.collect()
}

/// Whether a share is of requests that were to meet other objectives.
fn objectives([one, two]: [&Alike; 2], metric: &Metric) -> Option<String> {
    let differ = one.first().asked.objectives != two.first().asked.objectives;
    (metric.in_points && differ).then(|| OTHER_OBJECTIVES.to_owned())
}

/// Whether answers are of different lengths, where that decides the metric: other tools
/// can't say whether these ended of themselves.
fn lengths([one, two]: [&Alike; 2], metric: &Metric) -> Option<String> {
    if metric.class != MetricClass::PerRequest {
        return None;
    }
    let length = |side: &Alike| {
        let result = side.first();
        let tokens = result.figures.get("total_output_tokens")?;
        (result.completed > 0).then(|| tokens / result.completed as f64)
    };
    let (one, two) = (length(one)?, length(two)?);
    let apart = (two / one).max(one / two) - 1.0;
    (apart > LENGTHS)
        .then(|| format!("no ratio: the answers of one side are {:.1} % longer", 100.0 * apart))
}

/// The keys under which tools write a metric.
fn keys(metric: &str) -> &'static [&'static str] {
    match metric {
        "output_throughput" => &["output_throughput"],
        "total_throughput" => &["total_token_throughput", "total_throughput"],
        "input_throughput" => &["input_throughput"],
        "request_throughput" => &["request_throughput"],
        "ttft_p50" => &["median_ttft_ms"],
        "ttft_p99" => &["p99_ttft_ms"],
        "ttft_mean" => &["mean_ttft_ms"],
        "tpot_p50" => &["median_tpot_ms"],
        "tpot_p99" => &["p99_tpot_ms"],
        "tpot_mean" => &["mean_tpot_ms"],
        "itl_mean" => &["mean_itl_ms"],
        "e2e_p50" => &["median_e2el_ms", "median_e2e_latency_ms"],
        "e2e_p99" => &["p99_e2el_ms", "p99_e2e_latency_ms"],
        "e2e_mean" => &["mean_e2el_ms", "mean_e2e_latency_ms"],
        "attainment" => &["slo_attainment"],
        "goodput" => &["request_goodput"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use tokenometer_verdict::answer::METRICS;

    use super::*;

    #[test]
    fn every_metric_has_its_keys() {
        for metric in METRICS {
            assert!(!keys(metric.name).is_empty(), "{}", metric.name);
        }
    }
}

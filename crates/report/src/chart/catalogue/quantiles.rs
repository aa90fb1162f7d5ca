//! Quantile curves of latencies: how long the slower requests take, and not only the usual
//! one.

use tokenometer_results::TrialId;

use crate::chart::{Axis, Body, Chart, Curves, Line, Point, Scale};
use crate::digest::{Digest, TrialDigest};
use crate::measured::{ArmMeasured, Kind, Mean, Measured, ScenarioMeasured};
use crate::{CellSeen, Ending};

use super::left_out::{LeftOut, because, lines as in_lines, note};
use super::names::{Arm, arms, at, ids, shown, title};
use super::sureness::scale;

/// The latencies, by their names in a digest.
pub(super) const LATENCIES: [(&str, &str, &str); 4] = [
    ("ttft_ms", "quantiles-ttft", "TTFT"),
    ("tpot_ms", "quantiles-tpot", "TPOT"),
    ("e2e_ms", "quantiles-e2e", "E2E"),
    ("icl_ms", "quantiles-icl", "ICL"),
];

/// The quantiles that are written along the axis.
const TICKS: [(f64, &str); 7] = [
    (0.0, "least"),
    (0.5, "p50"),
    (0.9, "p90"),
    (0.95, "p95"),
    (0.99, "p99"),
    (0.999, "p99.9"),
    (0.9999, "p99.99"),
];

/// Each latency in each scenario.
pub(super) fn of_study(measured: &Measured<'_>, digest: &Digest) -> Vec<Chart> {
    let arms = arms(measured);
    let labels: Vec<String> =
        measured.scenarios.iter().map(|scenario| shown(scenario.name)).collect();
    let mut charts = Vec::new();
    for (metric, kind, called) in LATENCIES {
        for (scenario, id) in measured.scenarios.iter().zip(ids(kind, &labels)) {
            let heading =
                title(&format!("Quantiles of {called}"), &shown(scenario.name), labels.len());
            charts.extend(chart(metric, scenario, digest, &arms).map(|(notes, curves)| Chart {
                id,
                title: heading,
                about: format!(
                    "The {called} that so large a share of the requests stays below, for each arm \
                     in {}: the mean over the blocks that count. The axis is stretched towards \
                     the slowest; the very slowest request has no place on it.",
                    shown(scenario.name)
                ),
                notes,
                body: Body::Curves(curves),
            }));
        }
    }
    charts
}

fn chart(
    metric: &str,
    scenario: &ScenarioMeasured<'_>,
    digest: &Digest,
    arms: &[Arm],
) -> Option<(Vec<String>, Curves)> {
    let mut notes = Vec::new();
    let mut lines = Vec::new();
    for arm in arms {
        let Some(ours) = at(&scenario.arms, arm.look) else { continue };
        let curves = curves(metric, scenario.name, ours, digest, &mut notes);
        let points = mean_curve(&curves);
        let series = arm.series();
        lines.extend((!points.is_empty()).then_some(Line { series, joined: true, points }));
    }
    (!lines.is_empty()).then(|| (in_lines(&notes), drawn(lines)))
}

/// Curves over quantiles, with the axes that suit them.
pub(super) fn drawn(lines: Vec<Line>) -> Curves {
    let points = || lines.iter().flat_map(|line| &line.points);
    let last = points().map(|point| point.x).fold(0.0, f64::max);
    let is_within = |(quantile, _): &(f64, &str)| *quantile <= last;
    let ticks = TICKS.into_iter().filter(is_within);
    let x = Axis {
        ticks: ticks.map(|(quantile, word)| (quantile, word.to_owned())).collect(),
        ..Axis::new("quantile of the requests", "", Scale::Quantile)
    };
    let y = Axis::new("latency", "ms", scale(points().map(|point| point.y)));
    Curves { x, y, lines, marks: Vec::new() }
}

/// The curve of each block that counts.
fn curves<'d>(
    metric: &str,
    scenario: &str,
    arm: &ArmMeasured<'_>,
    digest: &'d Digest,
    notes: &mut Vec<LeftOut>,
) -> Vec<&'d [[f64; 2]]> {
    let of_cell = |cell: &CellSeen<'_>| -> Result<&'d [[f64; 2]], &'static str> {
        let counts = matches!(cell.ending, Ending::Carried(trial) if Kind::Latency.counts(trial));
        if !counts {
            return Err(cell.ending.standing());
        }
        let id =
            TrialId { block: cell.block, arm: arm.name.to_owned(), scenario: scenario.to_owned() };
        digest.trials.get(&id).and_then(|digest| curve(metric, digest)).ok_or("no quantiles")
    };
    let why = |cell: &CellSeen<'_>| of_cell(cell).err().map(str::to_owned);
    note(notes, because(arm, scenario, why));
    arm.cells.iter().filter_map(|cell| of_cell(cell).ok()).collect()
}

/// The curve of a latency in one trial, if it has any.
pub(super) fn curve<'d>(metric: &str, digest: &'d TrialDigest) -> Option<&'d [[f64; 2]]> {
    digest.quantiles.get(metric).map(Vec::as_slice).filter(|curve| !curve.is_empty())
}

/// The points of one trial's curve that have a place on the axis.
pub(super) fn of_trial(curve: &[[f64; 2]]) -> Vec<Point> {
    mean_curve(&[curve])
}

/// The mean of curves at each quantile of the one with most of them. Between two of its
/// quantiles a curve is straight, as it is by the rule for quantiles of few values (M15); so
/// trials with different numbers of requests can share a curve.
fn mean_curve(curves: &[&[[f64; 2]]]) -> Vec<Point> {
    let Some(finest) = curves.iter().max_by_key(|curve| curve.len()) else { return Vec::new() };
    // The slowest request of all lies at 1, which has no place on the axis.
    let inside = finest.iter().map(|[quantile, _]| *quantile).filter(|quantile| *quantile < 1.0);
    let points = inside.filter_map(|x| {
        let values: Vec<f64> = curves.iter().filter_map(|curve| value(curve, x)).collect();
        Some(Point { x, y: Mean::of(&values)?.value, interval: None, label: None })
    });
    points.collect()
}

/// The value of a curve at a quantile that may lie between two of its own.
fn value(curve: &[[f64; 2]], at: f64) -> Option<f64> {
    let above = curve.partition_point(|[quantile, _]| *quantile < at);
    let [high, high_value] = *curve.get(above)?;
    if high == at {
        return Some(high_value);
    }
    let [low, low_value] = *curve.get(above.checked_sub(1)?)?;
    Some(low_value + (high_value - low_value) * (at - low) / (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_of_different_sizes_share_a_curve() {
        let (few, more) = ([[0.0, 1.0], [1.0, 9.0]], [[0.0, 3.0], [0.5, 4.0], [1.0, 5.0]]);
        let points = mean_curve(&[&few, &more]);
        let places: Vec<[f64; 2]> = points.iter().map(|point| [point.x, point.y]).collect();
        assert_eq!(places, [[0.0, 2.0], [0.5, 4.5]]);
    }
}

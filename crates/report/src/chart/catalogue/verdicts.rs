//! The answers of a study as one picture: how far each arm lies from what it is compared with.
//!
//! Effects, intervals and words are the verdict's own.

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Comparison, DecisionRule};

use crate::StudySeen;
use crate::chart::{Axis, Body, Chart, Forest, ForestRow, Scale, Series};
use crate::measured::figure;

use super::names::{ids, shown};

/// More rows than this are parted by metric.
const MOST_ROWS: usize = 24;
/// An axis has at most so many steps.
const MOST_STEPS: f64 = 6.0;
/// The steps that an axis of effects may have.
const STEPS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
/// Ratios that span more than this factor are written as factors.
const FAR: f64 = 4.0;
const FACTORS: [f64; 13] =
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// The comparisons of a study, ratios first.
pub(super) fn charts(seen: &StudySeen<'_>) -> Vec<Chart> {
    let Some(verdict) = seen.verdict else { return Vec::new() };
    let (points, ratios): (Vec<_>, Vec<_>) =
        verdict.comparisons.iter().partition(|comparison| comparison.in_points);
    let mut charts = parted("verdicts", "Effects and verdicts", &ratios, seen, verdict);
    let of_shares = "Effects and verdicts on shares";
    charts.extend(parted("verdicts-of-shares", of_shares, &points, seen, verdict));
    charts
}

fn parted(
    kind: &str,
    heading: &str,
    comparisons: &[&Comparison],
    seen: &StudySeen<'_>,
    verdict: &Verdict,
) -> Vec<Chart> {
    let mut parts: Vec<(String, Vec<&Comparison>)> = Vec::new();
    for comparison in comparisons {
        let label = match comparisons.len() > MOST_ROWS {
            true => metric(comparison),
            false => String::new(),
        };
        match parts.iter_mut().find(|(known, _)| *known == label) {
            Some((_, part)) => part.push(comparison),
            None => parts.push((label, vec![comparison])),
        }
    }
    let labels: Vec<String> = parts.iter().map(|(label, _)| label.clone()).collect();
    let chart = |((_, part), id): ((String, Vec<&Comparison>), String)| Chart {
        id,
        title: match same(&part, metric) {
            true => format!("{heading}: {}", directed(part[0])),
            false => heading.to_owned(),
        },
        about: about(&verdict.rule, part[0].in_points),
        notes: twins(verdict),
        body: Body::Forest(forest(&part, seen, &verdict.rule)),
    };
    parts.into_iter().zip(ids(kind, &labels)).map(chart).collect()
}

fn about(rule: &DecisionRule, in_points: bool) -> String {
    let (what, margin) = match in_points {
        true => ("minus", format!("{} pp, percentage points", hundredths(rule.margin_points))),
        false => ("over", format!("{} %", hundredths(rule.margin))),
    };
    format!(
        "Each arm's value {what} that of what it is compared with, as the mean of blocks has it. \
         Whiskers: the interval of {} % for all comparisons of the study together. In the \
         band a difference counts as none (margin {margin}). Where more is better, right of it is \
         better; where less is better, left.",
        hundredths(1.0 - rule.alpha)
    )
}

/// A share in hundredths, without what a product leaves behind the last digit that was meant.
fn hundredths(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

/// What the same arm twice has said, where it casts doubt on everything.
fn twins(verdict: &Verdict) -> Vec<String> {
    use tokenometer_core::verdict::Noise;
    let said = verdict.twins.iter().filter_map(|twins| {
        let words = match twins.noise {
            Noise::Clean => return None,
            Noise::Noisy => "came out neither different nor equivalent: the study is noisy",
            Noise::Biased => "came out different, and are the same: the study is biased",
        };
        let [one, other] = twins.arms.each_ref().map(|arm| shown(arm));
        Some(format!("{one} and {other} {words}."))
    });
    said.collect()
}

fn forest(comparisons: &[&Comparison], seen: &StudySeen<'_>, rule: &DecisionRule) -> Forest {
    let in_points = comparisons[0].in_points;
    let one_metric = same(comparisons, metric);
    let one_series = same(comparisons, |comparison| series(comparison, seen).name);
    let row = |comparison: &&Comparison| ForestRow {
        name: name(comparison, one_series, one_metric),
        series: series(comparison, seen),
        effect: comparison.effect,
        interval: comparison.interval,
        word: comparison.answer.word().to_owned(),
    };
    let rows: Vec<ForestRow> = comparisons.iter().map(row).collect();
    let (even, margin) = match in_points {
        true => (0.0, [-rule.margin_points, rule.margin_points]),
        // As far below as above, on the scale on which it was decided.
        false => (1.0, [1.0 / (1.0 + rule.margin), 1.0 + rule.margin]),
    };
    let what = one_metric.then(|| metric(comparisons[0]));
    Forest { x: x(what, in_points, reach(&rows, margin)), even, margin, rows }
}

/// Whether all comparisons are alike in this.
fn same(comparisons: &[&Comparison], of: impl Fn(&Comparison) -> String) -> bool {
    comparisons.windows(2).all(|pair| of(pair[0]) == of(pair[1]))
}

/// How far effects and the margin reach.
fn reach(rows: &[ForestRow], margin: [f64; 2]) -> (f64, f64) {
    let ends = rows
        .iter()
        .flat_map(|row| row.effect.into_iter().chain(row.interval.into_iter().flatten()));
    ends.filter(|end| end.is_finite())
        .fold((margin[0], margin[1]), |(low, high), end| (low.min(end), high.max(end)))
}

/// The axis of effects; it names the metric where there is but one.
fn x(what: Option<String>, in_points: bool, (low, high): (f64, f64)) -> Axis {
    let (ticks, of_what, scale) = match in_points {
        true => (even_ticks(0.0, (low, high), "pp"), "difference of shares", Scale::Linear),
        false => (ratio_ticks(low, high), "ratio to the reference", Scale::Log),
    };
    let label = match what {
        Some(what) => format!("{what}: {of_what}"),
        None => of_what.to_owned(),
    };
    Axis { ticks, ..Axis::new(&label, "", scale) }
}

/// A metric, and in which direction it is good.
fn directed(comparison: &Comparison) -> String {
    let better = if comparison.higher_is_better { "more" } else { "less" };
    format!("{} ({better} is better)", metric(comparison))
}

/// What a row is called: what all have in common isn't said in each.
fn name(comparison: &Comparison, one_series: bool, one_metric: bool) -> String {
    let scenario = shown(&comparison.scenario);
    let what = match one_metric {
        true => scenario,
        false => format!("{scenario}, {}", directed(comparison)),
    };
    match one_series {
        true => what,
        false => format!("{}: {what}", shown(&comparison.arm)),
    }
}

fn series(comparison: &Comparison, seen: &StudySeen<'_>) -> Series {
    let look = seen.arms.iter().position(|arm| *arm == comparison.arm);
    Series {
        name: format!("{} against {}", shown(&comparison.arm), shown(&comparison.reference)),
        // An arm that the study doesn't name comes after all that it does.
        look: look.unwrap_or(seen.arms.len()),
    }
}

/// What a metric is called in the other charts; its own name where it is in none.
fn metric(comparison: &Comparison) -> String {
    let name = &comparison.metric;
    let known = figure(name).or_else(|| figure(&format!("{name}_ms")));
    known.map_or_else(|| shown(name), |figure| figure.title.to_owned())
}

/// Ratios along an axis: in per cent where they lie near 1, and as factors where they don't.
fn ratio_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    if high / low <= FAR {
        return even_ticks(1.0, (low, high), "%");
    }
    let within = |factor: &f64| (low..=high).contains(factor) || *factor == 1.0;
    FACTORS.into_iter().filter(within).map(|factor| (factor, format!("×{factor}"))).collect()
}

/// Steps in hundredths from where there is no difference, to both sides.
fn even_ticks(even: f64, (low, high): (f64, f64), unit: &str) -> Vec<(f64, String)> {
    let fits = |step: &f64| (high - low) / step <= MOST_STEPS;
    let step = STEPS.into_iter().find(fits).unwrap_or(1.0);
    let (first, last) =
        (((low - even) / step).ceil() as i64, ((high - even) / step).floor() as i64);
    let tick = |number: i64| {
        let away = number as f64 * step;
        let hundredths = hundredths(away);
        let sign = if number > 0 { "+" } else { "" };
        let words = format!("{sign}{hundredths} {unit}").replace('-', "−");
        (even + away, words)
    };
    (first..=last).map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_of_ratios_is_written_in_steps_that_suit_it() {
        let words = |low, high| {
            ratio_ticks(low, high).into_iter().map(|(_, words)| words).collect::<Vec<_>>()
        };
        assert_eq!(words(0.97, 1.06), ["−2 %", "0 %", "+2 %", "+4 %", "+6 %"]);
        assert_eq!(words(0.9, 2.1), ["0 %", "+50 %", "+100 %"]);
        assert_eq!(words(0.4, 6.0), ["×0.5", "×1", "×2", "×5"]);
        let points = even_ticks(0.0, (-0.01, 0.012), "pp");
        assert_eq!(points.first().unwrap().1, "−1 pp");
    }
}

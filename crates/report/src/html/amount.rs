//! Numbers as the page writes them: figures with as many digits as they deserve, and how
//! far two arms lie apart, as the sentences of verdicts write it. They are only rounded.

use std::collections::BTreeSet;

use super::words::visible;
use crate::measured::{Figure, Mean, figure};
use crate::number::{decimal, percent, places};

/// The figure that a verdict's metric is, where there is one: verdicts leave the unit out of
/// the names of latencies.
pub(super) fn figure_of(metric: &str) -> Option<&'static Figure> {
    figure(metric).or_else(|| figure(&format!("{metric}_ms")))
}

/// A metric in words: `TTFT p50 (ms)`.
pub(super) fn title(metric: &str) -> String {
    match figure_of(metric) {
        Some(figure) => titled(figure),
        // It is whatever a file says, and must be seen as that.
        None => visible(&metric.replace('_', " ")).into_owned(),
    }
}

/// A figure with its unit: `TTFT p50 (ms)`.
pub(super) fn titled(figure: &Figure) -> String {
    match figure.unit {
        "" | "share" => figure.title.to_owned(),
        unit => format!("{} ({unit})", figure.title),
    }
}

/// A figure's value, as it stands in a table.
pub(super) fn value(figure: &Figure, value: f64) -> String {
    sized(figure, value, value)
}

/// A mean's interval, or what its blocks lie between where there are too few for one; `None`
/// where there is one block.
pub(super) fn around(figure: &Figure, mean: &Mean) -> Option<String> {
    let ends =
        |[low, high]: [f64; 2]| (sized(figure, low, mean.value), sized(figure, high, mean.value));
    match (mean.interval, mean.blocks) {
        (Some(interval), _) => {
            let (low, high) = ends(interval);
            Some(format!("[{low}, {high}]"))
        }
        (None, 1) => None,
        (None, _) => {
            let (low, high) = ends(mean.range);
            Some(format!("between {low} and {high}"))
        }
    }
}

/// A value with the digits that one of another size deserves.
fn sized(figure: &Figure, value: f64, like: f64) -> String {
    match figure.unit {
        "share" => percent(value),
        _ => decimal(value, places(like)),
    }
}

/// How far two arms lie apart: `×1.123`, or of shares `+1.2 points`.
pub(super) fn apart(effect: f64, in_points: bool) -> String {
    match in_points {
        true => format!("{} points", signed(100.0 * effect)),
        false => format!("×{}", times(effect)),
    }
}

/// The same of an interval: `[1.101, 1.146]`.
pub(super) fn apart_between([low, high]: [f64; 2], in_points: bool) -> String {
    match in_points {
        true => format!("[{}, {}]", signed(100.0 * low), signed(100.0 * high)),
        false => format!("[{}, {}]", times(low), times(high)),
    }
}

/// How many times; thousandths matter near 1.
fn times(ratio: f64) -> String {
    decimal(ratio, if ratio.abs() < 10.0 { 3 } else { 1 })
}

/// A number with its sign and two digits behind the point.
fn signed(value: f64) -> String {
    let text = decimal(value, 2);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

/// How likely something is: `0.0017`, `< 0.0001`.
pub(super) fn probability(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".to_owned() } else { decimal(p, 4) }
}

/// Blocks by their numbers: `block 2`, `blocks 1, 3`.
pub(super) fn blocks_listed(blocks: &BTreeSet<u32>) -> String {
    let numbers: Vec<String> = blocks.iter().map(u32::to_string).collect();
    format!("block{} {}", if numbers.len() == 1 { "" } else { "s" }, numbers.join(", "))
}

/// A count of things: `1 block`, `12 blocks`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", crate::number::count(count as u64), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_verdicts_are_figures() {
        assert_eq!(title("ttft_p50"), "TTFT p50 (ms)");
        assert_eq!(title("output_throughput"), "output throughput (tokens/s)");
        assert_eq!(title("attainment"), "requests that meet every objective");
        assert_eq!(title("something_else"), "something else");
    }

    #[test]
    fn an_interval_has_the_digits_of_its_mean() {
        let ttft = figure_of("ttft_p50").unwrap();
        let mean = |values: &[f64]| Mean::of(values).unwrap();
        assert_eq!(around(ttft, &mean(&[9.99, 10.01, 10.0])).as_deref(), Some("[10.0, 10.0]"));
        assert_eq!(around(ttft, &mean(&[7.0, 12.0])).as_deref(), Some("between 7.00 and 12.00"));
        assert_eq!(around(ttft, &mean(&[7.0])), None);
    }

    #[test]
    fn how_far_arms_lie_apart() {
        assert_eq!(apart(1.1234, false), "×1.123");
        assert_eq!(apart(-0.000_01, true), "+0.00 points");
        assert_eq!(apart_between([0.9, 12.34], false), "[0.900, 12.3]");
        assert_eq!(probability(0.000_01), "< 0.0001");
        assert_eq!(counted(1, "block"), "1 block");
    }
}

//! The tables of results: throughput by lengths with the gap to what each arm is compared
//! with, and latencies by request rate or requests in flight.
//!
//! A gap stands only beside the verdict's word and interval, and is the verdict's own
//! number: no mean of this page is divided by another.

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Comparison, OtherMetric};
use tokenometer_results::{Span, Traffic};

use super::heading;
use super::words::{table, text};
use crate::StudySeen;
use crate::console::load_words;
use crate::measured::{ArmMeasured, Mean, Measured, ScenarioMeasured, figure};
use crate::number::{decimal, places, short};

/// What stands where there is nothing.
const ABSENT: &str = "–";

/// The figure that gaps are given of.
const WORK: &str = "output_throughput";

/// The latencies, and the heads of their columns.
const LATENCIES: [(&str, &str); 4] = [
    ("e2e_p50_ms", "median E2E ms"),
    ("ttft_p50_ms", "median TTFT ms"),
    ("tpot_p50_ms", "median TPOT ms"),
    ("itl_p50_ms", "median ITL ms"),
];

/// Writes the tables.
pub(super) fn write(out: &mut String, seen: &StudySeen<'_>, measured: &Measured<'_>) {
    heading(out, "Results");
    out.push_str(
        "Each figure is the mean over the blocks that count, in brackets its 95 % interval where \
         there are three blocks or more. These are numbers; who is better is the verdict's to \
         say.\n\n### Throughput\n\n",
    );
    throughput(out, seen, measured);
    type Picks = fn(&Traffic) -> Option<String>;
    let tables: [(&str, &str, Picks); 2] = [
        ("Latency by request rate", "requests/s", rate),
        ("Latency by concurrency", "in flight", concurrency),
    ];
    for (title, column, picks) in tables {
        latencies(out, measured, (title, column), picks);
    }
}

fn throughput(out: &mut String, seen: &StudySeen<'_>, measured: &Measured<'_>) {
    let has_gaps = seen.verdict.is_some_and(|verdict| !verdict.comparisons.is_empty());
    let mut header = vec![
        "scenario",
        "load",
        "input",
        "output",
        "arm",
        "blocks",
        "output tokens/s",
        "requests/s",
    ];
    header.extend(has_gaps.then_some("gap of output tokens/s"));
    let mut rows = Vec::new();
    for scenario in &measured.scenarios {
        for arm in &scenario.arms {
            let mut row = about(scenario);
            row.extend([text(arm.name), blocks(arm)]);
            row.extend([WORK, "request_throughput"].map(|name| shown(arm, name)));
            let gaps = seen.verdict.map(|verdict| gaps(verdict, scenario.name, arm.name));
            row.extend(gaps.filter(|_| has_gaps));
            rows.push(row);
        }
    }
    out.push_str(&table(&header, 5, &rows));
    if has_gaps {
        out.push_str(
            "\nGap = (arm − reference) / reference, block by block; the mean of blocks, with the \
             interval of the whole study's comparisons, and the verdict's word. *(alone)*: no \
             verdict was asked for, and the interval stands as if there were no other.\n",
        );
    }
}

/// What was sent, and how: the cells before the arm.
fn about(scenario: &ScenarioMeasured<'_>) -> Vec<String> {
    let span = |of: Option<Span>| of.map_or(ABSENT.to_owned(), |span| decimal(span.mean, 0));
    let workload = scenario.workload;
    vec![
        text(scenario.name),
        scenario.load.map_or(ABSENT.to_owned(), |load| text(&load_words(load))),
        span(workload.and_then(|workload| workload.input_tokens)),
        span(workload.and_then(|workload| workload.output_tokens)),
    ]
}

/// How many trials are valid, of how many.
fn blocks(arm: &ArmMeasured<'_>) -> String {
    let others = arm.not_valid();
    let planned = arm.cells.len();
    let valid = planned - others.iter().map(|(_, count)| count).sum::<usize>();
    let words: Vec<String> = others.iter().map(|(word, count)| format!("{count} {word}")).collect();
    match words.is_empty() {
        true => valid.to_string(),
        false => format!("{valid} of {planned} ({})", words.join(", ")),
    }
}

/// The mean of a figure, with its interval.
fn shown(arm: &ArmMeasured<'_>, name: &str) -> String {
    let figure = figure(name).expect("a column's figure is one of the figures");
    let mean = arm.mean(figure).map_or(ABSENT.to_owned(), |mean| with_interval(&mean));
    let withheld = arm.withheld(figure).into_iter();
    let withheld: Vec<String> =
        withheld.map(|(words, count)| format!("{count} {}", text(&words))).collect();
    if withheld.is_empty() { mean } else { format!("{mean} ({})", withheld.join(", ")) }
}

fn with_interval(mean: &Mean) -> String {
    let places = places(mean.value);
    match mean.interval {
        Some([low, high]) => format!(
            "{} [{}, {}]",
            decimal(mean.value, places),
            decimal(low, places),
            decimal(high, places)
        ),
        None => decimal(mean.value, places),
    }
}

/// What the verdict says of an arm's throughput, a line for each arm that it is compared
/// with.
fn gaps(verdict: &Verdict, scenario: &str, arm: &str) -> String {
    let of_arm =
        |of: &str, metric: &str, name: &str| of == scenario && metric == WORK && name == arm;
    let asked = verdict.comparisons.iter();
    let asked = asked.filter(|one| of_arm(&one.scenario, &one.metric, &one.arm)).map(gap);
    let others = verdict.others.iter();
    let others = others.filter(|one| of_arm(&one.scenario, &one.metric, &one.arm)).map(gap_alone);
    let all: Vec<String> = asked.chain(others).collect();
    if all.is_empty() { ABSENT.to_owned() } else { all.join("<br>") }
}

fn gap(comparison: &Comparison) -> String {
    let (reference, word) = (text(&comparison.reference), comparison.answer.word());
    match comparison.effect.zip(comparison.interval).filter(|_| comparison.answer.is_verdict()) {
        Some((effect, interval)) => {
            let is_per_gpu = comparison.is_per_gpu();
            let of = if is_per_gpu { " per GPU" } else { "" };
            format!("{}{of} to {reference}: **{word}**", in_per_cent(effect, interval))
        }
        None => format!("{ABSENT} to {reference}: **{word}**"),
    }
}

fn gap_alone(other: &OtherMetric) -> String {
    format!("{} to {} *(alone)*", in_per_cent(other.effect, other.alone), text(&other.reference))
}

/// A ratio as its distance from 1: `+12.3 % [+11.0, +13.6]`.
fn in_per_cent(effect: f64, interval: [f64; 2]) -> String {
    let signed = |ratio: f64| {
        let value = 100.0 * (ratio - 1.0);
        let text = short(value.abs());
        // What rounds to nothing has no direction.
        match text.contains(|c: char| ('1'..='9').contains(&c)) {
            true => format!("{}{text}", if value < 0.0 { "−" } else { "+" }),
            false => text,
        }
    };
    let [low, high] = interval.map(signed);
    format!("{} % [{low}, {high}]", signed(effect))
}

/// The latencies of the scenarios whose load is of one kind.
fn latencies(
    out: &mut String,
    measured: &Measured<'_>,
    (title, column): (&str, &str),
    picks: fn(&Traffic) -> Option<String>,
) {
    let mut rows = Vec::new();
    for scenario in &measured.scenarios {
        let Some(load) = scenario.load.and_then(|load| picks(&load.traffic)) else { continue };
        for arm in &scenario.arms {
            let mut row = vec![text(scenario.name), text(arm.name), load.clone()];
            row.extend(LATENCIES.map(|(name, _)| shown(arm, name)));
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return;
    }
    let mut header = vec!["scenario", "arm", column];
    header.extend(LATENCIES.map(|(_, head)| head));
    out.push_str(&format!("\n### {title}\n\n{}", table(&header, 2, &rows)));
}

/// Requests a second; all at once is no rate, but belongs beside them.
fn rate(traffic: &Traffic) -> Option<String> {
    match traffic {
        Traffic::Closed { .. } => None,
        Traffic::Open { rate: Some(rate), .. } => Some(rate.to_string()),
        Traffic::Open { rate: None, .. } => Some("all at once".to_owned()),
        Traffic::Ramp { from, to, .. } => Some(format!("{from} to {to}")),
    }
}

fn concurrency(traffic: &Traffic) -> Option<String> {
    match traffic {
        Traffic::Closed { concurrency } => Some(concurrency.to_string()),
        Traffic::Open { .. } | Traffic::Ramp { .. } => None,
    }
}

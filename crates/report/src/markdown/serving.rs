//! What serving benchmarks print, of each arm in each scenario: a block of labels and
//! numbers, in the layout that readers know from other tools and under our own names.

use super::heading;
use super::words::{block, text};
use crate::measured::{ArmMeasured, Measured, ScenarioMeasured, figure};
use crate::number::{count, decimal};
use crate::page::printable;

/// The width of a title, and of the rule that ends a block.
const WIDTH: usize = 50;
/// The width of the labels.
const LABEL: usize = 40;

/// The parts of a block: a title, and labels with the figures behind them.
const PARTS: [(&str, &[(&str, &str)]); 5] = [
    (
        "Throughput",
        &[
            ("Window (s):", "duration_s"),
            ("Requests in flight:", "concurrency"),
            ("Request throughput (requests/s):", "request_throughput"),
            ("Input throughput (tokens/s):", "input_throughput"),
            ("Output throughput (tokens/s):", "output_throughput"),
            ("Total throughput (tokens/s):", "total_throughput"),
        ],
    ),
    (
        "Time to first token (TTFT)",
        &[
            ("Mean TTFT (ms):", "ttft_mean_ms"),
            ("Median TTFT (ms):", "ttft_p50_ms"),
            ("P90 TTFT (ms):", "ttft_p90_ms"),
            ("P99 TTFT (ms):", "ttft_p99_ms"),
        ],
    ),
    (
        "Time per output token after the first (TPOT)",
        &[
            ("Mean TPOT (ms):", "tpot_mean_ms"),
            ("Median TPOT (ms):", "tpot_p50_ms"),
            ("P90 TPOT (ms):", "tpot_p90_ms"),
            ("P99 TPOT (ms):", "tpot_p99_ms"),
        ],
    ),
    (
        "Inter-token latency (ITL)",
        &[
            ("Mean ITL (ms):", "itl_mean_ms"),
            ("Median ITL (ms):", "itl_p50_ms"),
            ("P90 ITL (ms):", "itl_p90_ms"),
            ("P99 ITL (ms):", "itl_p99_ms"),
        ],
    ),
    (
        "End-to-end latency (E2E)",
        &[
            ("Mean E2E (ms):", "e2e_mean_ms"),
            ("Median E2E (ms):", "e2e_p50_ms"),
            ("P90 E2E (ms):", "e2e_p90_ms"),
            ("P99 E2E (ms):", "e2e_p99_ms"),
        ],
    ),
];

/// Writes a block for each arm and scenario of which any trial was carried out.
pub(super) fn write(out: &mut String, measured: &Measured<'_>) {
    let each = measured.scenarios.iter().flat_map(|scenario| {
        let carried = scenario.arms.iter().filter(|arm| arm.carried().next().is_some());
        carried.map(move |arm| (scenario, arm))
    });
    let mut each = each.peekable();
    if each.peek().is_none() {
        return;
    }
    heading(out, "Serving benchmarks");
    out.push_str(
        "Means over the blocks that count; a dash is a figure that none of them has.\n\n\
         <details><summary>One by one</summary>\n",
    );
    for (scenario, arm) in each {
        out.push_str(&format!("\n{}, {}:\n\n", text(scenario.name), text(arm.name)));
        out.push_str(&block("text", &page(scenario, arm)));
    }
    out.push_str("\n</details>\n");
}

fn page(scenario: &ScenarioMeasured<'_>, arm: &ArmMeasured<'_>) -> String {
    let mut lines = vec![title("Serving Benchmark Result", '=')];
    let mut row = |label: &str, value: String| lines.push(format!("{label:<LABEL$} {value}"));
    row("Arm:", printable(arm.name));
    row("Scenario:", printable(scenario.name));
    let planned = arm.cells.len();
    let others: usize = arm.not_valid().iter().map(|(_, count)| count).sum();
    row("Valid blocks:", format!("{} of {planned}", planned - others));
    let requests: u64 = arm.carried().map(|trial| trial.summary.requests).sum();
    let ok: u64 = arm.carried().filter_map(|trial| trial.summary.outcomes.get("ok")).sum();
    row("Requests, all blocks:", count(requests));
    row("Requests that ended well:", count(ok));
    for (name, figures) in PARTS {
        lines.push(title(name, '-'));
        for (label, name) in figures {
            let figure = figure(name).expect("a row's figure is one of the figures");
            let mean = arm.mean(figure).map_or("–".to_owned(), |mean| decimal(mean.value, 2));
            lines.push(format!("{label:<LABEL$} {mean}"));
        }
    }
    lines.push(title("", '='));
    lines.join("\n")
}

/// A title in the middle of its line.
fn title(words: &str, fill: char) -> String {
    let words = if words.is_empty() { String::new() } else { format!(" {words} ") };
    let spare = WIDTH.saturating_sub(words.chars().count());
    let fills = |count: usize| fill.to_string().repeat(count);
    format!("{}{words}{}", fills(spare / 2), fills(spare - spare / 2))
}

//! The table of one scenario: a row an arm.

use crate::console::load;
use crate::measured::{ArmMeasured, Figure, ScenarioMeasured, figure};
use crate::number::{decimal, places};
use crate::page::{Page, Row};

/// The figures that are shown, in their order, and the heads of their columns.
const COLUMNS: [(&str, &str); 5] = [
    ("output_throughput", "output tok/s"),
    ("request_throughput", "requests/s"),
    ("ttft_p50_ms", "TTFT p50 ms"),
    ("tpot_p50_ms", "TPOT p50 ms"),
    ("e2e_p50_ms", "E2E p50 ms"),
];

/// Writes the table of a scenario.
pub(super) fn write(page: &mut Page, scenario: &ScenarioMeasured<'_>) {
    let trial = scenario.arms.iter().flat_map(ArmMeasured::carried).next();
    page.heading(scenario.name, trial.map(load).as_deref().unwrap_or(""));
    let mut header = vec!["", "blocks"];
    header.extend(COLUMNS.iter().map(|(_, head)| *head));
    let rows: Vec<Row> = scenario.arms.iter().flat_map(|arm| arm_rows(page, arm)).collect();
    page.table(&header, &rows);
    page.footnotes();
}

/// The rows of one arm: the means, and below them what they lie between.
fn arm_rows(page: &mut Page, arm: &ArmMeasured<'_>) -> Vec<Row> {
    let mut above = vec![arm.name.to_owned(), blocks(page, arm)];
    let mut below = vec![String::new(); 2];
    for (name, _) in COLUMNS {
        let figure = figure(name).expect("a column's figure is one of the figures");
        let (mean, range) = mean_and_range(figure, arm);
        above.push(format!("{mean}{}", withheld(page, figure, arm)));
        below.push(range);
    }
    let has_ranges = below.iter().any(|range| !range.is_empty());
    let mut rows = vec![Row::Main(above)];
    rows.extend(has_ranges.then_some(Row::Below(below)));
    rows
}

/// How many trials count, of how many, and what became of the others.
fn blocks(page: &mut Page, arm: &ArmMeasured<'_>) -> String {
    let planned = arm.cells.len();
    let others = arm.not_valid();
    let valid = planned - others.iter().map(|(_, count)| count).sum::<usize>();
    if others.is_empty() {
        return valid.to_string();
    }
    let words: Vec<String> =
        others.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    let mark = page.mark(&words.join(", "));
    format!("{valid} of {planned}{mark}")
}

/// The mark of the gates that withhold a figure, where any does.
fn withheld(page: &mut Page, figure: &Figure, arm: &ArmMeasured<'_>) -> String {
    let gates: Vec<String> = arm
        .withheld(figure)
        .into_iter()
        .map(|(words, count)| format!("{words} in {count} of {} blocks", arm.cells.len()))
        .collect();
    if gates.is_empty() { String::new() } else { page.mark(&gates.join(", ")) }
}

/// The mean over the trials that count, and the least and the greatest of them.
fn mean_and_range(figure: &Figure, arm: &ArmMeasured<'_>) -> (String, String) {
    let Some(mean) = arm.mean(figure) else { return ("–".to_owned(), String::new()) };
    let places = places(mean.value);
    let range = match mean.blocks {
        1 => String::new(),
        _ => format!("{}–{}", decimal(mean.range[0], places), decimal(mean.range[1], places)),
    };
    (decimal(mean.value, places), range)
}

//! The summary table as a picture: what each arm did in each scenario, and what the verdict
//! says of it.

use tokenometer_core::Verdict;
use tokenometer_core::verdict::Comparison;

use crate::StudySeen;
use crate::chart::svg::canvas::Picture;
use crate::chart::svg::table::{Cell, Column, Table, picture as drawn};
use crate::console::load_words;
use crate::measured::{ArmMeasured, Measured, ScenarioMeasured, figure};
use crate::number::{decimal, places};
use crate::page::printable;

/// The figures that are shown, and the heads of their columns.
const FIGURES: [(&str, &str); 5] = [
    ("output_throughput", "Output throughput"),
    ("request_throughput", "Requests"),
    ("ttft_p50_ms", "TTFT p50"),
    ("tpot_p50_ms", "TPOT p50"),
    ("e2e_p50_ms", "E2E p50"),
];

/// Draws the table.
pub(super) fn picture(seen: &StudySeen<'_>, measured: &Measured<'_>, stamps: &[String]) -> Picture {
    let rows = measured.scenarios.iter().flat_map(|scenario| rows(seen, scenario));
    let noted =
        seen.notes.iter().map(|(arm, note)| format!("{}: {}", printable(arm), printable(note)));
    let table = Table {
        title: format!("Study {}", printable(seen.name)),
        about: "Each number is the mean over the blocks that count; below it its 95 % interval by \
                Student's t, or of two blocks both. The words are the verdict's, and rest on \
                blocks, not on these means."
            .to_owned(),
        columns: columns(seen),
        rows: rows.collect(),
        notes: noted.collect(),
    };
    drawn(&table, stamps)
}

fn columns(seen: &StudySeen<'_>) -> Vec<Column> {
    let words = |name: &str, unit: &str| Column {
        name: name.to_owned(),
        unit: unit.to_owned(),
        is_number: false,
    };
    let mut columns = vec![words("Scenario", ""), words("Arm", ""), words("Blocks", "that count")];
    columns.extend(FIGURES.iter().map(|(name, head)| Column {
        name: (*head).to_owned(),
        unit: figure(name).map_or("", |figure| figure.unit).to_owned(),
        is_number: true,
    }));
    columns.extend(seen.verdict.map(|_| words("Verdict", "")));
    columns
}

/// The rows of a scenario, one an arm.
fn rows(seen: &StudySeen<'_>, scenario: &ScenarioMeasured<'_>) -> Vec<Vec<Cell>> {
    let mut head = Cell {
        words: vec![printable(scenario.name)],
        below: scenario.load.map(load_words).into_iter().collect(),
    };
    let row = |arm: &ArmMeasured<'_>| {
        let name = Cell { words: vec![printable(arm.name)], below: Vec::new() };
        // The scenario is named at its first arm.
        let mut cells = vec![std::mem::take(&mut head), name, blocks(arm)];
        cells.extend(FIGURES.iter().map(|(name, _)| number(arm, name)));
        cells.extend(seen.verdict.map(|verdict| answers(verdict, scenario.name, arm.name)));
        cells
    };
    scenario.arms.iter().map(row).collect()
}

/// How many blocks count, and what became of the others.
fn blocks(arm: &ArmMeasured<'_>) -> Cell {
    let planned = arm.cells.len();
    let others = arm.not_valid();
    let valid = planned - others.iter().map(|(_, count)| count).sum::<usize>();
    let below = others.iter().map(|(word, count)| format!("{count} {word}")).collect();
    Cell { words: vec![format!("{valid} of {planned}")], below }
}

fn number(arm: &ArmMeasured<'_>, name: &str) -> Cell {
    let figure = figure(name).expect("a column's figure is one of the figures");
    let Some(mean) = arm.mean(figure) else {
        return Cell { words: vec!["–".to_owned()], below: Vec::new() };
    };
    let places = places(mean.value);
    let between = mean.interval.or((mean.blocks > 1).then_some(mean.range));
    let below = between.map(|[low, high]| {
        // No such figure is negative, whatever the spread of its blocks would allow.
        format!("{}–{}", decimal(low.max(0.0), places), decimal(high, places))
    });
    Cell { words: vec![decimal(mean.value, places)], below: below.into_iter().collect() }
}

/// What the verdict says of an arm in a scenario.
fn answers(verdict: &Verdict, scenario: &str, arm: &str) -> Cell {
    let won = verdict.best.iter().filter(|best| best.scenario == scenario && best.arms == [arm]);
    let mut words: Vec<String> =
        won.map(|best| format!("best by {}", titled(&best.metric))).collect();
    let ours = || verdict.comparisons.iter().filter(|one| one.scenario == scenario);
    words.extend(ours().filter(|one| one.arm == arm).map(answer));
    let is_arm = ours().any(|one| one.arm == arm);
    if !is_arm && ours().any(|one| one.reference == arm) {
        words.push("reference".to_owned());
    }
    if words.is_empty() {
        words.push("–".to_owned());
    }
    Cell { words, below: Vec::new() }
}

/// What a metric is called in charts; its own name where it is in none.
fn titled(metric: &str) -> String {
    let known = figure(metric).or_else(|| figure(&format!("{metric}_ms")));
    known.map_or_else(|| printable(metric), |figure| figure.title.to_owned())
}

/// One comparison in a line.
fn answer(comparison: &Comparison) -> String {
    let effect = comparison.effect.map(|effect| match comparison.in_points {
        true => format!(" {} points", decimal(100.0 * effect, 1)),
        false => format!(" ×{}", decimal(effect, 3)),
    });
    // Arms on different numbers of GPUs are compared by what each GPU yields.
    let is_per_gpu = comparison.is_per_gpu();
    format!(
        "{}{}: {}{} against {}",
        titled(&comparison.metric),
        if is_per_gpu { " per GPU" } else { "" },
        comparison.answer.word(),
        effect.unwrap_or_default(),
        printable(&comparison.reference)
    )
}

//! The table of one scenario: a row an arm.

use super::figure::{FIGURES, Figure, standing, value};
use super::{CellSeen, Ending, StudySeen};
use crate::console::load;
use crate::number::{decimal, places};
use crate::page::{Page, Row};

/// Writes the table of a scenario.
pub(super) fn write(page: &mut Page, seen: &StudySeen<'_>, scenario: &str) {
    let cells: Vec<&CellSeen<'_>> =
        seen.cells.iter().filter(|cell| cell.scenario == scenario).collect();
    let note = cells.iter().find_map(|cell| match cell.ending {
        Ending::Carried(trial) => Some(load(trial)),
        _ => None,
    });
    page.heading(scenario, note.as_deref().unwrap_or(""));
    let mut header = vec!["", "blocks"];
    header.extend(FIGURES.iter().map(|figure| figure.head));
    let mut rows = Vec::new();
    for arm in &seen.arms {
        let cells: Vec<&CellSeen<'_>> =
            cells.iter().copied().filter(|cell| cell.arm == *arm).collect();
        if !cells.is_empty() {
            rows.extend(arm_rows(page, arm, &cells));
        }
    }
    page.table(&header, &rows);
    page.footnotes();
}

/// The rows of one arm: the means, and below them what they lie between.
fn arm_rows(page: &mut Page, arm: &str, cells: &[&CellSeen<'_>]) -> Vec<Row> {
    let mut above = vec![arm.to_owned(), blocks(page, cells)];
    let mut below = vec![String::new(); 2];
    for figure in &FIGURES {
        let (mean, range) = mean_and_range(figure, cells);
        above.push(mean);
        below.push(range);
    }
    let has_ranges = below.iter().any(|range| !range.is_empty());
    let mut rows = vec![Row::Main(above)];
    rows.extend(has_ranges.then_some(Row::Below(below)));
    rows
}

/// How many trials count, of how many, and what became of the others.
fn blocks(page: &mut Page, cells: &[&CellSeen<'_>]) -> String {
    let standings: Vec<&str> = cells.iter().map(|cell| standing(&cell.ending)).collect();
    let valid = standings.iter().filter(|standing| **standing == "valid").count();
    if valid == cells.len() {
        return valid.to_string();
    }
    let mut words: Vec<String> = Vec::new();
    for word in ["saturated", "failed", "invalid", "interrupted", "missing"] {
        let count = standings.iter().filter(|standing| **standing == word).count();
        if count > 0 {
            words.push(format!("{count} {word}"));
        }
    }
    let mark = page.mark(&words.join(", "));
    format!("{valid} of {}{mark}", cells.len())
}

/// The mean over the trials that count, and the least and the greatest of them.
fn mean_and_range(figure: &Figure, cells: &[&CellSeen<'_>]) -> (String, String) {
    let values: Vec<f64> = cells
        .iter()
        .filter_map(|cell| match cell.ending {
            Ending::Carried(trial) => value(figure, trial),
            _ => None,
        })
        .collect();
    if values.is_empty() {
        return ("–".to_owned(), String::new());
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let places = places(mean);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = match values.len() {
        1 => String::new(),
        _ => format!("{}–{}", decimal(least, places), decimal(greatest, places)),
    };
    (decimal(mean, places), range)
}

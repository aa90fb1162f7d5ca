//! A study as tables for spreadsheets and notebooks (CSV, RFC 4180): long, a row a value,
//! and wide, a row a trial.
//!
//! Both hold every planned trial, those that failed or are missing too. Numbers are those of
//! `trial.json`, not rounded. A name that a spreadsheet would take for a formula gets an
//! apostrophe before it. Nothing is added up here.

mod cells;

use tokenometer_results::Trial;

use self::cells::{FIRST, first, name_of, number};
use crate::measured::{FIGURES, Figure, Kind};
use crate::{CellSeen, Ending, StudySeen};

/// The columns of the long table behind those that say which trial it was.
const LONG: [&str; 4] = ["metric", "unit", "value", "counts"];

/// One row for each figure of each planned trial. `value` is what was measured, whether or
/// not it counts, and empty where nothing was; `counts` says whether it does.
pub fn csv_long(seen: &StudySeen<'_>) -> String {
    let mut table = Table::new(FIRST.iter().chain(&LONG).map(|name| (*name).to_owned()));
    for cell in &seen.cells {
        let before = first(seen, cell);
        for figure in FIGURES {
            let trial = carried(cell);
            let value = trial.and_then(|trial| (figure.of)(&trial.summary));
            let counts = trial.is_some_and(|trial| figure.value(trial).is_some());
            let row = before.iter().cloned().chain([
                figure.name.to_owned(),
                figure.unit.to_owned(),
                number(value),
                counts.to_string(),
            ]);
            table.row(row);
        }
    }
    table.into_text()
}

/// One row for each planned trial, with all its figures. A figure that doesn't count is
/// left out, so that a column may be added up as it is; the long table has it.
pub fn csv_wide(seen: &StudySeen<'_>) -> String {
    let names = FIRST.iter().map(|name| (*name).to_owned());
    let mut table = Table::new(names.chain(FIGURES.iter().map(|figure| figure.name.to_owned())));
    for cell in &seen.cells {
        let values = FIGURES
            .iter()
            .map(|figure| number(carried(cell).and_then(|trial| counting(figure, trial))));
        table.row(first(seen, cell).into_iter().chain(values));
    }
    table.into_text()
}

/// A figure that counts. What only describes the load is no result, and is there even of a
/// trial that doesn't count.
fn counting(figure: &Figure, trial: &Trial) -> Option<f64> {
    if figure.kind == Kind::Load { (figure.of)(&trial.summary) } else { figure.value(trial) }
}

fn carried<'a>(cell: &CellSeen<'a>) -> Option<&'a Trial> {
    match cell.ending {
        Ending::Carried(trial) => Some(trial),
        Ending::Failed { .. } | Ending::Missing => None,
    }
}

/// A table in the making.
struct Table {
    writer: csv::Writer<Vec<u8>>,
}

impl Table {
    fn new(header: impl Iterator<Item = String>) -> Table {
        let mut builder = csv::WriterBuilder::new();
        let mut table =
            Table { writer: builder.terminator(csv::Terminator::CRLF).from_writer(Vec::new()) };
        table.row(header);
        table
    }

    fn row(&mut self, cells: impl Iterator<Item = String>) {
        self.writer.write_record(cells.map(name_of)).expect("memory takes any row of this length");
    }

    fn into_text(self) -> String {
        let bytes = self.writer.into_inner().expect("memory can be flushed");
        String::from_utf8(bytes).expect("every cell is text")
    }
}

#[cfg(test)]
mod tests;

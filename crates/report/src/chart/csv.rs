//! The data of a chart as CSV (RFC 4180): a row for each point, bar, cell, stretch or
//! comparison, its numbers in full.
//!
//! Names come from files that anyone may have written. A spreadsheet takes a cell that begins
//! with `=`, `+`, `-` or `@` for a formula and may fetch something or run it, quoted or not;
//! such a name gets an apostrophe before it, which spreadsheets take for the sign of plain
//! text. Numbers are written as they are.

use csv::{Terminator, Writer, WriterBuilder};

use super::{Axis, Bars, Body, Chart, Curves, Forest, Heat, Spans};

/// Nothing can go wrong in memory.
const IN_MEMORY: &str = "a write into memory succeeds, and every row has the header's columns";

/// The chart's data, with a header that names columns and units.
pub fn csv(chart: &Chart) -> String {
    let mut table = Table::new();
    match &chart.body {
        Body::Curves(curves) => of_curves(&mut table, curves),
        Body::Bars(bars) => of_bars(&mut table, bars),
        Body::Heat(heat) => of_heat(&mut table, heat),
        Body::Spans(spans) => of_spans(&mut table, spans),
        Body::Forest(forest) => of_forest(&mut table, forest),
    }
    table.into_text()
}

fn of_curves(table: &mut Table, curves: &Curves) {
    let (x, y) = (column(&curves.x), column(&curves.y));
    table.header(&["series", &x, &y, "low", "high", "label"]);
    for line in &curves.lines {
        for point in &line.points {
            let mut row = vec![text(&line.series.name), number(point.x), number(point.y)];
            row.extend(ends(point.interval));
            row.push(text(point.label.as_deref().unwrap_or_default()));
            table.row(row);
        }
    }
    for (name, height) in &curves.marks {
        let blank = String::new;
        table.row(vec![text(name), blank(), number(*height), blank(), blank(), blank()]);
    }
}

fn of_bars(table: &mut Table, bars: &Bars) {
    table.header(&["name", "series", &column(&bars.y), "low", "high"]);
    for (place, name) in bars.names.iter().enumerate() {
        for group in &bars.groups {
            let bar = group.bars.get(place).and_then(Option::as_ref);
            let height = bar.map(|bar| number(bar.height)).unwrap_or_default();
            let mut row = vec![text(name), text(&group.series.name), height];
            row.extend(ends(bar.and_then(|bar| bar.interval)));
            table.row(row);
        }
    }
}

fn of_heat(table: &mut Table, heat: &Heat) {
    table.header(&["row", "column", &column(&heat.value)]);
    for (row, cells) in heat.rows.iter().zip(&heat.cells) {
        for (column, cell) in heat.columns.iter().zip(cells) {
            table.row(vec![text(row), text(column), cell.map(number).unwrap_or_default()]);
        }
    }
}

fn of_spans(table: &mut Table, spans: &Spans) {
    let unit = &spans.x.unit;
    let (from, to) = (format!("from ({unit})"), format!("to ({unit})"));
    table.header(&["row", "kind", &from, &to, "about"]);
    for row in &spans.rows {
        for (place, (kind, from, to)) in row.spans.iter().enumerate() {
            let kind = text(&spans.kinds[*kind]);
            // They are of the whole row, and said with its first stretch.
            let about = if place == 0 { text(&row.about) } else { String::new() };
            table.row(vec![text(&row.name), kind, number(*from), number(*to), about]);
        }
    }
}

fn of_forest(table: &mut Table, forest: &Forest) {
    table.header(&["comparison", "arms", &column(&forest.x), "low", "high", "answer"]);
    for row in &forest.rows {
        let effect = row.effect.map(number).unwrap_or_default();
        let mut cells = vec![text(&row.name), text(&row.series.name), effect];
        cells.extend(ends(row.interval));
        cells.push(text(&row.word));
        table.row(cells);
    }
}

/// The head of a column of an axis.
fn column(axis: &Axis) -> String {
    match axis.unit.as_str() {
        "" => text(&axis.label),
        unit => text(&format!("{} ({unit})", axis.label)),
    }
}

/// A number, as short as it is exact.
fn number(number: f64) -> String {
    number.to_string()
}

fn ends(interval: Option<[f64; 2]>) -> [String; 2] {
    interval.map_or_else(Default::default, |ends| ends.map(number))
}

/// Someone's words, which no spreadsheet may take for a formula.
fn text(words: &str) -> String {
    match words.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{words}"),
        false => words.to_owned(),
    }
}

/// Rows in the making.
struct Table {
    writer: Writer<Vec<u8>>,
}

impl Table {
    fn new() -> Table {
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        Table { writer }
    }

    fn header(&mut self, names: &[&str]) {
        self.writer.write_record(names).expect(IN_MEMORY);
    }

    fn row(&mut self, cells: Vec<String>) {
        self.writer.write_record(cells).expect(IN_MEMORY);
    }

    fn into_text(self) -> String {
        let bytes = self.writer.into_inner().expect(IN_MEMORY);
        String::from_utf8(bytes).expect("only text was written")
    }
}

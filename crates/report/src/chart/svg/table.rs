//! A table as a picture, for a place that shows pictures only.

use super::canvas::{Canvas, FAINT, GRID, INK, Picture, Rect, Stroke, Text};
use super::frame::{self, MARGIN};
use super::words::{bold_width, width, wrapped_to};

const SIZE: f64 = 12.0;
const LINE: f64 = 16.0;
/// The gap between two columns.
const GAP: f64 = 22.0;
/// The widest that a column gets.
const WIDEST: f64 = 400.0;
/// The most lines of a cell.
const LINES: usize = 6;
/// The ground of every second row.
const BAND: &str = "#f6f8fa";

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) columns: Vec<Column>,
    /// The rows, each with a cell for every column.
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) notes: Vec<String>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its name, a line each.
    pub(crate) name: String,
    /// Its unit, below.
    pub(crate) unit: String,
    /// Whether its cells are numbers, which end below each other.
    pub(crate) is_number: bool,
}

/// A cell: what it says, and below it what is said of that.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) words: Vec<String>,
    pub(crate) below: Vec<String>,
}

/// A cell's lines as they are drawn.
type Lines = Vec<(String, &'static str)>;

/// Draws a table.
pub(crate) fn picture(table: &Table, stamps: &[String]) -> Picture {
    let rows: Vec<Vec<Lines>> =
        table.rows.iter().map(|row| row.iter().map(lines).collect()).collect();
    let widths = widths(table, &rows);
    let wide = widths.iter().map(|width| width + GAP).sum::<f64>() + 2.0 * MARGIN;
    let wide = wide.max(700.0);
    let mut canvas = Canvas::default();
    let mut y = frame::head(&mut canvas, (&table.title, &table.about), stamps, wide) + 10.0;
    y = heads(&mut canvas, table, &widths, (y, wide));
    for (index, row) in rows.iter().enumerate() {
        let high = row.iter().map(Vec::len).max().unwrap_or(0).max(1) as f64 * LINE + 10.0;
        if index % 2 == 1 {
            let band = Rect { x: MARGIN, y, width: wide - 2.0 * MARGIN, height: high };
            canvas.rect(band, BAND);
        }
        for (place, cell) in row.iter().enumerate() {
            for (line, (words, colour)) in cell.iter().enumerate() {
                let y = y + 17.0 + line as f64 * LINE;
                let text = Text::new(words, 0.0, y).size(SIZE).colour(colour);
                put(&mut canvas, text, table, &widths, place);
            }
        }
        y += high;
    }
    canvas.line((MARGIN, y), (wide - MARGIN, y), Stroke::solid(FAINT, 1.0));
    let height = frame::foot(&mut canvas, &table.notes, y + 4.0, wide);
    let about = format!("{} {}", table.about, table.notes.join(" "));
    Picture { width: wide, height, title: table.title.clone(), about, canvas }
}

/// The heads of the columns; returns where they end.
fn heads(canvas: &mut Canvas, table: &Table, widths: &[f64], (y, wide): (f64, f64)) -> f64 {
    for (place, column) in table.columns.iter().enumerate() {
        let name = Text::new(&column.name, 0.0, y + 12.0).size(SIZE).bold();
        put(canvas, name, table, widths, place);
        let unit = Text::new(&column.unit, 0.0, y + 12.0 + LINE).size(SIZE).colour(FAINT);
        put(canvas, unit, table, widths, place);
    }
    let y = y + 12.0 + LINE + 8.0;
    canvas.line((MARGIN, y), (wide - MARGIN, y), Stroke::solid(INK, 1.0));
    canvas.line((MARGIN, y + 1.0), (wide - MARGIN, y + 1.0), Stroke::solid(GRID, 1.0));
    y + 1.0
}

/// Puts words into a column: numbers to its right, the others to its left.
fn put(canvas: &mut Canvas, text: Text<'_>, table: &Table, widths: &[f64], place: usize) {
    let Some(column) = table.columns.get(place) else { return };
    let left: f64 = MARGIN + 8.0 + widths[..place].iter().map(|width| width + GAP).sum::<f64>();
    if column.is_number {
        canvas.text(&text.at_x(left + widths[place]).end());
    } else {
        canvas.text(&text.at_x(left));
    }
}

fn widths(table: &Table, rows: &[Vec<Lines>]) -> Vec<f64> {
    let of_column = |(place, column): (usize, &Column)| {
        let head = bold_width(&column.name, SIZE).max(width(&column.unit, SIZE));
        let cells = rows.iter().filter_map(|row| row.get(place)).flatten();
        cells.map(|(words, _)| width(words, SIZE)).fold(head, f64::max)
    };
    table.columns.iter().enumerate().map(of_column).collect()
}

fn lines(cell: &Cell) -> Lines {
    let parted = |words: &[String], colour: &'static str| -> Lines {
        let parts = words.iter().flat_map(|words| wrapped_to(words, SIZE, WIDEST, 3));
        parts.map(|line| (line, colour)).collect()
    };
    let mut lines = parted(&cell.words, INK);
    lines.extend(parted(&cell.below, FAINT));
    if lines.len() > LINES {
        lines.truncate(LINES - 1);
        lines.push(("…".to_owned(), FAINT));
    }
    lines
}

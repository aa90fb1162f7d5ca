//! A chart as data: what stands on its axes, its series, and how sure each point is.
//!
//! It is made once (`catalogue`) and drawn twice: for the page, whose script lets a reader
//! zoom into it (`spec`), and as a picture that needs no script (`svg`). Its rows are
//! offered as CSV (`csv`). This module must never compute a metric, and never leaves a
//! point out without a note that says so.

pub mod catalogue;
mod csv;
mod font;
mod look;
pub mod png;
mod spec;
pub mod svg;

pub use csv::csv;
pub use look::{Dash, Look, Marker, look};
pub use spec::spec;

/// A chart: one statement in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Its name in files and links: `throughput-by-concurrency`.
    pub id: String,
    /// What it shows, in a few words.
    pub title: String,
    /// In a sentence: what is drawn, over what, and what the interval is.
    pub about: String,
    /// What is missing from it, and why; a line each.
    pub notes: Vec<String>,
    /// What is drawn.
    pub body: Body,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Points over an axis of numbers, joined or not.
    Curves(Curves),
    /// Bars over names, side by side or one upon the other.
    Bars(Bars),
    /// A number in each cell of a table, by colour.
    Heat(Heat),
    /// Stretches of time, one row each.
    Spans(Spans),
    /// Effects with their intervals, one row each.
    Forest(Forest),
}

/// An axis of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it counts: `requests in flight`.
    pub label: String,
    /// In what: `ms`, `tokens/s`; empty for plain counts.
    pub unit: String,
    /// How numbers lie along it.
    pub scale: Scale,
    /// Places that have a name of their own, in rising order: `p99`, `+10 %`. Where there are
    /// some, they are what is written along the axis; where there are none, plain numbers are.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis along which plain numbers are written.
    pub fn new(label: &str, unit: &str, scale: Scale) -> Axis {
        Axis { label: label.to_owned(), unit: unit.to_owned(), scale, ticks: Vec::new() }
    }
}

/// How numbers lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly, from zero.
    Linear,
    /// By their logarithm: for what spans more than a factor of about thirty.
    Log,
    /// Quantiles from 0 up to, but without, 1, stretched towards 1, so that p90, p99 and
    /// p99.9 lie equally far apart and a tail can be seen.
    Quantile,
}

impl Scale {
    /// Where a number lies along the axis, in any unit of length: two are as far apart there
    /// as these are. It has no place where this is infinite or not a number.
    pub fn place(self, number: f64) -> f64 {
        match self {
            Scale::Linear => number,
            Scale::Log => number.log10(),
            Scale::Quantile => -(1.0 - number).log10(),
        }
    }
}

/// Who a series belongs to: it decides its colour, dash and marker, the same in every chart
/// of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Its name, as the legend has it.
    pub name: String,
    /// The place of its arm in the study, from 0: one look an arm.
    pub look: usize,
}

/// Points over an axis of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// The axis that lies.
    pub x: Axis,
    /// The axis that stands.
    pub y: Axis,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Lines across the chart that a reader compares with: an objective, a limit; each with
    /// its name and its height.
    pub marks: Vec<(String, f64)>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Whose it is.
    pub series: Series,
    /// Whether its points are joined.
    pub joined: bool,
    /// Its points, in the order in which they are joined.
    pub points: Vec<Point>,
}

/// One point.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Where it lies.
    pub x: f64,
    /// How high.
    pub y: f64,
    /// How sure the height is.
    pub interval: Option<[f64; 2]>,
    /// What is written beside it: the load at which it was measured.
    pub label: Option<String>,
}

/// Bars over names.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// The axis that stands.
    pub y: Axis,
    /// The names below, in their order.
    pub names: Vec<String>,
    /// Whether the bars of one name stand upon each other: parts of a whole.
    pub stacked: bool,
    /// Bars of one series each.
    pub groups: Vec<Group>,
}

/// The bars of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Whose they are.
    pub series: Series,
    /// One for each name; `None` where nothing was measured, which is not a bar of no height.
    pub bars: Vec<Option<Bar>>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// How high it is.
    pub height: f64,
    /// How sure the height is.
    pub interval: Option<[f64; 2]>,
}

/// A number in each cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// What the numbers are.
    pub value: Axis,
    /// Whether the greatest is the best one.
    pub higher_is_better: bool,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The names of the rows.
    pub rows: Vec<String>,
    /// The numbers, row by row; `None` where nothing was measured.
    pub cells: Vec<Vec<Option<f64>>>,
}

/// Stretches of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Spans {
    /// The axis of time.
    pub x: Axis,
    /// The kinds of stretches, in the order of the legend.
    pub kinds: Vec<String>,
    /// The rows, from above.
    pub rows: Vec<SpanRow>,
}

/// One row of stretches.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRow {
    /// Its name.
    pub name: String,
    /// Kind (a place in [`Spans::kinds`]), beginning and end.
    pub spans: Vec<(usize, f64, f64)>,
    /// What a reader is told of it when pointing there.
    pub about: String,
}

/// Effects with their intervals: how far each arm lies from what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    /// The axis that lies: ratios, or differences of shares.
    pub x: Axis,
    /// Where on it there is no difference: 1 for ratios, 0 for differences.
    pub even: f64,
    /// Between which two effects a difference counts as none.
    pub margin: [f64; 2],
    /// The rows, from above.
    pub rows: Vec<ForestRow>,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestRow {
    /// What is compared: `chat-c8, TTFT p50 (less is better)`.
    pub name: String,
    /// Whose effect it is.
    pub series: Series,
    /// The effect; `None` where none was found, whose word then says why.
    pub effect: Option<f64>,
    /// How sure it is, for all comparisons together.
    pub interval: Option<[f64; 2]>,
    /// The answer, in the verdict's word: `better`, `undecided` …
    pub word: String,
}

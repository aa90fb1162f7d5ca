//! The charts on the page: each a figure with its words, what is missing from it, its data,
//! and a place in which the page's script draws it. Data stands in the page once for the
//! eye, as CSV that the script makes a table of, and once for the charting library. Both are
//! packed where they belong to a trial: of those there may be hundreds.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use serde::Serialize;
use serde_json::{Map, Value};
use tokenometer_results::Trial;

use super::budget::Budget;
use super::embedded::{Json, Pack};
use super::words::{Words, visible};
use crate::StudySeen;
use crate::chart::{Axis, Body, Chart, Scale, catalogue, csv, spec};
use crate::digest::{Digest, TrialDigest};
use crate::measured::Measured;

/// The charts of a study.
#[derive(Debug, Default, Template)]
#[template(path = "charts.html")]
pub(super) struct Charts {
    charts: Vec<ChartSeen>,
    /// Those for which there was no room.
    left_out: Vec<Words>,
}

/// Each part is escaped by its own template.
impl HtmlSafe for Charts {}

/// One chart.
#[derive(Debug, Template)]
#[template(path = "chart.html")]
pub(super) struct ChartSeen {
    /// Its name within the page.
    id: String,
    title: Words,
    about: Words,
    notes: Vec<Words>,
    /// The axes that can be told apart by their logarithm.
    axes: Vec<AxisSeen>,
    /// Its data, as rows of CSV, where that isn't packed.
    csv: Option<String>,
    /// How high it is drawn, in pixels.
    height: usize,
    /// Whether it needs all the width that there is.
    is_wide: bool,
}

/// Each part is escaped by its own template.
impl HtmlSafe for ChartSeen {}

/// An axis whose scale a reader may change.
#[derive(Debug)]
struct AxisSeen {
    /// As the charting library calls it: `x` or `y`.
    name: &'static str,
    label: Words,
    is_log: bool,
}

/// What belongs to a chart and isn't words: what the charting library draws, and its data.
#[derive(Debug, Serialize)]
pub(super) struct Drawing {
    #[serde(skip)]
    id: String,
    spec: Value,
    csv: String,
}

/// What the charting library draws, by the names of charts.
#[derive(Debug, Default)]
pub(super) struct Specs {
    all: Map<String, Value>,
}

impl Specs {
    /// All of them, for the page's script.
    pub(super) fn json(&self) -> Json {
        Json::of(&self.all)
    }
}

impl Charts {
    /// The charts of a study, as many as there is room for.
    pub(super) fn of_study(
        seen: &StudySeen<'_>,
        measured: &Measured<'_>,
        digest: &Digest,
        budget: &mut Budget,
        specs: &mut Specs,
    ) -> Charts {
        let mut all = Charts::default();
        for chart in catalogue::of_study(seen, measured, digest) {
            let (mut seen, drawing) = ChartSeen::of(&chart, "chart");
            seen.csv = Some(drawing.csv);
            let text = seen.render().expect("a chart is rendered into memory");
            if budget.take(text.len() + drawing.id.len() + Json::of(&drawing.spec).len()) {
                all.charts.push(seen);
                specs.all.insert(drawing.id, drawing.spec);
            } else {
                all.left_out.push(seen.title);
            }
        }
        all
    }
}

impl ChartSeen {
    /// The charts of a trial, and all that is drawn in them, packed. Their names begin with
    /// the trial's.
    pub(super) fn of_trial(
        trial: &Trial,
        digest: &TrialDigest,
        anchor: &str,
    ) -> (Vec<ChartSeen>, Option<Pack>) {
        let charts = catalogue::of_trial(trial, digest);
        let (seen, drawings): (Vec<_>, Vec<_>) =
            charts.iter().map(|chart| ChartSeen::of(chart, anchor)).unzip();
        let drawings: BTreeMap<&str, &Drawing> =
            drawings.iter().map(|drawing| (drawing.id.as_str(), drawing)).collect();
        let pack = (!drawings.is_empty()).then(|| Pack::of(&drawings));
        (seen, pack)
    }

    fn of(chart: &Chart, prefix: &str) -> (ChartSeen, Drawing) {
        let id = format!("{prefix}-{}", name(&chart.id));
        let seen = ChartSeen {
            id: id.clone(),
            title: Words::of(&chart.title),
            about: Words::of(&chart.about),
            notes: chart.notes.iter().map(|note| Words::of(note)).collect(),
            axes: axes(&chart.body),
            csv: None,
            height: height(&chart.body),
            is_wide: matches!(chart.body, Body::Heat(_) | Body::Spans(_) | Body::Forest(_)),
        };
        // A browser reads every end of a line as one character, so none is left as two.
        let csv = csv(chart).replace("\r\n", "\n");
        let csv = visible(&csv).into_owned();
        (seen, Drawing { id, spec: shown(spec(chart)), csv })
    }
}

/// Data in which every character of a text can be seen.
fn shown(data: Value) -> Value {
    match data {
        Value::String(text) => Value::String(visible(&text).into_owned()),
        Value::Array(items) => Value::Array(items.into_iter().map(shown).collect()),
        Value::Object(items) => {
            items.into_iter().map(|(name, value)| (name, shown(value))).collect()
        }
        plain => plain,
    }
}

/// A name that may stand in an attribute and in the name of a file.
fn name(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    id.chars().map(plain).collect()
}

/// The axes of numbers that may be drawn by their logarithm.
fn axes(body: &Body) -> Vec<AxisSeen> {
    let seen = |name, axis: &Axis| {
        let is_log = match axis.scale {
            // Names stand at places of their own, and quantiles are stretched on purpose.
            _ if !axis.ticks.is_empty() => return None,
            Scale::Quantile => return None,
            Scale::Linear => false,
            Scale::Log => true,
        };
        Some(AxisSeen { name, label: Words::of(&axis.label), is_log })
    };
    match body {
        Body::Curves(curves) => {
            seen("x", &curves.x).into_iter().chain(seen("y", &curves.y)).collect()
        }
        // Parts that stand upon each other have no meaning by their logarithm.
        Body::Bars(bars) if bars.stacked => Vec::new(),
        Body::Bars(bars) => seen("y", &bars.y).into_iter().collect(),
        Body::Heat(_) | Body::Spans(_) | Body::Forest(_) => Vec::new(),
    }
}

/// How high a chart is drawn: one of rows is as high as they need.
fn height(body: &Body) -> usize {
    match body {
        Body::Curves(_) | Body::Bars(_) => 380,
        Body::Heat(heat) => (120 + 44 * heat.rows.len()).clamp(220, 900),
        Body::Spans(spans) => (120 + 7 * spans.rows.len()).clamp(260, 900),
        Body::Forest(forest) => (150 + 30 * forest.rows.len()).clamp(210, 1400),
    }
}

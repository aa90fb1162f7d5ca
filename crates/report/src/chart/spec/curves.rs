//! Points over an axis of numbers.

use serde_json::{Map, Value, json};

use super::axis::{along, axis, place, said};
use super::text::{in_legend, lines, literal};
use super::{dash, symbol, whiskers};
use crate::chart::{Axis, Curves, Line, Scale, look};

/// A line of more points than this is drawn without markers, and what is said of a point is
/// put together by plotly, so that the page stays small.
const MANY: usize = 40;

pub(super) fn spec(curves: &Curves) -> (Vec<Value>, Map<String, Value>) {
    let data = curves.lines.iter().map(|line| trace(curves, line)).collect();
    let mut layout = Map::from_iter([
        ("xaxis".to_owned(), Value::Object(axis(&curves.x))),
        ("yaxis".to_owned(), Value::Object(axis(&curves.y))),
    ]);
    if !curves.marks.is_empty() {
        let marks = curves.marks.iter().map(|(name, height)| mark(name, *height));
        layout.insert("shapes".to_owned(), marks.collect());
    }
    (data, layout)
}

fn trace(curves: &Curves, line: &Line) -> Value {
    let look = look(line.series.look);
    // Loose points of an arm are told from those of its line by being hollow.
    let hollow = if line.joined { "" } else { "-open" };
    let symbol = format!("{}{hollow}", symbol(look.marker));
    let xs: Vec<Value> = line.points.iter().map(|point| along(&curves.x, point.x)).collect();
    let ys: Vec<Value> = line.points.iter().map(|point| along(&curves.y, point.y)).collect();
    let is_labelled = line.points.iter().any(|point| point.label.is_some());
    let has_markers = !line.joined || line.points.len() <= MANY;
    let mut modes = Vec::new();
    modes.extend(line.joined.then_some("lines"));
    modes.extend(has_markers.then_some("markers"));
    modes.extend(is_labelled.then_some("text"));
    let mut trace = json!({
        "type": "scatter", "mode": modes.join("+"), "name": in_legend(&line.series.name),
        "x": xs, "y": ys,
        "line": { "color": look.colour, "dash": dash(look.dash), "width": 2 },
        "marker": { "color": look.colour, "symbol": symbol, "size": 8 },
    });
    let heights: Vec<_> = line.points.iter().map(|point| (point.y, point.interval)).collect();
    if let Some(whiskers) = whiskers(&heights, look.colour) {
        trace["error_y"] = whiskers;
    }
    if is_labelled {
        let label = |label: &Option<String>| label.as_deref().map(literal).unwrap_or_default();
        trace["text"] = line.points.iter().map(|point| json!(label(&point.label))).collect();
        trace["textposition"] = json!("top center");
        // What stands beside the highest point must not be cut off.
        trace["cliponaxis"] = json!(false);
    }
    match line.points.len() > MANY {
        true => said_by_plotly(curves, line, &mut trace),
        false => {
            trace["hoverinfo"] = json!("text");
            trace["hovertext"] = said_here(curves, line);
        }
    }
    trace
}

/// What is said of each point, in our words.
fn said_here(curves: &Curves, line: &Line) -> Value {
    let said = line.points.iter().map(|point| {
        json!(lines(&[
            literal(&line.series.name),
            said(&curves.x, point.x, None),
            said(&curves.y, point.y, point.interval),
        ]))
    });
    said.collect()
}

/// What plotly says of each point. Only names of ours and escaped ones stand in it.
fn said_by_plotly(curves: &Curves, line: &Line, trace: &mut Value) {
    let unit = |axis: &Axis| match axis.unit.as_str() {
        "" => String::new(),
        unit => format!(" {}", literal(unit)),
    };
    let x = match curves.x.scale {
        Scale::Quantile => {
            let hundredths = line.points.iter().map(|point| place(100.0 * point.x));
            trace["customdata"] = hundredths.collect();
            "p%{customdata}".to_owned()
        }
        Scale::Linear | Scale::Log => {
            format!("{}: %{{x:.4~g}}{}", literal(&curves.x.label), unit(&curves.x))
        }
    };
    let y = format!("{}: %{{y:.4~g}}{}", literal(&curves.y.label), unit(&curves.y));
    trace["hovertemplate"] = json!(format!("%{{fullData.name}}<br>{x}<br>{y}<extra></extra>"));
}

/// A line across the chart.
fn mark(name: &str, height: f64) -> Value {
    json!({
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": place(height), "y1": place(height),
        "line": { "color": "#888888", "dash": "dot", "width": 1 },
        "label": { "text": literal(name), "textposition": "end", "yanchor": "bottom" },
    })
}

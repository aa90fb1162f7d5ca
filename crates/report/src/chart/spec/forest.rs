//! Effects with their intervals.

use serde_json::{Map, Value, json};

use super::axis::{axis, names, place};
use super::text::{in_legend, lines, literal};
use super::{symbol, whiskers};
use crate::chart::{Forest, ForestRow, Series, look};
use crate::number::decimal;

/// Ratios close to 1 differ only behind the point.
const DECIMALS: usize = 4;

pub(super) fn spec(forest: &Forest) -> (Vec<Value>, Map<String, Value>) {
    let mut series: Vec<&Series> = Vec::new();
    for row in &forest.rows {
        if !series.contains(&&row.series) {
            series.push(&row.series);
        }
    }
    let data = series.iter().map(|series| trace(forest, series)).collect();
    let row_names: Vec<String> = forest.rows.iter().map(|row| row.name.clone()).collect();
    let mut rows = names(&row_names);
    rows.insert("range".to_owned(), json!([forest.rows.len() as f64 - 0.5, -0.5]));
    // Few enough are written to stand upright.
    let mut effects = axis(&forest.x);
    effects.insert("tickangle".to_owned(), json!(0));
    let words = forest.rows.iter().enumerate().map(|(place, row)| {
        json!({
            "xref": "paper", "x": 1, "xanchor": "left", "y": place, "yanchor": "middle",
            "text": format!(" {}", literal(&row.word)), "showarrow": false,
        })
    });
    let layout = Map::from_iter([
        ("xaxis".to_owned(), Value::Object(effects)),
        ("yaxis".to_owned(), Value::Object(rows)),
        ("margin".to_owned(), json!({ "t": 24, "r": 120, "b": 48, "l": 56 })),
        ("annotations".to_owned(), words.collect()),
        ("shapes".to_owned(), json!([band(forest), even(forest)])),
    ]);
    (data, layout)
}

fn trace(forest: &Forest, series: &Series) -> Value {
    let found = |(place, row): (usize, &'_ ForestRow)| {
        (row.series == *series).then_some(())?;
        Some((place, row.effect?))
    };
    let ours: Vec<(usize, f64)> = forest.rows.iter().enumerate().filter_map(found).collect();
    let look = look(series.look);
    let said =
        ours.iter().map(|(place, effect)| json!(said(forest, &forest.rows[*place], *effect)));
    let mut trace = json!({
        "type": "scatter", "mode": "markers", "name": in_legend(&series.name),
        "x": ours.iter().map(|(_, effect)| place(*effect)).collect::<Value>(),
        "y": ours.iter().map(|(place, _)| json!(place)).collect::<Value>(),
        "marker": { "color": look.colour, "symbol": symbol(look.marker), "size": 10 },
        "hoverinfo": "text", "hovertext": said.collect::<Value>(),
    });
    let effects: Vec<_> =
        ours.iter().map(|(place, effect)| (*effect, forest.rows[*place].interval)).collect();
    if let Some(whiskers) = whiskers(&effects, look.colour) {
        trace["error_x"] = whiskers;
    }
    trace
}

fn said(forest: &Forest, row: &ForestRow, effect: f64) -> String {
    let interval = row
        .interval
        .map(|[low, high]| format!(" ({} to {})", decimal(low, DECIMALS), decimal(high, DECIMALS)));
    let number = decimal(effect, DECIMALS);
    lines(&[
        literal(&row.name),
        literal(&row.series.name),
        literal(&format!("{}: {number}{}", forest.x.label, interval.unwrap_or_default())),
        literal(&row.word),
    ])
}

/// Where a difference counts as none.
fn band(forest: &Forest) -> Value {
    json!({
        "type": "rect", "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
        "x0": place(forest.margin[0]), "x1": place(forest.margin[1]),
        "fillcolor": "rgba(136,136,136,0.2)", "line": { "width": 0 },
    })
}

/// Where there is no difference.
fn even(forest: &Forest) -> Value {
    json!({
        "type": "line", "yref": "paper", "y0": 0, "y1": 1,
        "x0": place(forest.even), "x1": place(forest.even),
        "line": { "color": "#888888", "width": 1 },
    })
}

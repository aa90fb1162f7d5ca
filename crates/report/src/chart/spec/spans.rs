//! Stretches of time, one row each.

use serde_json::{Map, Value, json};

use super::axis::{axis, names, place};
use super::text::{lines, literal};
use crate::chart::{Spans, look};

/// More rows than this have no room for their names.
const NAMED: usize = 40;

/// How much of its row a stretch fills.
const HEIGHT: f64 = 0.8;

pub(super) fn spec(spans: &Spans) -> (Vec<Value>, Map<String, Value>) {
    let mut data: Vec<Value> =
        (0..spans.kinds.len()).filter_map(|kind| trace(spans, kind)).collect();
    data.push(said(spans));
    let row_names: Vec<String> = spans.rows.iter().map(|row| row.name.clone()).collect();
    let mut rows = names(&row_names);
    rows.insert("range".to_owned(), json!([spans.rows.len() as f64 - 0.5, -0.5]));
    if spans.rows.len() > NAMED {
        rows.insert("showticklabels".to_owned(), json!(false));
    }
    let layout = Map::from_iter([
        ("barmode".to_owned(), json!("overlay")),
        ("xaxis".to_owned(), Value::Object(axis(&spans.x))),
        ("yaxis".to_owned(), Value::Object(rows)),
    ]);
    (data, layout)
}

/// The stretches of one kind, which the legend can hide; `None` where there are none.
fn trace(spans: &Spans, kind: usize) -> Option<Value> {
    let ours = || {
        spans.rows.iter().enumerate().flat_map(move |(place, row)| {
            let spans = row.spans.iter().filter(move |(of, ..)| *of == kind);
            spans.map(move |(_, from, to)| (place, *from, *to))
        })
    };
    ours().next()?;
    Some(json!({
        "type": "bar", "orientation": "h", "name": literal(&spans.kinds[kind]),
        "y": ours().map(|(row, ..)| json!(row)).collect::<Value>(),
        "base": ours().map(|(_, from, _)| place(from)).collect::<Value>(),
        "x": ours().map(|(_, from, to)| place(to - from)).collect::<Value>(),
        "width": HEIGHT, "marker": { "color": look(kind).colour },
        "hoverinfo": "skip",
    }))
}

/// What is said of each row. It is said once for the whole of it, by a clear bar that lies
/// over its stretches, since many words for each of them would make the page large.
fn said(spans: &Spans) -> Value {
    let whole = || {
        spans.rows.iter().enumerate().filter_map(|(place, row)| {
            let from = row.spans.iter().map(|(_, from, _)| *from).reduce(f64::min)?;
            let to = row.spans.iter().map(|(_, _, to)| *to).reduce(f64::max)?;
            Some((place, row, from, to))
        })
    };
    let words =
        whole().map(|(_, row, ..)| json!(lines(&[literal(&row.name), literal(&row.about)])));
    json!({
        "type": "bar", "orientation": "h", "showlegend": false,
        "y": whole().map(|(row, ..)| json!(row)).collect::<Value>(),
        "base": whole().map(|(_, _, from, _)| place(from)).collect::<Value>(),
        "x": whole().map(|(_, _, from, to)| place(to - from)).collect::<Value>(),
        "width": HEIGHT, "marker": { "color": "rgba(0,0,0,0)" },
        "hoverinfo": "text", "hovertext": words.collect::<Value>(),
    })
}

//! Stretches of time, one row each.

use serde_json::{Map, Value, json};

use super::axis::{axis, names, place, said};
use super::text::{lines, literal};
use crate::chart::{Spans, look};

/// More rows than this have no room for their names.
const NAMED: usize = 40;

pub(super) fn spec(spans: &Spans) -> (Vec<Value>, Map<String, Value>) {
    let data = (0..spans.kinds.len()).filter_map(|kind| trace(spans, kind)).collect();
    let row_names: Vec<String> = spans.rows.iter().map(|row| row.name.clone()).collect();
    let mut rows = names(&row_names);
    rows.insert("range".to_owned(), json!([spans.rows.len() as f64 - 0.5, -0.5]));
    if spans.rows.len() > NAMED {
        rows.insert("showticklabels".to_owned(), json!(false));
    }
    let layout = Map::from_iter([
        ("barmode".to_owned(), json!("overlay")),
        ("bargap".to_owned(), json!(0.15)),
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
            spans.map(move |(_, from, to)| (place, row, *from, *to))
        })
    };
    ours().next()?;
    let name = literal(&spans.kinds[kind]);
    let said = ours().map(|(_, row, from, to)| {
        json!(lines(&[
            literal(&row.name),
            name.clone(),
            said(&spans.x, from, Some([from, to])),
            literal(&row.about),
        ]))
    });
    Some(json!({
        "type": "bar", "orientation": "h", "name": name,
        "y": ours().map(|(row, ..)| json!(row)).collect::<Value>(),
        "base": ours().map(|(_, _, from, _)| place(from)).collect::<Value>(),
        "x": ours().map(|(_, _, from, to)| place(to - from)).collect::<Value>(),
        "marker": { "color": look(kind).colour },
        "hoverinfo": "text", "hovertext": said.collect::<Value>(),
    }))
}

//! Bars over names.

use serde_json::{Map, Value, json};

use super::axis::{axis, names, place, said};
use super::text::{in_legend, lines, literal};
use super::{pattern, whiskers};
use crate::chart::{Bar, Bars, Group, look};

pub(super) fn spec(bars: &Bars) -> (Vec<Value>, Map<String, Value>) {
    let data = bars.groups.iter().map(|group| trace(bars, group)).collect();
    let layout = Map::from_iter([
        ("barmode".to_owned(), json!(if bars.stacked { "stack" } else { "group" })),
        ("xaxis".to_owned(), Value::Object(names(&bars.names))),
        ("yaxis".to_owned(), Value::Object(axis(&bars.y))),
    ]);
    (data, layout)
}

fn trace(bars: &Bars, group: &Group) -> Value {
    let look = look(group.series.look);
    // What wasn't measured has no bar at all, not even one of no height.
    let there: Vec<(usize, &Bar)> = group
        .bars
        .iter()
        .enumerate()
        .filter_map(|(place, bar)| Some((place, bar.as_ref()?)))
        .collect();
    let xs: Vec<usize> = there.iter().map(|(place, _)| *place).collect();
    let ys: Vec<Value> = there.iter().map(|(_, bar)| place(bar.height)).collect();
    let said = there.iter().map(|(place, bar)| {
        json!(lines(&[
            literal(&group.series.name),
            literal(&bars.names[*place]),
            said(&bars.y, bar.height, bar.interval),
        ]))
    });
    let mut trace = json!({
        "type": "bar", "name": in_legend(&group.series.name), "x": xs, "y": ys,
        "marker": {
            "color": look.colour,
            "pattern": {
                "shape": pattern(look.marker), "fillmode": "overlay", "size": 7, "solidity": 0.25,
                "fgcolor": "rgba(255,255,255,0.7)",
            },
        },
        "hoverinfo": "text", "hovertext": said.collect::<Value>(),
    });
    let heights: Vec<_> = there.iter().map(|(_, bar)| (bar.height, bar.interval)).collect();
    // Whiskers of a bar's own colour would be lost on it.
    if let Some(whiskers) = whiskers(&heights, "#888888") {
        trace["error_y"] = whiskers;
    }
    trace
}

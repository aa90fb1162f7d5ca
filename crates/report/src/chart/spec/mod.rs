//! A chart as plotly.js 3 draws it: `{"data": […], "layout": {…}}`.
//!
//! The look of arms is set; backgrounds are clear, and the colours of text and grid are left
//! to the page, which may be light or dark. A click on the legend hides a series, as is
//! plotly's way. Every word is escaped (`text`), no template holds anyone's words, and
//! there are no links. Places have six digits, which no screen can tell from more; the numbers
//! themselves are offered as CSV.

mod axis;
mod bars;
mod curves;
mod forest;
mod heat;
mod spans;
mod text;

use serde_json::{Map, Value, json};

use super::{Body, Chart, Dash, Marker};

/// The chart for plotly.js.
pub fn spec(chart: &Chart) -> Value {
    let (data, own) = match &chart.body {
        Body::Curves(curves) => curves::spec(curves),
        Body::Bars(bars) => bars::spec(bars),
        Body::Heat(heat) => heat::spec(heat),
        Body::Spans(spans) => spans::spec(spans),
        Body::Forest(forest) => forest::spec(forest),
    };
    let mut layout = common();
    layout.extend(own);
    json!({ "data": data, "layout": layout })
}

/// What all layouts have in common.
fn common() -> Map<String, Value> {
    Map::from_iter([
        ("autosize".to_owned(), json!(true)),
        ("paper_bgcolor".to_owned(), json!("rgba(0,0,0,0)")),
        ("plot_bgcolor".to_owned(), json!("rgba(0,0,0,0)")),
        ("margin".to_owned(), json!({ "t": 24, "r": 16, "b": 48, "l": 56 })),
        ("hovermode".to_owned(), json!("closest")),
        ("showlegend".to_owned(), json!(true)),
        // Above the chart, where a phone has room for it.
        (
            "legend".to_owned(),
            json!({ "orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom" }),
        ),
    ])
}

/// What plotly takes for no whisker. It would take `null` for one of no length, and draw its
/// cap.
const NO_WHISKER: &str = "none";

/// A dash by plotly's name.
fn dash(dash: Dash) -> &'static str {
    match dash {
        Dash::Solid => "solid",
        Dash::Dashed => "dash",
        Dash::Dotted => "dot",
    }
}

/// A pattern of bars, which have no markers: there are as many.
fn pattern(marker: Marker) -> &'static str {
    match marker {
        Marker::Circle => "",
        Marker::Square => "/",
        Marker::Triangle => ".",
        Marker::Diamond => "x",
        Marker::Cross => "-",
    }
}

/// A marker by plotly's name.
fn symbol(marker: Marker) -> &'static str {
    match marker {
        Marker::Circle => "circle",
        Marker::Square => "square",
        Marker::Triangle => "triangle-up",
        Marker::Diamond => "diamond",
        Marker::Cross => "x",
    }
}

/// Whiskers along an axis, where any place has some; a place without has none drawn.
fn whiskers(places: &[(f64, Option<[f64; 2]>)], colour: &str) -> Option<Value> {
    if places.iter().all(|(_, interval)| interval.is_none()) {
        return None;
    }
    let reach = |end: fn(f64, [f64; 2]) -> f64| -> Vec<Value> {
        let reach = |(at, interval): &(f64, Option<[f64; 2]>)| match interval {
            Some(interval) => axis::place(end(*at, *interval)),
            None => json!(NO_WHISKER),
        };
        places.iter().map(reach).collect()
    };
    Some(json!({
        "type": "data", "symmetric": false, "color": colour, "thickness": 1.5, "width": 4,
        "array": reach(|at, [_, high]| (high - at).max(0.0)),
        "arrayminus": reach(|at, [low, _]| (at - low).max(0.0)),
    }))
}

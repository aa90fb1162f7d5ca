//! The forms that a chart is offered in keep everyone's words as words.

use serde_json::Value;
use tokenometer_report::chart::{
    Axis, Bar, Bars, Body, Chart, Curves, Forest, ForestRow, Group, Heat, Line, Point, Scale,
    Series, SpanRow, Spans, csv, spec,
};

/// A name that would be markup, a link, a formula of TeX, a template and a formula of a
/// spreadsheet.
const HOSTILE: &str = "=1+1,\"<a href='javascript:x'>&lt;<br>$x$ %{y}</a>";
/// The same as plotly draws it literally.
const DRAWN: &str =
    "=1+1,\"&lt;a href='javascript:x'&gt;&amp;lt;&lt;br&gt;&#36;x&#36; %&#123;y}&lt;/a&gt;";
/// The same as a cell of CSV.
const CELL: &str = "\"'=1+1,\"\"<a href='javascript:x'>&lt;<br>$x$ %{y}</a>\"";

fn series() -> Series {
    Series { name: HOSTILE.to_owned(), look: 0 }
}

fn axis() -> Axis {
    Axis { ticks: vec![(1.0, HOSTILE.to_owned())], ..Axis::new(HOSTILE, HOSTILE, Scale::Linear) }
}

/// A chart of each body, with that name in all its texts.
fn hostile() -> Vec<Chart> {
    let names = || vec![HOSTILE.to_owned()];
    let interval = Some([1.0, 3.0]);
    let few = Point { x: 1.0, y: 2.0, interval, label: Some(HOSTILE.to_owned()) };
    let many = (0..100).map(|x| Point { x: f64::from(x), interval: None, ..few.clone() });
    let line = |points: Vec<Point>| Line { series: series(), joined: true, points };
    let curves = |points: Vec<Point>| Curves {
        x: axis(),
        y: axis(),
        lines: vec![line(points)],
        marks: vec![(HOSTILE.to_owned(), 1.0)],
    };
    let bars = vec![Some(Bar { height: 2.0, interval })];
    let bodies = vec![
        Body::Curves(curves(vec![few.clone()])),
        Body::Curves(curves(many.collect())),
        Body::Bars(Bars {
            y: axis(),
            names: names(),
            stacked: false,
            groups: vec![Group { series: series(), bars }],
        }),
        Body::Heat(Heat {
            value: axis(),
            higher_is_better: false,
            columns: names(),
            rows: names(),
            cells: vec![vec![Some(1.0)]],
        }),
        Body::Spans(Spans {
            x: axis(),
            kinds: names(),
            rows: vec![SpanRow {
                name: HOSTILE.to_owned(),
                spans: vec![(0, 0.0, 1.0)],
                about: HOSTILE.to_owned(),
            }],
        }),
        Body::Forest(Forest {
            x: axis(),
            even: 1.0,
            margin: [0.98, 1.02],
            rows: vec![ForestRow {
                name: HOSTILE.to_owned(),
                series: series(),
                effect: Some(2.0),
                interval,
                word: HOSTILE.to_owned(),
            }],
        }),
    ];
    let chart = |body| Chart {
        id: "x".to_owned(),
        title: HOSTILE.to_owned(),
        about: HOSTILE.to_owned(),
        notes: names(),
        body,
    };
    bodies.into_iter().map(chart).collect()
}

/// Every text in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[test]
fn plotly_draws_a_name_as_it_stands() {
    for chart in hostile() {
        let spec = spec(&chart);
        let texts = texts(&spec);
        assert!(texts.iter().any(|text| text.contains(DRAWN)), "{spec}");
        for text in texts {
            // Lines of ours end here and there, and what plotly fills in is what we ask for.
            let mut rest = text.replace("<br>", "").replace("<extra></extra>", "");
            for ours in ["%{fullData.name}", "%{x:.4~g}", "%{y:.4~g}", "%{customdata}", "%{text}"] {
                rest = rest.replace(ours, "");
            }
            // Nothing is left that plotly would read as more than text.
            assert!(!rest.contains(['<', '>', '$', '{']), "{rest} in {spec}");
        }
    }
}

#[test]
fn a_spreadsheet_takes_no_name_for_a_formula() {
    for chart in hostile() {
        let text = csv(&chart);
        assert!(text.contains(CELL), "{text}");
        for row in
            ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).records()
        {
            for cell in row.unwrap().iter() {
                assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
            }
        }
        assert!(text.ends_with("\r\n"));
    }
}

#[test]
fn numbers_are_written_in_full_and_negative_ones_stay_numbers() {
    let point = |y| Point { x: 0.1 + 0.2, y, interval: Some([-1.5, 1e-9]), label: None };
    let chart = Chart {
        id: "x".to_owned(),
        title: String::new(),
        about: String::new(),
        notes: Vec::new(),
        body: Body::Curves(Curves {
            x: Axis::new("time", "s", Scale::Linear),
            y: Axis::new("-gap", "", Scale::Linear),
            lines: vec![Line {
                series: Series { name: "two\nlines".to_owned(), look: 0 },
                joined: false,
                points: vec![point(-7.25)],
            }],
            marks: Vec::new(),
        }),
    };
    let expected = "series,time (s),'-gap,low,high,label\r\n\
                    \"two\nlines\",0.30000000000000004,-7.25,-1.5,0.000000001,\r\n";
    assert_eq!(csv(&chart), expected);
}

#[test]
fn what_was_not_measured_is_no_bar_of_no_height() {
    let bars = |height: Option<f64>| {
        vec![
            height.map(|height| Bar { height, interval: None }),
            Some(Bar { height: 0.0, interval: None }),
        ]
    };
    let chart = Chart {
        id: "x".to_owned(),
        title: String::new(),
        about: String::new(),
        notes: Vec::new(),
        body: Body::Bars(Bars {
            y: Axis::new("TTFT", "ms", Scale::Linear),
            names: ["a", "b"].map(str::to_owned).to_vec(),
            stacked: false,
            groups: vec![Group {
                series: Series { name: "s".to_owned(), look: 0 },
                bars: bars(None),
            }],
        }),
    };
    let trace = &spec(&chart)["data"][0];
    assert_eq!((trace["x"].to_string(), trace["y"].to_string()), ("[1]".into(), "[0]".into()));
    assert_eq!(csv(&chart), "name,series,TTFT (ms),low,high\r\na,s,,,\r\nb,s,0,,\r\n");
}

//! Charts whose every number is made up, one of each kind.

use tokenometer_report::chart::{
    Axis, Bar, Bars, Body, Chart, Curves, Forest, ForestRow, Group, Heat, Line, Point, Scale,
    Series, SpanRow, Spans,
};

pub fn chart(id: &str, title: &str, body: Body) -> Chart {
    Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        about: "Made-up numbers: the mean over the blocks that count, with its 95 % interval by \
                Student's t."
            .to_owned(),
        notes: vec!["Left out: sglang, chat-c32: failed in every block.".to_owned()],
        body,
    }
}

pub fn series(name: &str, look: usize) -> Series {
    Series { name: name.to_owned(), look }
}

pub fn point(x: f64, y: f64, spread: f64) -> Point {
    Point { x, y, interval: Some([y - spread, y + spread]), label: None }
}

/// Throughput over concurrency, with an objective.
pub fn curves() -> Chart {
    let labelled = |x: f64, y: f64| Point { label: Some(format!("{x}")), ..point(x, y, 60.0) };
    let line = |name: &str, look: usize, heights: [f64; 4]| Line {
        series: series(name, look),
        joined: true,
        points: [1.0, 4.0, 16.0, 64.0].iter().zip(heights).map(|(x, y)| labelled(*x, y)).collect(),
    };
    let body = Body::Curves(Curves {
        x: Axis::new("requests in flight", "", Scale::Log),
        y: Axis::new("output throughput", "tokens/s", Scale::Linear),
        lines: vec![
            line("vllm-0.11", 0, [95.0, 340.0, 1020.0, 1730.0]),
            line("sglang-0.5", 1, [88.0, 330.0, 1105.0, 1890.0]),
        ],
        marks: vec![("objective".to_owned(), 1500.0)],
    });
    chart("throughput-by-concurrency", "Output throughput by concurrency", body)
}

pub fn bar(height: f64, spread: f64) -> Option<Bar> {
    Some(Bar { height, interval: Some([height - spread, height + spread]) })
}

fn group(name: &str, look: usize, bars: Vec<Option<Bar>>) -> Group {
    Group { series: series(name, look), bars }
}

/// Latencies of three scenarios side by side, one of them missing.
pub fn bars() -> Chart {
    let body = Body::Bars(Bars {
        y: Axis::new("TTFT p50", "ms", Scale::Linear),
        names: ["chat-c8", "chat-c32", "long prompts at 2 requests/s"].map(str::to_owned).into(),
        stacked: false,
        groups: vec![
            group("vllm-0.11", 0, vec![bar(42.5, 3.0), bar(130.0, 9.0), bar(815.0, 120.0)]),
            group("sglang-0.5", 1, vec![bar(39.1, 2.0), None, bar(702.0, 90.0)]),
        ],
    });
    chart("ttft", "TTFT by scenario", body)
}

/// The stages of a start, one upon the other.
pub fn stacked() -> Chart {
    let part = |height: f64| Some(Bar { height, interval: None });
    let body = Body::Bars(Bars {
        y: Axis::new("time to ready", "s", Scale::Linear),
        names: ["vllm-0.11", "sglang-0.5", "llamacpp"].map(str::to_owned).into(),
        stacked: true,
        groups: vec![
            group("load weights", 0, vec![part(12.0), part(11.0), None]),
            group("compile", 1, vec![part(31.0), None, None]),
            group("capture graphs", 2, vec![part(8.5), part(14.0), None]),
        ],
    });
    chart("cold-start", "Cold-start stages", body)
}

/// Latency by arm and load, one cell missing.
pub fn heat() -> Chart {
    let body = Body::Heat(Heat {
        value: Axis::new("E2E mean", "s", Scale::Linear),
        higher_is_better: false,
        columns: ["chat-c8", "chat-c32", "chat-c64"].map(str::to_owned).into(),
        rows: ["vllm-0.11", "sglang-0.5"].map(str::to_owned).into(),
        cells: vec![vec![Some(1.2), Some(4.5), Some(11.0)], vec![Some(1.1), None, Some(9.7)]],
    });
    chart("latency-heat-map", "E2E by arm and scenario", body)
}

/// A few requests over time.
pub fn spans() -> Chart {
    let row = |number: usize| {
        let at = number as f64 * 0.15;
        SpanRow {
            name: format!("{number}"),
            spans: vec![(0, at, at + 0.05), (1, at + 0.05, at + 0.3), (2, at + 0.3, at + 1.4)],
            about: "completed, 120 tokens in, 64 out".to_owned(),
        }
    };
    let body = Body::Spans(Spans {
        x: Axis::new("since the window opened", "s", Scale::Linear),
        kinds: ["late to be sent", "until the first token", "until the last"]
            .map(str::to_owned)
            .into(),
        rows: (0..6).map(row).collect(),
    });
    chart("waterfall", "Requests over time", body)
}

/// Effects of two arms, one of them beyond the picture, one without an answer.
pub fn forest() -> Chart {
    let row = |name: &str, effect: Option<f64>, interval: Option<[f64; 2]>, word: &str| ForestRow {
        name: name.to_owned(),
        series: series("sglang-0.5 against vllm-0.11", 1),
        effect,
        interval,
        word: word.to_owned(),
    };
    let body = Body::Forest(Forest {
        x: Axis {
            ticks: [-10, 0, 10, 20]
                .map(|step| (1.0 + f64::from(step) / 100.0, format!("{step} %")))
                .into(),
            ..Axis::new("ratio to the reference", "", Scale::Log)
        },
        even: 1.0,
        margin: [1.0 / 1.03, 1.03],
        rows: vec![
            row(
                "chat-c8, output throughput (more is better)",
                Some(1.12),
                Some([1.08, 1.16]),
                "better",
            ),
            row(
                "chat-c8, TTFT p50 (less is better)",
                Some(0.99),
                Some([0.975, 1.01]),
                "equivalent",
            ),
            row("chat-c32, TTFT p50 (less is better)", Some(0.93), Some([0.2, 4.0]), "undecided"),
            row("chat-c64, TTFT p50 (less is better)", None, None, "not comparable"),
        ],
    });
    chart("verdicts", "Effects and verdicts", body)
}

/// One of each kind.
pub fn all() -> Vec<Chart> {
    vec![curves(), bars(), stacked(), heat(), spans(), forest()]
}

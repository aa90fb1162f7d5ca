//! Charts that a study should not have and that a picture must bear.

use tokenometer_report::chart::{
    Axis, Bar, Bars, Body, Chart, Curves, Group, Heat, Line, Point, Scale, SpanRow, Spans,
};

use crate::samples::{chart, point, series};

fn axis(scale: Scale) -> Axis {
    Axis::new("load", "requests", scale)
}

fn curves(id: &str, scale: Scale, lines: Vec<Line>) -> Chart {
    let (x, y) = (axis(scale), Axis::new("TTFT p99", "ms", scale));
    chart(id, id, Body::Curves(Curves { x, y, lines, marks: Vec::new() }))
}

fn line(name: &str, look: usize, points: Vec<Point>) -> Line {
    Line { series: series(name, look), joined: true, points }
}

/// Thirty arms in one chart, with names longer than a legend likes.
pub fn thirty_arms() -> Chart {
    let points = |arm: usize| {
        let height = |load: f64| (load + 3.0).ln() * (100.0 + 12.0 * arm as f64);
        [1.0, 2.0, 8.0, 32.0].map(|load| point(load, height(load), 5.0)).into()
    };
    let lines =
        (0..30).map(|arm| line(&format!("engine {arm} with option={arm}"), arm, points(arm)));
    curves("thirty-arms", Scale::Linear, lines.collect())
}

/// Thirty arms as bars over four scenarios.
pub fn thirty_arms_as_bars() -> Chart {
    let bars = |arm: usize| {
        let bar = |name: usize| {
            let height = 100.0 + 20.0 * name as f64 + arm as f64;
            let bar = Bar { height, interval: Some([height - 9.0, height + 9.0]) };
            (arm != 7).then_some(bar)
        };
        (0..4).map(bar).collect()
    };
    let groups =
        (0..30).map(|arm| Group { series: series(&format!("arm-{arm}"), arm), bars: bars(arm) });
    let body = Body::Bars(Bars {
        y: Axis::new("output throughput", "tokens/s", Scale::Linear),
        names: (0..4).map(|name| format!("scenario-{name}")).collect(),
        stacked: false,
        groups: groups.collect(),
    });
    chart("thirty-arms-as-bars", "Thirty arms as bars", body)
}

/// Names that no one gives an arm.
pub fn hostile() -> Chart {
    let names = [
        "</text><script>alert(1)</script>",
        "\"><image href=\"http://example.com/x.png\"/>",
        "&lt;b&gt; &#x41; ]]>",
        "tab\tnewline\nnull\u{0}escape\u{1b}[31m turned\u{202e}around",
        "語り手 ロボット 🤖 مرحبا שלום",
        &"endless".repeat(60),
        "",
    ];
    let lines = names.iter().enumerate().map(|(look, name)| {
        let label = Some((*name).to_owned());
        let points = vec![Point { label, ..point(1.0 + look as f64, 10.0, 2.0) }];
        line(name, look, points)
    });
    let mut chart = curves("hostile", Scale::Linear, lines.collect());
    chart.title = names.concat();
    chart.about = names.join(" ");
    chart.notes = names.map(str::to_owned).into();
    chart
}

/// One point alone.
pub fn single_point() -> Chart {
    let alone = Point { x: 8.0, y: 42.0, interval: None, label: Some("8".to_owned()) };
    curves("single-point", Scale::Log, vec![line("alone", 0, vec![alone])])
}

/// Numbers from the least to the greatest that there are.
pub fn huge_ranges(scale: Scale) -> Chart {
    let heights = [0.0, f64::MIN_POSITIVE, 1e-9, 1.0, 1e12, f64::MAX];
    let mut points: Vec<Point> =
        heights.iter().enumerate().map(|(x, y)| point(x as f64 + 1.0, *y, 1.0)).collect();
    points.push(point(9.0, f64::NAN, 1.0));
    points.push(point(10.0, f64::INFINITY, 1.0));
    points.push(Point {
        interval: Some([f64::NEG_INFINITY, f64::INFINITY]),
        ..point(11.0, 5.0, 0.0)
    });
    curves("huge-ranges", scale, vec![line("arm", 0, points)])
}

/// Nothing at all, of each kind that can be without.
pub fn empty() -> Vec<Chart> {
    let bars = Bars { y: axis(Scale::Linear), names: vec![], stacked: false, groups: vec![] };
    let stacked = Bars { names: vec!["a".to_owned()], stacked: true, ..bars.clone() };
    let heat = Heat {
        value: axis(Scale::Log),
        higher_is_better: true,
        columns: vec!["c".to_owned()],
        rows: vec!["r".to_owned()],
        cells: vec![vec![None]],
    };
    let spans = Spans { x: axis(Scale::Linear), kinds: vec![], rows: vec![] };
    vec![
        curves("no-lines", Scale::Linear, vec![]),
        chart("no-bars", "No bars", Body::Bars(bars)),
        chart("no-parts", "No parts", Body::Bars(stacked)),
        chart("no-cells", "No cells", Body::Heat(heat)),
        chart("no-spans", "No spans", Body::Spans(spans)),
    ]
}

/// A curve of many points, whose interval is a band.
pub fn curve_of_many() -> Chart {
    let points = |scale: f64| {
        let point = |quantile: usize| {
            let share = quantile as f64 / 201.0;
            point(share, scale * (1.0 + 1.0 / (1.02 - share)), scale * 0.4)
        };
        (0..201).map(point).collect::<Vec<_>>()
    };
    let mut x = Axis::new("quantile", "", Scale::Quantile);
    x.ticks =
        [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")].map(|(at, word)| (at, word.to_owned())).into();
    let y = Axis::new("TTFT", "ms", Scale::Log);
    let lines = vec![line("vllm-0.11", 0, points(10.0)), line("sglang-0.5", 1, points(14.0))];
    let body = Body::Curves(Curves { x, y, lines, marks: vec![("objective".to_owned(), 200.0)] });
    chart("quantiles", "Quantiles of TTFT", body)
}

/// Two hundred requests over time.
pub fn many_spans() -> Chart {
    let row = |number: usize| {
        let at = number as f64 * 0.3;
        SpanRow {
            name: format!("request {number}"),
            spans: vec![(0, at, at + 0.01), (1, at + 0.01, at + 0.4), (2, at + 0.4, at + 2.0)],
            about: String::new(),
        }
    };
    let body = Body::Spans(Spans {
        x: Axis::new("since the window opened", "s", Scale::Linear),
        kinds: ["late", "prefill", "decode"].map(str::to_owned).into(),
        rows: (0..200).map(row).collect(),
    });
    chart("many-spans", "Two hundred requests", body)
}

/// All of them.
pub fn all() -> Vec<Chart> {
    let mut all = vec![
        thirty_arms(),
        thirty_arms_as_bars(),
        hostile(),
        single_point(),
        huge_ranges(Scale::Linear),
        huge_ranges(Scale::Log),
        curve_of_many(),
        many_spans(),
    ];
    all.extend(empty());
    all
}

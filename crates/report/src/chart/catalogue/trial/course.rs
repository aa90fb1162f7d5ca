//! What happened over time: requests in flight and waiting, as the client and as the engine
//! saw them, tokens, and requests as they became due.

use tokenometer_results::{Traffic, Trial};

use crate::chart::{Axis, Body, Chart, Curves, Line, Point, Scale, Series};
use crate::digest::{Course, TrialDigest};

use super::super::devices::points;
use super::readings::ENGINE;

/// The engine's counters that stand beside the load.
pub(super) const BESIDE: [(&str, &str); 2] =
    [("running", "running, says the engine"), ("waiting", "waiting, says the engine")];

/// The charts of a trial's course.
pub(super) fn charts(trial: &Trial, digest: &TrialDigest) -> Vec<Chart> {
    let course = &digest.course;
    let mut charts = Vec::new();
    charts.extend(load(digest));
    charts.extend(one(
        ("tokens-over-time", "Tokens over time"),
        ("tokens that arrived", "tokens/s", &course.tokens_per_s),
        course,
    ));
    // In a closed loop a request is due whenever another has ended, which shows nothing new.
    if !matches!(trial.load.traffic, Traffic::Closed { .. }) {
        charts.extend(one(
            ("arrivals-over-time", "Requests due over time"),
            ("requests that became due", "requests/s", &course.due_per_s),
            course,
        ));
    }
    charts
}

fn load(digest: &TrialDigest) -> Option<Chart> {
    let course = &digest.course;
    let client = [
        ("in flight, says the client", &course.in_flight),
        ("waiting for the first token, says the client", &course.waiting_first),
    ];
    let mut lines: Vec<(String, Vec<Point>)> = client
        .into_iter()
        .map(|(name, bins)| (name.to_owned(), binned(bins, course.bin_s)))
        .collect();
    for (name, called) in BESIDE {
        let is_ours =
            |reading: &&crate::digest::Reading| reading.source == ENGINE && reading.name == name;
        let found = digest.readings.iter().filter(is_ours);
        lines.extend(found.map(|reading| match &reading.device {
            Some(device) => {
                (format!("{called} ({})", crate::page::printable(device)), points(reading))
            }
            None => (called.to_owned(), points(reading)),
        }));
    }
    chart(
        ("load-over-time", "Requests in flight and waiting"),
        ("requests", ""),
        lines,
        "Requests in flight and waiting over the measured window. The client's are means over \
         equal stretches of it; the engine's were read off its counters.",
    )
}

/// One line over time.
fn one(
    (id, title): (&str, &str),
    (called, unit, bins): (&str, &str, &[f64]),
    course: &Course,
) -> Option<Chart> {
    let lines = vec![(called.to_owned(), binned(bins, course.bin_s))];
    let about = format!(
        "The {called}, a second, over equal stretches of the measured window of {} s each.",
        crate::number::short(course.bin_s)
    );
    chart((id, title), (called, unit), lines, &about)
}

/// Lines over time.
pub(super) fn chart(
    (id, title): (&str, &str),
    (label, unit): (&str, &str),
    lines: Vec<(String, Vec<Point>)>,
    about: &str,
) -> Option<Chart> {
    let drawn = lines.into_iter().filter(|(_, points)| !points.is_empty()).enumerate();
    let line = |(look, (name, points)): (usize, (String, Vec<Point>))| Line {
        series: Series { name, look },
        joined: true,
        points,
    };
    let lines: Vec<Line> = drawn.map(line).collect();
    (!lines.is_empty()).then(|| Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        about: about.to_owned(),
        notes: Vec::new(),
        body: Body::Curves(Curves {
            x: Axis::new("time since the window opened", "s", Scale::Linear),
            y: Axis::new(label, unit, Scale::Linear),
            lines,
            marks: Vec::new(),
        }),
    })
}

/// Equal stretches of time, each a point in its middle.
fn binned(bins: &[f64], length: f64) -> Vec<Point> {
    let point = |(place, value): (usize, &f64)| Point {
        x: (place as f64 + 0.5) * length,
        y: *value,
        interval: None,
        label: None,
    };
    bins.iter().enumerate().map(point).collect()
}

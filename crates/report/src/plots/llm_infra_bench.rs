//! The pictures that `llm_infra_bench` draws, under its names and of the same content, so
//! that what shows its pictures shows ours.
//!
//! It draws one run each; ours are means over blocks, with their intervals. What it calls
//! *TPS* is the output throughput, here of the measured window and not of the whole run, and
//! a cell that it draws as zero is here one that was not measured.

use super::gpus;
use super::loads::{Loaded, greatest, label, lines, loaded};
use crate::chart::catalogue::left_out::{left_out, lines as in_lines, note};
use crate::chart::catalogue::sureness::{Sureness, scale};
use crate::chart::svg::{panels::panels, picture};
use crate::chart::{Axis, Bar, Bars, Body, Chart, Curves, Group, Heat, Line, Point, Scale, Series};
use crate::digest::Digest;
use crate::measured::{Figure, Mean, Measured, figure};
use crate::page::printable;

/// Why there is none of the pictures that need a load of its kind.
const NO_LOAD: &str = "no closed loop has a throughput that counts";
/// The names of its pictures of loads.
const FILES: [&str; 4] = [
    "throughput_all_combined.png",
    "throughput_<model>.png",
    "cross_model_comparison.png",
    "scaling_efficiency.png",
];

/// Its pictures: names without an ending, and SVG.
#[derive(Debug, Default)]
pub(super) struct Theirs {
    pub(super) pictures: Vec<(String, String)>,
    /// The names of files that aren't there, and why.
    pub(super) left_out: Vec<(String, String)>,
}

/// Draws them.
pub(super) fn pictures(measured: &Measured<'_>, digest: &Digest, stamps: &[String]) -> Theirs {
    let all = loaded(measured);
    let mut theirs = Theirs::default();
    match throughput(&all, "all arms") {
        Some(chart) => {
            theirs.push("throughput_all_combined", picture(&chart, stamps).svg());
            by_model(&mut theirs, &all, stamps);
            theirs.push("cross_model_comparison", comparison(&all, stamps));
            theirs.push("scaling_efficiency", picture(&efficiency(&all), stamps).svg());
        }
        None => FILES.iter().for_each(|file| theirs.leave_out(file, NO_LOAD)),
    }
    match latencies(&all) {
        Some(chart) => theirs.push("latency_heatmap", picture(&chart, stamps).svg()),
        None => theirs.leave_out("latency_heatmap.png", "no closed loop has a latency that counts"),
    }
    match gpus::picture(&all, digest, stamps) {
        Ok(picture) => theirs.push("gpu_comparison", picture.svg()),
        Err(why) => theirs.leave_out("gpu_comparison.png", why),
    }
    theirs
}

impl Theirs {
    fn push(&mut self, name: &str, svg: String) {
        self.pictures.push((name.to_owned(), svg));
    }

    /// A name that no picture has yet.
    fn free(&self, wanted: &str) -> String {
        let is_taken = |name: &str| self.pictures.iter().any(|(taken, _)| taken == name);
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names.find(|name| !is_taken(name)).expect("there is always a higher number")
    }

    fn leave_out(&mut self, file: &str, why: &str) {
        self.left_out.push((file.to_owned(), why.to_owned()));
    }
}

/// A figure that these pictures rest on.
fn named(name: &str) -> &'static Figure {
    figure(name).expect("a picture's figure is one of the figures")
}

/// The axis of concurrency.
fn in_flight(all: &[Loaded<'_, '_>]) -> Axis {
    let loads = all.iter().map(|one| f64::from(one.concurrency));
    Axis::new("requests in flight", "", scale(loads))
}

/// What is left out of a figure under these loads, and why.
fn notes(all: &[Loaded<'_, '_>], figure: &Figure) -> Vec<String> {
    let mut notes = Vec::new();
    for one in all {
        note(&mut notes, left_out(one.arm, one.scenario.name, figure));
    }
    in_lines(&notes)
}

/// The throughput over concurrency; `None` where none counts.
fn throughput(all: &[Loaded<'_, '_>], of: &str) -> Option<Chart> {
    let figure = named("output_throughput");
    let mut sureness = Sureness::default();
    let lines = lines(all, |one| one.arm.mean(figure), |x, mean| sureness.point(x, mean));
    (!lines.is_empty()).then(|| Chart {
        id: "throughput".to_owned(),
        title: format!("Output throughput by concurrency: {of}"),
        about: format!(
            "Output tokens a second over the requests that a closed loop keeps in flight, the \
             mean over the blocks that count. {}",
            sureness.words()
        ),
        notes: notes(all, figure),
        body: curves(
            in_flight(all),
            Axis::new("Output throughput", figure.unit, Scale::Linear),
            lines,
        ),
    })
}

fn curves(x: Axis, y: Axis, lines: Vec<Line>) -> Body {
    Body::Curves(Curves { x, y, lines, marks: Vec::new() })
}

/// The throughput over concurrency, a picture for each model.
fn by_model(theirs: &mut Theirs, all: &[Loaded<'_, '_>], stamps: &[String]) {
    let mut models: Vec<&str> = Vec::new();
    for one in all {
        if !models.contains(&one.model) {
            models.push(one.model);
        }
    }
    for model in models {
        let ours: Vec<Loaded<'_, '_>> =
            all.iter().copied().filter(|one| one.model == model).collect();
        let name = theirs.free(&format!("throughput_{}", in_file_names(model)));
        match throughput(&ours, &printable(model)) {
            Some(chart) => theirs.push(&name, picture(&chart, stamps).svg()),
            None => theirs.leave_out(&format!("{name}.png"), NO_LOAD),
        }
    }
}

/// A model in the name of a file: the last part of its name, with `_` for all that isn't a
/// letter of ASCII, a digit or a hyphen.
fn in_file_names(model: &str) -> String {
    const LONGEST: usize = 100;
    let last = model.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    last.chars().take(LONGEST).map(plain).collect()
}

/// Throughput and duration at the greatest concurrency, side by side.
fn comparison(all: &[Loaded<'_, '_>], stamps: &[String]) -> String {
    let charts = [
        at_greatest(all, named("output_throughput"), "Output throughput"),
        at_greatest(all, named("makespan_s"), "Duration"),
    ];
    let about = "Each arm, with each model that it served, at the most requests in flight that it \
                 was given.";
    panels(("Throughput and duration at the greatest concurrency", about), &charts, 2, stamps).svg()
}

/// A figure of each arm at its greatest concurrency.
fn at_greatest(all: &[Loaded<'_, '_>], figure: &Figure, title: &str) -> Chart {
    let mut sureness = Sureness::default();
    let greatest = greatest(all);
    let body = bars(
        (all, &greatest),
        Axis::new(title, figure.unit, Scale::Linear),
        |one| one.arm.mean(figure),
        &mut sureness,
    );
    let mut notes = notes(&greatest, figure);
    notes.insert(0, concurrencies(all, &greatest));
    Chart {
        id: figure.name.to_owned(),
        title: title.to_owned(),
        about: format!("The mean over the blocks that count. {}", sureness.words()),
        notes,
        body: Body::Bars(body),
    }
}

/// At how many requests in flight each arm is shown.
fn concurrencies(all: &[Loaded<'_, '_>], greatest: &[Loaded<'_, '_>]) -> String {
    let mut kinds: Vec<(String, Vec<&Loaded<'_, '_>>)> = Vec::new();
    for one in greatest {
        let kind = name(one, all);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, ones)) => ones.push(one),
            None => kinds.push((kind, vec![one])),
        }
    }
    let words = |(kind, ones): (String, Vec<&Loaded<'_, '_>>)| {
        if ones.iter().all(|one| one.concurrency == ones[0].concurrency) {
            return format!("{kind}: {}", ones[0].concurrency);
        }
        let each =
            ones.iter().map(|one| format!("{} {}", printable(one.arm.name), one.concurrency));
        format!("{kind}: {}", each.collect::<Vec<_>>().join(", "))
    };
    let words: Vec<String> = kinds.into_iter().map(words).collect();
    format!("Requests in flight: {}.", words.join("; "))
}

/// What stands below the bars of a model: its name, or what tells it from the others.
fn name(one: &Loaded<'_, '_>, all: &[Loaded<'_, '_>]) -> String {
    match label(one, all) {
        label if label.is_empty() => printable(one.model),
        label => label,
    }
}

/// Bars over models, a group for each arm.
pub(super) fn bars(
    (all, shown): (&[Loaded<'_, '_>], &[Loaded<'_, '_>]),
    y: Axis,
    mean: impl Fn(&Loaded<'_, '_>) -> Option<Mean>,
    sureness: &mut Sureness,
) -> Bars {
    let name = |one: &Loaded<'_, '_>| name(one, all);
    let mut names: Vec<String> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for one in shown {
        if !names.contains(&name(one)) {
            names.push(name(one));
        }
        let series = Series { name: printable(one.arm.name), look: one.arm.look };
        if !groups.iter().any(|group| group.series == series) {
            groups.push(Group { series, bars: Vec::new() });
        }
    }
    for group in &mut groups {
        let mut bar = |wanted: &String| {
            let ours = shown.iter().filter(|one| one.arm.look == group.series.look);
            let mean = ours.filter(|one| name(one) == *wanted).find_map(&mean)?;
            Some(Bar { height: mean.value, interval: sureness.of(&mean) })
        };
        group.bars = names.iter().map(&mut bar).collect();
    }
    Bars { y, names, stacked: false, groups }
}

/// Mean E2E in seconds of each arm under each load; `None` where none counts.
fn latencies(all: &[Loaded<'_, '_>]) -> Option<Chart> {
    const MS_PER_S: f64 = 1000.0;
    let figure = named("e2e_mean_ms");
    let mut columns: Vec<u32> = all.iter().map(|one| one.concurrency).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut lines = lines(
        all,
        |one| one.arm.mean(figure),
        |x, mean| Point { x, y: mean.value / MS_PER_S, interval: None, label: None },
    );
    lines.sort_by_key(|line| line.series.look);
    let cell = |line: &Line, column: &u32| {
        let at = line.points.iter().find(|point| point.x == f64::from(*column));
        at.map(|point| point.y)
    };
    (!lines.is_empty()).then(|| Chart {
        id: "latency_heatmap".to_owned(),
        title: "Mean E2E by arm and concurrency".to_owned(),
        about: "Mean time from a request's due instant to the end of its answer, in seconds, the \
                mean over the blocks that count, over the requests in flight."
            .to_owned(),
        notes: notes(all, figure),
        body: Body::Heat(Heat {
            value: Axis::new("E2E mean", "s", Scale::Linear),
            higher_is_better: false,
            columns: columns.iter().map(|column| format!("{column} in flight")).collect(),
            rows: lines.iter().map(|line| line.series.name.clone()).collect(),
            cells: lines
                .iter()
                .map(|line| columns.iter().map(|column| cell(line, column)).collect())
                .collect(),
        }),
    })
}

/// The throughput for each request in flight.
fn efficiency(all: &[Loaded<'_, '_>]) -> Chart {
    let figure = named("output_throughput");
    let mut sureness = Sureness::default();
    let each = |one: &Loaded<'_, '_>| {
        let values = one.arm.values(figure).into_iter();
        let values = values.map(|(_, value)| value / f64::from(one.concurrency));
        Mean::of(&values.collect::<Vec<f64>>())
    };
    let lines = lines(all, each, |x, mean| sureness.point(x, mean));
    let y = Axis::new("Output throughput for each request in flight", "tokens/s", Scale::Linear);
    Chart {
        id: "scaling_efficiency".to_owned(),
        title: "Scaling efficiency".to_owned(),
        about: format!(
            "Output tokens a second divided by the requests in flight: a level line is throughput \
             that grows as the load does. The mean over the blocks that count. {}",
            sureness.words()
        ),
        notes: notes(all, figure),
        body: curves(in_flight(all), y, lines),
    }
}

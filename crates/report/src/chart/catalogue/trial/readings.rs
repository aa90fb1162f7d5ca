//! What was read off the engine, the GPUs and the host over time.

use std::collections::BTreeMap;

use crate::chart::{Chart, Point};
use crate::digest::{Reading, TrialDigest};
use crate::page::printable;

use super::super::devices::points;
use super::super::names::slug;
use super::course::{BESIDE, chart};

/// Who tells of the engine's counters.
pub(super) const ENGINE: &str = "engine";

/// What a chart is of: who told, what was read, and its unit.
type Key<'d> = (&'d str, &'d str, &'d str);

/// A chart of each thing that was read, with a line for each device. A number that never
/// changed has no chart, nor have those that stand beside the load.
pub(super) fn charts(digest: &TrialDigest) -> Vec<Chart> {
    let mut read: BTreeMap<Key<'_>, Vec<&Reading>> = BTreeMap::new();
    for reading in digest.readings.iter().filter(|reading| !is_beside_the_load(reading)) {
        let key = (reading.source.as_str(), reading.name.as_str(), reading.unit.as_str());
        read.entry(key).or_default().push(reading);
    }
    read.retain(|_, readings| readings.iter().any(|reading| changes(reading)));
    let mut taken: Vec<String> = Vec::new();
    let mut charts = Vec::new();
    for (key, readings) in read {
        let id = free(format!("{}-{}", slug(key.0), slug(key.1)), &taken);
        charts.extend(of_one(&id, key, &readings));
        taken.push(id);
    }
    charts
}

/// The chart of one thing.
fn of_one(id: &str, (source, name, unit): Key<'_>, readings: &[&Reading]) -> Option<Chart> {
    let called = printable(name).replace('_', " ");
    let source = match source {
        "gpu" => "GPU".to_owned(),
        source => printable(source),
    };
    let line = |reading: &&Reading| -> (String, Vec<Point>) {
        let name = match &reading.device {
            Some(device) => format!("{source} {}", printable(device)),
            None => called.clone(),
        };
        (name, points(reading))
    };
    let title = format!("{source}, {called} over time");
    let about = format!("The {called}, as read off the {source} over the measured window.");
    let lines = readings.iter().map(line).collect();
    chart((id, &title), (&called, &printable(unit)), lines, &about)
}

fn is_beside_the_load(reading: &Reading) -> bool {
    reading.source == ENGINE && BESIDE.iter().any(|(name, _)| *name == reading.name)
}

fn changes(reading: &Reading) -> bool {
    reading.points.windows(2).any(|pair| pair[0][1] != pair[1][1])
}

/// A name that no other chart has.
fn free(wanted: String, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    let mut all = std::iter::once(wanted.clone()).chain(numbered);
    all.find(|id| !taken.contains(id)).expect("there is always a higher number")
}

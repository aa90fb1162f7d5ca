//! What GPUs did at the greatest concurrency of each arm: how busy they were, and what they
//! drew.

use tokenometer_results::TrialId;

use super::llm_infra_bench::bars;
use super::loads::{Loaded, greatest};
use crate::Ending;
use crate::chart::catalogue::sureness::Sureness;
use crate::chart::svg::{canvas::Picture, panels::panels};
use crate::chart::{Axis, Body, Chart, Scale};
use crate::digest::{Digest, Reading};
use crate::measured::{Kind, Mean};

/// Who tells of GPUs.
const SOURCE: &str = "gpu";

/// One thing that is shown of GPUs.
struct Shown {
    /// Its name among the readings.
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
    /// What several GPUs come to.
    together: fn(&[f64]) -> f64,
    /// What a reading is multiplied with to be given in that unit; `None` for a unit that
    /// isn't known.
    factor: fn(&str) -> Option<f64>,
}

const SHOWN: [Shown; 2] = [
    Shown {
        name: "utilisation",
        title: "GPU utilisation",
        unit: "%",
        about: "The share of time in which a GPU was busy, the mean over the measured window, \
                over GPUs and over the blocks that count.",
        together: |each| each.iter().sum::<f64>() / each.len() as f64,
        factor: |unit| match unit {
            "share" => Some(100.0),
            "%" => Some(1.0),
            _ => None,
        },
    },
    Shown {
        name: "power",
        title: "GPU power",
        unit: "W",
        about: "What all GPUs drew together, the mean over the measured window and over the \
                blocks that count.",
        together: |each| each.iter().sum(),
        factor: |unit| (unit == "W").then_some(1.0),
    },
];

/// Draws what there is of both; says why where there is nothing.
pub(super) fn picture(
    all: &[Loaded<'_, '_>],
    digest: &Digest,
    stamps: &[String],
) -> Result<Picture, &'static str> {
    let greatest = greatest(all);
    let charts: Vec<Chart> =
        SHOWN.iter().filter_map(|shown| chart(shown, (all, &greatest), digest)).collect();
    if charts.is_empty() {
        return Err("no utilisation and no power of a GPU was read in a closed loop that counts");
    }
    let about = "Each arm, with each model that it served, at the most requests in flight that it \
                 was given.";
    Ok(panels(("GPUs at the greatest concurrency", about), &charts, 2, stamps))
}

fn chart(
    shown: &Shown,
    (all, greatest): (&[Loaded<'_, '_>], &[Loaded<'_, '_>]),
    digest: &Digest,
) -> Option<Chart> {
    let mut sureness = Sureness::default();
    let y = Axis::new(shown.title, shown.unit, Scale::Linear);
    let bars = bars((all, greatest), y, |one| mean(shown, one, digest), &mut sureness);
    let is_any = bars.groups.iter().any(|group| group.bars.iter().any(Option::is_some));
    is_any.then(|| Chart {
        id: shown.name.to_owned(),
        title: shown.title.to_owned(),
        about: format!("{} {}", shown.about, sureness.words()),
        notes: Vec::new(),
        body: Body::Bars(bars),
    })
}

/// The mean of a reading over the blocks that count.
fn mean(shown: &Shown, one: &Loaded<'_, '_>, digest: &Digest) -> Option<Mean> {
    let blocks = one.arm.cells.iter().filter_map(|cell| {
        let counts = matches!(cell.ending, Ending::Carried(trial) if Kind::Rate.counts(trial));
        let arm = one.arm.name.to_owned();
        let id = TrialId { block: cell.block, arm, scenario: one.scenario.name.to_owned() };
        let readings = &digest.trials.get(&id).filter(|_| counts)?.readings;
        let each: Vec<f64> = readings.iter().filter_map(|reading| value(shown, reading)).collect();
        (!each.is_empty()).then(|| (shown.together)(&each))
    });
    Mean::of(&blocks.collect::<Vec<f64>>())
}

/// A reading over the measured window, in the unit in which it is shown.
fn value(shown: &Shown, reading: &Reading) -> Option<f64> {
    let is_ours = reading.source == SOURCE && reading.name == shown.name;
    let factor = (shown.factor)(&reading.unit).filter(|_| is_ours)?;
    reading.mean.filter(|mean| mean.is_finite()).map(|mean| mean * factor)
}

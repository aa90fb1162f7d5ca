//! Which charts a study and a trial have, and what stands in each; one file a family.
//!
//! A chart for which there is nothing to show isn't made. Means come from `measured`, curves
//! and courses from `digest`: nothing is judged here, and a trial that doesn't count gives
//! no point. What is missing from a chart stands in its notes.

mod alike;
mod by_scenario;
mod cold_start;
mod columns;
mod devices;
mod families;
mod finite;
mod heat;
mod interactivity;
pub(crate) mod left_out;
mod names;
mod prefix_cache;
mod quantiles;
mod scaling;
pub(crate) mod sureness;
mod sweeps;
mod tradeoff;
mod trial;
pub(crate) mod verdicts;

use tokenometer_results::Trial;

use super::Chart;
use crate::StudySeen;
use crate::digest::{Digest, TrialDigest};
use crate::measured::Measured;

/// The charts of a study, the one that says most first.
pub fn of_study(seen: &StudySeen<'_>, measured: &Measured<'_>, digest: &Digest) -> Vec<Chart> {
    let sweeps = sweeps::sweeps(measured);
    let mut charts = verdicts::charts(seen);
    let swept = families::charts(measured, &sweeps);
    let alone = by_scenario::charts(measured, &swept);
    charts.extend(swept.into_iter().map(|swept| swept.chart));
    charts.extend(alone);
    charts.extend(tradeoff::charts(measured, &sweeps));
    charts.extend(interactivity::charts(measured, &sweeps));
    charts.extend(scaling::charts(measured, &sweeps));
    charts.extend(heat::charts(measured));
    charts.extend(prefix_cache::charts(measured));
    charts.extend(cold_start::charts(seen, digest));
    // One picture of all scenarios says more than one of each, and there may not be room on a
    // page for all of them.
    let (devices, devices_over_time) = devices::charts(measured, digest);
    charts.extend(devices);
    charts.extend(quantiles::of_study(measured, digest));
    charts.extend(devices_over_time);
    charts.into_iter().filter_map(finite::only).collect()
}

/// The charts of one trial, its requests first.
pub fn of_trial(trial: &Trial, digest: &TrialDigest) -> Vec<Chart> {
    trial::charts(trial, digest).into_iter().filter_map(finite::only).collect()
}

//! A made-up run folder, from its lock to its verdict.

use std::collections::BTreeMap;
use std::path::Path;

use tokenometer_lab::conclude::conclude;
use tokenometer_results::{Run, ScenarioFloor, TrialId};

use crate::MadeUpError;
use crate::lock::{lock, origin};
use crate::plan::{Arm, Plan};
use crate::start;
use crate::story::{Fate, Story};
use crate::trial::Cell;

/// Writes the whole folder.
pub(crate) fn write(path: &Path, story: &dyn Story) -> Result<Run, MadeUpError> {
    let plan = story.plan();
    let run = Run::begin(path, &lock(&plan), &origin(&plan))?;
    start::write_environment(&run, story)?;
    run.write_noise_floor(noise_floor(&plan))?;
    for block in 1..=plan.blocks {
        write_block(&run, &plan, block, story)?;
    }
    run.write_summary()?;
    if let Some(verdict) = conclude(&run)? {
        run.write_verdict(verdict)?;
    }
    Ok(run)
}

fn write_block(run: &Run, plan: &Plan, block: u32, story: &dyn Story) -> Result<(), MadeUpError> {
    let is_begun = cells(plan, block).any(|(id, _)| !matches!(story.fate(&id), Fate::Missing));
    if is_begun {
        start::write_block(run, plan, block)?;
    }
    for arm in &plan.arms {
        let fates = cells(plan, block).filter(|(id, _)| id.arm == arm.name);
        let is_begun = fates.map(|(id, _)| story.fate(&id)).any(|f| !matches!(f, Fate::Missing));
        if is_begun && story.was_started(block, &arm.name) {
            start::write(run, block, arm, story)?;
        }
    }
    for (place, (id, at)) in cells(plan, block).enumerate() {
        let (arm, scenario) = (&plan.arms[at.0], &plan.scenarios[at.1]);
        write_cell(run, Cell { plan, id: &id, arm, scenario, place, story })?;
    }
    Ok(())
}

/// The cells of a block, each with the places of its arm and its scenario.
fn cells(plan: &Plan, block: u32) -> impl Iterator<Item = (TrialId, (usize, usize))> {
    let name = move |arm: &Arm, scenario: &str| TrialId {
        block,
        arm: arm.name.clone(),
        scenario: scenario.to_owned(),
    };
    plan.scenarios.iter().enumerate().flat_map(move |(at, scenario)| {
        let of_arm = move |(place, arm)| (name(arm, &scenario.name), (place, at));
        plan.arms.iter().enumerate().map(of_arm)
    })
}

fn write_cell(run: &Run, cell: Cell<'_>) -> Result<(), MadeUpError> {
    for _ in 0..cell.story.void_tries(cell.id) {
        cell.carry(run)?;
        run.void_trial(cell.id, 1)?;
    }
    match cell.story.fate(cell.id) {
        Fate::Carried => cell.carry(run),
        Fate::Failed(failure) => Ok(run.trial(cell.id)?.write_failure(&failure)?),
        Fate::Missing => Ok(()),
        Fate::BrokenOff => cell.break_off(run),
    }
}

/// A client that is as good as the clock.
fn noise_floor(plan: &Plan) -> BTreeMap<String, ScenarioFloor> {
    let errors = ["ttft_mean", "ttft_p50", "ttft_p99", "tpot_mean", "tpot_p50", "tpot_p99"];
    let errors = errors.into_iter().chain(["itl_mean", "e2e_mean", "e2e_p50", "e2e_p99"]);
    let floor = ScenarioFloor {
        requests: 100,
        errors_ms: errors.map(|name| (name.to_owned(), 0.01)).collect(),
        throughput_share: Some(0.0),
    };
    plan.scenarios.iter().map(|scenario| (scenario.name.clone(), floor.clone())).collect()
}

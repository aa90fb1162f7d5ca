//! A study for programs: one object, on one line.

use schemars::JsonSchema;
use serde::Serialize;
use tokenometer_core::{Summary, Verdict};
use tokenometer_results::{Estimate, Rehearsed, SimulationSeen};

use super::means::{ScenarioMeans, means};
use super::{CellSeen, Ending, StudySeen};
use crate::digest::Digest;
use crate::findings::{Findings, findings};
use crate::measured::Measured;

/// What `tokenometer run --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Tokenometer's run --json")]
pub struct StudyLine<'a> {
    /// The version of this object's layout.
    pub schema_version: u32,
    /// The study's name.
    pub name: &'a str,
    /// The run folder.
    pub run: &'a str,
    /// The arms, in the order in which the study names them.
    pub arms: &'a [&'a str],
    /// The scenarios, likewise.
    pub scenarios: &'a [&'a str],
    /// How many blocks are planned.
    pub blocks: u32,
    /// Whether the study was stopped before its end.
    pub interrupted: bool,
    /// The study that this one rehearses, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehearsal_of: Option<&'a Rehearsed>,
    /// What that study would take, simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<&'a Estimate>,
    /// What it has to say, where it compares anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'a Verdict>,
    /// What it has found, in words, and on what each finding rests.
    pub findings: Findings,
    /// What was measured of each arm in each scenario, over the blocks that count.
    pub measured: Vec<ScenarioMeans<'a>>,
    /// What became of each planned trial.
    pub trials: Vec<StudyCell<'a>>,
}

/// One planned trial.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StudyCell<'a> {
    /// Its block, from 1.
    pub block: u32,
    /// Its arm.
    pub arm: &'a str,
    /// Its scenario.
    pub scenario: &'a str,
    /// How it stands: `valid`, `saturated`, `failed`, `invalid`, `interrupted`
    /// or `missing`.
    pub standing: &'static str,
    /// Whether the engine was simulated; absent where nothing was measured.
    pub simulated: Option<bool>,
    /// What it simulated; absent where it kept to a script, told nothing of it, or
    /// was not simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulation: Option<&'a SimulationSeen>,
    /// The phase in which it failed, if it could not be carried out.
    pub failed_in: Option<&'a str>,
    /// Why it could not be.
    pub why: Option<&'a str>,
    /// Every metric; absent where nothing was measured.
    pub summary: Option<&'a Summary>,
}

/// The object of a study.
pub fn study_line<'a>(seen: &'a StudySeen<'a>, digest: &Digest) -> StudyLine<'a> {
    let measured = Measured::of(seen);
    StudyLine {
        schema_version: tokenometer_results::SCHEMA_VERSION,
        name: seen.name,
        run: seen.run,
        arms: &seen.arms,
        scenarios: &seen.scenarios,
        blocks: seen.blocks,
        interrupted: seen.interrupted,
        rehearsal_of: seen.rehearsal_of,
        estimate: seen.estimate,
        verdict: seen.verdict,
        findings: findings(seen, &measured, digest),
        measured: means(&measured),
        trials: seen.cells.iter().map(cell).collect(),
    }
}

/// The same as text.
pub fn study_json(seen: &StudySeen<'_>, digest: &Digest) -> String {
    serde_json::to_string(&study_line(seen, digest)).expect("its keys are all text")
}

fn cell<'a>(cell: &'a CellSeen<'a>) -> StudyCell<'a> {
    let (trial, failed) = match &cell.ending {
        Ending::Carried(trial) => (Some(*trial), None),
        Ending::Failed { phase, why } => (None, Some((*phase, *why))),
        Ending::Missing => (None, None),
    };
    StudyCell {
        block: cell.block,
        arm: cell.arm,
        scenario: cell.scenario,
        standing: cell.ending.standing(),
        simulated: trial.map(|trial| trial.simulated),
        simulation: trial.and_then(|trial| trial.simulation.as_ref()),
        failed_in: failed.map(|(phase, _)| phase),
        why: failed.map(|(_, why)| why),
        summary: trial.map(|trial| &trial.summary),
    }
}

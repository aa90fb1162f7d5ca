//! The object that `--json` prints: one trial, on one line.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tokenometer_core::{Instrument, Summary, Validity};
use tokenometer_results::{
    FailureSeen, Kept, Load, Phases, SimulationSeen, TargetSeen, Tool, Trial, WorkloadSeen,
};

use crate::{Warning, warnings};

/// What `--json` prints of one trial: all of `trial.json`, with the metrics at
/// its top, so that `.ttft_ms.p99` is all that one has to write.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Tokenometer's --json")]
pub struct Line<'a> {
    /// The version of this object's layout.
    pub schema_version: u32,
    /// The run folder that holds the trial.
    pub run: &'a str,
    /// The program that measured.
    pub tool: &'a Tool,
    /// The block, from 1.
    pub block: u32,
    /// The arm: one engine set up one way.
    pub arm: &'a str,
    /// The scenario: one workload under one load.
    pub scenario: &'a str,
    /// How many blocks the study plans.
    pub blocks: u32,
    /// Whether the engine was simulated: such numbers say nothing about any
    /// real engine.
    pub simulated: bool,
    /// What it simulated; absent where it kept to a script, told nothing of it, or
    /// was not simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulation: Option<&'a SimulationSeen>,
    /// Whether the trial was stopped before its end.
    pub interrupted: bool,
    /// May this trial count, and why.
    pub validity: &'a Validity,
    /// Every metric.
    #[serde(flatten)]
    pub summary: &'a Summary,
    /// What a reader of the numbers should know.
    pub warnings: Vec<Said>,
    /// What went wrong with the cohort's requests, most frequent first.
    pub failures: &'a [FailureSeen],
    /// The cohort's requests by the server's reason for stopping.
    pub finish_reasons: &'a BTreeMap<String, u64>,
    /// When the load began, in nanoseconds since the Unix epoch.
    pub started_ns: i64,
    /// When each phase began and ended.
    pub phases: Phases,
    /// What was measured.
    pub target: &'a TargetSeen,
    /// What was sent.
    pub workload: &'a WorkloadSeen,
    /// The SHA-256 of the workload: equal over all arms.
    pub workload_sha256: &'a str,
    /// The SHA-256 of every byte of every body as this arm received it.
    pub wire_sha256: &'a str,
    /// How it was sent.
    pub load: &'a Load,
    /// The seeds of all that was drawn, by what was drawn.
    pub seeds: &'a BTreeMap<String, u64>,
    /// The tokenizer with which answers were counted after the run, if one
    /// was.
    pub tokenizer: Option<&'a str>,
    /// What the client saw of itself.
    pub instrument: &'a Instrument,
    /// The trial's files of rows.
    pub files: &'a BTreeMap<String, Kept>,
}

/// A warning, for programs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Said {
    /// Its name: `failures`, `few_requests` …
    pub name: &'static str,
    /// What was seen.
    pub cause: String,
    /// What it does to the numbers; empty where the cause says it all.
    pub effect: &'static str,
    /// What to do about it; empty where nothing is to be done.
    pub cure: &'static str,
}

impl From<Warning> for Said {
    fn from(warning: Warning) -> Said {
        Said {
            name: warning.name(),
            cause: warning.cause(),
            effect: warning.effect(),
            cure: warning.cure(),
        }
    }
}

/// The object of a trial. `run` is the folder that holds it.
pub fn line<'a>(trial: &'a Trial, run: &'a str) -> Line<'a> {
    Line {
        schema_version: trial.schema_version,
        run,
        tool: &trial.tool,
        block: trial.block,
        arm: &trial.arm,
        scenario: &trial.scenario,
        blocks: trial.blocks,
        simulated: trial.simulated,
        simulation: trial.simulation.as_ref(),
        interrupted: trial.interrupted,
        validity: &trial.validity,
        summary: &trial.summary,
        warnings: warnings(trial).into_iter().map(Said::from).collect(),
        failures: &trial.failures,
        finish_reasons: &trial.finish_reasons,
        started_ns: trial.started_ns,
        phases: trial.phases,
        target: &trial.target,
        workload: &trial.workload,
        workload_sha256: &trial.workload_sha256,
        wire_sha256: &trial.wire_sha256,
        load: &trial.load,
        seeds: &trial.seeds,
        tokenizer: trial.tokenizer.as_deref(),
        instrument: &trial.instrument,
        files: &trial.files,
    }
}

/// The object of a trial as JSON on one line, without the line's end. A run of
/// several trials prints one such line for each.
pub fn json_line(trial: &Trial, run: &str) -> String {
    serde_json::to_string(&line(trial, run))
        .expect("its keys are strings, and numbers have a JSON form")
}

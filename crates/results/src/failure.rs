//! `failure.json`: why a cell of a study has no numbers. It stands where
//! `trial.json` would, and settles the cell as that does: what failed once is
//! not tried again until it looks better.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{SCHEMA_VERSION, Tool, TrialId};

/// What kept a trial from its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The program that tried.
    pub tool: Tool,
    /// The block, from 1.
    pub block: u32,
    /// The arm.
    pub arm: String,
    /// The scenario.
    pub scenario: String,
    /// When it was given up, in nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// How far it came.
    pub step: Step,
    /// What went wrong, and what could be done about it.
    pub why: String,
    /// The causes below it, the nearest first.
    #[serde(default)]
    pub causes: Vec<String>,
    /// The last lines of the engine's log, where it was started by us.
    #[serde(default)]
    pub last_lines: Vec<String>,
    /// The lines of that log that tell of errors.
    #[serde(default)]
    pub error_lines: Vec<String>,
}

/// The steps of a trial, from nothing to numbers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Making the engine's software usable.
    Provision,
    /// Starting it, up to its readiness.
    Start,
    /// Asking who it is, and trying the route.
    Meet,
    /// Making what is sent.
    Prepare,
    /// Until compilation and caches had settled.
    WarmUp,
    /// The measured window.
    Measure,
    /// Until the measured requests had ended.
    Drain,
    /// Counting, judging and keeping.
    Understand,
}

impl Step {
    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Step::Provision => "provision",
            Step::Start => "start",
            Step::Meet => "meet",
            Step::Prepare => "prepare",
            Step::WarmUp => "warm_up",
            Step::Measure => "measure",
            Step::Drain => "drain",
            Step::Understand => "understand",
        }
    }
}

impl Failure {
    /// A failure of `id` at `step`, with nothing of a log.
    pub fn new(tool: Tool, id: &TrialId, step: Step, time_ns: i64, why: String) -> Failure {
        Failure {
            schema_version: SCHEMA_VERSION,
            tool,
            block: id.block,
            arm: id.arm.clone(),
            scenario: id.scenario.clone(),
            time_ns,
            step,
            why,
            causes: Vec::new(),
            last_lines: Vec::new(),
            error_lines: Vec::new(),
        }
    }
}

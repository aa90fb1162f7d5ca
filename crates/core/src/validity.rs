//! May this trial count? The words for the answer; the rules that give it are
//! in the room `verdict`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer, with every gate that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// What became of the trial.
    pub standing: Standing,
    /// Every gate, in the order of its id.
    pub gates: Vec<Gate>,
}

/// What became of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It counts.
    Valid,
    /// The instrument or the environment was at fault: it is void.
    Invalid,
    /// The engine was at fault: it counts, as a failure.
    Failed,
    /// The engine could not keep up with the load: it counts, as that.
    Saturated,
}

/// One rule, and what it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// Its number in the list of gates.
    pub id: GateId,
    /// Its name, in a few words.
    pub name: String,
    /// Whose fault it finds.
    pub class: GateClass,
    /// What it found.
    pub status: GateStatus,
    /// What it saw, with unit, beside what it allows.
    pub saw: String,
    /// What it means and what to do, where there is something to do.
    pub advice: Option<String>,
    /// The metrics that it withholds, by name.
    pub withholds: Vec<String>,
}

/// The number of a gate, as in the documentation: `I1`, `A2`, `W4` …
pub type GateId = String;

/// Whose fault a gate finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateClass {
    /// The client's: the trial is void.
    Instrument,
    /// The machine's: the trial is void.
    Environment,
    /// The engine's: the trial counts, as failed or saturated.
    Arm,
    /// The work's: metrics are withheld.
    Work,
}

/// What a gate found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateStatus {
    /// Nothing to object to.
    Passed,
    /// A fault.
    Failed,
    /// It could not be evaluated.
    Unknown,
    /// It does not apply, or was waived; `saw` says which.
    Waived,
}

//! The phases of a trial, as values: each metric says which one it uses.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part of a trial in which a request was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before the load: until compilation and caches have settled.
    WarmUp,
    /// The load is building up, with prompts of its own; it is never drained.
    RampIn,
    /// Inside the window: the requests that are measured, the *cohort*.
    Measure,
    /// After the window: the load goes on unchanged until the cohort has ended.
    Drain,
}

impl Phase {
    /// Every phase, in the order in which a trial passes through them.
    pub const ALL: [Phase; 4] = [Phase::WarmUp, Phase::RampIn, Phase::Measure, Phase::Drain];

    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::WarmUp => "warm_up",
            Phase::RampIn => "ramp_in",
            Phase::Measure => "measure",
            Phase::Drain => "drain",
        }
    }

    /// The phase of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! A study that was stopped half-way.

use tokenometer_results::{Trial, TrialId};

use crate::kind::{quick, steady};
use crate::plan::{Plan, Scenario};
use crate::story::{Fate, Story};

/// See [`Kind::Interrupted`](super::Kind::Interrupted).
pub(super) struct Interrupted;

/// The block in which it was stopped.
const STOPPED: u32 = 3;

impl Story for Interrupted {
    fn plan(&self) -> Plan {
        Plan {
            name: "interrupted".to_owned(),
            about: "every number is made up: half of the trials are missing".to_owned(),
            seed: 14,
            blocks: 5,
            arms: vec![steady(), quick()],
            scenarios: vec![Scenario::closed("chat", 4), Scenario::closed("chat", 16)],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }

    fn fate(&self, id: &TrialId) -> Fate {
        match (id.block, id.scenario.as_str(), id.arm.as_str()) {
            (..STOPPED, _, _) | (STOPPED, "chat-c4", "steady") => Fate::Carried,
            (STOPPED, "chat-c4", _) => Fate::BrokenOff,
            _ => Fate::Missing,
        }
    }

    /// The last trial that has numbers was stopped in its window.
    fn retell(&self, id: &TrialId, trial: &mut Trial) {
        trial.interrupted = id.block == STOPPED;
    }
}

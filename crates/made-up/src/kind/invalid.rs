//! A study in which the client was at fault.

use tokenometer_results::TrialId;
use tokenometer_verdict::Evidence;

use crate::kind::{quick, steady};
use crate::plan::{Plan, Scenario};
use crate::story::Story;

/// See [`Kind::Invalid`](super::Kind::Invalid).
pub(super) struct Invalid;

impl Invalid {
    /// Whether the client was short of CPU in this trial.
    fn is_at_fault(id: &TrialId) -> bool {
        id.scenario == "chat-c16" && id.arm == "quick" && id.block != 2
    }
}

impl Story for Invalid {
    fn plan(&self) -> Plan {
        Plan {
            name: "invalid".to_owned(),
            about: "every number is made up: the client was short of CPU".to_owned(),
            seed: 15,
            blocks: 5,
            arms: vec![steady(), quick()],
            scenarios: vec![Scenario::closed("chat", 1), Scenario::closed("chat", 16)],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }

    fn bear_witness(&self, id: &TrialId, evidence: &mut Evidence) {
        if Invalid::is_at_fault(id) {
            evidence.instrument.cpu_busy_shares[7] = 0.97;
            evidence.instrument.run_queue_share = Some(0.21);
        }
    }

    fn void_tries(&self, id: &TrialId) -> u32 {
        if Invalid::is_at_fault(id) && id.block == 1 { 2 } else { 0 }
    }
}

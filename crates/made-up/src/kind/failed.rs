//! A study in which engines fail.

use tokenometer_core::Outcome;
use tokenometer_results::{End, Failure, Start, Step, TrialId};

use crate::kind::{quick, steady};
use crate::plan::{Arm, Plan, Scenario};
use crate::story::{Fate, Mishap, Story};
use crate::trial::{begins, tool};

/// See [`Kind::Failed`](super::Kind::Failed).
pub(super) struct Failed;

/// The arm that dies, and the one that never lived.
const MORTAL: &str = "mortal";
const STILLBORN: &str = "stillborn";

impl Story for Failed {
    fn plan(&self) -> Plan {
        let named = |name: &str, arm: Arm| Arm { name: name.to_owned(), ..arm };
        Plan {
            name: "failed".to_owned(),
            about: "every number is made up: an engine dies, another never starts".to_owned(),
            seed: 16,
            blocks: 5,
            arms: vec![steady(), named(MORTAL, quick()), named(STILLBORN, quick())],
            scenarios: vec![Scenario::closed("chat", 1), Scenario::closed("chat", 16)],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }

    fn fate(&self, id: &TrialId) -> Fate {
        match (id.arm.as_str(), id.scenario.as_str(), id.block) {
            (STILLBORN, ..) => Fate::Failed(Box::new(never_started(id))),
            (MORTAL, "chat-c16", 2 | 4) => Fate::Failed(Box::new(died(id))),
            _ => Fate::Carried,
        }
    }

    /// In block 5 it lives, and refuses every tenth request.
    fn mishap(&self, id: &TrialId, row: u32) -> Option<Mishap> {
        let refuses = id.arm == MORTAL && id.scenario == "chat-c16" && id.block == 5;
        (refuses && row % 10 == 3).then(|| Mishap {
            outcome: Outcome::HttpError,
            status: Some(503),
            error: "the engine is overloaded".to_owned(),
        })
    }

    fn restart(&self, arm: &str, start: &mut Start) {
        if arm == STILLBORN {
            start.stages.truncate(1);
            start.error_lines = vec!["RuntimeError: no kernel image is available".to_owned()];
            let how = "it ended by itself before it was ready".to_owned();
            start.end = Some(End { exit: Some(1), signal: None, how });
        }
    }

    fn log(&self, arm: &str) -> String {
        match arm {
            STILLBORN => "made up\nRuntimeError: no kernel image is available\n".to_owned(),
            _ => format!("{arm}: made up, nothing was started\n"),
        }
    }
}

fn never_started(id: &TrialId) -> Failure {
    let why = "the engine ended with status 1 before it was ready".to_owned();
    let mut failure = Failure::new(tool(), id, Step::Start, begins(id.block, 50).0, why);
    failure.last_lines = vec!["RuntimeError: no kernel image is available".to_owned()];
    failure.error_lines = failure.last_lines.clone();
    failure
}

fn died(id: &TrialId) -> Failure {
    let why = "the engine was killed by SIGKILL while it was measured".to_owned();
    let mut failure = Failure::new(tool(), id, Step::Measure, begins(id.block, 60).0, why);
    failure.causes = vec!["the kernel ended it for want of memory".to_owned()];
    failure
}

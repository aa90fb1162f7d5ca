//! What is known of how the trials of a run were set up, from its lock and what stands
//! around them: the same facts as a verdict's.

use serde_json::Value;
use tokenometer_results::{Environment, ResultsError, Run, Start, Trial};
use tokenometer_verdict::comparability::Facts;

use crate::LabError;
use crate::conclude::{Setup, facts};

/// What stands around the trials of a run.
pub(super) struct Around {
    lock: Value,
    environment: Option<Environment>,
}

impl Around {
    /// What stands around the trials of this run.
    pub(super) fn of(run: &Run) -> Result<Around, LabError> {
        let lock = serde_json::to_value(run.study()?).map_err(|source| {
            let path = run.path().join("study.lock.yaml");
            ResultsError::Document { path, line: None, source: Box::new(source) }
        })?;
        // Where it can't be read, what it would tell isn't known.
        Ok(Around { lock, environment: run.environment().ok() })
    }

    /// What every request of a study was to meet, as it was written.
    pub(super) fn objectives(&self) -> Value {
        self.lock.pointer("/study/objectives").cloned().unwrap_or_default()
    }

    /// Whether the study could end after each of several blocks.
    pub(super) fn could_end_early(&self) -> bool {
        let number = |name: &str| self.lock.pointer(&format!("/study/blocks/{name}"));
        let ends = number("from").zip(number("at-most"));
        ends.is_some_and(|(from, at_most)| from != at_most)
    }

    /// What is known of a trial's set-up.
    pub(super) fn facts(&self, run: &Run, trial: &Trial) -> Facts {
        let engine = trial.serving.engine_log.as_ref().map(|log| log.engine.as_str());
        let start = engine.and_then(|engine| started(run, engine));
        let cells = self.lock.get("cells").and_then(Value::as_array);
        let cell = cells.and_then(|cells| {
            cells.iter().find(|cell| cell.get("name") == Some(&trial.scenario.as_str().into()))
        });
        let of_arm = |value: &'_ Value| value.get("arms")?.get(&trial.arm).cloned();
        let (arm, sent) = (of_arm(&self.lock), cell.and_then(of_arm));
        let setup = Setup {
            arm: arm.as_ref(),
            sent: sent.as_ref(),
            start: start.as_ref(),
            environment: self.environment.as_ref(),
            program: self.lock.get("origin").and_then(|origin| origin.get("program")?.as_str()),
        };
        facts(trial, setup)
    }
}

/// How the engine of a folder within the run was started, where that is known.
fn started(run: &Run, engine: &str) -> Option<Start> {
    let text = std::fs::read_to_string(run.path().join(engine).join("start.json")).ok()?;
    serde_json::from_str(&text).ok()
}

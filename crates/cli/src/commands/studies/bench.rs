//! The run of a bench as a study of what it holds: one arm, one scenario, one block.

use std::cell::OnceCell;

use tokenometer_results::{Cell, Planned, ResultsError, Run, TrialFolder, TrialId};

use super::{Found, REPORT};

impl Found {
    /// The trials of a run that has no plan, as a study of them; `None` where none came to
    /// its end.
    pub(in super::super) fn in_bench(run: &Run) -> Result<Option<Found>, ResultsError> {
        let mut trials = Vec::new();
        for folder in run.trials()?.iter().filter(|folder| folder.is_finished()) {
            trials.push(TrialFolder::read(folder)?);
        }
        let Some(first) = trials.first() else { return Ok(None) };
        let planned = Planned {
            name: run
                .study()?
                .get("name")
                .and_then(|name| name.as_str())
                .unwrap_or("bench")
                .to_owned(),
            arms: each(trials.iter().map(|trial| &trial.arm)),
            scenarios: each(trials.iter().map(|trial| &trial.scenario)),
            blocks: first.blocks,
            rehearsal_of: None,
            trials: trials
                .iter()
                .map(|trial| TrialId {
                    block: trial.block,
                    arm: trial.arm.clone(),
                    scenario: trial.scenario.clone(),
                })
                .collect(),
        };
        Ok(Some(Found {
            folder: run.clone(),
            run: run.path().display().to_string(),
            report: run.path().join(REPORT).display().to_string(),
            is_interrupted: trials.iter().any(|trial| trial.interrupted),
            cells: trials.into_iter().map(|trial| Cell::Done(Box::new(trial))).collect(),
            planned,
            notes: Vec::new(),
            estimate: None,
            verdict: None,
            digest: OnceCell::new(),
        }))
    }
}

/// Each name once, in the order in which they come.
fn each<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

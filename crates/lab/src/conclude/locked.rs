//! The lock of a run, as far as a verdict depends on it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use tokenometer_results::{Planned, ResultsError, Run};

use crate::LabError;
use crate::study::grammar::Study;

/// A study's lock.
pub(super) struct Locked {
    /// Its plan.
    pub(super) planned: Planned,
    /// Its words and what was made of them.
    pub(super) text: Text,
}

/// The parts of the lock's text.
#[derive(Deserialize)]
pub(super) struct Text {
    /// The study, with its defaults.
    pub(super) study: Study,
    /// What each arm's engine is started with, by the arm's name.
    pub(super) arms: IndexMap<String, Value>,
    /// What is sent, and how.
    pub(super) cells: Vec<CellText>,
    /// The hashes of what the study is made of.
    #[serde(default)]
    pub(super) origin: Value,
}

/// A cell.
#[derive(Deserialize)]
pub(super) struct CellText {
    /// Its name.
    pub(super) name: String,
    /// How requests become due.
    pub(super) load: Value,
    /// How it is sent to each arm.
    pub(super) arms: BTreeMap<String, Value>,
}

impl Locked {
    /// The lock of a study's run; `None` for the run of a bench.
    pub(super) fn of(run: &Run) -> Result<Option<Locked>, LabError> {
        let Some(planned) = run.planned()? else { return Ok(None) };
        let unreadable = |source: serde_json::Error| {
            let path = run.path().join("study.lock.yaml");
            LabError::from(ResultsError::Document { path, line: None, source: Box::new(source) })
        };
        let value = serde_json::to_value(run.study()?).map_err(unreadable)?;
        let text = serde_json::from_value(value).map_err(unreadable)?;
        Ok(Some(Locked { planned, text }))
    }

    /// The cell of this name.
    pub(super) fn cell(&self, name: &str) -> Option<&CellText> {
        self.text.cells.iter().find(|cell| cell.name == name)
    }
}

impl CellText {
    /// Whether all requests are due at once, with nothing that holds them back.
    pub(super) fn is_burst(&self) -> bool {
        self.load["rate"] == "inf" && self.load["concurrency"].is_null()
    }

    /// Whether requests are due whatever the engine does, and not all at once.
    pub(super) fn is_open(&self) -> bool {
        let rate = &self.load["rate"];
        !self.load["ramp"].is_null() || rate.is_number()
    }
}

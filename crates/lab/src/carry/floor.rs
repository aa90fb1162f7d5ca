//! Before anything is measured: how far the client itself is off on the schedules of the
//! study.

use std::collections::BTreeMap;

use tokenometer_results::{EngineFolder, ScenarioFloor};
use tokenometer_verdict::decision::LEAST_BLOCKS;

use super::Carrying;
use super::cell::ends_all;
use crate::noise_floor::{Trying, floor};
use crate::study::Step;
use crate::{LabError, check, tokenizer};

impl Carrying<'_> {
    /// Measures the floor of every cell that arms are compared in, once a run. Where no
    /// verdict is asked for, nothing needs it.
    pub(super) fn noise_floor(&self) -> Result<(), LabError> {
        let is_asked = self.plan.blocks.len() >= LEAST_BLOCKS && self.plan.rehearsal_of.is_none();
        if !is_asked || self.run.noise_floor()?.is_some() {
            return Ok(());
        }
        let mut scenarios = BTreeMap::new();
        for (cell, words) in self.plan.cells.iter().enumerate() {
            self.go_on()?;
            if words.arms.len() < 2 {
                continue;
            }
            self.step(format!("measuring the client's own noise on {}", words.name));
            match self.floor_of(cell) {
                Ok(Some(floor)) => drop(scenarios.insert(words.name.clone(), floor)),
                Ok(None) => {}
                Err(error) if ends_all(&error) => return Err(error),
                // Then it isn't known, and the verdict says so.
                Err(error) => {
                    let name = &words.name;
                    self.note(format!("the client's own noise on {name} isn't known: {error}"));
                }
            }
        }
        self.run.write_noise_floor(scenarios)?;
        Ok(())
    }

    /// The floor of a cell; `None` where what it sends can't be made before a server has
    /// been asked for its tokenizer, or nothing could be compared.
    fn floor_of(&self, cell: usize) -> Result<Option<ScenarioFloor>, LabError> {
        let block = &self.plan.blocks[0];
        let step = Step { cell, pass: 1, counts: true };
        let arm = self.plan.cells[cell].arms[0];
        let settings = check::with_warm_up_size(&self.plan.trial(block, arm, step));
        let Some(tokenizer) = tokenizer::without_server(&settings)? else { return Ok(None) };
        let workload = check::open(&settings, tokenizer)?;
        let folder = EngineFolder::create(&self.run.path().join("engines/noise-floor"))?;
        let trying = Trying {
            settings: &settings,
            workload: &workload,
            host: self.host,
            division: &self.division,
            folder: &folder,
        };
        floor(&trying, self.observer, self.stop)
    }
}

//! What a study's run is to hold when it is whole, as its lock says.

use schemars::JsonSchema;
use serde::Serialize;
use yaml_serde::Value;

use crate::{ResultsError, Run, TrialId};

/// A study, as far as whoever reads its run must know its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Its arms, in the order in which they are written.
    pub arms: Vec<String>,
    /// Its scenarios, likewise.
    pub scenarios: Vec<String>,
    /// How many blocks it may have.
    pub blocks: u32,
    /// The study that it rehearses, if it does.
    pub rehearsal_of: Option<Rehearsed>,
    /// Its trials: block by block, scenario by scenario, arm by arm.
    pub trials: Vec<TrialId>,
}

/// A study that was rehearsed: its arms played by simulations, its cells made small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rehearsed {
    /// What it is called.
    pub study: String,
    /// How it was rehearsed, line by line.
    pub notes: Vec<String>,
}

impl Planned {
    /// The plan without the trials of the blocks behind this one, of a study that came to
    /// its end there.
    #[must_use]
    pub fn up_to(mut self, block: u32) -> Planned {
        self.trials.retain(|trial| trial.block <= block);
        self
    }
}

impl Run {
    /// The plan of the study that this run carries out; `None` where it is the
    /// run of a bench, which is one trial.
    pub fn planned(&self) -> Result<Option<Planned>, ResultsError> {
        Ok(planned(&self.study()?))
    }
}

fn planned(lock: &Value) -> Option<Planned> {
    let name = lock.get("name")?.as_str()?.to_owned();
    let cells = lock.get("cells")?.as_sequence()?;
    let cells: Vec<(&str, Vec<&str>)> = cells
        .iter()
        .map(|cell| Some((cell.get("name")?.as_str()?, keys(cell.get("arms")?)?)))
        .collect::<Option<_>>()?;
    let blocks = lock.get("blocks")?.as_sequence()?;
    let numbers = blocks.iter().map(|block| block.get("number")?.as_u64());
    let numbers: Vec<u32> = numbers.map(|number| number?.try_into().ok()).collect::<Option<_>>()?;
    let arms = keys(lock.get("arms")?)?.into_iter().map(str::to_owned).collect();
    let mut trials = Vec::new();
    for &block in &numbers {
        for (scenario, arms) in &cells {
            trials.extend(arms.iter().map(|arm| TrialId {
                block,
                arm: (*arm).to_owned(),
                scenario: (*scenario).to_owned(),
            }));
        }
    }
    Some(Planned {
        name,
        arms,
        scenarios: cells.iter().map(|(name, _)| (*name).to_owned()).collect(),
        blocks: u32::try_from(numbers.len()).ok()?,
        rehearsal_of: lock.get("rehearsal-of").and_then(rehearsed),
        trials,
    })
}

fn rehearsed(said: &Value) -> Option<Rehearsed> {
    let notes = said.get("notes")?.as_sequence()?.iter();
    Some(Rehearsed {
        study: said.get("study")?.as_str()?.to_owned(),
        notes: notes.filter_map(|note| note.as_str().map(str::to_owned)).collect(),
    })
}

/// The keys of a mapping, in their order.
fn keys(value: &Value) -> Option<Vec<&str>> {
    value.as_mapping()?.keys().map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_says_which_trials_there_are_to_be() {
        let lock = "name: two\narms: { vllm: {}, sglang: {} }\nblocks:\n- number: 1\n- number: 2\n\
                    cells:\n- { name: chat-c1, arms: { vllm: {}, sglang: {} } }\n\
                    - { name: chat-c8, arms: { sglang: {} } }\n";
        let planned = planned(&yaml_serde::from_str(lock).unwrap()).unwrap();
        assert_eq!((planned.blocks, planned.arms.len()), (2, 2));
        let trials: Vec<String> = planned.trials.iter().map(ToString::to_string).collect();
        assert_eq!(trials.len(), 6);
        assert_eq!(planned.trials[2].scenario, "chat-c8");
        assert_eq!(planned.scenarios, ["chat-c1", "chat-c8"]);
        assert_eq!(planned.rehearsal_of, None);
    }

    #[test]
    fn a_lock_says_what_it_rehearses() {
        let lock = "name: two\narms: { vllm: {} }\nblocks: []\ncells: []\n\
                    rehearsal-of: { study: two, sha256: ab, notes: [one block] }\n";
        let planned = planned(&yaml_serde::from_str(lock).unwrap()).unwrap();
        let rehearsed = planned.rehearsal_of.unwrap();
        assert_eq!((&*rehearsed.study, rehearsed.notes.len()), ("two", 1));
    }

    #[test]
    fn a_bench_is_no_study() {
        let lock = "name: bench\narms: { target: {} }\nblocks: 1\nscenarios: [{}]\n";
        assert_eq!(planned(&yaml_serde::from_str(lock).unwrap()), None);
    }
}

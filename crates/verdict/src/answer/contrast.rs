//! Two arms in a scenario, before any metric is looked at: which blocks have both, and
//! whether they may be compared.

use std::collections::BTreeSet;

use tokenometer_core::{GateStatus, Standing};

use super::seen::{CellSeen, Contrast, Ending, ScenarioSeen, StudySeen, TrialSeen};
use crate::comparability::{Comparability, compare};

/// An arm that fails in a larger share of blocks than this has failed.
const FAILURES: f64 = 0.2;

/// Two arms in a scenario.
#[derive(Clone)]
pub(super) struct Contrasted<'a> {
    pub(super) scenario: &'a ScenarioSeen,
    pub(super) contrast: &'a Contrast,
    /// The planned blocks that there are, in order.
    pub(super) blocks: Vec<BlockSeen<'a>>,
    /// Whether the arms may be compared, over all blocks that have both.
    pub(super) comparability: Comparability,
}

/// What both arms have in a block.
#[derive(Clone, Copy)]
pub(super) struct BlockSeen<'a> {
    pub(super) number: u32,
    pub(super) arm: Option<&'a CellSeen<'a>>,
    pub(super) reference: Option<&'a CellSeen<'a>>,
}

impl<'a> BlockSeen<'a> {
    /// Both trials, where both have numbers.
    pub(super) fn trials(&self) -> Option<(&'a TrialSeen<'a>, &'a TrialSeen<'a>)> {
        Some((trial(self.arm?)?, trial(self.reference?)?))
    }
}

fn trial<'a>(cell: &'a CellSeen<'a>) -> Option<&'a TrialSeen<'a>> {
    match &cell.ending {
        Ending::Measured(trial) => Some(trial),
        Ending::Failed(_) | Ending::Missing(_) => None,
    }
}

impl<'a> Contrasted<'a> {
    pub(super) fn of(
        study: &'a StudySeen<'a>,
        scenario: &'a ScenarioSeen,
        contrast: &'a Contrast,
    ) -> Contrasted<'a> {
        let cell = |number: u32, arm: &str| {
            study.cells.iter().find(|cell| {
                cell.block == number && cell.arm == arm && cell.scenario == scenario.name
            })
        };
        let blocks: Vec<BlockSeen<'a>> = (1..=study.plan.blocks)
            .map(|number| BlockSeen {
                number,
                arm: cell(number, &contrast.arm),
                reference: cell(number, &contrast.reference),
            })
            .collect();
        let mut comparability = Comparability::default();
        for (arm, reference) in blocks.iter().filter_map(BlockSeen::trials) {
            comparability.absorb(compare(&arm.facts, &reference.facts, &study.rules));
        }
        Contrasted { scenario, contrast, blocks, comparability }
    }

    /// The arms that failed in more than one block in five.
    pub(super) fn failed(&self) -> Vec<String> {
        self.mostly(|ending| match ending {
            Ending::Failed(_) => true,
            Ending::Measured(trial) => trial.validity.standing == Standing::Failed,
            Ending::Missing(_) => false,
        })
    }

    /// The arms that couldn't keep up in more than one block in five.
    pub(super) fn saturated(&self) -> Vec<String> {
        self.mostly(|ending| match ending {
            Ending::Measured(trial) => trial.validity.standing == Standing::Saturated,
            Ending::Failed(_) | Ending::Missing(_) => false,
        })
    }

    /// The arms of which trials are void, or missing.
    pub(super) fn void(&self) -> Vec<String> {
        let is_void = |ending: &Ending<'_>| match ending {
            Ending::Measured(trial) => trial.validity.standing == Standing::Invalid,
            Ending::Failed(_) | Ending::Missing(_) => false,
        };
        self.sides()
            .filter(|(_, cells)| cells.iter().flatten().any(|cell| is_void(&cell.ending)))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// Why nothing here may be ranked, whatever the gates say.
    pub(super) fn numbers_only(&self) -> Option<&'a str> {
        let trials = self.blocks.iter().filter_map(BlockSeen::trials);
        let mut both = trials.flat_map(|(arm, reference)| [arm, reference]);
        both.find_map(|trial| trial.numbers_only.as_deref())
    }

    /// What could not be verified: gates of any trial, and fields of any pair.
    pub(super) fn unverified(&self) -> Vec<String> {
        let fields = self.comparability.unknown.iter().map(|field| field.name.to_owned());
        self.unknown_gates().into_iter().chain(fields).collect()
    }

    /// The gates that could not be evaluated in any trial.
    pub(super) fn unknown_gates(&self) -> BTreeSet<String> {
        let trials = self.blocks.iter().filter_map(BlockSeen::trials);
        trials
            .flat_map(|(arm, reference)| [arm, reference])
            .flat_map(|trial| &trial.validity.gates)
            .filter(|gate| gate.status == GateStatus::Unknown)
            .map(|gate| format!("{} {}", gate.id, gate.name))
            .collect()
    }

    fn sides(&self) -> impl Iterator<Item = (&str, Vec<Option<&'a CellSeen<'a>>>)> {
        let arms = self.blocks.iter().map(|block| block.arm).collect();
        let references = self.blocks.iter().map(|block| block.reference).collect();
        let Contrast { arm, reference } = self.contrast;
        [(arm.as_str(), arms), (reference.as_str(), references)].into_iter()
    }

    fn mostly(&self, is_so: impl Fn(&Ending<'_>) -> bool) -> Vec<String> {
        let blocks = self.blocks.len() as f64;
        let share = |cells: &[Option<&CellSeen<'_>>]| {
            cells.iter().flatten().filter(|cell| is_so(&cell.ending)).count() as f64 / blocks
        };
        let over = self.sides().filter(|(_, cells)| share(cells) > FAILURES);
        over.map(|(name, _)| name.to_owned()).collect()
    }
}

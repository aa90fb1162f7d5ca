//! What was measured of each arm in each scenario, over the blocks that count: what tables,
//! charts, findings and exports all show, added up in this one place.
//!
//! Means of blocks are numbers and no verdict. Nothing here may say which arm is better.

mod figure;

use tokenometer_core::stats::batch::half_width;
use tokenometer_results::{Load, Trial, WorkloadSeen};

pub use figure::{FIGURES, Figure, Kind, figure};

use crate::{CellSeen, Ending, StudySeen};

/// The fewest blocks that tell how sure a mean is.
const LEAST_BLOCKS: usize = 3;

/// A study by scenarios.
#[derive(Debug)]
pub struct Measured<'a> {
    /// Its scenarios, in the order of the study.
    pub scenarios: Vec<ScenarioMeasured<'a>>,
}

/// One scenario by arms.
#[derive(Debug)]
pub struct ScenarioMeasured<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it was loaded, as far as any trial of it was carried out.
    pub load: Option<&'a Load>,
    /// What was sent, likewise.
    pub workload: Option<&'a WorkloadSeen>,
    /// The arms that have it, in the order of the study.
    pub arms: Vec<ArmMeasured<'a>>,
}

/// One arm in one scenario.
#[derive(Debug)]
pub struct ArmMeasured<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its place among all arms of the study, from 0: it decides its colour.
    pub look: usize,
    /// What became of each planned trial, in the order of blocks.
    pub cells: Vec<&'a CellSeen<'a>>,
}

/// A mean over blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// The interval that holds it in 95 of 100 studies, by Student's t over the blocks;
    /// absent with fewer than three.
    pub interval: Option<[f64; 2]>,
    /// The least and the greatest of the blocks.
    pub range: [f64; 2],
    /// How many blocks count.
    pub blocks: usize,
}

impl<'a> Measured<'a> {
    /// Sorts what is known of a study.
    pub fn of(seen: &'a StudySeen<'a>) -> Measured<'a> {
        Measured { scenarios: seen.scenarios.iter().map(|name| scenario(seen, name)).collect() }
    }
}

fn scenario<'a>(seen: &'a StudySeen<'a>, name: &'a str) -> ScenarioMeasured<'a> {
    let of_arm = |(look, arm): (usize, &&'a str)| {
        let ours = |cell: &&CellSeen<'_>| cell.scenario == name && cell.arm == *arm;
        let cells: Vec<&CellSeen<'_>> = seen.cells.iter().filter(ours).collect();
        (!cells.is_empty()).then_some(ArmMeasured { name: arm, look, cells })
    };
    let arms: Vec<ArmMeasured<'a>> = seen.arms.iter().enumerate().filter_map(of_arm).collect();
    let carried = arms.iter().flat_map(ArmMeasured::carried).next();
    ScenarioMeasured {
        name,
        load: carried.map(|trial| &trial.load),
        workload: carried.map(|trial| &trial.workload),
        arms,
    }
}

impl<'a> ArmMeasured<'a> {
    /// The trials that were carried out, whether or not they count.
    pub fn carried(&self) -> impl Iterator<Item = &'a Trial> {
        self.cells.iter().filter_map(|cell| match cell.ending {
            Ending::Carried(trial) => Some(trial),
            Ending::Failed { .. } | Ending::Missing => None,
        })
    }

    /// A figure in each block where it counts.
    pub fn values(&self, figure: &Figure) -> Vec<(u32, f64)> {
        let value = |cell: &&CellSeen<'_>| match cell.ending {
            Ending::Carried(trial) => Some((cell.block, figure.value(trial)?)),
            Ending::Failed { .. } | Ending::Missing => None,
        };
        self.cells.iter().filter_map(value).collect()
    }

    /// The mean of a figure over the blocks where it counts; `None` where it counts in none.
    pub fn mean(&self, figure: &Figure) -> Option<Mean> {
        let values: Vec<f64> = self.values(figure).into_iter().map(|(_, value)| value).collect();
        Mean::of(&values)
    }

    /// Why a figure is missing from trials that count otherwise: the gates that withhold it,
    /// in words, with the number of blocks.
    pub fn withheld(&self, figure: &Figure) -> Vec<(String, usize)> {
        let mut gates: Vec<(String, usize)> = Vec::new();
        for gate in self.carried().filter_map(|trial| figure.withheld(trial)) {
            let words = format!("withheld by {} {}", gate.id, gate.name);
            match gates.iter_mut().find(|(known, _)| *known == words) {
                Some((_, count)) => *count += 1,
                None => gates.push((words, 1)),
            }
        }
        gates
    }

    /// How many trials stand otherwise than valid, by the word for how.
    pub fn not_valid(&self) -> Vec<(&'static str, usize)> {
        let mut words: Vec<(&'static str, usize)> = Vec::new();
        for word in ["saturated", "failed", "invalid", "interrupted", "missing"] {
            let count = self.cells.iter().filter(|cell| cell.ending.standing() == word).count();
            words.extend((count > 0).then_some((word, count)));
        }
        words
    }
}

impl Mean {
    /// The mean of some blocks' values.
    pub fn of(values: &[f64]) -> Option<Mean> {
        if values.is_empty() {
            return None;
        }
        let value = values.iter().sum::<f64>() / values.len() as f64;
        let interval = (values.len() >= LEAST_BLOCKS).then(|| half_width(values));
        Some(Mean {
            value,
            interval: interval.map(|half| [value - half, value + half]),
            range: [
                values.iter().copied().fold(f64::INFINITY, f64::min),
                values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ],
            blocks: values.len(),
        })
    }
}

//! What was measured of each arm in each scenario, for programs: the figures that tables
//! and charts show, as the one place that adds them up has them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::measured::{ArmMeasured, FIGURES, Figure, Measured};

/// One scenario.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScenarioMeans<'a> {
    /// Its name.
    pub scenario: &'a str,
    /// The arms that have it, in the order of the study.
    pub arms: Vec<ArmMeans<'a>>,
}

/// One arm in one scenario.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ArmMeans<'a> {
    /// Its name.
    pub arm: &'a str,
    /// Each figure that counts in any block, by its name.
    pub figures: BTreeMap<&'static str, FigureMean>,
}

/// The mean of a figure over the blocks in which it counts. It is a number: who is better
/// is the verdict's to say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FigureMean {
    /// In what it is given: `ms`, `tokens/s` …; empty for plain counts.
    pub unit: &'static str,
    /// The mean.
    pub mean: f64,
    /// Its 95 % interval, by Student's t over the blocks; absent with fewer than three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// The least and the greatest of the blocks.
    pub range: [f64; 2],
    /// How many blocks count.
    pub blocks: usize,
}

/// Every scenario of a study.
pub(super) fn means<'a>(measured: &Measured<'a>) -> Vec<ScenarioMeans<'a>> {
    let scenarios = measured.scenarios.iter();
    scenarios
        .map(|scenario| ScenarioMeans {
            scenario: scenario.name,
            arms: scenario.arms.iter().map(arm).collect(),
        })
        .collect()
}

fn arm<'a>(arm: &ArmMeasured<'a>) -> ArmMeans<'a> {
    let figures = FIGURES.iter().filter_map(|one| Some((one.name, figure(arm, one)?)));
    ArmMeans { arm: arm.name, figures: figures.collect() }
}

fn figure(arm: &ArmMeasured<'_>, figure: &Figure) -> Option<FigureMean> {
    let mean = arm.mean(figure)?;
    Some(FigureMean {
        unit: figure.unit,
        mean: mean.value,
        interval: mean.interval,
        range: mean.range,
        blocks: mean.blocks,
    })
}

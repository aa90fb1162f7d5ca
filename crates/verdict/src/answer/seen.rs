//! What was planned, and what was seen, as far as an answer depends on it.

use std::collections::BTreeMap;

use tokenometer_core::{Summary, Validity};

use super::metric::{METRICS, Metric, metric};
use crate::comparability::{Facts, Rules};

/// A study that was carried out, or is being.
#[derive(Clone, Debug)]
pub struct StudySeen<'a> {
    /// Its name.
    pub name: String,
    /// Arms that were simulated.
    pub simulated: Vec<String>,
    /// Whether it only tried things out.
    pub rehearsal: bool,
    /// Its arms, in the order of the plan.
    pub arms: Vec<String>,
    /// Its scenarios, likewise.
    pub scenarios: Vec<ScenarioSeen>,
    /// Which arms are compared with which.
    pub contrasts: Vec<Contrast>,
    /// The reference and its twin, where the study has it twice.
    pub twins: Option<Contrast>,
    /// The metrics of which a verdict is wanted, instead of the usual ones.
    pub primary: Vec<String>,
    /// The share of requests that must meet the study's objectives, where it names one.
    pub attain: Option<f64>,
    /// How many tokens more than others an arm's server is declared to count in every
    /// prompt, by the arm's name.
    pub prompt_offsets: BTreeMap<String, i64>,
    /// The plan's numbers.
    pub plan: Planned,
    /// When arms are comparable.
    pub rules: Rules,
    /// Every cell that was planned, with what came of it.
    pub cells: Vec<CellSeen<'a>>,
    /// How far the answers of arms agree.
    pub agreements: Vec<Agreement>,
}

/// How far the answers of two arms agree in a scenario and block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The scenario.
    pub scenario: String,
    /// The arms.
    pub contrast: Contrast,
    /// Requests that both answered with the same text.
    pub same: u64,
    /// Requests that both answered.
    pub of: u64,
}

/// What a plan fixes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Planned {
    /// How often any false verdict may occur.
    pub alpha: f64,
    /// How small a ratio's distance from 1 counts as none: 0.02.
    pub margin: f64,
    /// How small a difference of shares counts as none: 0.01.
    pub margin_points: f64,
    /// The block after which is looked first, where is looked after each.
    pub from: Option<u32>,
    /// The most blocks.
    pub at_most: u32,
    /// Blocks that there are.
    pub blocks: u32,
}

/// Two arms that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrast {
    /// The arm.
    pub arm: String,
    /// What it is compared with.
    pub reference: String,
}

/// A scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioSeen {
    /// Its name.
    pub name: String,
    /// The arms that it is measured on.
    pub arms: Vec<String>,
    /// Whether requests are due whatever the engine does, and not all at once.
    pub is_open: bool,
    /// Whether all requests are due at once, so that how long one takes is its place in a
    /// queue.
    pub is_burst: bool,
    /// Whether there are objectives.
    pub has_objectives: bool,
}

impl ScenarioSeen {
    /// Whether both arms of a contrast are measured in it.
    pub(super) fn has(&self, contrast: &Contrast) -> bool {
        [&contrast.arm, &contrast.reference].iter().all(|arm| self.arms.contains(arm))
    }

    /// The metrics of which a verdict is wanted: those that the study names; else, where
    /// there are objectives, how many requests meet them; else of an open loop how long
    /// requests take, since it decides itself how many there are; else the throughput.
    pub(super) fn primary(&self, study: &StudySeen<'_>) -> Vec<&'static Metric> {
        let named = |names: &[&str]| -> Vec<&'static Metric> {
            names.iter().filter_map(|name| metric(name)).collect()
        };
        if !study.primary.is_empty() {
            let asked = |metric: &&Metric| study.primary.iter().any(|name| name == metric.name);
            METRICS.iter().filter(asked).collect()
        } else if self.has_objectives {
            named(&["attainment"])
        } else if self.is_open {
            named(&["ttft_p50", "tpot_p50"])
        } else {
            named(&["output_throughput"])
        }
    }
}

/// A scenario on an arm in a block.
#[derive(Clone, Debug)]
pub struct CellSeen<'a> {
    /// The block, from 1.
    pub block: u32,
    /// The arm.
    pub arm: String,
    /// The scenario.
    pub scenario: String,
    /// What came of it.
    pub ending: Ending<'a>,
}

/// What came of a cell.
#[derive(Clone, Debug)]
pub enum Ending<'a> {
    /// It has numbers, of whatever standing.
    Measured(Box<TrialSeen<'a>>),
    /// The engine failed, so that there can be none: why.
    Failed(String),
    /// It is missing: why.
    Missing(String),
}

/// A trial with numbers.
#[derive(Clone, Debug)]
pub struct TrialSeen<'a> {
    /// May it count.
    pub validity: &'a Validity,
    /// Its metrics.
    pub summary: &'a Summary,
    /// What is known of how it was set up.
    pub facts: Facts,
    /// Why nothing measured here may be ranked, where that is so whatever the gates say:
    /// it was stopped, or simulated faster than the clock.
    pub numbers_only: Option<String>,
    /// Devices of the engine, where known.
    pub gpus: Option<f64>,
    /// Whether answers ended of themselves, so that how long they are is the engine's
    /// doing.
    pub natural_stops: bool,
    /// The error of the client on this schedule, by metric, in the metric's unit; absent
    /// where it wasn't measured.
    pub noise_floor: BTreeMap<String, f64>,
}

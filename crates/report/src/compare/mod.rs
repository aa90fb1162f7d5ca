//! Runs that were not one study, side by side: what each metric is on either side, by how
//! much they lie apart, and what stands beside that.
//!
//! Nothing here is a verdict: what was measured at another time, on another machine
//! perhaps, may lie apart for any reason. So nothing is called better or worse, and
//! nothing may be.

mod page;

use schemars::JsonSchema;
use serde::Serialize;
use tokenometer_core::verdict::FieldDifference;
use tokenometer_results::Load;

pub use page::compare;

/// Runs beside one another: what `tokenometer compare --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Tokenometer's compare --json")]
pub struct Compared {
    /// The version of this object's layout.
    pub schema_version: u32,
    /// The program that compared.
    pub tool: String,
    /// Each run beside the reference, in the order in which they were named.
    pub pairs: Vec<PairSeen>,
    /// Whether a limit was kept, where one was set.
    pub limit: Option<LimitSeen>,
}

/// One arm of a run beside the reference's.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PairSeen {
    /// What is compared with.
    pub reference: SideSeen,
    /// What is compared.
    pub compared: SideSeen,
    /// What a reader may make of it.
    pub how: How,
    /// Whether one study has measured both and could end after each block, which only its
    /// own intervals allow for.
    pub could_end_early: bool,
    /// What the study that holds both arms says of them itself, where one does and has.
    pub study_says: Vec<String>,
    /// What was measured on both sides.
    pub scenarios: Vec<ScenarioPair>,
    /// What was measured of the reference alone.
    pub only_reference: Vec<String>,
    /// What was measured of the other alone.
    pub only_compared: Vec<String>,
    /// What can't be checked, since a file doesn't hold it.
    pub unchecked: Vec<String>,
    /// Where both sides mean different things by the same word.
    pub definitions: Vec<DefinitionPair>,
}

/// What two sides have to do with one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Not randomised: time and arm are confounded, whatever the interval says.
    Observational,
    /// One study has measured both, block by block: its own verdict is the better answer.
    OneStudy,
    /// One side at least is a result file of another tool: one value, without any interval.
    NumbersOnly,
}

/// One side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SideSeen {
    /// The folder, with its arm, or the file, as it was named.
    pub name: String,
    /// What it is, in words.
    pub what: String,
    /// Whether the engine was simulated: such numbers say nothing about any real one.
    pub simulated: bool,
    /// When its first trial began, in nanoseconds since the Unix epoch; absent where it
    /// isn't known.
    pub began_ns: Option<i64>,
}

/// A scenario of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScenarioPair {
    /// What the reference calls it.
    pub name: String,
    /// What the other side calls it.
    pub compared_name: String,
    /// How it was sent; absent where no trial of ours did.
    pub load: Option<Load>,
    /// How it was sent, as another tool's file says.
    pub asked: Option<String>,
    /// The metrics that a limit is of where none is named, by name.
    pub primary: Vec<String>,
    /// Why no ratio is given: what differs that must be the same.
    pub refusals: Vec<String>,
    /// In which of the fields that no side may have more of they differ.
    pub budget: Vec<FieldDifference>,
    /// What the engines chose for themselves.
    pub strategy: Vec<FieldDifference>,
    /// Fields that aren't known of both.
    pub unknown: Vec<String>,
    /// Why trials don't count at all, by side.
    pub left_out: Vec<String>,
    /// The metrics.
    pub figures: Vec<FigurePair>,
}

/// A metric of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FigurePair {
    /// The metric, by the name that `--metric` takes.
    pub metric: String,
    /// In words.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// Whether more of it is better.
    pub higher_is_better: bool,
    /// Whether its differences are points of a share, and not ratios.
    pub in_points: bool,
    /// Whether the two sides mean different things by it.
    pub defined_otherwise: bool,
    /// The reference's values, a block each.
    pub reference: Vec<BlockFigure>,
    /// The other side's.
    pub compared: Vec<BlockFigure>,
    /// The reference's geometric mean over its blocks; of a share the mean.
    pub reference_mean: Option<f64>,
    /// The other side's.
    pub compared_mean: Option<f64>,
    /// Their ratio, the other side's over the reference's, or their difference in points;
    /// absent where they are not comparable or one has no value.
    pub effect: Option<f64>,
    /// Its 95 % interval; absent with fewer than three blocks on either side.
    pub interval: Option<[f64; 2]>,
    /// Why something is missing here, or must be known of it.
    pub notes: Vec<String>,
}

/// A value of one block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BlockFigure {
    /// The block, from 1.
    pub block: u32,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// A word that means two things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DefinitionPair {
    /// The word.
    pub what: String,
    /// What the reference means by it.
    pub reference: String,
    /// What the other side means by it.
    pub compared: String,
}

/// Whether a limit was kept.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LimitSeen {
    /// By which share, or by how many hundredths of a point, a metric may be on the wrong
    /// side of the reference's: 0.03.
    pub limit: f64,
    /// How often all checks together may find the limit crossed where it isn't.
    pub miss: f64,
    /// What came of all checks.
    pub finding: Finding,
    /// Each metric that was checked.
    pub checks: Vec<Check>,
}

/// One metric against the limit.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    /// The side that is checked.
    pub compared: String,
    /// The scenario.
    pub scenario: String,
    /// The metric, by its name; absent where nothing of the scenario could be compared.
    pub metric: Option<String>,
    /// By how much it lies on the wrong side of the reference's: 0.03 is three per cent or
    /// points; below 0 it lies on the other side.
    pub loss: Option<f64>,
    /// The interval of that, for all checks together.
    pub interval: Option<[f64; 2]>,
    /// What came of it.
    pub finding: Finding,
    /// Why nothing can be said.
    pub why: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The limit is surely crossed.
    Beyond,
    /// It surely isn't.
    Within,
    /// It can't be said.
    Open,
}

/// Runs beside one another as one JSON object on one line.
pub fn compare_json(compared: &Compared) -> String {
    serde_json::to_string(compared).expect("strings and numbers have a JSON form")
}

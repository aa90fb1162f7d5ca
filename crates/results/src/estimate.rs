//! `estimate.json`: what a study that was rehearsed would take, as its simulation
//! has it. An estimate is no measurement, and says so wherever it is shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{read_json, write_json};
use crate::{ResultsError, Run};

/// The file's name.
const FILE: &str = "estimate.json";

/// What a study would take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// What the study is called.
    pub study: String,
    /// Its arms, in the order in which the study names them.
    pub arms: Vec<ArmEstimate>,
    /// All arms together, over the fewest blocks that the study may have.
    pub least: Taken,
    /// The same over the most; absent where the study has a fixed number.
    pub most: Option<Taken>,
    /// What money is counted in; absent where no price is known.
    pub currency: Option<String>,
    /// How it was rehearsed, line by line.
    pub notes: Vec<String>,
    /// What was assumed, line by line.
    pub assumed: Vec<String>,
}

/// What an arm would take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmEstimate {
    /// Its name.
    pub arm: String,
    /// What is simulated for it: the model, the machine, the calibration; absent
    /// where the arm keeps to a script.
    pub simulated: Option<String>,
    /// The GPUs that it needs; absent where it needs none.
    pub gpus: Option<u32>,
    /// A block of it, part by part; absent where that can't be foretold.
    pub block: Option<BlockEstimate>,
    /// Why it can't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Over the fewest blocks; absent likewise.
    pub least: Option<Taken>,
    /// Over the most; absent likewise, and where the number is fixed.
    pub most: Option<Taken>,
}

/// What one block of an arm takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlockEstimate {
    /// How often its engine is started.
    pub starts: u32,
    /// How many trials it has, every pass counted.
    pub trials: u32,
    /// How long the starts take, in seconds.
    pub starts_s: f64,
    /// How long the warm-ups take, in seconds.
    pub warm_ups_s: f64,
    /// How long the loads take, in seconds, with what is sent around them.
    pub loads_s: f64,
    /// How long nothing is sent between them, in seconds.
    pub pauses_s: f64,
}

impl BlockEstimate {
    /// All of it, in seconds.
    pub fn total_s(&self) -> f64 {
        self.starts_s + self.warm_ups_s + self.loads_s + self.pauses_s
    }
}

/// What so many blocks take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// How many blocks.
    pub blocks: u32,
    /// How long, in seconds.
    pub duration_s: f64,
    /// GPUs times hours.
    pub gpu_hours: f64,
    /// What it costs; absent where no price is known.
    pub cost: Option<f64>,
}

impl Run {
    /// Writes `estimate.json`.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write_estimate(&self, estimate: &Estimate) -> Result<(), ResultsError> {
        write_json(&self.path().join(FILE), estimate)
    }

    /// Reads `estimate.json`; `None` where the run rehearses nothing.
    ///
    /// # Errors
    /// If it can't be read, or a newer Tokenometer wrote it.
    pub fn estimate(&self) -> Result<Option<Estimate>, ResultsError> {
        let path = self.path().join(FILE);
        if path.exists() { read_json(&path).map(Some) } else { Ok(None) }
    }
}

//! `noise-floor.json`: how far the client itself is off on the schedules of a study,
//! measured against the embedded engine before anything else.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{read_json, write_json};
use crate::{ResultsError, Run, SCHEMA_VERSION};

/// Where it stands in a run folder.
const FILE: &str = "noise-floor.json";

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoiseFloor {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The scenarios of which it is known.
    pub scenarios: BTreeMap<String, ScenarioFloor>,
}

/// How far metrics are off on one schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioFloor {
    /// Requests compared.
    pub requests: u64,
    /// The error of each metric that has a unit of time, in milliseconds, by the names
    /// that a study's `primary` writes.
    pub errors_ms: BTreeMap<String, f64>,
    /// The error of throughputs as a share of them; absent where no window was seen.
    pub throughput_share: Option<f64>,
}

impl Run {
    /// Writes `noise-floor.json`.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write_noise_floor(
        &self,
        scenarios: BTreeMap<String, ScenarioFloor>,
    ) -> Result<(), ResultsError> {
        let file = NoiseFloor { schema_version: SCHEMA_VERSION, scenarios };
        write_json(&self.path().join(FILE), &file)
    }

    /// Reads `noise-floor.json`; `None` where there is none.
    ///
    /// # Errors
    /// If it can't be read, or a newer Tokenometer wrote it.
    pub fn noise_floor(&self) -> Result<Option<NoiseFloor>, ResultsError> {
        let path = self.path().join(FILE);
        if path.exists() { read_json(&path).map(Some) } else { Ok(None) }
    }
}

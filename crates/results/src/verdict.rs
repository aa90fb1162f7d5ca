//! `verdict.json`: what a study has to say. It is made anew from the trials whenever they
//! change, so nothing rests on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::Verdict;

use crate::document::{read_json, write_json};
use crate::{ResultsError, Run, SCHEMA_VERSION};

/// Where it stands in a run folder.
const FILE: &str = "verdict.json";

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictFile {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// What the study has to say.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl VerdictFile {
    /// The file of a verdict, at the version that is written.
    pub fn new(verdict: Verdict) -> VerdictFile {
        VerdictFile { schema_version: SCHEMA_VERSION, verdict }
    }
}

impl Run {
    /// Writes `verdict.json`.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write_verdict(&self, verdict: Verdict) -> Result<(), ResultsError> {
        write_json(&self.path().join(FILE), &VerdictFile::new(verdict))
    }

    /// Reads `verdict.json`; `None` where there is none.
    ///
    /// # Errors
    /// If it can't be read, or a newer Tokenometer wrote it.
    pub fn verdict(&self) -> Result<Option<Verdict>, ResultsError> {
        let path = self.path().join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        read_json::<VerdictFile>(&path).map(|file| Some(file.verdict))
    }
}

//! `verdict.json`: what a study has to say of the trials that lie in its folder.

use std::fs;
use std::io::ErrorKind;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::Verdict;

use crate::document::{read_json, write_json};
use crate::error::WHOLE_FILE;
use crate::{ResultsError, Run, SCHEMA_VERSION, draft};

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

    /// Removes `verdict.json`, if there is one: whoever changes the trials does this first, so
    /// that no verdict lies beside trials that it doesn't know.
    ///
    /// # Errors
    /// If it can't be removed.
    pub fn discard_verdict(&self) -> Result<(), ResultsError> {
        let path = self.path().join(FILE);
        let failed = |source| ResultsError::io("remove", &path, WHOLE_FILE, source);
        match fs::remove_file(&path) {
            Ok(()) => draft::sync_folder_of(&path).map_err(failed),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(source) => Err(failed(source)),
        }
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

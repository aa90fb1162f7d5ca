//! One start of one engine: its log, and how it was started.

use std::path::{Path, PathBuf};

use crate::document::{read_json, write_json};
use crate::draft::Draft;
use crate::run::create_folder;
use crate::{ResultsError, Start};

/// The folder of one start of one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineFolder {
    path: PathBuf,
}

impl EngineFolder {
    /// The folder at `path`.
    pub(crate) fn at(path: PathBuf) -> EngineFolder {
        EngineFolder { path }
    }

    /// Makes the folder of a start that belongs to no run.
    pub fn create(path: &Path) -> Result<EngineFolder, ResultsError> {
        create_folder(path)?;
        Ok(EngineFolder::at(path.to_owned()))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the engine's own output goes.
    pub fn log(&self) -> PathBuf {
        self.path.join("engine.log")
    }

    /// Writes `packages.txt`: every package of the software that was started,
    /// one to a line, with its exact version.
    pub fn write_packages(&self, packages: &str) -> Result<(), ResultsError> {
        Draft::write_whole(&self.packages(), packages.as_bytes())
    }

    /// Where `packages.txt` lies, if it was written.
    pub fn packages(&self) -> PathBuf {
        self.path.join("packages.txt")
    }

    /// Writes a file that the engine is started with.
    pub fn write_file(&self, name: &str, contents: &str) -> Result<(), ResultsError> {
        Draft::write_whole(&self.path.join(name), contents.as_bytes())
    }

    /// Writes `start.json`.
    pub fn write_start(&self, start: &Start) -> Result<(), ResultsError> {
        write_json(&self.path.join("start.json"), start)
    }

    /// Reads `start.json`.
    pub fn start(&self) -> Result<Start, ResultsError> {
        read_json(&self.path.join("start.json"))
    }
}

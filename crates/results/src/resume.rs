//! A run that goes on where it was broken off: only as what it was, and with
//! nothing left lying of what had not come to its end.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::run::{LOCK, ORIGIN, create_folder};
use crate::{Block, Failure, Origin, ResultsError, Run, Trial, TrialFolder, TrialId, draft};

/// How a cell of a plan stands: one arm, one scenario, one block.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// It has numbers.
    Done(Box<Trial>),
    /// It has none, and why; it is not tried again.
    Failed(Box<Failure>),
    /// It has not come to its end, or was never begun.
    Missing,
}

impl Run {
    /// Begins the run of a study in `path`: as [`Run::create`], with the hashes
    /// of all that it is made of.
    ///
    /// # Errors
    /// If the folder holds a run already, or can't be written to.
    pub fn begin(
        path: &Path,
        study: &impl Serialize,
        origin: &Origin,
    ) -> Result<Run, ResultsError> {
        Run::create_with(path, study, Some(origin))
    }

    /// Opens the run in `path` in order to go on with it.
    ///
    /// # Errors
    /// If there is none, if it was begun without hashes, or if what it was made
    /// of is not what it is `now`: every change is named.
    pub fn resume(path: &Path, now: &Origin) -> Result<Run, ResultsError> {
        let run = Run::open(path)?;
        let Some(origin) = run.origin()? else {
            return Err(ResultsError::NoOrigin { path: path.to_owned() });
        };
        let changes = origin.changes(now);
        if !changes.is_empty() {
            return Err(ResultsError::Changed { path: path.to_owned(), changes });
        }
        Ok(run)
    }

    /// Goes on with the run in `path`, or begins it where there is none.
    ///
    /// # Errors
    /// As [`Run::resume`] and [`Run::begin`].
    pub fn open_or_create(
        path: &Path,
        study: &impl Serialize,
        origin: &Origin,
    ) -> Result<Run, ResultsError> {
        if path.join(LOCK).exists() {
            Run::resume(path, origin)
        } else {
            Run::begin(path, study, origin)
        }
    }

    /// The hashes of what the study was made of, where its lock has them.
    pub fn origin(&self) -> Result<Option<Origin>, ResultsError> {
        let study = self.study()?;
        let Some(origin) = study.get(ORIGIN) else { return Ok(None) };
        yaml_serde::from_value(origin.clone()).map(Some).map_err(|source| {
            let path = self.path().join(LOCK);
            ResultsError::Document { path, line: None, source: Box::new(source) }
        })
    }

    /// How each of these cells stands, in their order.
    pub fn cells(&self, planned: &[TrialId]) -> Result<Vec<Cell>, ResultsError> {
        planned.iter().map(|id| self.trial(id)?.cell()).collect()
    }

    /// Writes `blocks/<n>.json`.
    pub fn write_block(&self, block: &Block) -> Result<(), ResultsError> {
        create_folder(&self.path().join("blocks"))?;
        crate::document::write_json(&self.block_path(block.block), block)
    }

    /// Reads `blocks/<n>.json`, if that block was begun.
    pub fn block(&self, block: u32) -> Result<Option<Block>, ResultsError> {
        let path = self.block_path(block);
        if !path.exists() {
            return Ok(None);
        }
        crate::document::read_json(&path).map(Some)
    }

    /// Where a block's conditions are written.
    pub(crate) fn block_path(&self, block: u32) -> PathBuf {
        self.path().join("blocks").join(format!("{block}.json"))
    }
}

impl TrialFolder {
    /// How the cell of this folder stands.
    pub fn cell(&self) -> Result<Cell, ResultsError> {
        if self.is_finished() {
            return Ok(Cell::Done(Box::new(self.read()?)));
        }
        Ok(self.failure()?.map_or(Cell::Missing, |failure| Cell::Failed(Box::new(failure))))
    }

    /// Removes what a break has left of a trial, so that it can be run again.
    /// Where there is nothing, nothing is done.
    ///
    /// # Errors
    /// If the trial is committed: then there is nothing to run again.
    pub fn discard(&self) -> Result<(), ResultsError> {
        if self.is_committed() {
            return Err(ResultsError::Committed { path: self.path().to_owned() });
        }
        let failed =
            |source| ResultsError::io("remove", self.path(), crate::error::WHOLE_FILE, source);
        match fs::remove_dir_all(self.path()) {
            Ok(()) => draft::sync_folder_of(self.path()).map_err(failed),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(failed(source)),
        }
    }
}

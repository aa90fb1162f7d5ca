//! The run folder as a whole.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tokenometer_core::{Nanos, Request};
use yaml_serde::{Mapping, Value};

use crate::document::{read_json, read_yaml, write_json};
use crate::draft::{self, Draft};
use crate::folder::folder_word;
use crate::void::block_of;
use crate::{
    Cell, EngineFolder, Environment, MeasuredRows, Origin, ResultsError, SCHEMA_VERSION,
    TrialFolder, TrialId, Workload, journal, read_workload, summary_csv, workload,
};

/// The file that makes a folder a run.
pub(crate) const LOCK: &str = "study.lock.yaml";
/// The field of the lock that holds the hashes of what the study is made of.
pub(crate) const ORIGIN: &str = "origin";
/// The field that every document of ours has.
const VERSION: &str = "schema_version";

/// A run folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    path: PathBuf,
}

/// What a run that was broken off has left lying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// A file that was being written.
    Draft(PathBuf),
    /// The records of a trial that never became files of rows.
    Journal(TrialFolder),
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Leftover::Draft(path) => write!(
                f,
                "{} was being written when the run was broken off; it is incomplete and can be \
                 removed",
                path.display()
            ),
            Leftover::Journal(trial) => write!(
                f,
                "the trial in {} was broken off; its records up to then are in {} and can be \
                 recovered",
                trial.path().display(),
                journal::NAME
            ),
        }
    }
}

impl Run {
    /// Makes `path` a run folder, with its parents, and writes
    /// `study.lock.yaml`. A `schema_version` is added to `study`, which must
    /// be a mapping.
    ///
    /// # Errors
    /// If the folder holds a run already, or can't be written to.
    pub fn create(path: &Path, study: &impl Serialize) -> Result<Run, ResultsError> {
        Run::create_with(path, study, None)
    }

    /// As [`Run::create`], with the hashes of what the study is made of.
    pub(crate) fn create_with(
        path: &Path,
        study: &impl Serialize,
        origin: Option<&Origin>,
    ) -> Result<Run, ResultsError> {
        let lock = path.join(LOCK);
        if lock.exists() || path.join("trials").exists() {
            return Err(ResultsError::Occupied { path: path.to_owned() });
        }
        let study = versioned_yaml(study, origin).map_err(|source| ResultsError::Unwritable {
            path: lock.clone(),
            source: source.into(),
        })?;
        create_folder(path)?;
        Draft::write_whole(&lock, study.as_bytes())?;
        Ok(Run { path: path.to_owned() })
    }

    /// Opens the run in `path`, of a version that we know.
    ///
    /// # Errors
    /// If there is none, or a newer Tokenometer wrote it.
    pub fn open(path: &Path) -> Result<Run, ResultsError> {
        if !path.join(LOCK).exists() {
            return Err(ResultsError::NotARun { path: path.to_owned() });
        }
        let run = Run { path: path.to_owned() };
        run.study()?;
        Ok(run)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The study that it carries out.
    pub fn study(&self) -> Result<Value, ResultsError> {
        read_yaml(&self.path.join(LOCK))
    }

    /// Writes `environment.json`.
    pub fn write_environment(&self, environment: &Environment) -> Result<(), ResultsError> {
        write_json(&self.path.join("environment.json"), environment)
    }

    /// Reads `environment.json`.
    pub fn environment(&self) -> Result<Environment, ResultsError> {
        read_json(&self.path.join("environment.json"))
    }

    /// Writes the workload `name`: every request, with the offset at which it
    /// is due in an open loop, the hash that was computed when it was made, and
    /// which rows that covers.
    pub fn write_workload<'a>(
        &self,
        name: &str,
        sha256: &str,
        measured: MeasuredRows,
        rows: impl IntoIterator<Item = (&'a Request, Option<Nanos>)>,
    ) -> Result<(), ResultsError> {
        let path = self.workload_path(name)?;
        create_folder(&self.path.join("workload"))?;
        workload::write(&path, sha256, measured, rows)
    }

    /// Reads the workload `name`.
    pub fn workload(&self, name: &str) -> Result<Workload, ResultsError> {
        read_workload(&self.workload_path(name)?)
    }

    /// The hash of the workload `name`, if it is kept.
    pub fn workload_sha256(&self, name: &str) -> Result<Option<String>, ResultsError> {
        let path = self.workload_path(name)?;
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(read_workload(&path)?.sha256))
    }

    /// Makes the folder of the start of `arm` in `block`.
    pub fn create_engine(&self, block: u32, arm: &str) -> Result<EngineFolder, ResultsError> {
        let folder = self.engine(block, arm)?;
        create_folder(folder.path())?;
        Ok(folder)
    }

    /// Makes the folder of the start of `arm` for one scenario alone, where an
    /// engine is started anew for each.
    pub fn create_engine_for(&self, id: &TrialId) -> Result<EngineFolder, ResultsError> {
        let folder = self.engine_for(id)?;
        create_folder(folder.path())?;
        Ok(folder)
    }

    /// The folder of the start of `arm` for one scenario alone, which need not exist.
    pub fn engine_for(&self, id: &TrialId) -> Result<EngineFolder, ResultsError> {
        Ok(EngineFolder::at(self.path.join("engines").join(id.folder_name()?)))
    }

    /// The folder of the start of `arm` in `block`.
    pub fn engine(&self, block: u32, arm: &str) -> Result<EngineFolder, ResultsError> {
        let name = format!("{block}-{}", folder_word("arm", arm)?);
        Ok(EngineFolder::at(self.path.join("engines").join(name)))
    }

    /// Makes the folder of a trial.
    pub fn create_trial(&self, id: &TrialId) -> Result<TrialFolder, ResultsError> {
        let folder = self.trial(id)?;
        create_folder(folder.path())?;
        Ok(folder)
    }

    /// Makes the folder of one of several passes over the same cell, from 1.
    pub fn create_pass(&self, id: &TrialId, pass: u32) -> Result<TrialFolder, ResultsError> {
        let folder = self.pass(id, pass)?;
        create_folder(folder.path())?;
        Ok(folder)
    }

    /// The folder of a trial, which need not exist.
    pub fn trial(&self, id: &TrialId) -> Result<TrialFolder, ResultsError> {
        Ok(TrialFolder::at(self.path.join("trials").join(id.folder_name()?)))
    }

    /// The folder of one of several passes over the same cell, from 1, which
    /// need not exist. The first lies where a trial without passes does.
    pub fn pass(&self, id: &TrialId, pass: u32) -> Result<TrialFolder, ResultsError> {
        if pass <= 1 {
            return self.trial(id);
        }
        // No name may hold a `+`, so this can't be the folder of another cell.
        let name = format!("{}+{pass}", id.folder_name()?);
        Ok(TrialFolder::at(self.path.join("trials").join(name)))
    }

    /// Every trial, finished or not, by block and then by name.
    pub fn trials(&self) -> Result<Vec<TrialFolder>, ResultsError> {
        let mut folders = entries(&self.path.join("trials"))?;
        folders.retain(|path| path.is_dir());
        folders.sort_by_cached_key(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (block_of(path), name)
        });
        Ok(folders.into_iter().map(TrialFolder::at).collect())
    }

    /// What a break has left lying in this run, to be named to whoever opens
    /// it.
    pub fn leftovers(&self) -> Result<Vec<Leftover>, ResultsError> {
        let mut leftovers = Vec::new();
        let mut folders = vec![self.path.clone(), self.path.join("workload")];
        for folder in ["engines", "trials"] {
            folders.extend(entries(&self.path.join(folder))?);
        }
        for path in folders {
            let files = if path.is_dir() { entries(&path)? } else { Vec::new() };
            let drafts =
                files.iter().filter(|file| file.to_string_lossy().ends_with(draft::SUFFIX));
            leftovers.extend(drafts.cloned().map(Leftover::Draft));
            if files.iter().any(|file| file.ends_with(journal::NAME)) {
                leftovers.push(Leftover::Journal(TrialFolder::at(path)));
            }
        }
        Ok(leftovers)
    }

    /// Writes `summary.csv` from the `trial.json` of every finished trial and the
    /// `failure.json` of every failed one: a header, and a row a trial. The row
    /// of one that failed has no numbers, so that none gets lost. The columns are which trial it was and how it
    /// stands, its requests by outcome, its counts and rates, and for each
    /// latency its `mean`, `p50`, `p90`, `p95`, `p99`, `max` and `n`; each bears
    /// the name that the value has in `trial.json`. An empty field is a value
    /// that is absent or withheld.
    pub fn write_summary(&self) -> Result<(), ResultsError> {
        let mut text = summary_csv::header();
        for folder in self.trials()? {
            match folder.cell()? {
                Cell::Done(trial) => text.push_str(&summary_csv::row(&trial)),
                Cell::Failed(failure) => text.push_str(&summary_csv::failed_row(&failure)),
                Cell::Missing => {}
            }
        }
        Draft::write_whole(&self.path.join("summary.csv"), text.as_bytes())
    }

    /// Where the workload of this name lies.
    fn workload_path(&self, name: &str) -> Result<PathBuf, ResultsError> {
        let name = folder_word("workload", name)?;
        Ok(self.path.join("workload").join(format!("{name}.parquet")))
    }
}

/// A study as YAML, with the version of our layout as its first field.
fn versioned_yaml(
    study: &impl Serialize,
    origin: Option<&Origin>,
) -> Result<String, yaml_serde::Error> {
    let mut mapping = Mapping::new();
    mapping.insert(Value::from(VERSION), Value::from(SCHEMA_VERSION));
    let study: Mapping = yaml_serde::from_value(yaml_serde::to_value(study)?)?;
    if let Some(origin) = origin {
        mapping.insert(Value::from(ORIGIN), yaml_serde::to_value(origin)?);
    }
    let ours = |key: &Value| matches!(key.as_str(), Some(VERSION | ORIGIN));
    mapping.extend(study.into_iter().filter(|(key, _)| !ours(key)));
    yaml_serde::to_string(&mapping)
}

/// Makes a folder and its parents, so that they survive a power cut.
pub(crate) fn create_folder(path: &Path) -> Result<(), ResultsError> {
    let failed =
        |source| ResultsError::io("create the folder", path, crate::error::WHOLE_FILE, source);
    fs::create_dir_all(path).map_err(failed)?;
    draft::sync_folder_of(path).map_err(failed)
}

/// What lies in a folder, in no order; nothing where there is no folder.
pub(crate) fn entries(path: &Path) -> Result<Vec<PathBuf>, ResultsError> {
    let listing = match fs::read_dir(path) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ResultsError::reading(path, source)),
    };
    listing
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|source| ResultsError::reading(path, source))
}

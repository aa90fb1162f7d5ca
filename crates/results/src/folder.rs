//! One trial's part of the run folder.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use tokenometer_core::{Chunk, Record};

use crate::columns::{self, Answered, Timelines};
use crate::document::{read_json, write_json};
use crate::journal;
use crate::records::{self, CHUNKS, Files, REQUESTS, TrialReader, TrialWriter};
use crate::run::create_folder;
use crate::{Failure, Kept, MetricsWriter, Reading, ResultsError, ScrapeRow, Trial, telemetry};

/// The name of the file that says what a trial was.
const TRIAL: &str = "trial.json";
/// The name of the file that says why there is no such.
const FAILURE: &str = "failure.json";

/// Which trial of its study.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrialId {
    /// The block, from 1.
    pub block: u32,
    /// The arm.
    pub arm: String,
    /// The scenario.
    pub scenario: String,
}

impl TrialId {
    /// The name of the trial's folder: `<block>-<arm>-<scenario>`.
    pub fn folder_name(&self) -> Result<String, ResultsError> {
        let arm = folder_word("arm", &self.arm)?;
        let scenario = folder_word("scenario", &self.scenario)?;
        Ok(format!("{}-{arm}-{scenario}", self.block))
    }
}

impl fmt::Display for TrialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} in block {}", self.scenario, self.arm, self.block)
    }
}

/// A name as part of a folder's: refused rather than changed, so that two names
/// never meet in one folder.
pub(crate) fn folder_word<'a>(what: &'static str, name: &'a str) -> Result<&'a str, ResultsError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=@".contains(c);
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if starts_well && name.chars().all(plain) {
        Ok(name)
    } else {
        Err(ResultsError::Name { what, name: name.to_owned() })
    }
}

/// The folder of one trial. It is finished once `trial.json` lies in it, and
/// given up once `failure.json` does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrialFolder {
    path: PathBuf,
}

impl TrialFolder {
    /// The folder at `path`, which need not hold anything yet.
    pub(crate) fn at(path: PathBuf) -> TrialFolder {
        TrialFolder { path }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the trial came to its end.
    pub fn is_finished(&self) -> bool {
        self.path.join(TRIAL).exists()
    }

    /// Whether it is settled: it came to its end, or it is known why it won't.
    pub fn is_committed(&self) -> bool {
        self.is_finished() || self.path.join(FAILURE).exists()
    }

    /// Whether records lie here that never became files of rows.
    pub fn has_journal(&self) -> bool {
        self.path.join(journal::NAME).exists()
    }

    /// Begins the trial's records.
    ///
    /// # Errors
    /// If there are records already, or the disk is full or not ours.
    pub fn writer(&self) -> Result<TrialWriter, ResultsError> {
        if self.has_journal() || self.is_finished() || self.path.join(REQUESTS).exists() {
            return Err(ResultsError::TrialExists { path: self.path.clone() });
        }
        TrialWriter::begin(&self.path)
    }

    /// Writes `trial.json`, and with that says that the trial is finished. May
    /// be called again: the last one stands.
    pub fn write(&self, trial: &Trial) -> Result<(), ResultsError> {
        write_json(&self.path.join(TRIAL), trial)
    }

    /// Reads `trial.json`.
    pub fn read(&self) -> Result<Trial, ResultsError> {
        let path = self.path.join(TRIAL);
        self.require(&path)?;
        read_json(&path)
    }

    /// Writes `failure.json`, and with that says that the trial won't come to
    /// its end. The folder is made where there is none.
    ///
    /// # Errors
    /// If it did come to its end, or can't be written.
    pub fn write_failure(&self, failure: &Failure) -> Result<(), ResultsError> {
        if self.is_finished() {
            return Err(ResultsError::Committed { path: self.path.clone() });
        }
        create_folder(&self.path)?;
        write_json(&self.path.join(FAILURE), failure)
    }

    /// Reads `failure.json`, if there is one.
    pub fn failure(&self) -> Result<Option<Failure>, ResultsError> {
        let path = self.path.join(FAILURE);
        if path.exists() { read_json(&path).map(Some) } else { Ok(None) }
    }

    /// Begins to keep what the engine's counters are read from.
    pub fn metrics_writer(&self) -> Result<MetricsWriter, ResultsError> {
        MetricsWriter::begin(&self.path)
    }

    /// Streams the scrapes of the trial, in the order in which they were made.
    pub fn metrics(
        &self,
    ) -> Result<impl Iterator<Item = Result<ScrapeRow, ResultsError>> + use<>, ResultsError> {
        telemetry::scrapes(&self.path)
    }

    /// Writes `telemetry.parquet`, and says what it holds.
    pub fn write_telemetry(
        &self,
        readings: impl IntoIterator<Item = Reading>,
    ) -> Result<Kept, ResultsError> {
        telemetry::write_readings(&self.path, readings)
    }

    /// Streams the readings of `telemetry.parquet`.
    pub fn telemetry(
        &self,
    ) -> Result<impl Iterator<Item = Result<Reading, ResultsError>> + use<>, ResultsError> {
        telemetry::readings(&self.path)
    }

    /// Streams the trial's records.
    pub fn records(&self) -> Result<TrialReader, ResultsError> {
        self.require(&self.path.join(REQUESTS))?;
        self.require(&self.path.join(CHUNKS))?;
        TrialReader::open(&self.path)
    }

    /// Goes through the trial's requests and the arrivals of their streams, reading no other
    /// columns: for whoever looks at millions of them.
    pub fn timelines(&self) -> Result<Timelines, ResultsError> {
        self.require(&self.path.join(REQUESTS))?;
        self.require(&self.path.join(CHUNKS))?;
        Timelines::open(&self.path)
    }

    /// Streams what was answered to each row of the workload, reading no other columns.
    pub fn answered(
        &self,
    ) -> Result<impl Iterator<Item = Result<Answered, ResultsError>> + use<>, ResultsError> {
        self.require(&self.path.join(REQUESTS))?;
        columns::answered(&self.path)
    }

    /// Some of the trial's records, whole: those at these places, counted from 0 in the order
    /// in which they were kept, and rising.
    pub fn records_at(&self, places: &[u64]) -> Result<Vec<Record>, ResultsError> {
        self.require(&self.path.join(REQUESTS))?;
        columns::records_at(&self.path, places)
    }

    /// Passes every record through `change` into new files of rows, which
    /// replace the old ones when they are whole; says what they hold.
    ///
    /// # Errors
    /// If the records can't be read or written. They are as they were then.
    pub fn amend(
        &self,
        change: impl FnMut(&mut Record, &mut [Chunk]),
    ) -> Result<Files, ResultsError> {
        self.require(&self.path.join(REQUESTS))?;
        records::amend(&self.path, change)
    }

    /// Turns the journal of a trial that was broken off into files of rows, and
    /// says what they hold. What the disk had of the last record, if only a
    /// part, is dropped.
    pub fn recover(&self) -> Result<Files, ResultsError> {
        let path = self.path.join(journal::NAME);
        self.require(&path)?;
        records::finish_journal(&path, |_, _| ())
    }

    /// Names what is missing from a trial that was never finished.
    fn require(&self, path: &Path) -> Result<(), ResultsError> {
        match fs::metadata(path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let journal = self.has_journal();
                Err(ResultsError::Unfinished { path: path.to_owned(), journal })
            }
            Err(source) => Err(ResultsError::reading(path, source)),
        }
    }
}

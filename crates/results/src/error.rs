//! Why a run folder could not be written or read.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::Change;

/// Why a run folder could not be written or read. Each names the path, and the
/// cure where there is one.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// A new run would have been mixed with an old one.
    #[error(
        "failed to create a run in {}: it already holds one; name another folder, or remove this one",
        path.display()
    )]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The folder isn't a run.
    #[error(
        "failed to open {} as a run: it has no study.lock.yaml; name the folder that the run printed at its end",
        path.display()
    )]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A name that can't become part of a folder's name.
    #[error(
        "failed to name a folder after the {what} `{name}`: only letters, digits, `.`, `_`, `-`, `=` and `@` may stand in it, and a letter, digit or `_` must come first"
    )]
    Name {
        /// What bears the name: `arm`, `scenario`, `workload`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The trial's records are there already.
    #[error(
        "failed to begin the trial in {}: it already holds records; give every trial its own block, arm and scenario",
        path.display()
    )]
    TrialExists {
        /// The trial's folder.
        path: PathBuf,
    },
    /// The trial is settled, so it can't be thrown away or given up.
    #[error(
        "failed to change the trial in {}: it is committed already; remove the folder by hand if it shall be run again",
        path.display()
    )]
    Committed {
        /// The trial's folder.
        path: PathBuf,
    },
    /// A run can't go on, since its lock doesn't say what it was made of.
    #[error(
        "failed to resume the run in {}: it was not begun by a study, so there is nothing to go on with; begin a new one in another folder",
        path.display()
    )]
    NoOrigin {
        /// The run's folder.
        path: PathBuf,
    },
    /// A run can't go on, since it would be another one.
    #[error(
        "failed to resume the run in {}: {} not what {} when it was begun; bring back what was there, or begin a new run in another folder",
        path.display(), changed(changes), if changes.len() == 1 { "it was" } else { "they were" }
    )]
    Changed {
        /// The run's folder.
        path: PathBuf,
        /// What is different now.
        changes: Vec<Change>,
    },
    /// The trial never came to its end.
    #[error("failed to read {}: the trial was never finished{}", path.display(), unfinished(*journal))]
    Unfinished {
        /// The file that is missing.
        path: PathBuf,
        /// Whether a journal of its records lies beside it.
        journal: bool,
    },
    /// No space is left.
    #[error(
        "failed to write {}: the disk is full. {safe} Free some space, or use a folder on another disk",
        path.display()
    )]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
        /// What is safe and what is lost.
        safe: &'static str,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
    /// Not allowed.
    #[error(
        "failed to {doing} {}: not permitted; check who owns the folder, or use another one",
        path.display()
    )]
    Permission {
        /// `write`, `read` …
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
    /// Any other refusal of the operating system.
    #[error("failed to {doing} {}", path.display())]
    Io {
        /// `write`, `read` …
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
    /// Written by a later Tokenometer.
    #[error(
        "failed to read {}: it has schema_version {found} and this Tokenometer knows {known}; use a newer one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest version that this program reads.
        known: u32,
    },
    /// A JSON or YAML file that isn't what it should be.
    #[error("failed to read {}{}: it is damaged, or no file of ours", path.display(), place(*line))]
    Document {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where one can be named.
        line: Option<usize>,
        /// What is wrong there.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A Parquet file or a journal that isn't what it should be.
    #[error("failed to read {}: it is damaged, or no file of ours: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A value that has no JSON or YAML form.
    #[error("failed to write {}: what it should hold can't be written down", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What is safe when a file that is written in one piece could not be.
pub(crate) const WHOLE_FILE: &str =
    "Nothing that was there before has changed; what this file was to hold is lost.";

impl ResultsError {
    /// Whether a file that was to be read isn't there, so that nothing is known of it; any
    /// other error means that it is there and can't be used.
    pub fn is_no_file(&self) -> bool {
        matches!(self, ResultsError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Sorts an error of the operating system by what can be done about it.
    /// `safe` says what a full disk has cost.
    pub(crate) fn io(
        doing: &'static str,
        path: &Path,
        safe: &'static str,
        source: io::Error,
    ) -> ResultsError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                ResultsError::DiskFull { path, safe, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ResultsError::Permission { doing, path, source }
            }
            _ => ResultsError::Io { doing, path, source },
        }
    }

    /// An error while writing a file that appears whole or not at all.
    pub(crate) fn writing(path: &Path, source: io::Error) -> ResultsError {
        ResultsError::io("write", path, WHOLE_FILE, source)
    }

    /// An error while reading.
    pub(crate) fn reading(path: &Path, source: io::Error) -> ResultsError {
        ResultsError::io("read", path, WHOLE_FILE, source)
    }

    /// A file whose content can't be what we wrote.
    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> ResultsError {
        ResultsError::Damaged { path: path.to_owned(), what: what.into() }
    }
}

/// `a, b and c are`, for a message.
fn changed(changes: &[Change]) -> String {
    let words: Vec<String> = changes.iter().map(Change::to_string).collect();
    match words.split_last() {
        Some((last, [])) => format!("{last} is"),
        Some((last, rest)) => format!("{} and {last} are", rest.join(", ")),
        None => "something is".to_owned(),
    }
}

/// The end of the message of an unfinished trial.
fn unfinished(journal: bool) -> &'static str {
    if journal {
        "; its records up to the break are in records.journal beside it, and can be recovered"
    } else {
        ", and left no records"
    }
}

/// A line number as part of a message.
fn place(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

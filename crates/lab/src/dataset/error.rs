//! Why a dataset could not be fetched, sampled or made.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokenometer_engine::{DownloadError, EngineError};
use tokenometer_results::ResultsError;
use tokenometer_workload::{Mistake, WorkloadError};

/// Why there is no dataset. Its words complete "failed to …", but where another
/// room has said it.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// What was asked for can't be meant.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<Mistake>),
    /// It could not be fetched.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The server that is to write prompts doesn't answer, or not as it should.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The workload can't be made.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// It can't be written in the format of a run folder, or read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The server that was asked for a tokenizer is no hub.
    #[error(
        "fetch a tokenizer from {url}: it does not say of which commit its files are, as the hub \
         does; check HF_ENDPOINT, or fetch the files by their URLs"
    )]
    NoHub {
        /// What was asked.
        url: String,
    },
    /// A file that is there can't be used.
    #[error("read {}: {problem}; {cure}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        cure: &'static str,
    },
    /// There are too few conversations that pass.
    #[error(
        "take {wanted} prompts out of {}: only {found} of its {all} conversations begin with a \
         prompt of a person that has 50 to 8000 characters; ask for fewer",
        path.display()
    )]
    TooFew {
        /// The file.
        path: PathBuf,
        /// How many were asked for.
        wanted: u32,
        /// How many pass.
        found: u64,
        /// How many there are.
        all: u64,
    },
    /// A request says more than a line of a custom dataset can.
    #[error(
        "write request {number} as a line of a custom dataset: {what}, which no line can say; freeze \
         the workload with --format parquet instead"
    )]
    NoLine {
        /// Which request, from 1.
        number: u64,
        /// What it says.
        what: &'static str,
    },
    /// A server wrote no prompt.
    #[error(
        "have {url} write a prompt of the category {category}: its answer is empty; ask another model"
    )]
    NoPrompts {
        /// Who was asked.
        url: String,
        /// What was asked for.
        category: String,
    },
    /// No space is left.
    #[error(
        "write {}: the disk is full; free some space, or name a place on another disk",
        path.display()
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
    /// Any other refusal of the operating system.
    #[error("{doing} {}", path.display())]
    File {
        /// `read`, `write` …
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
}

impl DatasetError {
    /// Sorts an error of the operating system by what can be done about it.
    pub(super) fn file(doing: &'static str, path: &Path, source: io::Error) -> DatasetError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                DatasetError::DiskFull { path, source }
            }
            _ => DatasetError::File { doing, path, source },
        }
    }
}

impl From<Mistake> for DatasetError {
    fn from(mistake: Mistake) -> DatasetError {
        DatasetError::Mistakes(vec![mistake])
    }
}

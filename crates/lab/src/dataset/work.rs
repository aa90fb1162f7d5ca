//! The work that is shown or frozen: a workload, and how much of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokenometer_core::Nanos;
use tokenometer_results::{WorkloadRow, read_workload};
use tokenometer_workload::{FrozenSettings, Tokenizer, Workload, WorkloadHash, WorkloadSettings};

use super::DatasetError;

/// How many requests are meant where nobody says it, and there are so many.
const USUAL_COUNT: u32 = 1000;

/// What is to be shown or frozen.
#[derive(Clone, Debug)]
pub struct WorkSettings {
    /// Of which workload.
    pub workload: WorkloadSettings,
    /// How many requests; `None` takes 1000, or all where there are fewer.
    pub count: Option<u32>,
    /// The tokenizer: a path, a name in one of the caches, or `builtin`.
    pub tokenizer: Option<String>,
    /// The Hugging Face caches, in the order in which they are looked through.
    pub caches: Vec<PathBuf>,
}

/// A workload that is open, and how many requests of it are meant.
#[derive(Debug)]
pub(super) struct Work {
    pub workload: Workload,
    pub count: u32,
}

impl WorkSettings {
    /// Opens it.
    pub(super) fn open(&self) -> Result<Work, DatasetError> {
        let workload = Workload::open(&self.workload, self.tokenizer()?)?;
        let rows = workload.rows().unwrap_or(u64::MAX);
        let usual = u64::from(USUAL_COUNT).min(rows) as u32;
        Ok(Work { count: self.count.unwrap_or(usual), workload })
    }

    /// How many requests are meant, before anything is opened.
    pub(super) fn count_or_usual(&self) -> u32 {
        self.count.unwrap_or(USUAL_COUNT)
    }

    /// The tokenizer, loaded.
    pub(super) fn tokenizer(&self) -> Result<Option<Arc<Tokenizer>>, DatasetError> {
        let Some(name) = &self.tokenizer else { return Ok(None) };
        Ok(Some(Arc::new(Tokenizer::find(name, &self.caches)?)))
    }
}

/// Reads a frozen workload, and checks that it is still the one that was made.
///
/// When its requests were due, if that stands in it, is checked with the rest,
/// and then forgotten: the load says when they are due.
///
/// # Errors
///
/// [`DatasetError::Results`] where there is none, or it is damaged;
/// [`DatasetError::Unusable`] where it isn't the one that was made.
pub fn thaw(path: &Path) -> Result<FrozenSettings, DatasetError> {
    let frozen = read_workload(path)?;
    let found = sha256(&frozen.rows);
    if found != frozen.sha256 {
        let problem = format!("its requests have the SHA-256 {found}, not {}", frozen.sha256);
        return Err(DatasetError::Unusable {
            path: path.to_owned(),
            problem,
            cure: "it was changed after it was made: copy it again, or make it again",
        });
    }
    let requests = Arc::new(frozen.rows.into_iter().map(|row| row.request).collect());
    Ok(FrozenSettings { path: path.to_owned(), sha256: found, requests })
}

/// The SHA-256 of a workload: of an open loop's where its requests have times.
fn sha256(rows: &[WorkloadRow]) -> String {
    let count = rows.len() as u64;
    let is_open = rows.iter().any(|row| row.offset.is_some());
    let mut hash = if is_open { WorkloadHash::open(count) } else { WorkloadHash::closed(count) };
    for WorkloadRow { request, offset } in rows {
        if is_open {
            hash.add_due(offset.unwrap_or(Nanos::ZERO), request);
        } else {
            hash.add(request);
        }
    }
    hash.sha256()
}

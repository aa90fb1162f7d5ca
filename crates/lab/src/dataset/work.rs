//! The work that is shown or frozen: a workload, and how much of it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokenometer_core::Nanos;
use tokenometer_results::{MeasuredRows, ResultsError, WorkloadRow, read_workload};
use tokenometer_workload::{
    FrozenSettings, Mistake, Tokenizer, Workload, WorkloadHash, WorkloadSettings,
};

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

/// Reads a frozen workload, or what a run has measured out of its folder, and
/// checks that it is still the one that was made.
///
/// When its requests were due, if that stands in it, is checked with the rest,
/// and then forgotten: the load says when they are due.
///
/// # Errors
///
/// A mistake where there is none, or it isn't the one that was made.
pub fn thaw(path: &Path) -> Result<FrozenSettings, Mistake> {
    let mistake = |problem: String, cure: &str| Mistake {
        place: format!("--dataset-path {}", path.display()),
        problem,
        cure: cure.to_owned(),
    };
    let mut frozen = read_workload(path).map_err(|error| match error {
        ResultsError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => mistake(
            "there is no such file".to_owned(),
            "make one with `tokenometer dataset make --out FILE.parquet`",
        ),
        ResultsError::Damaged { what, .. } => mistake(
            format!("it is no frozen workload, or damaged: {what}"),
            "name a file that `tokenometer dataset make` made, or make it again",
        ),
        ResultsError::Io { source, .. } | ResultsError::Permission { source, .. } => {
            mistake(format!("it can't be read: {source}"), "check the path and who may read it")
        }
        other => mistake(other.to_string(), "make it again with this Tokenometer"),
    })?;
    let all = MeasuredRows { rows: frozen.rows.len() as u32, opens: Nanos::ZERO };
    let measured = frozen.measured.unwrap_or(all);
    frozen.rows.truncate(measured.rows as usize);
    let found = sha256(&frozen.rows, measured.opens);
    if found != frozen.sha256 {
        return Err(mistake(
            format!("its requests have the SHA-256 {found}, and not {}", frozen.sha256),
            "it was changed after it was made: copy it again, or make it again",
        ));
    }
    let requests = Arc::new(frozen.rows.into_iter().map(|row| row.request).collect());
    Ok(FrozenSettings { path: path.to_owned(), sha256: found, requests })
}

/// The SHA-256 of a workload: of an open loop's where its requests have times,
/// counted from when the window opens.
fn sha256(rows: &[WorkloadRow], opens: Nanos) -> String {
    let count = rows.len() as u64;
    let is_open = rows.iter().any(|row| row.offset.is_some());
    let mut hash = if is_open { WorkloadHash::open(count) } else { WorkloadHash::closed(count) };
    for WorkloadRow { request, offset } in rows {
        if is_open {
            hash.add_due(offset.unwrap_or(opens) - opens, request);
        } else {
            hash.add(request);
        }
    }
    hash.sha256()
}

//! The hashes of all that decides what a study does: a run goes on only with the
//! same.

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tokenometer_results::Origin;

use crate::LabError;
use crate::study::Plan;

/// What a plan and this program are made of.
pub(super) fn of(plan: &Plan, executable: &Path) -> Result<Origin, LabError> {
    let sources = plan.sources().map_err(|(path, source)| LabError::File { path, source })?;
    let program = fs::read(executable)
        .map_err(|source| LabError::File { path: executable.to_owned(), source })?;
    let files = sources.files.into_iter();
    Ok(Origin {
        study: sources.study,
        workload_files: files.map(|(path, hash)| (path.display().to_string(), hash)).collect(),
        profiles: sources.profiles,
        program: Sha256::digest(&program).iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

//! Files with one JSON value a line, read as tools read them that skip every
//! line which isn't JSON.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::mistaken;
use crate::{Mistake, WorkloadError};

/// The values of a file, each with the number of its line, from 1.
///
/// # Errors
///
/// A mistake where the file can't be read, or isn't text.
pub(super) fn read(path: &Path) -> Result<Vec<(usize, Value)>, WorkloadError> {
    let text = text(path)?;
    let lines = (1..).zip(text.lines());
    Ok(lines
        .filter_map(|(number, line)| Some((number, serde_json::from_str(line.trim()).ok()?)))
        .collect())
}

/// The text of a file.
///
/// # Errors
///
/// As [`read`].
pub(super) fn text(path: &Path) -> Result<String, WorkloadError> {
    fs::read_to_string(path).map_err(|e| {
        mistaken(Mistake::new(
            format!("--dataset-path {}", path.display()),
            format!("it can't be read ({e})"),
            "check the path, who may read it, and that it is saved as UTF-8",
        ))
    })
}

/// What is wrong with a line.
pub(super) fn bad_line(path: &Path, number: usize, problem: &str, cure: &str) -> Mistake {
    Mistake::new(format!("{}, line {number}", path.display()), problem, cure)
}

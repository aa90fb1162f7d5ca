//! JSON and YAML files: one version check, one kind of error.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::draft::Draft;
use crate::{ResultsError, SCHEMA_VERSION};

/// The one field that every version of every document has.
#[derive(Deserialize)]
struct Versioned {
    schema_version: u64,
}

/// Writes `value` as indented JSON.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ResultsError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|source| ResultsError::Unwritable {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    text.push(b'\n');
    Draft::write_whole(path, &text)
}

/// Reads a JSON document of a version that we know.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ResultsError> {
    let text = fs::read(path).map_err(|source| ResultsError::reading(path, source))?;
    let damaged = |error: serde_json::Error| ResultsError::Document {
        path: path.to_owned(),
        line: Some(error.line()).filter(|&line| line > 0),
        source: Box::new(error),
    };
    // The version first: a newer file may well lack or rename a field, and
    // should be called newer then, not damaged.
    let Versioned { schema_version } = serde_json::from_slice(&text).map_err(damaged)?;
    check_version(path, schema_version)?;
    serde_json::from_slice(&text).map_err(damaged)
}

/// Reads a YAML document of a version that we know.
pub(crate) fn read_yaml<T: DeserializeOwned>(path: &Path) -> Result<T, ResultsError> {
    let text = fs::read_to_string(path).map_err(|source| ResultsError::reading(path, source))?;
    let damaged = |error: yaml_serde::Error| ResultsError::Document {
        path: path.to_owned(),
        line: error.location().map(|location| location.line()),
        source: Box::new(error),
    };
    let Versioned { schema_version } = yaml_serde::from_str(&text).map_err(damaged)?;
    check_version(path, schema_version)?;
    yaml_serde::from_str(&text).map_err(damaged)
}

/// Refuses what a later version wrote.
pub(crate) fn check_version(path: &Path, found: u64) -> Result<(), ResultsError> {
    if found > u64::from(SCHEMA_VERSION) {
        return Err(ResultsError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    Ok(())
}

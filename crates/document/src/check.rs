//! From values to a type: the schema's mistakes first, all of them, and then
//! those that only the type itself can find.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use tokenometer_core::Mistake;

use crate::schema::{Schema, Wrong};
use crate::wording::subject;

/// Makes a `T` of values that may have come out of several files; `place` says
/// where what stands at a path was written.
///
/// A type whose own reading fails beyond its schema may say `problem; cure`.
///
/// # Errors
///
/// Everything that doesn't fit the schema of `T`; or, where all fits, the first
/// thing that the type's own reading refused.
pub fn check<T: DeserializeOwned + JsonSchema>(
    value: &Value,
    place: &dyn Fn(&[&str]) -> String,
) -> Result<T, Vec<Mistake>> {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let told = |wrong: Wrong| {
        let path: Vec<&str> = wrong.path.iter().map(String::as_str).collect();
        Mistake::new(place(&path), wrong.problem, wrong.cure)
    };
    let wrongs = Schema::new(schema.as_value()).walk(value);
    if !wrongs.is_empty() {
        return Err(wrongs.into_iter().map(told).collect());
    }
    serde_path_to_error::deserialize(value)
        .map_err(|error| vec![told(refused(error.path(), &error.inner().to_string()))])
}

/// What the type's own reading refused.
fn refused(path: &Path, message: &str) -> Wrong {
    let path: Vec<String> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            // Neither is written in the document.
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    let (problem, cure) = message.split_once("; ").unwrap_or((message, "write what is meant"));
    Wrong { problem: format!("{}: {problem}", subject(&path)), cure: cure.to_owned(), path }
}

//! The engines that arms name, looked up in the values as they stand, so that
//! what is wrong with them is told beside mistakes of form, too.

use std::path::Path;

use serde_json::Value;
use tokenometer_core::Mistake;
use tokenometer_document::Document;
use tokenometer_engine::profile::ProfileFile;

/// Every engine and version that there isn't. `folder` is the study's.
pub(super) fn judge(document: &Document, folder: &Path) -> Vec<Mistake> {
    let arms = document.value.get("arms").and_then(Value::as_object);
    let arms = arms.into_iter().flatten();
    arms.flat_map(|(name, arm)| arm_mistakes(document, folder, name, arm)).collect()
}

fn arm_mistakes(document: &Document, folder: &Path, name: &str, arm: &Value) -> Vec<Mistake> {
    let Some(engine) = arm.get("engine").and_then(Value::as_str) else { return Vec::new() };
    let placed = |key: &str, mistakes: Vec<Mistake>| {
        let place = document.place(&["arms", name, key]);
        let of_arm = |mistake| of_key(mistake, &place, &format!("arms.{name}.{key}"));
        mistakes.into_iter().map(of_arm).collect()
    };
    match ProfileFile::find(engine, folder) {
        Err(mistakes) => placed("engine", mistakes),
        Ok(file) => match file.at(arm.get("version").and_then(Value::as_str)) {
            Err(mistakes) => placed("version", mistakes),
            Ok(_) => Vec::new(),
        },
    }
}

/// A mistake that a profile told, at the key that led to it. What is wrong in a
/// profile's own file has a line of its own there.
pub(super) fn of_key(mistake: Mistake, place: &str, key: &str) -> Mistake {
    match mistake.place.contains(':') {
        true => mistake,
        false => Mistake {
            problem: format!("`{key}`: {}", mistake.problem),
            place: place.to_owned(),
            ..mistake
        },
    }
}

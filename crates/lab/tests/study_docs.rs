//! The page about studies names every key that there is.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use schemars::schema_for;
use serde_json::Value;
use tokenometer_lab::study::Study;

/// Every key that a schema knows, at any depth.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                found.extend(properties.keys().cloned());
            }
            map.values().for_each(|inner| keys(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| keys(inner, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_explained() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/studies.md");
    let page = fs::read_to_string(page).unwrap();
    let mut known = BTreeSet::new();
    keys(schema_for!(Study).as_value(), &mut known);
    assert!(known.len() > 80, "{known:?}");
    let words: BTreeSet<&str> =
        page.split(|char: char| !char.is_ascii_alphanumeric() && char != '-').collect();
    let silent: Vec<&String> = known.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(silent.is_empty(), "docs/studies.md says nothing of {silent:?}");
}

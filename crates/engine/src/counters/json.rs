//! Counters that are published as JSON, turned into samples.
//!
//! A number becomes a sample whose name is its path, the keys joined by dots.
//! Of a list of objects the last counts: engines that answer with one object a
//! step of their model list them in their order. Text, truth values and lists
//! of anything else are no counters, and are passed over.

use serde_json::Value;

use crate::metrics::{MetricsError, Sample};

/// Every number in a JSON text.
pub(super) fn samples(text: &str) -> Result<Vec<Sample>, MetricsError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| MetricsError { line: error.line(), why: "it is no JSON" })?;
    let mut samples = Vec::new();
    gather(&value, &mut String::new(), &mut samples);
    Ok(samples)
}

fn gather(value: &Value, path: &mut String, samples: &mut Vec<Sample>) {
    match value {
        Value::Number(number) => {
            let value = number.as_f64().unwrap_or(f64::NAN);
            samples.push(Sample { name: path.clone(), labels: Vec::new(), value });
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                gather(value, path, samples);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            if let Some(last) = items.iter().rev().find(|item| item.is_object()) {
                gather(last, path, samples);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_of_a_list_is_read() {
        let text = r#"[
            {"iter": 1, "kvCacheStats": {"usedNumBlocks": 1}},
            {"iter": 2, "kvCacheStats": {"usedNumBlocks": 3, "name": "x"}, "all": [1, 2], "on": true}
        ]"#;
        let samples = samples(text).unwrap();
        let found: Vec<_> = samples.iter().map(|s| (s.name.as_str(), s.value)).collect();
        assert_eq!(found, [("iter", 2.0), ("kvCacheStats.usedNumBlocks", 3.0)]);
    }

    #[test]
    fn an_idle_engine_lists_nothing_and_a_torn_answer_is_named() {
        assert_eq!(samples("[]").unwrap(), []);
        let error = samples("{\n\"a\": ").unwrap_err();
        assert_eq!(error.line, 2);
    }
}

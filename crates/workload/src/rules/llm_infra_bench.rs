//! `llm_infra_bench`, which sends every prompt of its file, in order, as what a
//! user says.

use std::path::Path;

use serde::Deserialize;
use tokenometer_core::{OutputLength, Prompt, Request};

use super::{Drawn, Order, json_lines, mistaken};
use crate::generator::LegacyNumpy;
use crate::{DatasetSettings, Mistake, WorkloadError};

/// What it takes a token to be, in characters.
const CHARACTERS_PER_TOKEN: usize = 4;

/// An entry of its file; what else stands there isn't looked at.
#[derive(Deserialize)]
#[serde(expecting = "an object with `prompt` and `max_output_tokens`")]
struct Entry {
    prompt: String,
    max_output_tokens: u32,
    #[serde(default)]
    ignore_eos: bool,
}

/// Reads the requests. Nothing is drawn, and all are sent, however many are
/// asked for.
pub(crate) fn draw(order: Order<'_>) -> Result<Drawn, WorkloadError> {
    let DatasetSettings::Custom { path } = &order.settings.dataset else {
        return Err(order.no_such_dataset());
    };
    let requests = read(path)?.into_iter().map(request).collect();
    // All are due at once, so nothing is ever drawn from it.
    Ok(Drawn { requests, numpy: LegacyNumpy::new(0) })
}

fn read(path: &Path) -> Result<Vec<Entry>, WorkloadError> {
    serde_json::from_str(&json_lines::text(path)?).map_err(|e| {
        mistaken(Mistake::new(
            format!("--dataset-path {}", path.display()),
            format!("it can't be understood ({e})"),
            r#"write a list, as in [{"prompt": "…", "max_output_tokens": 256}]"#,
        ))
    })
}

/// Whether an answer may end early is said entry by entry.
fn request(entry: Entry) -> Request {
    let input = entry.prompt.chars().count() / CHARACTERS_PER_TOKEN;
    let output = OutputLength { tokens: entry.max_output_tokens, exact: entry.ignore_eos };
    Request::new(Prompt::Text(entry.prompt), Some(input as u32), output)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{PromptShape, WorkloadSettings};

    fn drawn(contents: &str) -> Result<Vec<Request>, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("prompts.json");
        fs::write(&path, contents).unwrap();
        let dataset = DatasetSettings::Custom { path: path.clone() };
        let settings = WorkloadSettings::new(dataset, PromptShape::Text);
        let rules = tokenometer_core::Rules::LlmInfraBench;
        let drawn = draw(Order { rules, settings: &settings, count: 1, tokenizer: None });
        let told = |e: WorkloadError| e.to_string().replace(&path.display().to_string(), "FILE");
        Ok(drawn.map_err(told)?.requests)
    }

    #[test]
    fn every_entry_is_sent_as_it_stands() {
        let requests = drawn(
            r#"[{"id": "a", "category": "x", "prompt": "Über 13 Zeichen", "min_output_tokens": 10,
                 "max_output_tokens": 1024, "ignore_eos": false},
                {"prompt": "why", "max_output_tokens": 5, "ignore_eos": true}]"#,
        )
        .unwrap();
        let output = OutputLength { tokens: 1024, exact: false };
        let first = Request::new(Prompt::Text("Über 13 Zeichen".into()), Some(3), output);
        assert_eq!(requests[0], first, "15 characters are 3 tokens to that tool");
        assert_eq!(requests[1].input_tokens, Some(0));
        assert_eq!(requests[1].output, OutputLength { tokens: 5, exact: true });
        assert_eq!(requests.len(), 2, "all are sent, though one was ordered");
    }

    #[test]
    fn a_file_of_another_shape_is_told() {
        let told = [r#"[{"prompt": "why"}]"#, r#"{"prompt": "why"}"#, ""].map(|contents| {
            let told = drawn(contents).unwrap_err();
            assert!(told.contains("--dataset-path FILE: it can't be understood"), "{told}");
            told
        });
        assert!(told[0].contains("missing field `max_output_tokens`"), "{}", told[0]);
    }
}

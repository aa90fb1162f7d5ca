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

//! `custom`: conversations of the user's own, one a line, chosen as those of
//! ShareGPT.

use std::path::Path;

use serde_json::Value;

use super::super::exchanges::Exchange;
use super::super::json_lines::{self, bad_line};
use super::super::{Drawn, Order};
use super::conversations::{choose, limits};
use crate::WorkloadError;

/// The shape that a line must have.
const SHAPE: &str = r#"write {"conversations": [{"content": "…"}, {"content": "…"}]}"#;

/// Draws the requests.
pub(super) fn draw(order: Order<'_>, path: &Path) -> Result<Drawn, WorkloadError> {
    let lines = json_lines::read(path)?;
    let mut exchanges = Vec::new();
    let mut mistakes = Vec::new();
    for (number, value) in &lines {
        match exchange(value) {
            Ok(found) => exchanges.extend(found),
            Err(problem) => mistakes.push(bad_line(path, *number, problem, SHAPE)),
        }
    }
    if !mistakes.is_empty() {
        return Err(WorkloadError::Mistakes(mistakes));
    }
    choose(order, exchanges, limits(order, None), "")
}

/// The first two turns of a line; `None` where it has fewer.
fn exchange(line: &Value) -> Result<Option<Exchange<'_>>, &'static str> {
    let line = line.as_object().ok_or("it isn't an object")?;
    let Some(turns) = line.get("conversations").or_else(|| line.get("conversation")) else {
        return Ok(None);
    };
    match turns.as_array().map(Vec::as_slice).ok_or("its conversation isn't a list")? {
        [prompt, answer, ..] => Ok(Some(Exchange { prompt: text(prompt)?, answer: text(answer)? })),
        _ => Ok(None),
    }
}

/// What was said in a turn. A turn that says nothing is sent as no text.
fn text(turn: &Value) -> Result<&str, &'static str> {
    let turn = turn.as_object().ok_or("a turn isn't an object")?;
    match turn.get("content").or_else(|| turn.get("value")) {
        None => Ok(""),
        Some(text) => text.as_str().ok_or("what a turn says isn't text"),
    }
}

//! `llm_infra_bench`, which knows one body.

use serde_json::{Map, Value, json};
use tokenometer_core::Dialect;

use super::{Said, Theirs, object};
use crate::PrepareError;

/// A chat of one text.
pub(super) fn chat(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    if theirs.dialect != Dialect::OpenaiChat {
        return Err(theirs.no_dialect());
    }
    let idle = [
        ("--temperature", theirs.has_other_temperature()),
        ("--disable-stream", !theirs.rendering.stream),
        ("--extra-request-body", !theirs.rendering.extra.is_empty()),
    ];
    theirs.refuse_idle(&[], &idle)?;
    let messages = match theirs.said()? {
        Said::Text(text) => json!([{ "role": "user", "content": text }]),
        Said::Conversation(messages) => json!(messages),
    };
    Ok(object([
        ("model", json!(theirs.model)),
        ("messages", messages),
        ("stream", json!(true)),
        ("max_tokens", json!(theirs.request.output.tokens)),
        ("ignore_eos", json!(theirs.ignores_eos())),
        ("temperature", json!(0.0)),
    ]))
}

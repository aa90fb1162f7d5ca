//! What came of the question.

use serde_json::Value;
use tokenometer_core::Dialect;
use tokenometer_core::complaint::{frame_error, frames, shorten};

use super::OneToken;
use crate::error::EngineError;
use crate::http::{Answer, Control};

/// Reads a success: a body of JSON, or the frames of a stream.
pub(super) fn read(
    control: &Control,
    answer: &Answer,
    (dialect, stream): (Dialect, bool),
) -> Result<OneToken, EngineError> {
    let url = answer.url.clone();
    let text = answer.text();
    let pieces: Vec<Value> = match answer.json() {
        Some(whole) => vec![whole],
        None => frames(&text).collect(),
    };
    if pieces.is_empty() && !text.trim().is_empty() && !text.contains("data:") {
        let expected = if stream { "a stream of events" } else { "JSON" };
        let text = control.hide(&shorten(&text));
        return Err(EngineError::Unreadable { url, expected, text });
    }
    if let Some(error) = pieces.iter().find_map(frame_error) {
        let text = control.hide(&shorten(&error));
        return Err(EngineError::NothingGenerated { url, text });
    }
    let mut token = OneToken::default();
    pieces.iter().for_each(|piece| take(&mut token, dialect, piece));
    // Not every token has text; then the end has to show that there was one.
    let ended = pieces.iter().any(|piece| ends(dialect, piece));
    if token.text.is_empty() && token.finish_reason.is_none() && !ended {
        let text = if text.trim().is_empty() { "an empty answer".into() } else { shorten(&text) };
        return Err(EngineError::NothingGenerated { url, text: control.hide(&text) });
    }
    Ok(token)
}

/// Takes up what one frame, or the whole body, says.
fn take(token: &mut OneToken, dialect: Dialect, piece: &Value) {
    match dialect {
        Dialect::OpenaiCompletions | Dialect::OpenaiChat => take_openai(token, piece),
        Dialect::SglangGenerate => take_sglang(token, piece),
        Dialect::TritonGenerateStream => {
            token.text.push_str(string(&piece["text_output"]));
            let reason = Some(string(&piece["finish_reason"]));
            name(token, reason.filter(|reason| !matches!(*reason, "" | "None")));
        }
        Dialect::Tgi => take_tgi(token, piece),
    }
}

/// Whether a frame shows, without a reason for stopping, that something was
/// generated.
fn ends(dialect: Dialect, piece: &Value) -> bool {
    match dialect {
        Dialect::TritonGenerateStream => piece.get("text_output").is_some(),
        Dialect::Tgi => piece["generated_text"].is_string(),
        _ => false,
    }
}

fn take_openai(token: &mut OneToken, piece: &Value) {
    let choice = &piece["choices"][0];
    let said = [&choice["delta"], &choice["message"], choice];
    for part in said {
        for field in ["text", "content", "reasoning_content", "reasoning"] {
            token.text.push_str(part[field].as_str().unwrap_or_default());
        }
    }
    name(token, choice["finish_reason"].as_str());
    count(token, &piece["usage"]["prompt_tokens"], &piece["usage"]["completion_tokens"]);
}

fn take_sglang(token: &mut OneToken, piece: &Value) {
    // A frame holds everything so far.
    if let Some(text) = piece["text"].as_str() {
        token.text = text.to_owned();
    }
    let meta = &piece["meta_info"];
    let reason = &meta["finish_reason"];
    name(token, reason["type"].as_str().or(reason.as_str()));
    count(token, &meta["prompt_tokens"], &meta["completion_tokens"]);
}

fn take_tgi(token: &mut OneToken, piece: &Value) {
    let text = match piece.get("token") {
        Some(one) => one["text"].as_str(),
        None => piece["generated_text"].as_str(),
    };
    token.text.push_str(text.unwrap_or_default());
    let details = &piece["details"];
    name(token, details["finish_reason"].as_str());
    count(token, &details["input_length"], &details["generated_tokens"]);
}

fn name(token: &mut OneToken, reason: Option<&str>) {
    if let Some(reason) = reason {
        token.finish_reason = Some(reason.to_owned());
    }
}

fn count(token: &mut OneToken, input: &Value, output: &Value) {
    let read = |value: &Value| value.as_u64().and_then(|count| count.try_into().ok());
    token.input_tokens = read(input).or(token.input_tokens);
    token.output_tokens = read(output).or(token.output_tokens);
}

/// A string, or the first of a list of them.
fn string(value: &Value) -> &str {
    value.as_str().or(value[0].as_str()).unwrap_or_default()
}

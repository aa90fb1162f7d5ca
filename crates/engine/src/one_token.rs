//! Tries a route with one token, in the very dialect and with the very fields
//! of the load to come, so that what the server objects to is said before the
//! load begins rather than in ten thousand failed requests.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokenometer_core::complaint::{frame_error, frames, shorten};
use tokenometer_core::{Dialect, Target};

use crate::error::EngineError;
use crate::http::{Answer, Control};

/// Which of the optional things the load will ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Whether to ask for a stream, with a count of tokens at its end.
    pub stream: bool,
    /// Whether to ask that the end-of-sequence token be ignored.
    pub ignore_eos: bool,
    /// Whether the prompt is a list of token ids. Only the bodies of
    /// [`Dialect::OpenaiCompletions`] can hold one; elsewhere it is no part
    /// of the question.
    pub token_ids: bool,
    /// The sampling temperature; `None` leaves it to the server.
    pub temperature: Option<f64>,
    /// Merged into the body last, as a JSON merge patch (RFC 7396).
    pub extra: Map<String, Value>,
    /// The longest to wait: an engine may compile for minutes before its very
    /// first token.
    pub limit: Duration,
}

impl Default for Ask {
    fn default() -> Ask {
        Ask {
            stream: true,
            ignore_eos: false,
            token_ids: false,
            temperature: Some(0.0),
            extra: Map::new(),
            limit: Duration::from_secs(300),
        }
    }
}

/// What came of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneToken {
    /// The text, which may be empty: not every token has some.
    pub text: String,
    /// The prompt's tokens, by the server's count.
    pub input_tokens: Option<u32>,
    /// The generated tokens, by the server's count. More than one: the server
    /// does not keep to the length asked.
    pub output_tokens: Option<u32>,
    /// Why it stopped, in the server's word.
    pub finish_reason: Option<String>,
}

/// Asks `target` for one token over its dialect's route.
///
/// # Errors
/// What the server objects to, as closely as its words allow: the route, the
/// model, fields by name, the key; else its status and words. A success that
/// generates nothing, or carries an error frame, is an error too.
pub fn one_token(control: &Control, target: &Target, ask: &Ask) -> Result<OneToken, EngineError> {
    let route = match target.dialect {
        Dialect::OpenaiCompletions => "/v1/completions",
        Dialect::OpenaiChat => "/v1/chat/completions",
    };
    let answer = control.post(route, &body(target, ask), ask.limit)?;
    match answer.is_success() {
        true => read(control, &answer, ask),
        false => Err(objection(control, &answer, target, ask)),
    }
}

/// The body: what the dialect needs, then the optional fields, then the extra
/// ones of the user's.
fn body(target: &Target, ask: &Ask) -> Value {
    let mut body = json!({ "model": target.model, "max_tokens": 1, "stream": ask.stream });
    match target.dialect {
        // Every vocabulary has these ids.
        Dialect::OpenaiCompletions if ask.token_ids => body["prompt"] = json!([3, 4]),
        Dialect::OpenaiCompletions => body["prompt"] = json!("Hello"),
        Dialect::OpenaiChat => body["messages"] = json!([{ "role": "user", "content": "Hello" }]),
    }
    if let Some(temperature) = ask.temperature {
        body["temperature"] = json!(temperature);
    }
    if ask.ignore_eos {
        body["ignore_eos"] = json!(true);
    }
    if ask.stream {
        body["stream_options"] = json!({ "include_usage": true });
    }
    merge(&mut body, &Value::Object(ask.extra.clone()));
    body
}

/// A JSON merge patch (RFC 7396): objects are merged, `null` removes.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.as_object_mut().map(|fields| fields.remove(key));
            }
            value => merge(&mut target[key], value),
        }
    }
}

/// Reads a success: a body of JSON, or the frames of a stream.
fn read(control: &Control, answer: &Answer, ask: &Ask) -> Result<OneToken, EngineError> {
    let url = answer.url.clone();
    let text = answer.text();
    let pieces: Vec<Value> = match answer.json() {
        Some(whole) => vec![whole],
        None => frames(&text).collect(),
    };
    if pieces.is_empty() && !text.trim().is_empty() && !text.contains("data:") {
        let expected = if ask.stream { "a stream of events" } else { "JSON" };
        let text = control.hide(&shorten(&text));
        return Err(EngineError::Unreadable { url, expected, text });
    }
    if let Some(error) = pieces.iter().find_map(frame_error) {
        let text = control.hide(&shorten(&error));
        return Err(EngineError::NothingGenerated { url, text });
    }
    let mut token = OneToken::default();
    pieces.iter().for_each(|piece| take(&mut token, piece));
    if token.text.is_empty() && token.finish_reason.is_none() {
        let text = if text.trim().is_empty() { "an empty answer".into() } else { shorten(&text) };
        return Err(EngineError::NothingGenerated { url, text: control.hide(&text) });
    }
    Ok(token)
}

/// Takes up what one frame, or the whole body, says of the first choice.
fn take(token: &mut OneToken, piece: &Value) {
    let choice = &piece["choices"][0];
    let said = [&choice["delta"], &choice["message"], choice];
    for part in said {
        for field in ["text", "content", "reasoning_content", "reasoning"] {
            token.text.push_str(part[field].as_str().unwrap_or_default());
        }
    }
    if let Some(reason) = choice["finish_reason"].as_str() {
        token.finish_reason = Some(reason.to_owned());
    }
    let count = |field: &str| piece["usage"][field].as_u64().and_then(|n| n.try_into().ok());
    token.input_tokens = count("prompt_tokens").or(token.input_tokens);
    token.output_tokens = count("completion_tokens").or(token.output_tokens);
}

/// What a refusal is about.
fn objection(control: &Control, answer: &Answer, target: &Target, ask: &Ask) -> EngineError {
    let (url, status, text) = (answer.url.clone(), answer.status, control.complaint(answer));
    let lower = text.to_lowercase();
    if matches!(status, 404 | 405) {
        // A missing route and an unknown model share the status 404; only the
        // sentence tells them apart.
        return match lower.contains("model") {
            true => EngineError::ModelRefused { url, model: target.model.clone(), text },
            false => EngineError::RouteMissing { url, status, text },
        };
    }
    if !matches!(status, 400 | 422 | 500) {
        return control.refusal(answer);
    }
    let fields: Vec<String> = optional_fields(target.dialect, ask)
        .into_iter()
        .filter(|field| names(&text, field))
        .collect();
    if let Some(first) = fields.first() {
        let cure = cure(first, ask);
        return EngineError::FieldRefused { url, status, fields, text, cure };
    }
    match quotes(&text, &target.model) {
        true => EngineError::ModelRefused { url, model: target.model.clone(), text },
        false => control.refusal(answer),
    }
}

/// Whether a text has a name in quotation marks of some kind.
fn quotes(text: &str, name: &str) -> bool {
    ["'", "`", "\""].iter().any(|mark| text.contains(&format!("{mark}{name}{mark}")))
}

/// The fields that were sent and could be left out.
fn optional_fields(dialect: Dialect, ask: &Ask) -> Vec<String> {
    let ids = ask.token_ids && dialect == Dialect::OpenaiCompletions;
    let own = [
        ("ignore_eos", ask.ignore_eos),
        ("stream_options", ask.stream),
        ("temperature", ask.temperature.is_some()),
        ("prompt", ids),
    ];
    let own = own.into_iter().filter(|(_, sent)| *sent).map(|(field, _)| field.to_owned());
    let extra = ask.extra.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key.clone());
    let removed = |field: &String| ask.extra.get(field).is_some_and(Value::is_null);
    let mut fields: Vec<String> = own.filter(|field| !removed(field)).chain(extra).collect();
    fields.dedup();
    fields
}

/// Whether a text names a field, as a word of its own.
fn names(text: &str, field: &str) -> bool {
    let belongs = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !belongs(c)).any(|word| word == field)
}

fn cure(field: &str, ask: &Ask) -> String {
    match field {
        field if ask.extra.contains_key(field) => {
            format!("take `{field}` out of --extra-request-body")
        }
        "ignore_eos" => "leave out --ignore-eos".to_owned(),
        "prompt" => "this server takes no token ids; choose a --dataset-name of text".to_owned(),
        field => format!("leave it out with --extra-request-body '{{\"{field}\": null}}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_follows_the_rfc() {
        // The examples of RFC 7396, appendix A, those with objects.
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, result, "{target} with {patch}");
        }
    }

    #[test]
    fn a_field_is_named_only_as_a_word() {
        assert!(names("fields in the request: {'ignore_eos', 'min_tokens'}", "ignore_eos"));
        assert!(names("body.temperature: too hot", "temperature"));
        assert!(!names("ignore_eos_token is unknown", "ignore_eos"));
    }

    #[test]
    fn the_body_has_what_was_asked_and_no_more() {
        let target = Target {
            address: "http://host:1".parse().unwrap(),
            dialect: Dialect::OpenaiChat,
            model: "tiny".into(),
        };
        let ask = Ask { stream: false, temperature: None, ..Ask::default() };
        assert_eq!(
            body(&target, &ask),
            json!({"model": "tiny", "max_tokens": 1, "stream": false,
                   "messages": [{"role": "user", "content": "Hello"}]})
        );
        let extra = json!({"stream_options": null, "top_k": 1});
        let ask = Ask { extra: extra.as_object().unwrap().clone(), ..Ask::default() };
        let body = body(&target, &ask);
        assert_eq!(body.get("stream_options"), None);
        assert_eq!(body["top_k"], 1);
        assert_eq!(optional_fields(target.dialect, &ask), ["temperature", "top_k"]);
    }
}

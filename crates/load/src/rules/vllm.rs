//! vLLM's benchmark of a server. All its bodies ask for streams.

use serde_json::{Map, Value, json};
use tokenometer_core::Dialect;

use super::{Said, Theirs, object, update};
use crate::PrepareError;

/// What tells how tokens are drawn in 0.8.4.
const OLD_SAMPLING: &[&str] = &["--top-p", "--top-k", "--min-p"];
/// And in 0.33, with what else acts there.
const NEW_SAMPLING: &[&str] = &[
    "--top-p",
    "--top-k",
    "--min-p",
    "--frequency-penalty",
    "--presence-penalty",
    "--repetition-penalty",
];

/// As 0.8.4 has it.
pub(super) fn old(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    match theirs.dialect {
        Dialect::OpenaiCompletions => {
            refuse_idle(theirs, &[OLD_SAMPLING, &["--logprobs"]].concat(), &[])?;
            let mut body = object([
                ("model", json!(theirs.model)),
                ("prompt", theirs.prompt()?),
                ("temperature", json!(0.0)),
                ("max_tokens", json!(theirs.request.output.tokens)),
                ("logprobs", json!(theirs.wording.logprobs)),
            ]);
            finish(theirs, &mut body, Some(0.0));
            Ok(body)
        }
        Dialect::OpenaiChat => {
            refuse_idle(theirs, OLD_SAMPLING, &[])?;
            let mut body = object([
                ("model", json!(theirs.model)),
                ("messages", messages(theirs)?),
                ("temperature", json!(0.0)),
                ("max_completion_tokens", json!(theirs.request.output.tokens)),
            ]);
            finish(theirs, &mut body, Some(0.0));
            Ok(body)
        }
        Dialect::TritonGenerateStream => triton(theirs),
        Dialect::Tgi => tgi(theirs),
        Dialect::SglangGenerate => Err(theirs.no_dialect()),
    }
}

/// As 0.33 has it: the server's own temperature holds unless one is given.
pub(super) fn new(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    let mut body = match theirs.dialect {
        Dialect::OpenaiCompletions => {
            refuse_idle(theirs, &[NEW_SAMPLING, &["--logprobs"]].concat(), &[])?;
            object([
                ("model", json!(theirs.model)),
                ("prompt", theirs.prompt()?),
                ("repetition_penalty", json!(1.0)),
                ("max_tokens", json!(theirs.request.output.tokens)),
                ("logprobs", json!(theirs.wording.logprobs)),
            ])
        }
        Dialect::OpenaiChat => {
            refuse_idle(theirs, NEW_SAMPLING, &[])?;
            object([
                ("model", json!(theirs.model)),
                ("messages", messages(theirs)?),
                ("max_completion_tokens", json!(theirs.request.output.tokens)),
            ])
        }
        _ => return Err(theirs.no_dialect()),
    };
    finish(theirs, &mut body, None);
    Ok(body)
}

/// What both routes end in: the stream, the end of sequence, how tokens are
/// drawn, and what the user and the request have of their own.
fn finish(theirs: &Theirs<'_>, body: &mut Map<String, Value>, usual: Option<f64>) {
    body.insert("stream".into(), json!(true));
    body.insert("stream_options".into(), json!({ "include_usage": true }));
    if theirs.ignores_eos() {
        body.insert("ignore_eos".into(), json!(true));
    }
    let wording = theirs.wording;
    let temperature = theirs.rendering.temperature.or(usual);
    for (field, value) in [
        ("top_p", json!(wording.top_p)),
        ("top_k", json!(wording.top_k)),
        ("min_p", json!(wording.min_p)),
        ("temperature", json!(temperature)),
        ("frequency_penalty", json!(wording.frequency_penalty)),
        ("presence_penalty", json!(wording.presence_penalty)),
        ("repetition_penalty", json!(wording.repetition_penalty)),
    ] {
        if !value.is_null() {
            body.insert(field.into(), value);
        }
    }
    update(body, theirs.extra());
}

/// One text is a list of one part; a conversation is sent as it is.
fn messages(theirs: &Theirs<'_>) -> Result<Value, PrepareError> {
    Ok(match theirs.said()? {
        Said::Text(text) => {
            json!([{ "role": "user", "content": [{ "type": "text", "text": text }] }])
        }
        Said::Conversation(messages) => json!(messages),
    })
}

fn triton(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    refuse_idle(theirs, &[], &fixed(theirs))?;
    let tokens = json!(theirs.request.output.tokens);
    let mut body = object([
        ("accumulate_tokens", json!(true)),
        ("text_input", json!(theirs.text()?)),
        ("temperature", json!(0.0)),
        ("top_p", json!(1.0)),
        ("max_tokens", tokens.clone()),
        ("stream", json!(true)),
    ]);
    if theirs.ignores_eos() {
        body.insert("min_length".into(), tokens);
    }
    Ok(body)
}

fn tgi(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    refuse_idle(theirs, &[], &fixed(theirs))?;
    let parameters = object([
        ("max_new_tokens", json!(theirs.request.output.tokens)),
        ("do_sample", json!(true)),
        ("temperature", json!(0.01)),
        ("top_p", json!(0.99)),
        ("truncate", json!(theirs.request.input_tokens)),
        ("ignore_eos_token", json!(theirs.ignores_eos())),
    ]);
    Ok(object([("inputs", json!(theirs.text()?)), ("parameters", Value::Object(parameters))]))
}

/// What bodies that are the same for everyone don't heed.
fn fixed(theirs: &Theirs<'_>) -> [(&'static str, bool); 2] {
    [
        ("--temperature", theirs.has_other_temperature()),
        ("--extra-request-body", !theirs.rendering.extra.is_empty()),
    ]
}

fn refuse_idle(
    theirs: &Theirs<'_>,
    uses: &[&'static str],
    more: &[(&'static str, bool)],
) -> Result<(), PrepareError> {
    theirs.refuse_idle(uses, more)?;
    theirs.refuse_idle(uses, &[("--disable-stream", !theirs.rendering.stream)])
}

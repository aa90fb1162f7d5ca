//! SGLang's `bench_serving`.

use serde_json::{Map, Value, json};
use tokenometer_core::{Dialect, Prompt, Rules};

use super::{Said, Theirs, object, update};
use crate::PrepareError;

/// A temperature of nearly zero, since Triton's models refused zero itself.
const NEARLY_ZERO: f64 = 0.000_001;
/// An end-of-sequence token that no vocabulary has.
const NO_END: u32 = 1_048_576;

/// As 0.2.14 to 0.4.5 have it; only the last of them has SGLang's own route.
pub(super) fn old(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    match theirs.dialect {
        Dialect::OpenaiCompletions => old_completions(theirs),
        Dialect::SglangGenerate if theirs.wording.rules == Rules::Sglang045 => old_generate(theirs),
        Dialect::TritonGenerateStream => triton(theirs),
        _ => Err(theirs.no_dialect()),
    }
}

/// As 0.5.23 has it.
pub(super) fn new(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    match theirs.dialect {
        Dialect::OpenaiCompletions | Dialect::OpenaiChat => new_openai(theirs),
        Dialect::SglangGenerate => new_generate(theirs),
        Dialect::TritonGenerateStream => triton(theirs),
        Dialect::Tgi => Err(theirs.no_dialect()),
    }
}

fn old_completions(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    theirs.refuse_idle(&[], &[("--temperature", theirs.has_other_temperature())])?;
    let mut body = object([
        ("model", json!(theirs.model)),
        ("prompt", theirs.prompt()?),
        ("temperature", json!(0.0)),
        ("best_of", json!(1)),
        ("max_tokens", json!(theirs.request.output.tokens)),
        ("stream", json!(theirs.rendering.stream)),
        ("ignore_eos", json!(theirs.ignores_eos())),
    ]);
    update(&mut body, theirs.extra());
    Ok(body)
}

fn old_generate(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    let other = [("--temperature", theirs.has_other_temperature())];
    theirs.refuse_idle(&["--return-logprob"], &other)?;
    let sampling = object([
        ("temperature", json!(0.0)),
        ("max_new_tokens", json!(theirs.request.output.tokens)),
        ("ignore_eos", json!(theirs.ignores_eos())),
    ]);
    let mut body = object([
        ("text", json!(theirs.text()?)),
        ("sampling_params", Value::Object(sampling)),
        ("stream", json!(theirs.rendering.stream)),
        ("lora_path", Value::Null),
        ("return_logprob", json!(theirs.wording.return_logprob)),
        ("logprob_start_len", json!(-1)),
    ]);
    update(&mut body, theirs.extra());
    Ok(body)
}

fn new_generate(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    theirs.refuse_idle(&["--return-logprob", "--top-p"], &[])?;
    let mut sampling = object([
        ("temperature", json!(theirs.rendering.temperature.unwrap_or(0.0))),
        ("max_new_tokens", json!(theirs.request.output.tokens)),
        ("ignore_eos", json!(theirs.ignores_eos())),
    ]);
    if let Some(top_p) = theirs.wording.top_p.filter(|top_p| *top_p < 1.0) {
        sampling.insert("top_p".into(), json!(top_p));
    }
    let field = match &theirs.request.prompt {
        Prompt::TokenIds(_) => "input_ids",
        _ => "text",
    };
    let mut body = object([
        (field, theirs.prompt()?),
        ("sampling_params", Value::Object(sampling)),
        ("stream", json!(theirs.rendering.stream)),
        ("lora_path", Value::Null),
        ("return_logprob", json!(theirs.wording.return_logprob)),
        ("return_routed_experts", json!(false)),
        ("logprob_start_len", json!(-1)),
    ]);
    update(&mut body, theirs.extra());
    Ok(body)
}

/// Both of OpenAI's routes. A field that the user gives has no default before
/// it, so it comes where the user's fields come.
fn new_openai(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    theirs.refuse_idle(&[], &[("--temperature", theirs.has_other_temperature())])?;
    let (tokens, stream) = (json!(theirs.request.output.tokens), json!(theirs.rendering.stream));
    let mut body = match theirs.dialect {
        Dialect::OpenaiChat => object([
            ("model", json!(theirs.model)),
            ("messages", messages(theirs)?),
            ("max_completion_tokens", tokens),
            ("stream", stream),
        ]),
        _ => object([
            ("model", json!(theirs.model)),
            ("prompt", theirs.prompt()?),
            ("best_of", json!(1)),
            ("max_tokens", tokens),
            ("stream", stream),
        ]),
    };
    let extra = theirs.extra();
    for (field, value) in [("temperature", json!(0.0)), ("ignore_eos", json!(theirs.ignores_eos()))]
    {
        if !extra.contains_key(field) {
            body.insert(field.into(), value);
        }
    }
    update(&mut body, extra);
    Ok(body)
}

fn messages(theirs: &Theirs<'_>) -> Result<Value, PrepareError> {
    Ok(match theirs.said()? {
        Said::Text(text) => json!([{ "role": "user", "content": text }]),
        Said::Conversation(messages) => json!(messages),
    })
}

/// The same in all versions, which ask for a stream whatever they are told.
fn triton(theirs: &Theirs<'_>) -> Result<Map<String, Value>, PrepareError> {
    let idle = [
        ("--temperature", theirs.has_other_temperature()),
        ("--disable-stream", !theirs.rendering.stream),
    ];
    theirs.refuse_idle(&[], &idle)?;
    let tokens = json!(theirs.request.output.tokens);
    let mut body = object([
        ("accumulate_tokens", json!(true)),
        ("text_input", json!(theirs.text()?)),
        ("temperature", json!(NEARLY_ZERO)),
        ("top_p", json!(1.0)),
        ("max_tokens", tokens.clone()),
        ("stream", json!(true)),
        ("min_length", tokens),
        ("end_id", json!(NO_END)),
    ]);
    update(&mut body, theirs.extra());
    if !theirs.ignores_eos() {
        body.shift_remove("min_length");
        body.shift_remove("end_id");
    }
    Ok(body)
}

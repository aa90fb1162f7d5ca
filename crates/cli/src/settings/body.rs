//! How the bodies of requests are written, beside their prompts and lengths.

use std::fs;

use serde_json::{Map, Value, json};
use tokenometer_core::Dialect;
use tokenometer_load::{Header, Rendering, Wording};

use super::Mistakes;
use super::backend::rules;
use crate::args::{BenchArgs, BodyArgs};
use crate::rules::Customs;

/// How every request is written. Under a tool's rules its flags shape the body
/// as they do there; by our own they are fields like any others.
pub(super) fn rendering(
    args: &BenchArgs,
    dialect: Dialect,
    headers: Vec<Header>,
    mistakes: &mut Mistakes,
) -> Rendering {
    let body = &args.body;
    let rules = rules(&args.workload);
    let drawing = drawing(body, mistakes);
    let mut extra = Map::new();
    let wording = match rules {
        Some(rules) => Some(Wording { rules, ..drawing }),
        None => {
            merge(&mut extra, fields(&drawing, dialect, mistakes));
            None
        }
    };
    merge(&mut extra, extra_body(body, mistakes));
    Rendering {
        stream: !body.disable_stream,
        temperature: temperature(body, mistakes).or(Customs::of(rules).temperature),
        headers,
        extra,
        route: args.target.endpoint.clone(),
        wording,
        ..Rendering::default()
    }
}

/// How tokens are drawn and told of, as it was asked for; the rules in it mean
/// nothing.
fn drawing(body: &BodyArgs, mistakes: &mut Mistakes) -> Wording {
    let mut number = |flag: &str, given: &Option<_>| mistakes.take(flag, Option::clone(given));
    Wording {
        top_p: number("--top-p", &body.top_p),
        min_p: number("--min-p", &body.min_p),
        frequency_penalty: number("--frequency-penalty", &body.frequency_penalty),
        presence_penalty: number("--presence-penalty", &body.presence_penalty),
        repetition_penalty: number("--repetition-penalty", &body.repetition_penalty),
        top_k: mistakes.take("--top-k", body.top_k.clone()),
        logprobs: mistakes.take("--logprobs", body.logprobs.clone()),
        return_logprob: body.return_logprob,
        ..Wording::of(tokenometer_core::Rules::Vllm033)
    }
}

/// The same as fields of a body of ours, where the dialect has them.
fn fields(drawing: &Wording, dialect: Dialect, mistakes: &mut Mistakes) -> Map<String, Value> {
    let numbers = [
        ("top_p", drawing.top_p.map(|number| json!(number))),
        ("top_k", drawing.top_k.map(|number| json!(number))),
        ("min_p", drawing.min_p.map(|number| json!(number))),
        ("frequency_penalty", drawing.frequency_penalty.map(|number| json!(number))),
        ("presence_penalty", drawing.presence_penalty.map(|number| json!(number))),
        ("repetition_penalty", drawing.repetition_penalty.map(|number| json!(number))),
    ];
    let drawn: Map<String, Value> = numbers
        .into_iter()
        .filter_map(|(name, number)| number.map(|number| (name.to_owned(), number)))
        .collect();
    let mut fields = match dialect {
        _ if drawn.is_empty() => Map::new(),
        Dialect::SglangGenerate => Map::from_iter([("sampling_params".to_owned(), drawn.into())]),
        Dialect::Tgi => Map::from_iter([("parameters".to_owned(), drawn.into())]),
        _ => drawn,
    };
    merge(&mut fields, probabilities(drawing, dialect, mistakes));
    fields
}

/// The fields that ask for the probabilities of tokens.
fn probabilities(
    drawing: &Wording,
    dialect: Dialect,
    mistakes: &mut Mistakes,
) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    match (dialect, drawing.logprobs) {
        (_, None) => None,
        (Dialect::OpenaiCompletions, Some(count)) => put("logprobs", json!(count)),
        (Dialect::OpenaiChat, Some(count)) => {
            put("logprobs", json!(true));
            put("top_logprobs", json!(count))
        }
        (Dialect::SglangGenerate, Some(count)) => {
            put("return_logprob", json!(true));
            put("top_logprobs_num", json!(count))
        }
        (Dialect::TritonGenerateStream | Dialect::Tgi, Some(_)) => {
            no_probabilities("--logprobs", dialect, mistakes);
            None
        }
    };
    match (dialect, drawing.return_logprob) {
        (_, false) => None,
        (Dialect::SglangGenerate, true) => put("return_logprob", json!(true)),
        (_, true) => {
            no_probabilities("--return-logprob", dialect, mistakes);
            None
        }
    };
    fields
}

fn no_probabilities(flag: &str, dialect: Dialect, mistakes: &mut Mistakes) {
    mistakes.add(
        flag,
        format_args!("{dialect} has no such field"),
        "leave it out, or choose another --backend",
    );
}

/// Adds fields to others: objects are merged, and the later word holds.
fn merge(fields: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        match (fields.get_mut(&name), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}

/// What is merged into every body.
fn extra_body(body: &BodyArgs, mistakes: &mut Mistakes) -> Map<String, Value> {
    const FLAG: &str = "--extra-request-body";
    let Some(text) = &body.extra_request_body else { return Map::new() };
    let (place, json) = match text.strip_prefix('@') {
        None => (FLAG.to_owned(), text.clone()),
        Some(path) => {
            let place = format!("{FLAG} {text}");
            match fs::read_to_string(path) {
                Ok(json) => (place, json),
                Err(why) => {
                    mistakes.add(place, format_args!("can't be read: {why}"), "check the path");
                    return Map::new();
                }
            }
        }
    };
    match serde_json::from_str(&json) {
        Ok(Value::Object(object)) => return object,
        Ok(_) => mistakes.add(
            place,
            "it is JSON, but no object",
            "put it into braces, as in '{\"top_p\": 0.9}'",
        ),
        Err(why) => mistakes.add(
            place,
            format_args!("it is no JSON: {why}"),
            "check quotes and braces, as in '{\"top_p\": 0.9}'; a file is named by @FILE",
        ),
    }
    Map::new()
}

/// The sampling temperature, where one was given.
fn temperature(body: &BodyArgs, mistakes: &mut Mistakes) -> Option<f64> {
    let temperature = mistakes.take("--temperature", body.temperature.clone())?;
    if !(0.0..f64::INFINITY).contains(&temperature) {
        mistakes.add(
            format_args!("--temperature {temperature}"),
            "a temperature is a number from 0",
            "give 0 for the likeliest token each time, or leave it to the server with \
             --extra-request-body '{\"temperature\": null}'",
        );
    }
    Some(temperature)
}

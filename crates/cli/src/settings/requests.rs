//! How requests are written, and how long their answers are waited for.

use std::fs;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokenometer_core::Dialect;
use tokenometer_load::{Header, Limits, Rendering};

use super::Mistakes;
use super::backend::rules;
use crate::args::{BenchArgs, BodyArgs, Given, LimitArgs};
use crate::environment::Environment;
use crate::rules::Customs;

/// How every request is written, beside its prompt and its lengths.
pub(super) fn rendering(
    args: &BenchArgs,
    dialect: Dialect,
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> Rendering {
    let body = &args.body;
    let customs = Customs::of(rules(&args.workload));
    let mut extra = sampling(body, dialect, mistakes);
    merge(&mut extra, extra_body(body, mistakes));
    Rendering {
        stream: !body.disable_stream,
        temperature: temperature(body, mistakes).or(customs.temperature),
        headers: headers(args, environment, mistakes),
        extra,
        ..Rendering::default()
    }
}

/// The fields that say how tokens are drawn, where the dialect has them.
fn sampling(body: &BodyArgs, dialect: Dialect, mistakes: &mut Mistakes) -> Map<String, Value> {
    let mut fields = Map::new();
    let numbers = [
        ("--top-p", "top_p", &body.top_p),
        ("--min-p", "min_p", &body.min_p),
        ("--frequency-penalty", "frequency_penalty", &body.frequency_penalty),
        ("--presence-penalty", "presence_penalty", &body.presence_penalty),
        ("--repetition-penalty", "repetition_penalty", &body.repetition_penalty),
    ];
    for (flag, field, given) in numbers {
        if let Some(number) = mistakes.take(flag, given.clone()) {
            fields.insert(field.to_owned(), json!(number));
        }
    }
    if let Some(number) = mistakes.take("--top-k", body.top_k.clone()) {
        fields.insert("top_k".to_owned(), json!(number));
    }
    if fields.is_empty() {
        return fields;
    }
    match dialect {
        Dialect::SglangGenerate => Map::from_iter([("sampling_params".to_owned(), fields.into())]),
        Dialect::Tgi => Map::from_iter([("parameters".to_owned(), fields.into())]),
        _ => fields,
    }
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

/// The headers of every request. The bearer token is only sent to a server that
/// was named, and not where an `Authorization` is given by hand.
fn headers(args: &BenchArgs, environment: &Environment, mistakes: &mut Mistakes) -> Vec<Header> {
    let mut headers: Vec<Header> =
        args.target.headers.iter().filter_map(|text| header(text, mistakes)).collect();
    let by_hand = headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization"));
    let names_server =
        args.target.base_url.is_some() || args.target.host.is_some() || args.target.port.is_some();
    if names_server && !by_hand {
        headers.extend(bearer(environment, mistakes));
    }
    headers
}

/// The key from the environment, as a header.
pub(super) fn bearer(environment: &Environment, mistakes: &mut Mistakes) -> Option<Header> {
    let key = environment.api_key.as_ref()?.to_str().map(str::trim);
    match key.filter(|key| !key.chars().any(char::is_control)) {
        Some(key) => {
            Some(Header { name: "Authorization".to_owned(), value: format!("Bearer {key}") })
        }
        None => {
            mistakes.add(
                "OPENAI_API_KEY",
                "it holds characters that no header may hold",
                "set it to the key alone",
            );
            None
        }
    }
}

/// Reads `NAME: VALUE` or `NAME=VALUE`. What was typed is never repeated, since
/// it may be a secret.
fn header(text: &str, mistakes: &mut Mistakes) -> Option<Header> {
    match text.split_once([':', '=']) {
        Some((name, value)) if !name.trim().is_empty() => {
            Some(Header { name: name.trim().to_owned(), value: value.trim().to_owned() })
        }
        _ => {
            mistakes.add(
                "--header",
                "one of the headers has no name (it is not shown, since it may be a secret)",
                "write it as 'NAME: VALUE'",
            );
            None
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

/// How long to wait for what.
pub(super) fn limits(args: &LimitArgs, mistakes: &mut Mistakes) -> Limits {
    let usual = Limits::default();
    let mut some_time = |flag: &str, given: &Option<Given<Duration>>, usual| {
        let limit = mistakes.take(flag, given.clone()).unwrap_or(usual);
        if limit.is_zero() {
            mistakes.add(
                format_args!("{flag} 0"),
                "nothing can come in no time",
                "give a time such as 30s",
            );
        }
        limit
    };
    Limits {
        connect: some_time("--connect-timeout", &args.connect_timeout, usual.connect),
        first: some_time("--first-timeout", &args.first_timeout, usual.first),
        idle: some_time("--idle-timeout", &args.idle_timeout, usual.idle),
        total: some_time("--total-timeout", &args.total_timeout, usual.total),
        drain: usual.drain,
    }
}

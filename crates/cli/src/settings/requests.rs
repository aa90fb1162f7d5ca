//! How requests are written, and how long their answers are waited for.

use std::fs;
use std::time::Duration;

use serde_json::{Map, Value};
use tokenometer_load::{Header, Limits};

use super::Mistakes;
use crate::args::{BenchArgs, Given};
use crate::environment::Environment;

/// The headers of every request. The bearer token is only sent to a server that
/// was named, and not where an `Authorization` is given by hand.
pub(super) fn headers(
    args: &BenchArgs,
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> Vec<Header> {
    let mut headers: Vec<Header> =
        args.headers.iter().filter_map(|text| header(text, mistakes)).collect();
    let by_hand = headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization"));
    if let Some(key) = &environment.api_key
        && args.base_url.is_some()
        && !by_hand
    {
        match key.to_str().map(str::trim) {
            Some(key) if !key.chars().any(char::is_control) => headers
                .push(Header { name: "Authorization".to_owned(), value: format!("Bearer {key}") }),
            _ => mistakes.add(
                "OPENAI_API_KEY",
                "it holds characters that no header may hold",
                "set it to the key alone",
            ),
        }
    }
    headers
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
pub(super) fn extra_body(args: &BenchArgs, mistakes: &mut Mistakes) -> Map<String, Value> {
    const FLAG: &str = "--extra-request-body";
    let Some(text) = &args.extra_request_body else { return Map::new() };
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

/// The sampling temperature.
pub(super) fn temperature(args: &BenchArgs, mistakes: &mut Mistakes) -> f64 {
    let temperature = mistakes.take("--temperature", args.temperature.clone()).unwrap_or(0.0);
    if !(0.0..f64::INFINITY).contains(&temperature) {
        mistakes.add(
            format_args!("--temperature {temperature}"),
            "a temperature is a number from 0",
            "give 0 for the likeliest token each time, or leave it to the server with \
             --extra-request-body '{\"temperature\": null}'",
        );
    }
    temperature
}

/// How long to wait for what.
pub(super) fn limits(args: &BenchArgs, mistakes: &mut Mistakes) -> Limits {
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

//! What doesn't fit in a text, a number or the length of a list.

use regex::Regex;
use serde_json::{Number, Value};

use super::{Wrong, list, wrong};
use crate::wording::{choice, what};

/// What doesn't fit in a text. A schema with a pattern says under `title` what
/// its texts are, and shows one under `examples`.
pub(super) fn text(schema: &Value, text: &str, path: &[String]) -> Vec<Wrong> {
    let length = text.chars().count() as u64;
    if schema.get("minLength").and_then(Value::as_u64).is_some_and(|least| length < least) {
        return vec![wrong(path, "is an empty text", "write something, or leave the key out")];
    }
    let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else {
        return Vec::new();
    };
    // What this build can't read as a pattern is left to the type's own reading.
    if Regex::new(pattern).map_or(true, |pattern| pattern.is_match(text)) {
        return Vec::new();
    }
    let is = match schema.get("title").and_then(Value::as_str) {
        Some(title) => format!("is {}, which is no {title}", what(&Value::from(text))),
        None => format!("is {}, which isn't of the form {pattern}", what(&Value::from(text))),
    };
    let examples: Vec<String> = list(schema, "examples").iter().map(choice).collect();
    let cure = if examples.is_empty() {
        "write it in that form".to_owned()
    } else {
        format!("write it like {}", examples.join(" or "))
    };
    vec![wrong(path, &is, cure)]
}

/// What doesn't fit in a number.
pub(super) fn number(schema: &Value, number: &Number, path: &[String]) -> Vec<Wrong> {
    let Some(value) = number.as_f64() else { return Vec::new() };
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let is = |limit: String| {
        vec![wrong(path, &format!("is {number}, where {limit} is meant"), "change it")]
    };
    if let Some(least) = bound("minimum").filter(|least| value < *least) {
        return is(format!("at least {least}"));
    }
    if let Some(most) = bound("maximum").filter(|most| value > *most) {
        return is(format!("at most {most}"));
    }
    if let Some(limit) = bound("exclusiveMinimum").filter(|limit| value <= *limit) {
        return is(format!("more than {limit}"));
    }
    if let Some(limit) = bound("exclusiveMaximum").filter(|limit| value >= *limit) {
        return is(format!("less than {limit}"));
    }
    let format = schema.get("format").and_then(Value::as_str);
    match format.and_then(largest).filter(|most| value > *most) {
        Some(most) => is(format!("at most {most}")),
        None => Vec::new(),
    }
}

/// The largest number of a format that schemas don't write out.
fn largest(format: &str) -> Option<f64> {
    match format {
        "uint8" => Some(f64::from(u8::MAX)),
        "uint16" => Some(f64::from(u16::MAX)),
        "uint32" => Some(f64::from(u32::MAX)),
        "int32" => Some(f64::from(i32::MAX)),
        _ => None,
    }
}

/// What doesn't fit in the length of a list, and what stands in it twice.
pub(super) fn length(schema: &Value, items: &[Value], path: &[String]) -> Vec<Wrong> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
    let count = items.len() as u64;
    if count == 0 && bound("minItems").is_some_and(|least| least > 0) {
        return vec![wrong(path, "is a list with nothing in it", "write what belongs there")];
    }
    if let Some(least) = bound("minItems").filter(|least| count < *least) {
        let problem = format!("has {count} items, where at least {least} are meant");
        return vec![wrong(path, &problem, "add what is missing")];
    }
    if let Some(most) = bound("maxItems").filter(|most| count > *most) {
        let problem = format!("has {count} items, where at most {most} are meant");
        return vec![wrong(path, &problem, "leave some out")];
    }
    if schema.get("uniqueItems") != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let twice = items.iter().enumerate().filter(|(at, item)| items[..*at].contains(item));
    twice
        .map(|(at, item)| {
            let problem = format!("stands in its list twice: it is {}", what(item));
            wrong(&super::below(path, &at.to_string()), &problem, "keep one of the two")
        })
        .collect()
}

//! What doesn't fit in a map: unknown keys, missing ones, and what stands under
//! those that are known.

use regex::Regex;
use serde_json::{Map, Value};

use super::{Schema, Wrong, below, list, wrong};
use crate::nearest::nearest;
use crate::wording::{any_of, subject};

/// How many known keys are named where none is near.
const NAMED: usize = 12;

impl<'a> Schema<'a> {
    /// What doesn't fit in a map.
    pub(super) fn map(
        self,
        schema: &'a Value,
        map: &Map<String, Value>,
        path: &[String],
    ) -> Vec<Wrong> {
        let known = schema.get("properties").and_then(Value::as_object);
        let known_keys: Vec<&str> =
            known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let mut wrongs = Vec::new();
        let mut meant = Vec::new();
        for (key, value) in map {
            let below = below(path, key);
            if let Some(part) = known.and_then(|known| known.get(key)) {
                wrongs.extend(self.visit(part, value, &below));
            } else if let Some(part) = by_pattern(schema, key) {
                wrongs.extend(self.visit(part, value, &below));
            } else {
                match schema.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        meant.extend(nearest(key, known_keys.iter().copied()));
                        wrongs.push(unknown(schema, &known_keys, &below));
                    }
                    Some(part) => wrongs.extend(self.visit(part, value, &below)),
                    None => {}
                }
            }
        }
        for key in list(schema, "required").iter().filter_map(Value::as_str) {
            // A key that is there under a slip of its name isn't missing too.
            if !map.contains_key(key) && !meant.contains(&key) {
                let about = known.and_then(|known| known.get(key));
                wrongs.push(missing(key, about, path));
            }
        }
        let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        if (map.len() as u64) < least {
            wrongs.push(wrong(path, "is a map with nothing in it", "write what belongs there"));
        }
        wrongs
    }
}

/// What stands under keys of this form, where a schema says so.
fn by_pattern<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    let patterns = schema.get("patternProperties")?.as_object()?;
    patterns
        .iter()
        .find(|(pattern, _)| Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(key)))
        .map(|(_, part)| part)
}

/// A key that isn't known.
fn unknown(schema: &Value, known: &[&str], path: &[String]) -> Wrong {
    let key = path.last().map_or("", String::as_str);
    if known.is_empty() && schema.get("patternProperties").is_some() {
        let cure = "use letters, digits, `-`, `_` and `.`, a letter or digit first";
        return wrong(path, "can't be a name here", cure);
    }
    let cure = match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "leave it out".to_owned(),
        None => {
            let words: Vec<String> =
                known.iter().take(NAMED).map(|key| format!("`{key}`")).collect();
            let more = if known.len() > NAMED { ", among others" } else { "" };
            format!("write {}{more}", any_of(&words))
        }
    };
    wrong(path, "is no key known here", cure)
}

/// A key that must be there, and isn't.
fn missing(key: &str, about: Option<&Value>, path: &[String]) -> Wrong {
    let about = about
        .and_then(|about| about.get("description"))
        .and_then(Value::as_str)
        .map(first_sentence);
    Wrong {
        path: path.to_vec(),
        problem: format!("{} lacks `{key}`", subject(path)),
        cure: match about {
            Some(about) => format!("add it: {about}"),
            None => "add it".to_owned(),
        },
    }
}

/// The first sentence of a description, begun and ended as a part of another.
fn first_sentence(text: &str) -> String {
    let text = text.replace('\n', " ");
    let end = text.find(". ").unwrap_or(text.len());
    let sentence = text[..end].trim_end_matches('.');
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

//! Walks a JSON Schema over values, and says what doesn't fit in people's words.
//!
//! It knows the parts of draft 2020-12 that are derived from types. Whatever
//! else a schema holds is passed over here, and left to the type's own reading.

mod choose;
mod map;
mod single;

use serde_json::Value;

use crate::wording::{any_of, choice, of_type, subject, type_of, what};

/// Something that doesn't fit.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    /// Where, from the top.
    pub(crate) path: Vec<String>,
    /// What is wrong.
    pub(crate) problem: String,
    /// What to do about it.
    pub(crate) cure: String,
}

/// A schema with what its references mean.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'a> {
    root: &'a Value,
}

impl<'a> Schema<'a> {
    /// The schema whose definitions stand in itself.
    pub(crate) fn new(root: &'a Value) -> Schema<'a> {
        Schema { root }
    }

    /// All that doesn't fit in a whole document.
    pub(crate) fn walk(self, value: &Value) -> Vec<Wrong> {
        self.visit(self.root, value, &[])
    }

    /// All that doesn't fit a part of the schema in a part of the document.
    fn visit(self, schema: &'a Value, value: &Value, path: &[String]) -> Vec<Wrong> {
        if schema == &Value::Bool(false) {
            return vec![wrong(path, "has no place here", "leave it out")];
        }
        let schema = self.resolved(schema);
        let types = types(schema);
        if !types.is_empty() && !types.iter().any(|name| admits(name, value)) {
            return vec![like_examples(schema, mistyped(&types, value, path))];
        }
        let mut wrongs = self.fixed(schema, value, path);
        for part in list(schema, "allOf") {
            wrongs.extend(self.visit(part, value, path));
        }
        for branches in ["anyOf", "oneOf"] {
            let branches = list(schema, branches);
            if !branches.is_empty() {
                wrongs.extend(self.choose(branches, value, path));
            }
        }
        match value {
            Value::Object(map) => wrongs.extend(self.map(schema, map, path)),
            Value::Array(items) => wrongs.extend(self.list(schema, items, path)),
            Value::String(text) => wrongs.extend(single::text(schema, text, path)),
            Value::Number(number) => wrongs.extend(single::number(schema, number, path)),
            Value::Null | Value::Bool(_) => {}
        }
        wrongs
    }

    /// The schema that a reference means.
    fn resolved(self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let Some(meant) = name.strip_prefix('#').and_then(|at| self.root.pointer(at)) else {
                return schema;
            };
            schema = meant;
        }
        schema
    }

    /// What is one of a few fixed values must be one of them.
    fn fixed(self, schema: &'a Value, value: &Value, path: &[String]) -> Vec<Wrong> {
        let choices = choose::fixed_values(schema);
        if choices.is_empty() || choices.contains(&value) {
            return Vec::new();
        }
        vec![choose::not_one_of(&choices, &[], value, path)]
    }

    /// What doesn't fit in a list.
    fn list(self, schema: &'a Value, items: &[Value], path: &[String]) -> Vec<Wrong> {
        let mut wrongs = single::length(schema, items, path);
        let prefix = list(schema, "prefixItems");
        for (index, item) in items.iter().enumerate() {
            let part = prefix.get(index).or_else(|| schema.get("items"));
            if let Some(part) = part {
                wrongs.extend(self.visit(part, item, &below(path, &index.to_string())));
            }
        }
        wrongs
    }
}

/// A path one step deeper.
fn below(path: &[String], part: &str) -> Vec<String> {
    path.iter().cloned().chain([part.to_owned()]).collect()
}

/// Something wrong with what stands at `path`.
fn wrong(path: &[String], problem: &str, cure: impl Into<String>) -> Wrong {
    Wrong {
        path: path.to_vec(),
        problem: format!("{} {problem}", subject(path)),
        cure: cure.into(),
    }
}

/// The list under a key of a schema.
fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The types that a schema names itself.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value is of a type. A whole number is a number too; `2.0` is no
/// whole number, since nothing that counts can be read from it.
fn admits(name: &str, value: &Value) -> bool {
    let own = type_of(value);
    own == name || (own == "integer" && name == "number")
}

/// A value of another type than is meant.
fn mistyped(types: &[&str], value: &Value, path: &[String]) -> Wrong {
    let words: Vec<String> =
        types.iter().filter(|name| **name != "null").map(|name| of_type(name).to_owned()).collect();
    let meant = any_of(&words);
    let wants = |name: &str| types.contains(&name);
    let cure = match value {
        Value::Null => "give it a value, or leave the key out".to_owned(),
        Value::Number(_) | Value::Bool(_) if wants("string") => "put it in quotes".to_owned(),
        Value::String(text) if wants("boolean") && is_yes(text) => "write `true`".to_owned(),
        Value::String(text) if wants("boolean") && is_no(text) => "write `false`".to_owned(),
        Value::String(text) if wants("number") && text.parse::<f64>().is_ok() => {
            "write it without quotes".to_owned()
        }
        Value::String(text) if wants("integer") && text.parse::<i64>().is_ok() => {
            "write it without quotes".to_owned()
        }
        Value::Array(_) | Value::Object(_) => format!("write {meant}"),
        other if wants("array") => format!("write it as a list: [{}]", bare(other)),
        _ => format!("write {meant}"),
    };
    wrong(path, &format!("is {}, where {meant} is meant", what(value)), cure)
}

/// The same mistake, where a schema shows what is meant by examples.
fn like_examples(schema: &Value, wrong: Wrong) -> Wrong {
    let examples: Vec<String> = list(schema, "examples").iter().map(choice).collect();
    if examples.is_empty() {
        return wrong;
    }
    Wrong { cure: format!("write it like {}", any_of(&examples)), ..wrong }
}

/// A value as it is written.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_yes(text: &str) -> bool {
    ["yes", "on", "y"].contains(&text.to_lowercase().as_str())
}

fn is_no(text: &str) -> bool {
    ["no", "off", "n"].contains(&text.to_lowercase().as_str())
}

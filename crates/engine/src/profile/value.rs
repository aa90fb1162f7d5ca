//! What is given to an option, held against the type that the option has.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokenometer_document::nearest;

/// What is given to an option has to be …
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OptionKind {
    /// A whole number, from zero.
    Count,
    /// A number.
    Number,
    /// A number from 0 to 1.
    Share,
    /// A text, or a number that is passed on as it is written.
    Text,
    /// A list of texts; what carries them stands before each.
    Texts,
    /// Anything, passed on as JSON.
    Json,
    /// `true` or `false`.
    Switch,
    /// One of the words under `choices`.
    Choice,
}

impl OptionKind {
    /// The type in words.
    pub fn words(self) -> &'static str {
        match self {
            OptionKind::Count => "a whole number, from zero",
            OptionKind::Number => "a number",
            OptionKind::Share => "a number from 0 to 1",
            OptionKind::Text => "a text",
            OptionKind::Texts => "a list of texts",
            OptionKind::Json => "any value",
            OptionKind::Switch => "true or false",
            OptionKind::Choice => "one of a few words",
        }
    }
}

/// What an option was given, understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    /// On or off.
    Switch(bool),
    /// One value, in the engine's own words.
    One(Value),
    /// Several.
    Several(Vec<String>),
}

/// What is wrong with a value, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// What is wrong, without the option's name: "is the text `x`".
    pub(super) problem: String,
    /// What to do.
    pub(super) cure: String,
}

impl Unfit {
    pub(super) fn new(problem: impl Into<String>, cure: impl Into<String>) -> Unfit {
        Unfit { problem: problem.into(), cure: cure.into() }
    }
}

/// Reads what an option was given.
pub(super) fn understand(
    kind: OptionKind,
    choices: &BTreeMap<String, String>,
    value: &Value,
) -> Result<Given, Unfit> {
    let fits = match kind {
        OptionKind::Count => value.is_u64(),
        OptionKind::Number => value.is_number(),
        OptionKind::Share => value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)),
        OptionKind::Text => value.is_string() || value.is_number(),
        OptionKind::Json => true,
        OptionKind::Switch => match value {
            Value::Bool(on) => return Ok(Given::Switch(*on)),
            _ => false,
        },
        OptionKind::Choice => return choose(choices, value).map(Given::One),
        OptionKind::Texts => match texts(value) {
            Some(texts) => return Ok(Given::Several(texts)),
            None => false,
        },
    };
    if fits {
        Ok(Given::One(value.clone()))
    } else {
        Err(Unfit::new(format!("is {value}"), format!("give it {}", kind.words())))
    }
}

/// A list of texts, or one text alone.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Value::String(text) => Some(vec![text.clone()]),
        _ => None,
    }
}

/// The engine's own word for a common one.
fn choose(choices: &BTreeMap<String, String>, value: &Value) -> Result<Value, Unfit> {
    let asked = word(value);
    if let Some(own) = choices.get(&asked) {
        return Ok(Value::String(own.clone()));
    }
    let known: Vec<&str> = choices.keys().map(String::as_str).collect();
    let cure = match nearest(&asked, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? it takes {}", known.join(", ")),
        None => format!("it takes {}", known.join(", ")),
    };
    Err(Unfit::new(format!("is `{asked}`"), cure))
}

/// A value as it stands in a command or a variable.
pub(super) fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(kind: OptionKind, value: Value) -> String {
        let choices = BTreeMap::from([("float16".to_owned(), "half".to_owned())]);
        let unfit = understand(kind, &choices, &value).unwrap_err();
        format!("{}; {}", unfit.problem, unfit.cure)
    }

    #[test]
    fn every_type_says_what_it_takes() {
        let told = [
            refused(OptionKind::Count, json!(-1)),
            refused(OptionKind::Count, json!(1.5)),
            refused(OptionKind::Number, json!("7")),
            refused(OptionKind::Share, json!(90)),
            refused(OptionKind::Text, json!(true)),
            refused(OptionKind::Texts, json!([1])),
            refused(OptionKind::Switch, json!("on")),
            refused(OptionKind::Choice, json!("flaot16")),
            refused(OptionKind::Choice, json!(8)),
        ];
        insta::assert_snapshot!(told.join("\n"), @r#"
        is -1; give it a whole number, from zero
        is 1.5; give it a whole number, from zero
        is "7"; give it a number
        is 90; give it a number from 0 to 1
        is true; give it a text
        is [1]; give it a list of texts
        is "on"; give it true or false
        is `flaot16`; did you mean `float16`? it takes float16
        is `8`; it takes float16
        "#);
    }

    #[test]
    fn what_fits_is_understood() {
        let choices = BTreeMap::from([("float16".to_owned(), "half".to_owned())]);
        let one = |kind, value: Value| understand(kind, &choices, &value).unwrap();
        assert_eq!(one(OptionKind::Choice, json!("float16")), Given::One(json!("half")));
        assert_eq!(one(OptionKind::Share, json!(1)), Given::One(json!(1)));
        assert_eq!(one(OptionKind::Switch, json!(false)), Given::Switch(false));
        assert_eq!(one(OptionKind::Texts, json!("a")), Given::Several(vec!["a".to_owned()]));
        assert_eq!(one(OptionKind::Json, json!({ "k": 1 })), Given::One(json!({ "k": 1 })));
    }
}

//! Whether what was declared is in force: what an engine's own configuration
//! says of an option, held against what the option was given.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An option as it was declared, and where the engine tells what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declared {
    /// The option.
    pub option: String,
    /// What it was given.
    pub value: Value,
    /// Where the engine's configuration tells it, and what is to stand there;
    /// `None` where the engine doesn't tell.
    pub shown: Option<Expected>,
}

/// What is to stand in an engine's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The path, its parts joined by dots.
    pub at: String,
    /// The value, in the engine's own words.
    pub value: Value,
}

/// What an engine's configuration says of a declared option.
#[derive(Clone, Debug, PartialEq)]
pub enum InForce {
    /// It is as it was declared.
    AsDeclared,
    /// It is something else.
    Otherwise(Value),
    /// The engine doesn't say.
    NotTold,
}

impl Declared {
    pub(super) fn new(option: &str, value: &Value, shown: Option<(String, Value)>) -> Declared {
        Declared {
            option: option.to_owned(),
            value: value.clone(),
            shown: shown.map(|(at, value)| Expected { at, value }),
        }
    }

    /// Holds the declaration against a configuration.
    pub fn in_force(&self, configuration: &Value) -> InForce {
        let found = self
            .shown
            .as_ref()
            .and_then(|expected| Some((expected, at(configuration, &expected.at)?)));
        match found {
            None => InForce::NotTold,
            Some((expected, found)) if is_same(&expected.value, found) => InForce::AsDeclared,
            Some((_, found)) => InForce::Otherwise(found.clone()),
        }
    }
}

/// What stands at a path whose parts are joined by dots; a number is the place
/// in a list.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => value.get(part),
    })
}

/// Whether two values say the same: numbers by their size, and a number in
/// quotes is that number.
fn is_same(expected: &Value, found: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match (number(expected), number(found)) {
        (Some(expected), Some(found)) => expected == found,
        _ => expected == found,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_declaration_is_held_against_what_is_in_force() {
        let configuration = json!({ "tp_size": 8, "args": [{ "share": "0.90" }], "radix": true });
        let declared = |at: &str, value: Value| {
            Declared::new("x", &value, Some((at.to_owned(), value.clone())))
                .in_force(&configuration)
        };
        assert_eq!(declared("tp_size", json!(8)), InForce::AsDeclared);
        assert_eq!(declared("tp_size", json!(4)), InForce::Otherwise(json!(8)));
        assert_eq!(declared("args.0.share", json!(0.9)), InForce::AsDeclared);
        assert_eq!(declared("radix", json!(false)), InForce::Otherwise(json!(true)));
        assert_eq!(declared("nowhere", json!(1)), InForce::NotTold);
        assert_eq!(Declared::new("x", &json!(1), None).in_force(&configuration), InForce::NotTold);
    }
}

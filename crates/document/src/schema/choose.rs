//! Several forms of one thing: which one was meant.

use std::cmp::Reverse;

use serde_json::Value;

use super::{Schema, Wrong, admits, list, mistyped, types, wrong};
use crate::nearest::nearest;
use crate::wording::{any_of, choice, of_type, what};

impl<'a> Schema<'a> {
    /// What doesn't fit the form that was probably meant; nothing where any of
    /// them fits.
    pub(super) fn choose(
        self,
        branches: &'a [Value],
        value: &Value,
        path: &[String],
    ) -> Vec<Wrong> {
        let tried: Vec<(&Value, Vec<Wrong>)> = branches
            .iter()
            .map(|branch| (self.resolved(branch), self.visit(branch, value, path)))
            .collect();
        if tried.iter().any(|(_, wrongs)| wrongs.is_empty()) {
            return Vec::new();
        }
        let (mut fixed, mut forms) = (Vec::new(), Vec::new());
        for (branch, wrongs) in tried {
            if !self.may_be(branch, value) {
                continue;
            }
            let values = fixed_values(branch);
            if values.is_empty() { forms.push((branch, wrongs)) } else { fixed.extend(values) }
        }
        // Of several forms the one with the fewest mistakes was meant; of several
        // such, the one that knows the most of the keys.
        let meant = forms
            .into_iter()
            .min_by_key(|(branch, wrongs)| (wrongs.len(), Reverse(self.known_keys(branch, value))));
        match meant {
            Some((_, wrongs)) => wrongs,
            None if !fixed.is_empty() => {
                let others = branches.iter().filter(|branch| !self.may_be(branch, value));
                let types =
                    without_twice(others.flat_map(|branch| self.types_of(branch)).collect());
                vec![not_one_of(&fixed, &types, value, path)]
            }
            None => {
                let types: Vec<&str> =
                    branches.iter().flat_map(|branch| self.types_of(branch)).collect();
                vec![mistyped(&without_twice(types), value, path)]
            }
        }
    }

    /// Whether a value is of a type that a form may have.
    fn may_be(self, branch: &'a Value, value: &Value) -> bool {
        let types = self.types_of(branch);
        types.is_empty() || types.iter().any(|name| admits(name, value))
    }

    /// The types that a form may have; none where it may have any.
    fn types_of(self, branch: &'a Value) -> Vec<&'a str> {
        let branch = self.resolved(branch);
        let named = types(branch);
        if !named.is_empty() {
            return named;
        }
        let fixed = fixed_values(branch);
        if !fixed.is_empty() {
            return fixed.into_iter().map(crate::wording::type_of).collect();
        }
        ["anyOf", "oneOf"]
            .iter()
            .flat_map(|key| list(branch, key))
            .flat_map(|inner| self.types_of(inner))
            .collect()
    }

    /// How many of a map's keys a form knows, or almost knows.
    fn known_keys(self, branch: &'a Value, value: &Value) -> usize {
        let (Some(map), Some(known)) =
            (value.as_object(), branch.get("properties").and_then(Value::as_object))
        else {
            return 0;
        };
        let score = |key: &String| {
            if known.contains_key(key) {
                2
            } else {
                usize::from(nearest(key, known.keys()).is_some())
            }
        };
        map.keys().map(score).sum()
    }
}

/// The values that a schema allows alone: its `const`, or its `enum`.
pub(super) fn fixed_values(schema: &Value) -> Vec<&Value> {
    schema.get("const").into_iter().chain(list(schema, "enum")).collect()
}

/// A value that is none of those that are allowed; `types` may stand there too.
pub(super) fn not_one_of(
    choices: &[&Value],
    types: &[&str],
    value: &Value,
    path: &[String],
) -> Wrong {
    let texts: Vec<&str> = choices.iter().filter_map(|choice| choice.as_str()).collect();
    let near = value.as_str().and_then(|text| nearest(text, texts.iter().copied()));
    let types = types.iter().filter(|name| **name != "null").map(|name| of_type(name).to_owned());
    let choices = choices.iter().filter(|value| !value.is_null()).map(|value| choice(value));
    let words: Vec<String> = types.chain(choices).collect();
    let cure = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write {}", any_of(&words)),
    };
    let problem = if near.is_some() && words.len() > 1 {
        format!("is {}, where {} is meant", what(value), any_of(&words))
    } else {
        format!("is {}, which isn't known here", what(value))
    };
    wrong(path, &problem, cure)
}

/// The same types, each once, in their order.
fn without_twice(types: Vec<&str>) -> Vec<&str> {
    let mut once: Vec<&str> = Vec::new();
    for name in types {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

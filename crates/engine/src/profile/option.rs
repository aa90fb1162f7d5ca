//! One option of an engine: what it is given, and what becomes of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::value::{Given, OptionKind, Unfit, understand, word};

/// An option of an engine. What it is given becomes words of the command (`flag`
/// with the value behind it, or `on` and `off`), an environment variable, a key
/// of a file that is written for the engine, or the address of a server that
/// runs already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineOption {
    /// What it has to be given.
    #[serde(rename = "type")]
    pub kind: OptionKind,
    /// The flag before its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// The words that switch it on; none, where the engine has it on anyway. Of
    /// an environment variable, its one value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<String>>,
    /// The words that switch it off, as for `on`. Where this is left out, it
    /// can't be switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Vec<String>>,
    /// The environment variable that holds its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The key in a written file, its parts joined by dots; `.` merges a map
    /// into the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The file of that key; not needed where the profile has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether it is the address of a server that runs already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub address: bool,
    /// What a choice may be: the common word, and the engine's own for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choices: BTreeMap<String, String>,
    /// What it means here, where that isn't what its common name says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
    /// Where the engine tells what is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// Where the engine's source has it: `path/to/file.py:123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Where an engine's configuration in force tells what an option is set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The path in the configuration, its parts joined by dots.
    pub at: String,
    /// What stands there when a switch is on; `true`, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Value>,
    /// What stands there when a switch is off; `false`, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Value>,
    /// What stands there for the engine's own word of a choice, where that is
    /// yet another one. Where any word is named, only those named are told:
    /// `auto` ends as something else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, Value>,
}

/// Where the value of an option goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way<'a> {
    /// Into the command, behind a flag.
    Flag(&'a str),
    /// Into the command, as words of a switch.
    Words,
    /// Into an environment variable.
    Environment(&'a str),
    /// Into a written file.
    Key(&'a str),
    /// It says where the server is.
    Address,
}

/// What becomes of an option.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Becomes {
    /// Words of the command.
    Words(Vec<String>),
    /// A variable and its value.
    Variable(String, String),
    /// A key of a file, and its value.
    Key(String, Value),
    /// Where the server is.
    Address(String),
}

impl EngineOption {
    /// Where its value goes.
    ///
    /// # Errors
    /// What contradicts itself in the option.
    pub(super) fn way(&self) -> Result<Way<'_>, Unfit> {
        let ways: Vec<Way<'_>> = [
            self.flag.as_deref().map(Way::Flag),
            self.environment.as_deref().map(Way::Environment),
            self.key.as_deref().map(Way::Key),
            self.address.then_some(Way::Address),
        ]
        .into_iter()
        .flatten()
        .collect();
        match (ways.as_slice(), self.kind) {
            ([Way::Flag(_)], OptionKind::Switch) => Err(Unfit::new(
                "is a switch with `flag`",
                "write the words under `on` and `off`: on: [--the-flag]",
            )),
            ([], OptionKind::Switch) => Ok(Way::Words),
            ([way], _) => Ok(*way),
            ([], _) => Err(Unfit::new(
                "becomes nothing",
                "give it one of `flag`, `environment`, `key` and `address`",
            )),
            _ => Err(Unfit::new(
                "becomes several things",
                "keep one of `flag`, `environment`, `key` and `address`",
            )),
        }
    }

    /// What contradicts itself in the option.
    pub(super) fn faults(&self) -> Vec<Unfit> {
        let mut faults = Vec::new();
        let way = self.way();
        let is_switch = self.kind == OptionKind::Switch;
        let has_words = self.on.is_some() || self.off.is_some();
        if has_words && !is_switch {
            faults.push(Unfit::new(
                "has `on` or `off`, and is no switch",
                "write `type: switch`, or leave them out",
            ));
        }
        match &way {
            Ok(Way::Words | Way::Environment(_)) if is_switch && !has_words => faults.push(
                Unfit::new("is a switch with neither `on` nor `off`", "say what switches it"),
            ),
            Ok(Way::Environment(_))
                if [&self.on, &self.off].into_iter().flatten().any(|words| words.len() != 1) =>
            {
                faults.push(Unfit::new(
                    "switches a variable with other than one value",
                    "write one value: on: [\"1\"]",
                ));
            }
            Ok(Way::Key(_)) if has_words => faults.push(Unfit::new(
                "has `on` or `off` beside `key`",
                "leave them out: the file gets true or false",
            )),
            Ok(_) => {}
            Err(unfit) => faults.push(unfit.clone()),
        }
        if (self.kind == OptionKind::Choice) == self.choices.is_empty() {
            faults.push(Unfit::new(
                "has `choices` without being a choice, or is one without them",
                "write both, or neither",
            ));
        }
        if self.kind == OptionKind::Texts && !matches!(way, Ok(Way::Flag(_) | Way::Key(_))) {
            faults.push(several_without_place());
        }
        faults
    }

    /// What becomes of the option with a value.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub(super) fn becomes(&self, value: &Value) -> Result<Becomes, Unfit> {
        let way = self.way()?;
        match understand(self.kind, &self.choices, value)? {
            Given::Switch(on) => self.switch(way, on),
            Given::One(value) => match way {
                Way::Flag(flag) => Ok(Becomes::Words(vec![flag.to_owned(), word(&value)])),
                Way::Environment(name) => Ok(Becomes::Variable(name.to_owned(), word(&value))),
                Way::Key(key) => Ok(Becomes::Key(key.to_owned(), value)),
                Way::Address => Ok(Becomes::Address(word(&value))),
                Way::Words => Err(Unfit::new("has no place for a value", "give it a `flag`")),
            },
            Given::Several(texts) => match way {
                Way::Flag(flag) => Ok(Becomes::Words(
                    texts.into_iter().flat_map(|text| [flag.to_owned(), text]).collect(),
                )),
                Way::Key(key) => Ok(Becomes::Key(key.to_owned(), texts.into())),
                Way::Environment(_) | Way::Address | Way::Words => Err(several_without_place()),
            },
        }
    }

    /// What becomes of a switch.
    fn switch(&self, way: Way<'_>, on: bool) -> Result<Becomes, Unfit> {
        Ok(match way {
            Way::Key(key) => Becomes::Key(key.to_owned(), Value::Bool(on)),
            Way::Environment(name) => {
                Becomes::Variable(name.to_owned(), self.switched(on)?.concat())
            }
            Way::Flag(_) | Way::Words | Way::Address => Becomes::Words(self.switched(on)?.to_vec()),
        })
    }

    /// The words that switch it on or off.
    fn switched(&self, on: bool) -> Result<&[String], Unfit> {
        let (words, which, other) =
            if on { (&self.on, "on", "off") } else { (&self.off, "off", "on") };
        words.as_deref().ok_or_else(|| {
            Unfit::new(
                format!("can't be switched {which}"),
                format!("leave it out, or have it {other}"),
            )
        })
    }

    /// What the engine's configuration shows when the option has this value;
    /// `None` where it doesn't show it, or the value doesn't fit.
    pub(super) fn shows(&self, value: &Value) -> Option<(String, Value)> {
        let shown = self.shown.as_ref()?;
        let given = understand(self.kind, &self.choices, value).ok()?;
        let expected = match given {
            Given::Switch(true) => shown.on.clone().unwrap_or(Value::Bool(true)),
            Given::Switch(false) => shown.off.clone().unwrap_or(Value::Bool(false)),
            Given::One(value) if shown.words.is_empty() => value,
            Given::One(value) => shown.words.get(&word(&value))?.clone(),
            Given::Several(texts) => texts.into(),
        };
        Some((shown.at.clone(), expected))
    }
}

/// Several texts only fit behind a flag, or into a file.
fn several_without_place() -> Unfit {
    Unfit::new("takes several texts, and has neither `flag` nor `key`", "give it one of them")
}

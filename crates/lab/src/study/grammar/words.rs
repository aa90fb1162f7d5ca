//! The words of a study that are neither plain texts nor plain numbers.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of an arm, a model, a workload or a scenario, which may be the name
/// of a folder too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub String);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "name: letters, digits, `-`, `_` and `.`, a letter or digit first",
            "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
            "maxLength": 64,
            "examples": ["tuned-8b"],
        })
    }
}

/// The name of a variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnvironmentName(pub String);

impl JsonSchema for EnvironmentName {
    fn schema_name() -> Cow<'static, str> {
        "EnvironmentName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "name of a variable",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
            "examples": ["CUDA_VISIBLE_DEVICES"],
        })
    }
}

/// A share of a whole: `99%` or `0.99`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Share, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        let share = match Written::deserialize(deserializer)? {
            Written::Number(number) => Some(number),
            Written::Text(text) => {
                let number = text.strip_suffix('%').map(str::trim_end);
                number.and_then(|number| number.parse::<f64>().ok()).map(|percent| percent / 100.0)
            }
        };
        match share.filter(|share| (0.0..=1.0).contains(share)) {
            Some(share) => Ok(Share(share)),
            None => Err(D::Error::custom("is no share of a whole; write it like `99%` or 0.99")),
        }
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share of a whole, as `99%` or as a number from 0 to 1.",
            "anyOf": [
                {
                    "type": "string",
                    "title": "share",
                    "pattern": "^(100|[0-9]{1,2}(\\.[0-9]+)?) ?%$",
                    "examples": ["99%"],
                },
                { "type": "number", "minimum": 0, "maximum": 1 },
            ],
        })
    }
}

/// The word for what has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InfinityWord {
    /// All at once.
    Inf,
}

/// Requests a second, or `inf` for all at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Rate {
    /// So many a second.
    Finite(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    /// All at once.
    Infinite(InfinityWord),
}

impl Rate {
    /// In requests a second.
    pub fn per_second(self) -> f64 {
        match self {
            Rate::Finite(rate) => rate,
            Rate::Infinite(InfinityWord::Inf) => f64::INFINITY,
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.per_second())
    }
}

/// One value, or a list of them, each of which is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    /// One.
    One(T),
    /// Each of these.
    More(#[schemars(length(min = 1), extend("uniqueItems" = true))] Vec<T>),
}

impl<T: Copy> OneOrMore<T> {
    /// All of them.
    pub fn all(&self) -> Vec<T> {
        match self {
            OneOrMore::One(one) => vec![*one],
            OneOrMore::More(more) => more.clone(),
        }
    }
}

/// How far lengths spread: one number for prompts and answers, or one for each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Spread {
    /// For both.
    Both(#[schemars(range(min = 0, max = 1))] f64),
    /// For each.
    #[serde(rename_all = "kebab-case")]
    Each {
        /// Of prompts.
        #[schemars(range(min = 0, max = 1))]
        input: f64,
        /// Of answers.
        #[schemars(range(min = 0, max = 1))]
        output: f64,
    },
}

impl Spread {
    /// Of prompts, and of answers.
    pub fn both(self) -> (f64, f64) {
        match self {
            Spread::Both(ratio) => (ratio, ratio),
            Spread::Each { input, output } => (input, output),
        }
    }
}

/// Cores of the machine: one number, a list of them, or ranges such as `0-3,8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cores(pub Vec<u32>);

/// More cores than any machine has: a range up to a slip of the keyboard ends
/// in a mistake, and not in the memory.
const MOST_CORES: u32 = 1 << 16;

impl Cores {
    /// Their numbers.
    pub fn numbers(&self) -> Vec<usize> {
        self.0.iter().map(|&core| core as usize).collect()
    }

    fn of_ranges(text: &str) -> Option<Cores> {
        let mut cores = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse::<u32>().ok()?);
            if first > last || last > MOST_CORES {
                return None;
            }
            cores.extend(first..=last);
        }
        Some(Cores(cores))
    }
}

impl<'de> Deserialize<'de> for Cores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cores, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(u32),
            List(Vec<u32>),
            Ranges(String),
        }
        match Written::deserialize(deserializer)? {
            Written::One(core) => Ok(Cores(vec![core])),
            Written::List(cores) => Ok(Cores(cores)),
            Written::Ranges(text) => Cores::of_ranges(&text).ok_or_else(|| {
                D::Error::custom(format!("`{text}` names no cores; write them like `0-3,8`"))
            }),
        }
    }
}

impl Serialize for Cores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for Cores {
    fn schema_name() -> Cow<'static, str> {
        "Cores".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Cores: one number, a list of numbers, or ranges.",
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 65536 },
                {
                    "type": "array",
                    "items": { "type": "integer", "minimum": 0, "maximum": 65536 },
                    "minItems": 1,
                    "uniqueItems": true,
                },
                {
                    "type": "string",
                    "title": "list of cores",
                    "pattern": "^[0-9]+(-[0-9]+)?(, ?[0-9]+(-[0-9]+)?)*$",
                    "examples": ["0-3,8"],
                },
            ],
        })
    }
}

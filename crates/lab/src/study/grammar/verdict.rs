//! What a study asks to be said of its results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Length, Share};

/// How many blocks are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Blocks {
    /// So many, and one look at the end.
    Fixed(#[schemars(range(min = 1, max = 1000))] u32),
    /// At least `from`, and then until everything is decided.
    #[serde(rename_all = "kebab-case")]
    Until {
        /// The block after which is looked first.
        #[schemars(range(min = 1, max = 1000))]
        from: u32,
        /// The last block.
        #[schemars(range(min = 1, max = 1000))]
        at_most: u32,
    },
}

impl Blocks {
    /// The most blocks that may be measured.
    pub fn most(self) -> u32 {
        match self {
            Blocks::Fixed(count) => count,
            Blocks::Until { at_most, .. } => at_most,
        }
    }
}

/// Which arms are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Compare {
    /// Each with the reference, or all pairs.
    Word(CompareWord),
    /// These pairs.
    Pairs(#[schemars(length(min = 1), extend("uniqueItems" = true))] Vec<[String; 2]>),
}

/// A rule by which arms are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CompareWord {
    /// Each arm with the reference.
    Reference,
    /// Each arm with each other.
    Pairs,
}

/// What every request should meet, and how many must.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objectives {
    /// To the first token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft: Option<Length>,
    /// To the first text of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttfo: Option<Length>,
    /// For each token after the first arrival, in the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpot: Option<Length>,
    /// To the last token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e: Option<Length>,
    /// The share of requests that must meet all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attain: Option<Share>,
}

/// Whether the engines' own strategies must be alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Track {
    /// They are free, and always printed.
    #[default]
    Free,
    /// They must be alike.
    Matched,
}

/// What an hour of hardware costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Price {
    /// How much.
    #[schemars(range(min = 0))]
    pub per_hour: f64,
    /// Of what; `USD` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub currency: Option<String>,
}

//! A workload under a load. Where a list is given instead of one value, each of
//! its values is measured: the scenario is as many cells.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{BurstShape, Length, Name, OneOrMore, RampSpec, Rate, WarmUpSpec};

/// A workload under a load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// The name of the workload.
    pub workload: String,
    /// What the scenario is called; the workload's name where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Requests in flight: kept there without a rate, else the most that are
    /// allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<OneOrMore<Count>>,
    /// Requests a second, whatever the engine does; `inf` sends all at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<OneOrMore<Rate>>,
    /// How evenly requests arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burstiness: Option<BurstShape>,
    /// A rate that changes over the window, instead of `rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ramp: Option<RampSpec>,
    /// Measure so many requests, instead of what the workload says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<OneOrMore<Count>>,
    /// Measure for so long, instead of what the workload says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Length>,
    /// Tokens in a prompt, instead of what the workload says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_len: Option<OneOrMore<Count>>,
    /// Tokens to generate, instead of what the workload says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_len: Option<OneOrMore<Count>>,
    /// Tokens that prompts begin with together, instead of what the workload
    /// says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_len: Option<OneOrMore<Count>>,
    /// Options of the engines, each with the list of values that are measured.
    /// Engines are started anew for each.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub vary: IndexMap<String, Vec<Value>>,
    /// Options of some arms in this scenario, by the arm's name, over the arm's
    /// own. Those arms are started anew for it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub options: IndexMap<String, Map<String, Value>>,
    /// The arms that this scenario is measured on; all where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub arms: Vec<String>,
    /// The arms that this scenario isn't measured on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub skip: Vec<String>,
    /// What is sent before anything is measured, instead of what the workload or
    /// the study says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUpSpec>,
}

/// A number from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Count(#[schemars(range(min = 1, max = 10_000_000))] pub u32);

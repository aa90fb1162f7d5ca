//! What people write in a study: the types that a study's file is read into,
//! and from which its JSON Schema is made.
//!
//! They say what may stand where, and nothing of what follows from it: that is
//! the plan's. A key that is left out stays `None` here.

mod arm;
mod load;
mod scenario;
mod verdict;
mod words;
mod workload;

pub use arm::{Arm, Mode, Model};
pub use load::{BurstShape, Cpus, Limits, Passes, PassesKept, RampSpec, Restart, RiseShape};
pub use load::{SettledWord, WarmUpSpec};
pub use scenario::{Count, Scenario};
pub use tokenometer_document::Length;
pub use verdict::{Blocks, Compare, CompareWord, Objectives, Price, Track};
pub use words::{Cores, EnvironmentName, InfinityWord, Name, OneOrMore, Rate, Share, Spread};
pub use workload::{DatasetKind, GroupShape, SeedSpec, SeedWord, Workload};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A study: which arms are measured under which scenarios, how often, and what
/// shall be said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Study {
    /// What the study is called.
    pub name: String,
    /// What it is for, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Engines, each set up one way, by name.
    #[schemars(extend("minProperties" = 1))]
    pub arms: IndexMap<Name, Arm>,
    /// Models by alias: where they lie, and what they need.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub models: IndexMap<Name, Model>,
    /// What is sent, by name.
    #[schemars(extend("minProperties" = 1))]
    pub workloads: IndexMap<Name, Workload>,
    /// Workloads under loads.
    #[schemars(length(min = 1))]
    pub scenarios: Vec<Scenario>,
    /// How often all of it is measured, each time with engines started anew;
    /// 5 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Blocks>,
    /// From which everything random follows; 1 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The arm that the others are compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Which arms are compared: each with the reference, all pairs, or these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<Compare>,
    /// What the arms differ in on purpose, such as `precision`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)), extend("uniqueItems" = true))]
    pub differs: Vec<String>,
    /// Whether this only tries things out: the gates of sample size are waived,
    /// and every report says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<bool>,
    /// What every request should meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objectives: Option<Objectives>,
    /// The metrics of which a verdict is wanted, instead of the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)), extend("uniqueItems" = true))]
    pub primary: Vec<String>,
    /// How small a difference counts as none, as a share; 2 % where nothing is
    /// said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Share>,
    /// Whether the engines' own strategies are free, or must be alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<Track>,
    /// Whether a gate that can't be evaluated refuses a verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// How often each scenario is measured in a block, and what of it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passes: Option<Passes>,
    /// How often a trial is measured again that is void by a fault of the instrument or the
    /// environment, blind to its numbers; 2 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 2))]
    pub reruns: Option<u32>,
    /// When engines are started anew: once a block, or for each scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
    /// Which cores the client and the engines run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Cpus>,
    /// What is sent before anything is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUpSpec>,
    /// How long is waited for what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// How long nothing is sent between two measurements on one engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Length>,
    /// What an hour of the hardware costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Variables of the environment that engines are given as they are found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub environment: Vec<EnvironmentName>,
}

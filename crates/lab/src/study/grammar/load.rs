//! How a study's loads are carried out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cores, InfinityWord, Length};

/// The shape of the gaps between requests: 1 is a Poisson process, less comes in
/// bursts, `inf` is constant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BurstShape {
    /// The shape of a gamma distribution.
    Gamma(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    /// Constant gaps.
    Constant(InfinityWord),
}

impl BurstShape {
    /// The shape as a number.
    pub fn shape(self) -> f64 {
        match self {
            BurstShape::Gamma(shape) => shape,
            BurstShape::Constant(InfinityWord::Inf) => f64::INFINITY,
        }
    }
}

/// A rate that changes over the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RampSpec {
    /// Requests a second at the beginning.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub from: f64,
    /// Requests a second at the end.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub to: f64,
    /// By equal steps, or by equal factors.
    #[serde(default)]
    pub shape: RiseShape,
}

/// How a rate gets from one value to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RiseShape {
    /// By equal steps in equal times.
    #[default]
    Linear,
    /// By equal factors in equal times.
    Exponential,
}

/// How often each scenario is measured in a block, one time after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Passes {
    /// How often.
    #[schemars(range(min = 1, max = 1000))]
    pub run: u32,
    /// Which of them count; all where nothing is said.
    #[serde(default)]
    pub keep: PassesKept,
}

/// Which passes count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PassesKept {
    /// The last one: those before it warm the engine up.
    Last,
    /// All of them.
    #[default]
    All,
}

/// When engines are started anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Once a block, and where the options change.
    #[default]
    Block,
    /// Before each scenario too.
    Scenario,
}

/// Which cores run what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cpus {
    /// Those of the client, which measures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Cores>,
    /// Those of the engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<Cores>,
}

/// What is sent before anything is measured: `settled` for batches until the
/// engine has settled, so many requests, or batches for no longer than a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum WarmUpSpec {
    /// Until settled.
    Settled(SettledWord),
    /// So many requests; 0 for none.
    Requests(u32),
    /// Until settled, and no longer than this.
    #[serde(rename_all = "kebab-case")]
    AtMost {
        /// The longest.
        at_most: Length,
    },
}

/// The word for batches until the engine has settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SettledWord {
    /// Until throughput and pace have settled.
    Settled,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// For a connection, TLS included; 10 s where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<Length>,
    /// For the first byte of an answer; 10 min.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Length>,
    /// For the next byte of an answer; 60 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Length>,
    /// For a whole answer; 1 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Length>,
    /// For the measured requests, once the window has closed; twice the p99 of
    /// the warm-up's request times, and at least 60 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<Length>,
    /// For an engine to be ready; what its profile says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Length>,
}

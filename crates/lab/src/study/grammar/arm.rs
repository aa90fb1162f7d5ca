//! Arms, and the models that they serve.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokenometer_core::{Dialect, Rules};

use super::{Cores, EnvironmentName, Price};

/// An engine, set up one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Arm {
    /// The engine: the name of a profile, or the path of one, from the study's
    /// folder.
    #[schemars(length(min = 1))]
    pub engine: String,
    /// The engine's version, in quotes; the profile's usual one where nothing is
    /// said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub version: Option<String>,
    /// The model: an alias under `models`, a path, or a name that the engine
    /// knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub model: Option<String>,
    /// The name under which the model is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_name: Option<String>,
    /// Options of the engine, by the names of its profile.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
    /// Arguments that are put behind the engine's command as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Variables of the engine's environment. `$NAME` stands for a variable of
    /// ours, so that no secret need be written here.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub environment: IndexMap<EnvironmentName, String>,
    /// How requests are written and answers read; the profile's usual one where
    /// nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// Whether it is measured as a server, or in its own process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Where the server is, for an engine that somebody else has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The route of the requests, instead of the dialect's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Another tool whose rules are followed in what is sent to this arm,
    /// instead of those of the workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// Headers of every request. `$NAME` stands for a variable of the
    /// environment, which is never written down.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Merged into every request's body; `null` removes a field.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra_request_body: Map<String, Value>,
    /// How many tokens more than it was sent its server counts in every prompt, at most 16
    /// either way: those of a template, or a first one. Prompts of arms are compared
    /// without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -16, max = 16))]
    pub prompt_offset: Option<i8>,
    /// The cores that this engine runs on, instead of those of the study.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Cores>,
    /// What an hour of this arm's hardware costs, instead of the study's price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The hardware that the arm is meant for, such as `h100` or, with a number of
    /// GPUs, `h100x8`: what is simulated by an engine that simulates one, and in a
    /// rehearsal. An engine that runs on hardware is not told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// How much faster than the clock a simulation goes: its option
    /// `time-scale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub time_scale: Option<f64>,
}

/// How an engine is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// As a server, over HTTP.
    #[default]
    Online,
    /// In its own process, all requests at once.
    Offline,
}

/// A model: where it lies, and what every engine needs to serve it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Model {
    /// Its folder or file, from the study's folder, or its name on the hub.
    #[schemars(length(min = 1))]
    pub path: String,
    /// The commit, tag or branch of its repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Where the same weights lie for some engines, by the engine's name: a
    /// GGUF file, an engine that was built.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub paths: IndexMap<String, String>,
    /// Its tokenizer, where that doesn't lie with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// The name under which it is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_name: Option<String>,
    /// Options that it needs of every engine, such as `tensor-parallel`; an
    /// arm's own hold over them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}

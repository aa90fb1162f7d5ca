//! What a profile says of an engine at one version.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokenometer_core::Dialect;

use super::option::EngineOption;
use crate::counters::CounterNames;
use crate::process::StopSignal;
use crate::provision::Provisions;
use tokenometer_document::Length;

/// An engine as data: how it is had, started, asked and stopped.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What the engine is called in studies and reports.
    pub name: String,
    /// What it is, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What must be known of every number that is measured with it; it is shown
    /// with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The version that is meant where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where the flags and names of this profile can be read up, as a tag of
    /// the engine's source or its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How it can be had.
    #[serde(default)]
    pub provision: Provisions,
    /// The command that starts it. None, where it runs already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Environment variables that it always gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The dialects that it understands, the usual one first.
    pub dialects: Vec<Dialect>,
    /// Its options, by their common names or its own, in the order in which
    /// they stand in the command.
    #[serde(default)]
    pub options: IndexMap<String, EngineOption>,
    /// Files that are written for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, WrittenFile>,
    /// What the profile itself asks for, unless an arm says otherwise.
    #[serde(default)]
    pub fixed: Fixed,
    /// When it can be asked.
    #[serde(default)]
    pub ready: Ready,
    /// How it is seen to listen.
    #[serde(default)]
    pub listening: Listening,
    /// How its prefix cache is emptied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// What it says of itself.
    #[serde(default)]
    pub says: Says,
    /// Where its counters are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<CounterNames>,
    /// What its log tells.
    #[serde(default)]
    pub log: Log,
    /// How it is ended.
    #[serde(default)]
    pub stop: Stop,
    /// What requests can't ask of it, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unsupported: BTreeMap<String, String>,
    /// Which versions know the options that this one doesn't.
    #[serde(skip)]
    pub(super) elsewhere: BTreeMap<String, Vec<String>>,
}

/// What a profile itself asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fixed {
    /// Options with their values. An arm may change them, or take them away
    /// with `null`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
    /// Further arguments, right behind the command.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
}

/// A file of settings, written for the engine as JSON, which is YAML too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WrittenFile {
    /// What it always says.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub contents: Map<String, Value>,
    /// The words of the command that name it, as in `[--config,
    /// "{file:NAME}"]`. They, and the file, are left out where it would be
    /// empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
}

/// When an engine can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ready {
    /// The route that answers with success once it is ready.
    pub route: String,
    /// How long that may take.
    pub within: Length,
}

impl Default for Ready {
    fn default() -> Ready {
        Ready { route: "/health".to_owned(), within: Length::seconds(1800) }
    }
}

/// How an engine is seen to listen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Listening {
    /// Its port accepts connections.
    #[default]
    Port,
}

/// How the prefix cache is emptied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The routes to post to; the first that there is does it.
    pub flush: Vec<String>,
    /// Environment variables without which it has no such route.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<String, String>,
}

/// What an engine says of itself. A place is a route, and behind `#` the path
/// in its JSON: `/version#version`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Says {
    /// Where its version is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where the models that it serves are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<String>,
    /// Where its configuration in force is; the first that there is holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configuration: Vec<String>,
    /// Environment variables without which it doesn't tell its configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<String, String>,
}

/// What an engine's log tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Regular expressions of lines after which it is as good as dead, though
    /// its process may live.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fatal: Vec<String>,
    /// Regular expressions of lines that tell of an error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub error: Vec<String>,
}

/// How an engine is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stop {
    /// The signal that it gets.
    pub signal: StopSignal,
    /// How long it may take then. What lives longer is killed.
    pub within: Length,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { signal: StopSignal::Term, within: Length::seconds(30) }
    }
}

//! Under which names an engine publishes what it counts of itself: the data
//! under `counters:` of a profile.
//!
//! Nothing here reads a number; [`EngineCounters::read`](super::EngineCounters)
//! does.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Counter;

/// Where an engine publishes its counters, and under which names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterNames {
    /// The route that answers with them, as Prometheus text or as JSON.
    #[serde(default = "metrics_route")]
    pub route: String,
    /// The names of each counter.
    #[serde(default)]
    pub names: NamesByCounter,
}

/// The route of nearly every engine.
fn metrics_route() -> String {
    super::METRICS.to_owned()
}

/// For each counter the series that may hold it. The first that is in an
/// answer counts: an engine's versions have different names for one thing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NamesByCounter {
    /// Requests that it is working on, now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub running: Vec<Series>,
    /// Requests that wait in its queue, now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Series>,
    /// The share of its KV cache that is in use, now, from 0 to 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kv_use: Vec<Series>,
    /// The tokens that its KV cache has room for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kv_capacity: Vec<Series>,
    /// Requests that lost their place in the KV cache, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preemptions: Vec<Series>,
    /// Prompt tokens that were found in its prefix cache, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefix_hits: Vec<Series>,
    /// Prompt tokens that were looked up there, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefix_queries: Vec<Series>,
    /// Prompt tokens, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompt_tokens: Vec<Series>,
    /// Generated tokens, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub generation_tokens: Vec<Series>,
    /// Times that tokens were drafted, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<Series>,
    /// Tokens that were drafted, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub draft_tokens: Vec<Series>,
    /// Drafted tokens that were accepted, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted_drafts: Vec<Series>,
    /// Requests that came to their end, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finished: Vec<Series>,
    /// Requests that were given up, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aborted: Vec<Series>,
    /// Steps of its model, since it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub iterations: Vec<Series>,
    /// When its process started, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub process_start_s: Vec<Series>,
}

impl NamesByCounter {
    /// The series that may hold a counter, the usual one first.
    pub fn of(&self, counter: Counter) -> &[Series] {
        match counter {
            Counter::Running => &self.running,
            Counter::Waiting => &self.waiting,
            Counter::KvUse => &self.kv_use,
            Counter::KvCapacity => &self.kv_capacity,
            Counter::Preemptions => &self.preemptions,
            Counter::PrefixHits => &self.prefix_hits,
            Counter::PrefixQueries => &self.prefix_queries,
            Counter::PromptTokens => &self.prompt_tokens,
            Counter::GenerationTokens => &self.generation_tokens,
            Counter::Drafts => &self.drafts,
            Counter::DraftTokens => &self.draft_tokens,
            Counter::AcceptedDrafts => &self.accepted_drafts,
            Counter::Finished => &self.finished,
            Counter::Aborted => &self.aborted,
            Counter::Iterations => &self.iterations,
            Counter::ProcessStart => &self.process_start_s,
        }
    }

    /// As [`NamesByCounter::of`], to be added to.
    pub(super) fn slot(&mut self, counter: Counter) -> &mut Vec<Series> {
        match counter {
            Counter::Running => &mut self.running,
            Counter::Waiting => &mut self.waiting,
            Counter::KvUse => &mut self.kv_use,
            Counter::KvCapacity => &mut self.kv_capacity,
            Counter::Preemptions => &mut self.preemptions,
            Counter::PrefixHits => &mut self.prefix_hits,
            Counter::PrefixQueries => &mut self.prefix_queries,
            Counter::PromptTokens => &mut self.prompt_tokens,
            Counter::GenerationTokens => &mut self.generation_tokens,
            Counter::Drafts => &mut self.drafts,
            Counter::DraftTokens => &mut self.draft_tokens,
            Counter::AcceptedDrafts => &mut self.accepted_drafts,
            Counter::Finished => &mut self.finished,
            Counter::Aborted => &mut self.aborted,
            Counter::Iterations => &mut self.iterations,
            Counter::ProcessStart => &mut self.process_start_s,
        }
    }
}

/// A series that holds a counter: its name alone, or how to get the number out
/// of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Series {
    /// All samples of this name.
    Named(String),
    /// Some of them, or a number made of them.
    Picked(Picked),
}

/// How a counter is got out of the samples of one name. Where a series that it
/// is made of is missing, it is missing as a whole, and the next one is tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Picked {
    /// The name of the samples. In JSON it is the path to the number, its keys
    /// joined by dots.
    pub name: String,
    /// The labels that a sample must have to count, each with the values that
    /// it may have.
    #[serde(rename = "where", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Values>,
    /// Labels that hold numbers: their product is taken in the place of the
    /// sample's value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product: Vec<String>,
    /// What the number is multiplied by: 0.01 for a percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// Another series that is added, before what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plus: Option<Box<Series>>,
    /// Another series by which the number is multiplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Box<Series>>,
    /// Another series by which the number is divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Box<Series>>,
}

/// The values that a label may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Values {
    /// This one.
    One(String),
    /// One of these.
    Any(Vec<String>),
}

impl Values {
    /// Whether a value is one of these.
    pub(super) fn hold(&self, value: &str) -> bool {
        match self {
            Values::One(one) => one == value,
            Values::Any(any) => any.iter().any(|one| one == value),
        }
    }
}

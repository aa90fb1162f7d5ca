//! An engine's own counters: what it says is running, waiting and done, under
//! one set of names whatever the engine calls them.
//!
//! [`CounterNames`] is data and says where each number stands in what an engine
//! publishes; [`EngineCounters`] is what was read there. What differs between
//! engines behind one name is told in `docs/counters.md`. Nothing here guesses:
//! a counter that an engine doesn't publish is absent.

mod json;
mod known;
mod names;
mod read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::http::{Answer, Control};
use crate::metrics::{MetricsError, Sample, parse_metrics};

pub use names::{CounterNames, NamesByCounter, Picked, Series, Values};

/// The route of nearly every engine's counters.
const METRICS: &str = "/metrics";

/// One number that an engine may count of itself.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Counter {
    /// Requests that it is working on, now.
    Running,
    /// Requests that wait in its queue, now.
    Waiting,
    /// The share of its KV cache that is in use, now, from 0 to 1.
    KvUse,
    /// The tokens that its KV cache has room for.
    KvCapacity,
    /// Requests that lost their place in the KV cache, since it started.
    Preemptions,
    /// Prompt tokens that were found in its prefix cache, since it started.
    PrefixHits,
    /// Prompt tokens that were looked up there, since it started.
    PrefixQueries,
    /// Prompt tokens, since it started.
    PromptTokens,
    /// Generated tokens, since it started.
    GenerationTokens,
    /// Times that tokens were drafted, since it started.
    Drafts,
    /// Tokens that were drafted, since it started.
    DraftTokens,
    /// Drafted tokens that were accepted, since it started.
    AcceptedDrafts,
    /// Requests that came to their end, since it started.
    Finished,
    /// Requests that were given up, since it started.
    Aborted,
    /// Steps of its model, since it started.
    Iterations,
    /// When its process started, in seconds since the Unix epoch.
    #[serde(rename = "process_start_s")]
    ProcessStart,
}

impl Counter {
    /// Every counter, in the order in which they are shown.
    pub const ALL: [Counter; 16] = [
        Counter::Running,
        Counter::Waiting,
        Counter::KvUse,
        Counter::KvCapacity,
        Counter::Preemptions,
        Counter::PrefixHits,
        Counter::PrefixQueries,
        Counter::PromptTokens,
        Counter::GenerationTokens,
        Counter::Drafts,
        Counter::DraftTokens,
        Counter::AcceptedDrafts,
        Counter::Finished,
        Counter::Aborted,
        Counter::Iterations,
        Counter::ProcessStart,
    ];

    /// Its name, the same in profiles, files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Counter::Running => "running",
            Counter::Waiting => "waiting",
            Counter::KvUse => "kv_use",
            Counter::KvCapacity => "kv_capacity",
            Counter::Preemptions => "preemptions",
            Counter::PrefixHits => "prefix_hits",
            Counter::PrefixQueries => "prefix_queries",
            Counter::PromptTokens => "prompt_tokens",
            Counter::GenerationTokens => "generation_tokens",
            Counter::Drafts => "drafts",
            Counter::DraftTokens => "draft_tokens",
            Counter::AcceptedDrafts => "accepted_drafts",
            Counter::Finished => "finished",
            Counter::Aborted => "aborted",
            Counter::Iterations => "iterations",
            Counter::ProcessStart => "process_start_s",
        }
    }

    /// What it is counted in.
    pub fn unit(self) -> &'static str {
        match self {
            Counter::Running | Counter::Waiting | Counter::Finished | Counter::Aborted => {
                "requests"
            }
            Counter::KvUse => "share",
            Counter::KvCapacity
            | Counter::PrefixHits
            | Counter::PrefixQueries
            | Counter::PromptTokens
            | Counter::GenerationTokens
            | Counter::DraftTokens
            | Counter::AcceptedDrafts => "tokens",
            Counter::Preemptions => "preemptions",
            Counter::Drafts => "drafts",
            Counter::Iterations => "steps",
            Counter::ProcessStart => "s",
        }
    }
}

/// What an engine counts of itself; `None` where it publishes no such number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineCounters {
    /// As [`Counter::Running`].
    pub running: Option<f64>,
    /// As [`Counter::Waiting`].
    pub waiting: Option<f64>,
    /// As [`Counter::KvUse`].
    pub kv_use: Option<f64>,
    /// As [`Counter::KvCapacity`].
    pub kv_capacity: Option<f64>,
    /// As [`Counter::Preemptions`].
    pub preemptions: Option<f64>,
    /// As [`Counter::PrefixHits`].
    pub prefix_hits: Option<f64>,
    /// As [`Counter::PrefixQueries`].
    pub prefix_queries: Option<f64>,
    /// As [`Counter::PromptTokens`].
    pub prompt_tokens: Option<f64>,
    /// As [`Counter::GenerationTokens`].
    pub generation_tokens: Option<f64>,
    /// As [`Counter::Drafts`].
    pub drafts: Option<f64>,
    /// As [`Counter::DraftTokens`].
    pub draft_tokens: Option<f64>,
    /// As [`Counter::AcceptedDrafts`].
    pub accepted_drafts: Option<f64>,
    /// As [`Counter::Finished`].
    pub finished: Option<f64>,
    /// As [`Counter::Aborted`].
    pub aborted: Option<f64>,
    /// As [`Counter::Iterations`].
    pub iterations: Option<f64>,
    /// As [`Counter::ProcessStart`]. It changes when the engine was restarted
    /// behind our back.
    pub process_start_s: Option<f64>,
}

impl EngineCounters {
    /// Reads the counters out of a scrape, under the names of the engine's
    /// profile; without one, under those of every engine that is known.
    ///
    /// Series of several replicas, models or routes add up (a share is their
    /// mean, a start the latest); those that every rank of one replica
    /// publishes count once, by its first rank.
    pub fn read(samples: &[Sample], names: Option<&CounterNames>) -> EngineCounters {
        let names = match names {
            Some(names) => &names.names,
            None => known::names(),
        };
        let mut counters = EngineCounters::default();
        for counter in Counter::ALL {
            *counters.slot(counter) = read::value(samples, counter, names.of(counter));
        }
        counters
    }

    /// The value of one counter.
    pub fn get(mut self, counter: Counter) -> Option<f64> {
        *self.slot(counter)
    }

    /// The counters that are there.
    pub fn iter(self) -> impl Iterator<Item = (Counter, f64)> {
        Counter::ALL.into_iter().filter_map(move |counter| Some((counter, self.get(counter)?)))
    }

    fn slot(&mut self, counter: Counter) -> &mut Option<f64> {
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

/// Every sample of what an engine publishes, be it Prometheus text or JSON.
///
/// # Errors
/// If it is neither.
pub fn parse_samples(text: &str) -> Result<Vec<Sample>, MetricsError> {
    // No line of the text format begins with either bracket.
    if text.trim_start().starts_with(['{', '[']) {
        json::samples(text)
    } else {
        parse_metrics(text)
    }
}

/// Asks for `/metrics` and reads the counters. A server without that route
/// (404) gives `None`.
pub fn scrape(control: &Control) -> Result<Option<EngineCounters>, EngineError> {
    scrape_named(control, None)
}

/// As [`scrape`], where and under the names that a profile knows.
pub fn scrape_named(
    control: &Control,
    names: Option<&CounterNames>,
) -> Result<Option<EngineCounters>, EngineError> {
    let Some(answer) = scrape_raw(control, names)? else { return Ok(None) };
    let samples = parse_samples(&answer.text())
        .map_err(|source| EngineError::Metrics { url: answer.url.clone(), source })?;
    Ok(Some(EngineCounters::read(&samples, names)))
}

/// Asks for the counters and reads nothing of them: the answer as it came.
/// `None` where the server has no such route (404).
///
/// # Errors
/// What keeps an answer from coming, and any other status that is no success.
pub fn scrape_raw(
    control: &Control,
    names: Option<&CounterNames>,
) -> Result<Option<Answer>, EngineError> {
    let answer = control.get(names.map_or(METRICS, |names| &names.route))?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => Ok(Some(answer)),
        _ => Err(control.refusal(&answer)),
    }
}

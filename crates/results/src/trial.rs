//! `trial.json`: what was done in one trial, what was seen, and what it adds up
//! to. The numbers in it were computed elsewhere.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokenometer_core::{Dialect, Instrument, Nanos, Summary, Validity};

use crate::{FailureSeen, Invocation, Kept, Serving, SimulationSeen};

/// One scenario on one arm in one block: everything known of it but its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The program that measured.
    pub tool: Tool,
    /// The block, from 1.
    pub block: u32,
    /// The arm: one engine set up one way.
    pub arm: String,
    /// The scenario: one workload under one load.
    pub scenario: String,
    /// How many blocks the study plans. With fewer than three there are
    /// numbers, but no verdict.
    pub blocks: u32,
    /// Whether the engine was simulated: such numbers say nothing about any
    /// real engine.
    pub simulated: bool,
    /// What it simulated; absent where it kept to a script, told nothing of it, or
    /// was not simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulation: Option<SimulationSeen>,
    /// Whether the trial was stopped before its end.
    pub interrupted: bool,
    /// When the load began, in nanoseconds since the Unix epoch.
    pub started_ns: i64,
    /// Which of several passes over the same cell this was, from 1.
    #[serde(default = "first_pass")]
    pub pass: u32,
    /// What was measured.
    pub target: TargetSeen,
    /// What was sent.
    pub workload: WorkloadSeen,
    /// The SHA-256 of the workload: equal over all arms.
    pub workload_sha256: String,
    /// The SHA-256 of every byte of every body as this arm received it.
    pub wire_sha256: String,
    /// How it was sent.
    pub load: Load,
    /// The seeds of all that was drawn, by what was drawn.
    pub seeds: BTreeMap<String, u64>,
    /// The tokenizer with which answers were counted after the run, if one
    /// was.
    pub tokenizer: Option<String>,
    /// When each phase began and ended.
    pub phases: Phases,
    /// What the client saw of itself.
    pub instrument: Instrument,
    /// Every metric.
    pub summary: Summary,
    /// May this trial count, and why.
    pub validity: Validity,
    /// What went wrong with the cohort's requests, in the words of the server
    /// or the operating system; most frequent first.
    pub failures: Vec<FailureSeen>,
    /// The cohort's requests by the server's reason for stopping.
    pub finish_reasons: BTreeMap<String, u64>,
    /// What was asked for, in the words of whoever asked.
    #[serde(default)]
    pub invocation: Invocation,
    /// What the server told of itself after the load, without what looks like
    /// a secret.
    #[serde(default)]
    pub server_info: Option<Value>,
    /// The engine's options in force, by their common names: as it told them, and
    /// those that it doesn't tell as they were asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Value>,
    /// How the engine served meanwhile, from its own mouth.
    #[serde(default)]
    pub serving: Serving,
    /// What the run had to say that nothing else in this file shows.
    pub warnings: Vec<String>,
    /// The files beside this one.
    pub files: BTreeMap<String, Kept>,
}

impl Trial {
    /// The devices that the model was shared out over, where the engine told or a simulation
    /// says; never guessed.
    pub fn devices(&self) -> Option<u64> {
        if let Some(simulated) = &self.simulation {
            return simulated.gpus.map(u64::from);
        }
        let count = |name: &str| self.options.get(name).and_then(Value::as_u64);
        let tensor = count("tensor-parallel")?;
        let rest = ["pipeline-parallel", "data-parallel"].map(|name| count(name).unwrap_or(1));
        Some(tensor * rest[0] * rest[1])
    }
}

/// The pass of a trial that says none, as those of the first versions.
fn first_pass() -> u32 {
    1
}

/// The program that wrote a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What exactly was built: a commit, a profile, a platform.
    pub build: Option<String>,
}

/// A running endpoint, as it presented itself. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetSeen {
    /// Where it listened.
    pub address: String,
    /// How it was spoken to.
    pub dialect: Dialect,
    /// The name under which it served its model.
    pub model: String,
    /// The software, where it said which it is.
    pub engine: Option<EngineSeen>,
}

/// Software that serves a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EngineSeen {
    /// Its name: `vllm`, `sglang` …
    pub name: String,
    /// Its version, where it told.
    pub version: Option<String>,
}

/// The workload, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadSeen {
    /// Its name in this run, and that of its file.
    pub name: String,
    /// Where the prompts came from: `builtin`, `random-ids`, a file …
    pub dataset: String,
    /// How many different requests it holds for the measured window.
    pub requests: u64,
    /// The lengths of its prompts in tokens, where they are known.
    pub input_tokens: Option<Span>,
    /// The lengths asked for, in tokens.
    pub output_tokens: Option<Span>,
    /// Whether exactly those lengths were asked for, rather than at most.
    pub exact: bool,
}

/// The smallest, the mean and the largest of some whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The smallest.
    pub min: u64,
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub max: u64,
}

/// How the requests were sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// The rule by which they became due.
    pub traffic: Traffic,
    /// How much was asked for.
    pub extent: Extent,
    /// Whether the answers were asked for as streams.
    pub streamed: bool,
    /// Connections that were opened before the window.
    pub connections: u64,
    /// How long the measured requests were given to end after the window, in
    /// seconds.
    pub drain_limit_s: f64,
}

/// The rule by which requests become due.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Traffic {
    /// A fixed number of slots, each sending when its last request has ended.
    Closed {
        /// The slots.
        concurrency: u32,
    },
    /// Requests at drawn instants, whatever the server does.
    Open {
        /// Requests a second; absent where all are due at once.
        rate: Option<f64>,
        /// The shape of the gaps: 1 is Poisson, below 1 burstier, above 1 more
        /// regular; absent where the gaps are constant.
        burstiness: Option<f64>,
        /// The most requests in flight, where there is a limit.
        cap: Option<u32>,
    },
    /// Requests at drawn instants, at a rate that changes over the window.
    Ramp {
        /// Requests a second when the window opens.
        from: f64,
        /// Requests a second when it closes.
        to: f64,
        /// As of a steady rate.
        burstiness: Option<f64>,
        /// As of a steady rate.
        cap: Option<u32>,
    },
}

/// How much of a load was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// A fixed number of measured requests.
    Requests(u64),
    /// A window of fixed length, in seconds.
    DurationS(f64),
}

/// When each phase began and ended; `None` where there was none, or where the
/// trial was stopped before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Phases {
    /// Until compilation and caches had settled.
    pub warm_up: Option<PhaseSpan>,
    /// Until the load stood.
    pub ramp_in: Option<PhaseSpan>,
    /// The measured window.
    pub measure: Option<PhaseSpan>,
    /// Until the measured requests had ended.
    pub drain: Option<PhaseSpan>,
}

/// A stretch of time, `[start, end)`, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseSpan {
    /// Its first instant.
    pub start_ns: i64,
    /// The first instant after it.
    pub end_ns: i64,
}

impl PhaseSpan {
    /// The stretch between two instants.
    pub fn between(start: Nanos, end: Nanos) -> PhaseSpan {
        PhaseSpan { start_ns: start.0, end_ns: end.0 }
    }

    /// How long it is.
    pub fn length(self) -> Nanos {
        Nanos(self.end_ns - self.start_ns)
    }
}

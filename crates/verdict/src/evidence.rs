//! What a trial left behind for the gates to look at.

use std::time::Duration;

use tokenometer_core::{Instrument, Outcome, Summary};

/// Everything that the gates may look at. `None` is *not seen*: a gate that
/// needs it will say so, and won't guess.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The metrics of the trial.
    pub summary: Summary,
    /// What the client saw of itself in the window.
    pub instrument: Instrument,
    /// How requests became due.
    pub load: Load,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
    /// Whether this is a rehearsal: too short to conclude from, and known to
    /// be.
    pub rehearsal: bool,
    /// Whether every request asked for an exact number of tokens.
    pub exact_lengths: bool,
    /// Tokens asked for, over the cohort's requests that finished properly
    /// (`ok`, `short`, `long`).
    pub output_tokens_asked: Option<u64>,
    /// Tokens generated (M4), over the same requests.
    pub output_tokens_finished: Option<u64>,
    /// The warm-up; `None` if there was none.
    pub warm_up: Option<WarmUp>,
    /// How the load went, bin by bin.
    pub steadiness: Option<Steadiness>,
    /// Cohort requests of an open loop that were still unfinished at the
    /// window's end plus twice the warm-up's p99 of E2E.
    pub unfinished_late: Option<u64>,
    /// Requests running and waiting in the engine by its own counters,
    /// averaged over the window.
    pub server_concurrency: Option<f64>,
    /// What is known of the engine's life.
    pub engine: EngineFacts,
    /// How its settings stand to those that were declared; `None` if none were.
    pub configuration: Option<ConfigurationFacts>,
    /// Our own counts beside the server's; `None` if no tokenizer was given.
    pub tokenizer: Option<TokenizerFacts>,
    /// What is known of the engine's prefix cache.
    pub cache: CacheFacts,
}

impl Evidence {
    /// The cohort's requests that ended so.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.summary.outcomes.get(outcome.name()).copied().unwrap_or(0)
    }

    /// The cohort's requests that ended in one of these ways.
    pub fn count_any(&self, outcomes: &[Outcome]) -> u64 {
        outcomes.iter().map(|outcome| self.count(*outcome)).sum()
    }
}

/// How requests became due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Load {
    /// A fixed number of slots, each sending when its last request has ended.
    #[default]
    Closed,
    /// At drawn or given instants, whatever the server does.
    Open {
        /// Whether `--max-concurrency` holds requests back in the client.
        capped: bool,
    },
    /// All at once (`--request-rate inf`).
    Burst {
        /// Whether `--max-concurrency` holds requests back in the client.
        capped: bool,
    },
}

impl Load {
    /// Whether requests may wait in a queue of the client's that was asked
    /// for.
    pub fn is_capped(self) -> bool {
        matches!(self, Load::Open { capped: true } | Load::Burst { capped: true })
    }
}

/// How the warm-up went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WarmUp {
    /// How many requests it sent.
    pub requests: u64,
    /// How long it took.
    pub length: Duration,
    /// Its requests in the order of their ends, in batches of
    /// max(20, 2 · concurrency); the incomplete last batch is left out.
    pub batches: Vec<WarmUpBatch>,
    /// Whether it sent prompts of every power-of-two class of lengths that the
    /// schedule holds.
    pub saw_every_class: Option<bool>,
}

/// One batch of a warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WarmUpBatch {
    /// Generated tokens a second over the batch.
    pub tokens_per_second: Option<f64>,
    /// The median TPOT of its requests, in milliseconds.
    pub tpot_p50_ms: Option<f64>,
}

/// The window in 20 bins of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steadiness {
    /// Generated tokens a second, by arrival in the bin.
    pub tokens_per_second: Vec<f64>,
    /// Requests due and not yet ended, averaged over the bin; those that wait
    /// in the client's own queue count too.
    pub in_flight: Vec<f64>,
}

/// What is known of the engine's life over the trial.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineFacts {
    /// Whether it still answered its control plane after the drain.
    pub answers_after: Option<bool>,
    /// When its process started, in seconds since the Unix epoch, as it said
    /// before the load.
    pub start_before_s: Option<f64>,
    /// The same, as it said after the drain.
    pub start_after_s: Option<f64>,
    /// Cohort requests whose stream fell silent until the idle limit.
    pub idle_timeouts: Option<u64>,
}

/// How an engine's settings stand to those that were declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigurationFacts {
    /// Declared options that it says are in force.
    pub as_declared: u64,
    /// Those that it says are set otherwise, each with what was declared and
    /// what it says.
    pub otherwise: Vec<String>,
    /// Those of which it says nothing.
    pub not_told: u64,
}

/// Totals over the cohort's `ok` requests for which both sides have counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenizerFacts {
    /// Prompt tokens by the server.
    pub input_server: Option<u64>,
    /// Prompt tokens by our tokenizer.
    pub input_counted: Option<u64>,
    /// Generated tokens by the server.
    pub output_server: Option<u64>,
    /// Generated tokens by our tokenizer.
    pub output_counted: Option<u64>,
}

/// What is known of the engine's prefix cache.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CacheFacts {
    /// Cached prompt tokens ÷ prompt tokens over the window, by the engine's
    /// counters or its `cached_tokens`.
    pub hit_share: Option<f64>,
    /// The same share, as the workload's longest common prefixes predict it.
    pub expected_share: Option<f64>,
    /// Whether the workload is to find the cache cold.
    pub cold: bool,
}

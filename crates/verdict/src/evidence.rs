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
    /// How late each request of the cohort was sent, in milliseconds: what there
    /// is to go by where the summary has too few for a p99.
    pub lateness_ms: Vec<f64>,
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
    /// Cohort requests that were still unfinished at the window's end plus
    /// twice the warm-up's p99 of E2E; `None` where no warm-up tells that.
    pub unfinished_late: Option<u64>,
    /// Cohort requests that were unfinished at the window's end: never fewer.
    pub unfinished_at_end: Option<u64>,
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
    /// What is known of the machine that the engine runs on; `None` if that is
    /// another machine than the client's.
    pub machine: Option<MachineFacts>,
}

/// A fact, or why it isn't known.
pub type Known<T> = Result<T, String>;

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
    /// Requests of the load whose whole prompt it had sent already.
    pub repeated: Option<u64>,
    /// The first line about compiling that the engine wrote to its log after
    /// the last batches had begun: `Some(None)` if there was none, `None` if
    /// its log can't be read.
    pub compiled: Option<Option<String>>,
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
    /// Whether the process that answered before the load lives on, by its
    /// number and the start that the kernel has for it.
    pub same_process: Option<bool>,
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
    /// Those of which it says nothing, by name.
    pub not_told: Vec<String>,
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
    /// Whether the engine puts something around prompts that isn't known here
    /// and that all of them may share: a chat template.
    pub unknown_template: bool,
    /// Whether the cache was empty before the warm-up, so that nothing of an
    /// earlier load could be found in it.
    pub cold: bool,
}

/// What is known of the machine that client and engine share, over the load.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineFacts {
    /// Whether it has a GPU that the engine could use.
    pub has_gpu: Option<bool>,
    /// The share of all its processors' time that neither the client nor the
    /// engine took.
    pub others_cpu_share: Known<f64>,
    /// The share of all its processors' time that the host below this virtual
    /// machine took.
    pub steal_share: Known<f64>,
    /// Pages that were read back from swap.
    pub pages_swapped_in: Known<u64>,
    /// The processors that both the client and the engine may run on.
    pub shared_cpus: Known<Vec<usize>>,
    /// What of boot, kernel, governor and the like is no longer as it was when
    /// the block began.
    pub changes: Known<Vec<String>>,
}

//! What a bench may be told.

use std::path::PathBuf;
use std::time::Duration;

use tokenometer_core::metric::Objectives;
use tokenometer_core::{Address, Dialect};
use tokenometer_load::{Limits, Rendering};
use tokenometer_results::Invocation;
use tokenometer_workload::{LoadSettings, WorkloadSettings};

/// One target under one load: a study of one arm, one scenario, one block.
#[derive(Clone, Debug)]
pub struct Bench {
    /// What is measured.
    pub target: TargetSettings,
    /// What is done to it.
    pub trial: TrialSettings,
    /// Whether to refuse a server that counts prompts otherwise than the
    /// tokenizer does.
    pub strict_tokenizer: bool,
    /// Where the run folder is made. It must not hold a run yet.
    pub out: PathBuf,
}

/// What a trial is told: what is sent, when, and how.
#[derive(Clone, Debug)]
pub struct TrialSettings {
    /// How the target is spoken to.
    pub dialect: Dialect,
    /// What is sent.
    pub workload: WorkloadSettings,
    /// When it is sent, and how much of it.
    pub load: LoadSettings,
    /// What is sent before that.
    pub warm_up: WarmUp,
    /// How requests are written. The values of headers may be secrets: they
    /// are sent, and never written down.
    pub rendering: Rendering,
    /// What the engine is told to do around the load.
    pub around: Around,
    /// What every request should meet; goodput counts those that do.
    pub objectives: Objectives,
    /// How long to wait for what. Its drain limit is the least where
    /// `drain_limit` says nothing.
    pub limits: Limits,
    /// How long the measured requests may take to end after the window;
    /// `None` gives them twice the p99 of E2E that the warm-up showed (M10).
    pub drain_limit: Option<Duration>,
    /// The tokenizer of the model.
    pub tokenizer: TokenizerChoice,
    /// Whether this is a rehearsal: too short to conclude from, and known to
    /// be (W4).
    pub rehearsal: bool,
    /// What was asked for, in the words of whoever asked.
    pub invocation: Invocation,
}

/// What is measured.
#[derive(Clone, Debug)]
pub enum TargetSettings {
    /// A server that runs already.
    Running {
        /// Where.
        address: Address,
        /// The model to ask for; `None` takes the only one that it serves.
        model: Option<String>,
        /// How long to wait until it answers at all.
        ready_within: Duration,
    },
    /// The embedded engine, started for this bench as a child process.
    Embedded(Embedded),
}

/// How the embedded engine is started: arguments of `tokenometer sim` beside
/// its address and its processor.
#[derive(Clone, Debug, Default)]
pub struct Embedded {
    /// The arguments.
    pub arguments: Vec<String>,
}

/// Which tokenizer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenizerChoice {
    /// None: the server's counts are all there is.
    None,
    /// One that is named.
    Named {
        /// A path, a name in one of the caches, or `builtin`.
        name: String,
        /// Hugging Face caches to look the name up in.
        caches: Vec<PathBuf>,
    },
    /// The one that comes with this program, to make prompts with. Nothing is counted
    /// with it: the embedded engine, for which it is, counts words.
    OfPrompts,
    /// The one that the server says it has, if it lies on this machine.
    OfServer {
        /// Hugging Face caches to look its name up in.
        caches: Vec<PathBuf>,
    },
}

/// What the engine is told to do around the load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// To empty its prefix cache after the warm-up.
    pub flush_cache: bool,
    /// To run its profiler during the load.
    pub profile: bool,
}

/// What is sent before the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUp {
    /// Nothing.
    None,
    /// So many requests.
    Requests(u32),
    /// Batches of requests until throughput and pace have settled (W6), but no
    /// longer than this.
    UntilSettled {
        /// The longest.
        at_most: Duration,
    },
}

/// What only the program's entrance knows of the machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// The program itself, which is also the embedded engine.
    pub executable: PathBuf,
    /// Certificates of the authorities to trust, DER-encoded.
    pub roots: Vec<Vec<u8>>,
}

/// A bench that was carried through, or as far as it was let.
#[derive(Debug)]
pub struct Done {
    /// The run folder.
    pub run: PathBuf,
    /// What its one trial adds up to.
    pub trial: tokenometer_results::Trial,
}

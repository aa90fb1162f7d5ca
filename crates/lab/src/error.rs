//! What can keep a bench from being carried through. Requests that fail are
//! results, not errors.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why there is no result.
#[derive(Debug, Error)]
pub enum LabError {
    /// The workload can't be made.
    #[error(transparent)]
    Workload(#[from] tokenometer_workload::WorkloadError),
    /// Settings that can't be meant, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<tokenometer_workload::Mistake>),
    /// The requests can't be written in this dialect.
    #[error(transparent)]
    Prepare(#[from] tokenometer_load::PrepareError),
    /// The target doesn't answer, or not as it should.
    #[error(transparent)]
    Engine(#[from] tokenometer_engine::EngineError),
    /// The load could not be carried through.
    #[error(transparent)]
    Load(#[from] tokenometer_load::LoadError),
    /// The run folder can't be written or read.
    #[error(transparent)]
    Results(#[from] tokenometer_results::ResultsError),
    /// Somebody else carries the study out in that folder.
    #[error(
        "another tokenometer is at work in {}: wait for its end, or end it, or name another folder",
        run.display()
    )]
    Busy {
        /// The run folder.
        run: PathBuf,
    },
    /// An engine that was started did not come up.
    #[error(transparent)]
    Start(StartTrouble),
    /// The engine's software can't be had here.
    #[error(transparent)]
    Provision(#[from] tokenometer_engine::provision::ProvisionError),
    /// There is no port left on this machine.
    #[error("failed to find a free port for an engine")]
    NoPort {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A regular expression of a profile is none.
    #[error("the profile `{profile}` looks for `{pattern}` in the log, which is no pattern: {why}")]
    Pattern {
        /// The profile.
        profile: String,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file that a study names can't be read.
    #[error("failed to read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server's tokenizer isn't on this machine.
    #[error(
        "failed to find the tokenizer of the server at {address}, which calls it {}",
        .names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
    )]
    NoTokenizerOfServer {
        /// Where the server is.
        address: String,
        /// What it calls its tokenizer or its model.
        names: Vec<String>,
    },
    /// The server counts prompts otherwise.
    #[error(
        "the server has another tokenizer: in the prompt that begins {text:?} it counts {theirs} \
         tokens, and `{tokenizer}` {ours}"
    )]
    OtherTokenizer {
        /// Our tokenizer.
        tokenizer: String,
        /// Its count.
        ours: u32,
        /// The server's.
        theirs: u32,
        /// How the prompt begins.
        text: String,
    },
    /// The server can't be asked how it counts.
    #[error("failed to ask the server at {address} how it counts: its /tokenize said {said}")]
    NoCounting {
        /// Where the server is.
        address: String,
        /// What it said.
        said: String,
    },
    /// None of the prompts is plain text.
    #[error(
        "failed to compare tokenizers: only prompts that are sent as plain text can be compared"
    )]
    NothingToCompare,
    /// The engine's counters could not be watched.
    #[error(transparent)]
    Watch(#[from] tokenometer_telemetry::WatchError),
    /// What was watched could not be kept.
    #[error(transparent)]
    Watched(tokenometer_telemetry::KeepError),
    /// An arm would be sent something else than the others of its block.
    #[error(
        "`{name}` is not what another arm of this block was sent: its hash is {now}, and was \
         {kept}; this is a bug"
    )]
    OtherWorkload {
        /// The workload's name in the run folder.
        name: String,
        /// The hash of what is kept.
        kept: String,
        /// The hash of what would be sent.
        now: String,
    },
    /// The machine changes under every try of a block.
    #[error(
        "block {block} was begun {tries} times, and each time the machine had changed before it \
         was over; keep it as it is while a study runs"
    )]
    Restless {
        /// The block.
        block: u32,
        /// How often.
        tries: u32,
    },
    /// The address of a running server is none.
    #[error("arm `{arm}` is to be found at `{address}`: {why}")]
    NoAddress {
        /// The arm.
        arm: String,
        /// What was given.
        address: String,
        /// What is wrong with it.
        why: tokenometer_core::AddressError,
    },
    /// The engine is gone.
    #[error("{why}")]
    EngineLost {
        /// What was seen.
        why: String,
    },
    /// The run was stopped before anything was measured.
    #[error("stopped before anything was measured")]
    Stopped,
}

/// Why an engine that was started did not come up.
#[derive(Debug, Error)]
pub enum StartTrouble {
    /// Somebody else has its port.
    #[error("{0}")]
    Port(tokenometer_engine::process::PortTaken),
    /// Its processes could not be made.
    #[error(transparent)]
    Process(tokenometer_engine::process::ProcessError),
    /// It did not become ready.
    #[error(transparent)]
    Late(Box<tokenometer_engine::process::StartError>),
}

/// Whose fault an error is; it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The user's: flags, files, settings.
    Usage,
    /// The target's, or the engine's.
    Target,
    /// Nobody's: the run was stopped.
    Stopped,
}

impl LabError {
    /// What the log of an engine that did not come up said last, and where it
    /// is.
    pub fn last_words(&self) -> Option<(&Path, &[String])> {
        match self {
            LabError::Start(StartTrouble::Late(late)) if !late.last_lines.is_empty() => {
                Some((&late.log, &late.last_lines))
            }
            _ => None,
        }
    }

    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        use tokenometer_engine::EngineError;
        use tokenometer_load::LoadError;
        match self {
            LabError::Engine(
                EngineError::ModelNotServed { .. }
                | EngineError::SeveralModels { .. }
                | EngineError::Header { .. },
            ) => Blame::Usage,
            LabError::Workload(_) | LabError::Mistakes(_) | LabError::Prepare(_) => Blame::Usage,
            LabError::Results(_)
            | LabError::Busy { .. }
            | LabError::Watched(_)
            | LabError::Pattern { .. }
            | LabError::Restless { .. }
            | LabError::NoAddress { .. }
            | LabError::File { .. }
            | LabError::NoTokenizerOfServer { .. }
            | LabError::OtherTokenizer { .. }
            | LabError::NothingToCompare => Blame::Usage,
            LabError::Load(LoadError::FileDescriptors { .. } | LoadError::Sink(_)) => Blame::Usage,
            LabError::Load(_)
            | LabError::Engine(_)
            | LabError::NoCounting { .. }
            | LabError::EngineLost { .. }
            | LabError::Start(_)
            | LabError::NoPort { .. }
            | LabError::Provision(_)
            | LabError::Watch(_)
            | LabError::OtherWorkload { .. } => Blame::Target,
            LabError::Stopped => Blame::Stopped,
        }
    }
}

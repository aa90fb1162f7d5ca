//! What can keep a bench from being carried through. Requests that fail are
//! results, not errors.

use std::io;

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
    /// The embedded engine did not start.
    #[error("the embedded engine did not start: {why}")]
    Embedded {
        /// What it said, or what was seen.
        why: String,
        /// What the system said.
        #[source]
        source: Option<io::Error>,
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
    /// The run was stopped before anything was measured.
    #[error("stopped before anything was measured")]
    Stopped,
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
            | LabError::NoTokenizerOfServer { .. }
            | LabError::OtherTokenizer { .. }
            | LabError::NothingToCompare => Blame::Usage,
            LabError::Load(LoadError::FileDescriptors { .. } | LoadError::Sink(_)) => Blame::Usage,
            LabError::Load(_)
            | LabError::Engine(_)
            | LabError::NoCounting { .. }
            | LabError::Embedded { .. } => Blame::Target,
            LabError::Stopped => Blame::Stopped,
        }
    }
}

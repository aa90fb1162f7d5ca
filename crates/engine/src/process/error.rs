//! Why an engine's processes could not be had.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why an engine could not be started, or a keeper not do its work.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// The log can't be written.
    #[error("failed to open the engine's log at {}; check the folder's rights and the disk", path.display())]
    Log {
        /// Where it was to lie.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The keeper can't be started.
    #[error("failed to start {} as the keeper of an engine", program.display())]
    Keeper {
        /// The program that was to be it.
        program: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The keeper ended, or said nothing, before the engine ran.
    #[error("the keeper of an engine {did} before the engine ran; see {}", log.display())]
    KeeperSilent {
        /// What it did.
        did: &'static str,
        /// Where its own words stand.
        log: PathBuf,
    },
    /// The engine can't be started.
    #[error("failed to start the engine: {why}")]
    Engine {
        /// What the keeper said.
        why: String,
    },
    /// A keeper was not given a job that it understands.
    #[error("a keeper is started by tokenometer itself, with its job as one line on stdin: {why}")]
    Job {
        /// What is wrong with what it was given.
        why: String,
    },
    /// A keeper can't do what its work needs.
    #[error("failed to {what}")]
    Kernel {
        /// What it was about to do.
        what: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

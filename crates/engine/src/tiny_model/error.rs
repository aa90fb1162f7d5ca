//! Why a tiny model could not be made.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a tiny model could not be made.
#[derive(Debug, Error)]
pub enum TinyModelError {
    /// The tokenizer isn't of the kind that the model needs.
    #[error("the tokenizer can't be a tiny model's: {why}; it has to be byte-level BPE")]
    Tokenizer {
        /// What about it is in the way.
        why: String,
    },
    /// Another model lies there.
    #[error(
        "{} is there already, and is no file of this model; name another folder, or remove it",
        path.display()
    )]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// A file or the folder can't be read or written.
    #[error("failed to {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

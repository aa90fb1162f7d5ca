//! Conversations that people had, or might have had: the material of several
//! datasets, by our own rules and by other tools'.
//!
//! They are read from a JSON file in the shape of ShareGPT's, or written by
//! this project. Which of them are taken, and in which order, is for others to
//! say: nothing is filtered here but what holds no turn at all.

mod builtin;
mod file;

use std::sync::Arc;

use crate::{Source, WorkloadError};

pub use builtin::write_builtin_conversations;

/// How many turns of a conversation are kept. Nobody looks further than at the
/// first prompt and its answer, and the rest of ShareGPT's file would take
/// several times as much memory as those.
const KEPT_TURNS: usize = 2;

/// A conversation, or rather its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conversation {
    /// Its first turns, one or two.
    pub turns: Vec<Turn>,
}

/// What was said at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Who said it, in the words of the file: `human`, `gpt`, `user` …; empty
    /// where it doesn't say.
    pub role: String,
    /// What was said.
    pub text: String,
}

/// The conversations of a source, in its order.
///
/// # Errors
///
/// [`WorkloadError::Mistakes`] where a file can't be read, or holds something
/// else.
pub(crate) fn load(source: &Source) -> Result<Arc<Vec<Conversation>>, WorkloadError> {
    match source {
        Source::Builtin => Ok(builtin::conversations()),
        Source::File(path) => match file::read(path) {
            Ok(conversations) => Ok(Arc::new(conversations)),
            Err(mistake) => Err(WorkloadError::Mistakes(vec![mistake])),
        },
    }
}

//! What an engine's prefix cache held before a trial's warm-up, and the words for
//! it: they stand in `trial.json`, and are read again where arms are compared.

use std::fmt;

/// What was done for a prefix cache, and what it holds after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CacheState {
    /// The engine was just started.
    Fresh,
    /// It was emptied, by this route.
    Emptied(String),
    /// It holds what the trial before has left, since it could not be emptied: why.
    AsLeft(String),
    /// The server was running before we came.
    Unknown,
}

const FRESH: &str = "as a fresh start has it";
const EMPTIED: &str = "emptied by ";
const AS_LEFT: &str = "as the trial before left it: ";
const UNKNOWN: &str = "unknown: the server was running already";

impl CacheState {
    /// Reads the words again; nothing where they are of another version.
    pub(crate) fn read(words: &str) -> Option<CacheState> {
        if let Some(route) = words.strip_prefix(EMPTIED) {
            return Some(CacheState::Emptied(route.to_owned()));
        }
        if let Some(why) = words.strip_prefix(AS_LEFT) {
            return Some(CacheState::AsLeft(why.to_owned()));
        }
        match words {
            FRESH => Some(CacheState::Fresh),
            UNKNOWN => Some(CacheState::Unknown),
            _ => None,
        }
    }

    /// Whether nothing of an earlier load is in it; `None` if nobody knows.
    pub(crate) fn is_empty(&self) -> Option<bool> {
        match self {
            CacheState::Fresh | CacheState::Emptied(_) => Some(true),
            CacheState::AsLeft(_) => Some(false),
            CacheState::Unknown => None,
        }
    }
}

impl fmt::Display for CacheState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CacheState::Fresh => f.write_str(FRESH),
            CacheState::Emptied(route) => write!(f, "{EMPTIED}{route}"),
            CacheState::AsLeft(why) => write!(f, "{AS_LEFT}{why}"),
            CacheState::Unknown => f.write_str(UNKNOWN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_read_again() {
        for (state, is_empty) in [
            (CacheState::Fresh, Some(true)),
            (CacheState::Emptied("/flush_cache".to_owned()), Some(true)),
            (CacheState::AsLeft("it can't be emptied".to_owned()), Some(false)),
            (CacheState::Unknown, None),
        ] {
            assert_eq!(CacheState::read(&state.to_string()), Some(state.clone()));
            assert_eq!(state.is_empty(), is_empty);
        }
        assert_eq!(CacheState::read("lukewarm"), None);
    }
}

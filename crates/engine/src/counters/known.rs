//! The names of every engine that is known, for a server whose profile nobody
//! has named: those of all built-in profiles. An engine publishes under a prefix
//! of its own, so they don't get in each other's way.

use std::path::Path;
use std::sync::LazyLock;

use super::{Counter, NamesByCounter};
use crate::profile::{ProfileFile, builtin_names};

/// The union of all names.
pub(super) fn names() -> &'static NamesByCounter {
    static NAMES: LazyLock<NamesByCounter> = LazyLock::new(|| {
        let mut names = NamesByCounter::default();
        for name in builtin_names() {
            let profile = ProfileFile::find(name, Path::new("")).and_then(|file| file.at(None));
            let profile = profile.expect("a test reads every built-in profile");
            if let Some(counters) = profile.counters {
                names.join(counters.names);
            }
        }
        names
    });
    &NAMES
}

impl NamesByCounter {
    /// Adds the series of another engine that are not there yet.
    fn join(&mut self, other: NamesByCounter) {
        for counter in Counter::ALL {
            for series in other.of(counter) {
                if !self.of(counter).contains(series) {
                    self.slot(counter).push(series.clone());
                }
            }
        }
    }
}

//! What keeps this machine from measuring exactly, and what would help.
//!
//! Each check is one file. It says what it saw, what that means for the
//! numbers, and, where something is amiss, how to mend it. What `/proc` and
//! `/sys` tell is read below a root that is given, so that any machine can be
//! imitated by a folder; what has to be tried is tried, and judged by a function
//! of what came of it.
//!
//! Nothing here changes anything on the machine.

mod clock_source;
mod clock_steps;
mod cores;
mod files;
mod governor;
mod memory;
mod noise;
mod other_work;
mod ports;
mod quota;
mod stamps;
mod wake_up;

use std::fs;
use std::path::Path;

pub use noise::judge_noise;
use serde::Serialize;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it stands.
    pub status: Status,
    /// What was seen.
    pub saw: String,
    /// What that means for measuring.
    pub means: String,
    /// How to mend it; `None` where nothing needs mending.
    pub fix: Option<String>,
}

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Good,
    /// It may harm some measurements.
    Doubtful,
    /// It harms measurements.
    Bad,
    /// It can't be seen here.
    Unknown,
}

impl Check {
    fn good(name: &'static str, saw: impl Into<String>, means: &str) -> Check {
        let (saw, means) = (saw.into(), means.to_owned());
        Check { name, status: Status::Good, saw, means, fix: None }
    }

    fn doubtful(name: &'static str, saw: impl Into<String>, means: &str, fix: &str) -> Check {
        let fix = Some(fix.to_owned());
        Check { status: Status::Doubtful, fix, ..Check::good(name, saw, means) }
    }

    fn bad(name: &'static str, saw: impl Into<String>, means: &str, fix: &str) -> Check {
        Check { status: Status::Bad, ..Check::doubtful(name, saw, means, fix) }
    }

    fn unknown(name: &'static str, saw: impl Into<String>, means: &str) -> Check {
        Check { status: Status::Unknown, ..Check::good(name, saw, means) }
    }
}

/// Looks at everything. Takes about three seconds, since clocks and timers have
/// to be watched for a while. `root` is `/`, but for tests.
pub fn examine(root: &Path) -> Vec<Check> {
    vec![
        stamps::check(),
        clock_source::check(root),
        clock_steps::check(),
        wake_up::check(),
        cores::check(root),
        quota::check(root),
        governor::check(root),
        other_work::check(root),
        memory::check(root),
        files::check(),
        ports::range(root),
        ports::backlog(root),
    ]
}

/// The text of a file, without blanks around it; `None` where it can't be read.
fn read(root: &Path, path: &str) -> Option<String> {
    fs::read_to_string(root.join(path)).ok().map(|text| text.trim().to_owned())
}

/// The value at a quantile of values in ascending order, by nearest rank.
pub(crate) fn at_quantile(ascending: &[i64], quantile: f64) -> Option<i64> {
    let rank = (quantile * ascending.len() as f64).ceil().max(1.0) as usize;
    ascending.get(rank - 1).copied()
}

/// Nanoseconds as people read them.
fn micros(nanos: i64) -> String {
    format!("{:.1} µs", nanos as f64 / 1e3)
}

#[cfg(test)]
mod testing {
    use std::fs;

    use tempfile::TempDir;

    /// A machine that tells this.
    pub(super) fn machine(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }
}

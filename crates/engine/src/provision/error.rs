//! Why an engine can't be had, in words that say what, where, why, and what to
//! do.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use thiserror::Error;
use tokenometer_core::Mistake;

use super::Kind;
use super::machine::Lack;

/// Why an engine can't be had.
#[derive(Debug, Error)]
pub enum ProvisionError {
    /// None of the ways that its profile names is usable here.
    #[error(
        "there is no way to have {name} on this machine{}",
        ways.iter().map(Unusable::line).collect::<String>()
    )]
    NoWay {
        /// The engine with its version.
        name: String,
        /// Each way, and why not. None, if the profile names none.
        ways: Vec<Unusable>,
    },
    /// A program that was run on the way did not do its work.
    #[error(
        "failed to {doing} for {name} ({status}); {cure}; all that it said is in {}{}",
        log.display(),
        quoted(lines)
    )]
    Step {
        /// The engine with its version.
        name: String,
        /// What was being done: `install the packages`.
        doing: String,
        /// How the program ended.
        status: ExitStatus,
        /// The last lines that it printed.
        lines: Vec<String>,
        /// What to do.
        cure: &'static str,
        /// All that it printed.
        log: PathBuf,
    },
    /// No space is left.
    #[error(
        "failed to make {}: the disk is full; free some space (what lies beside it may be removed: it is \
         made again when it is needed), or have the cache on another disk, by XDG_CACHE_HOME",
        path.display()
    )]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// The program that is to be started is not there.
    #[error(
        "{place} has no program `{program}`; let the profile name what brings it, or another command"
    )]
    NoProgram {
        /// Where it was looked for: an environment, or the PATH.
        place: String,
        /// The program that the command begins with.
        program: String,
    },
    /// The profile speaks of something that is not known.
    #[error("{0}")]
    Mistake(Mistake),
    /// Somebody asked to stop.
    #[error(
        "stopped while it was to {doing} for {name}; what had come is kept where it can be used"
    )]
    Stopped {
        /// The engine with its version.
        name: String,
        /// What was being done.
        doing: String,
    },
    /// Any other refusal of the operating system.
    #[error("failed to {doing} {}", path.display())]
    File {
        /// `write`, `read`, `run` …
        doing: &'static str,
        /// The file, folder or program.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
}

/// A way of having an engine that can't be gone here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Which way.
    pub kind: Kind,
    /// Why not.
    pub why: String,
    /// What would change that.
    pub cure: String,
    /// The folders in which a program was looked for, where one is missing.
    pub looked: Vec<PathBuf>,
}

impl Unusable {
    pub(super) fn new(kind: Kind, lack: Lack) -> Unusable {
        Unusable { kind, why: lack.why, cure: lack.cure, looked: lack.looked }
    }

    /// It as a line below a message.
    fn line(&self) -> String {
        let looked: Vec<_> = self.looked.iter().map(|path| path.display().to_string()).collect();
        let looked = match &looked[..] {
            [] => String::new(),
            looked => format!(" (looked in {})", looked.join(", ")),
        };
        format!("\n  {}: {}{looked}; {}", self.kind.name(), self.why, self.cure)
    }
}

/// What the words of a program show to be the matter, and what to do. The first
/// that is found among its last lines.
const CURES: [(&[&str], &str); 6] = [
    (
        &["UnknownIssuer", "invalid peer certificate", "certificate verify failed"],
        "the server's certificate is not trusted: name the file with your authorities in \
         SSL_CERT_FILE, or set UV_SYSTEM_CERTS=1",
    ),
    (
        &["No solution found"],
        "what it asks for can't be installed together: see which requirement is in the way, and \
         replace it under `overrides`",
    ),
    (
        &["No interpreter found", "No download found", "Invalid version request"],
        "there is no such Python: name another `version` under `python`",
    ),
    (
        &[
            "dns error",
            "error sending request",
            "Connection refused",
            "Network is unreachable",
            "Name or service not known",
            "Temporary failure in name resolution",
            "no such host",
            "Could not connect",
            "i/o timeout",
        ],
        "the network can't be reached: see whether it is there, and whether HTTPS_PROXY must be set",
    ),
    (
        &[
            "manifest unknown",
            "not found: manifest",
            "pull access denied",
            "repository does not exist",
        ],
        "there is no such image, or it is not for everybody: check its name and tag, and log in",
    ),
    (
        &["Failed to build"],
        "it had to be compiled, and that failed: see what it lacks, or choose versions that come \
         built for this Python and machine",
    ),
];

/// What is said by whom runs out of space.
const FULL: [&str; 3] = ["No space left on device", "os error 28", "Disk quota exceeded"];

impl ProvisionError {
    /// Sorts what a program said when it failed by what can be done about it.
    pub(super) fn step(
        name: &str,
        doing: &str,
        (status, lines): (ExitStatus, Vec<String>),
        log: &Path,
    ) -> ProvisionError {
        let says =
            |words: &[&str]| words.iter().any(|word| lines.iter().any(|line| line.contains(word)));
        if says(&FULL) {
            return ProvisionError::DiskFull { path: log.with_extension("") };
        }
        let cure = CURES.iter().find(|(words, _)| says(words)).map(|(_, cure)| *cure);
        let cure = cure.unwrap_or("mend what its last lines complain of");
        let (name, doing, log) = (name.to_owned(), doing.to_owned(), log.to_owned());
        ProvisionError::Step { name, doing, status, lines, cure, log }
    }

    /// Sorts an error of the operating system by what can be done about it.
    pub(super) fn file(doing: &'static str, path: &Path, source: io::Error) -> ProvisionError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                ProvisionError::DiskFull { path }
            }
            _ => ProvisionError::File { doing, path, source },
        }
    }
}

/// Lines of a program, set off from our own words.
fn quoted(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  | {line}")).collect()
}

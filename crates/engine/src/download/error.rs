//! Why a file could not be fetched, in words that say what, where, why, and
//! what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::EngineError;

/// Why a file could not be fetched. No variant ever holds a token, or the query
/// of a redirect.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// It is no URL that can be fetched.
    #[error("failed to fetch `{url}`: {why}")]
    Url {
        /// What was given, or what a server redirected to.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server can't be reached, or does not answer.
    #[error(
        "failed to fetch {url}; where this machine has no way to it, fetch the file on another one \
         and copy it to {}",
        path.display()
    )]
    Unreachable {
        /// The URL.
        url: String,
        /// Where the file was to lie.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<EngineError>,
    },
    /// There is no such file.
    #[error("{url} does not exist (HTTP {status}); check how it is spelt, and its revision")]
    Missing {
        /// The URL.
        url: String,
        /// 404 or 410.
        status: u16,
    },
    /// A token is missing, or may not read it.
    #[error("{url} is not for everybody (HTTP {status}): {text}; {cure}")]
    Forbidden {
        /// The URL.
        url: String,
        /// 401 or 403.
        status: u16,
        /// The server's words.
        text: String,
        /// What to do, by whether a token was sent.
        cure: &'static str,
    },
    /// Any other status that is no success.
    #[error("{url} answered HTTP {status}: {text}")]
    Http {
        /// The URL.
        url: String,
        /// The status.
        status: u16,
        /// The server's words.
        text: String,
    },
    /// A redirect that goes nowhere, in circles, or out of TLS.
    #[error("{url} redirects {why}; give the final address itself, if you trust it")]
    Redirect {
        /// The URL that redirects.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A page for people came instead of the file.
    #[error(
        "{url} gave an HTML page instead of the file; give the address of the file itself (on the \
         hub it has `/resolve/` in it, not `/blob/`)"
    )]
    Page {
        /// The URL.
        url: String,
    },
    /// The file came packed, though it was asked for as it is.
    #[error(
        "{url} comes packed ({encoding}), though it was asked for as it is; take another source, or \
         fetch it with a tool that unpacks, as `curl --compressed` does"
    )]
    Packed {
        /// The URL.
        url: String,
        /// The content encoding.
        encoding: String,
    },
    /// The connection was cut, again and again.
    #[error(
        "failed to fetch {url}: the connection broke {tries} times without getting any further than \
         {bytes} bytes, which are kept; run the same again to go on from there"
    )]
    Cut {
        /// The URL.
        url: String,
        /// How often in a row.
        tries: u32,
        /// How much had come.
        bytes: u64,
        /// What broke it last.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// More or less came than there is.
    #[error(
        "{url} sent {found} bytes of a file that by its own account has {stated}; they were removed \
         again: try again later, or another source"
    )]
    Size {
        /// The URL.
        url: String,
        /// What the server stated.
        stated: u64,
        /// What came.
        found: u64,
    },
    /// What came is not what was to come.
    #[error(
        "{url} is not the file that it should be, and was removed again: its SHA-256 is {found}, and \
         {by} {expected}; try again, and if it stays so take another source, or correct the SHA-256 \
         if the file was changed rightly"
    )]
    Hash {
        /// The URL.
        url: String,
        /// The hash of what came, in hexadecimal.
        found: String,
        /// The hash it should have.
        expected: String,
        /// Who says so.
        by: HashSource,
    },
    /// The server holds another file than the one wanted, and says so itself.
    #[error(
        "{url} is not the file that it should be, by its server's own word: that says its SHA-256 is \
         {stated}, and {expected} is wanted; name the revision that had it, or correct the SHA-256"
    )]
    OtherFile {
        /// The URL.
        url: String,
        /// What the server states.
        stated: String,
        /// What is wanted.
        expected: String,
    },
    /// Something lies there already.
    #[error(
        "{} is there already (its SHA-256 is {sha256}) and {}; remove it, or name another place",
        path.display(),
        match expected {
            Some(expected) => format!("is not the file wanted, whose SHA-256 is {expected}"),
            None => "nothing says whether it is the file wanted".to_owned(),
        }
    )]
    Exists {
        /// The file.
        path: PathBuf,
        /// Its hash.
        sha256: String,
        /// The hash of the file wanted, where one is known.
        expected: Option<String>,
    },
    /// Another process is fetching the same file to the same place.
    #[error(
        "failed to fetch to {}: another process is at it; wait for that one, or name another place",
        path.display()
    )]
    Busy {
        /// Where the file was to lie.
        path: PathBuf,
    },
    /// No space is left.
    #[error(
        "failed to write {}: the disk is full. What has come so far is kept; free some space and run \
         the same again, or name a place on another disk",
        path.display()
    )]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
    /// Any other refusal of the operating system.
    #[error("failed to {doing} {}", path.display())]
    File {
        /// `write`, `read` …
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: io::Error,
    },
}

/// Who says which SHA-256 a file should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashSource {
    /// Whoever wants it.
    Order,
    /// The server that has it.
    Server,
}

impl std::fmt::Display for HashSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            HashSource::Order => "the one wanted is",
            HashSource::Server => "the server itself says",
        })
    }
}

impl DownloadError {
    /// Sorts an error of the operating system by what can be done about it.
    pub(super) fn file(doing: &'static str, path: &Path, source: io::Error) -> DownloadError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                DownloadError::DiskFull { path, source }
            }
            _ => DownloadError::File { doing, path, source },
        }
    }
}

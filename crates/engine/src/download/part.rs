//! A file that has come in part: `FILE.part` with what is there, and beside it
//! `FILE.part.json`, which says of which version of what. Its hash grows with
//! it. It becomes `FILE` only when somebody says that it is whole and right.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::DownloadError;

/// What is read of a file at a time, in bytes.
const BLOCK: usize = 1 << 17;

/// Which version of what a part is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The URL that was asked for.
    pub url: String,
    /// The mark of the version, if it has a strong one.
    pub etag: Option<String>,
    /// The size of the whole, in bytes.
    pub size: Option<u64>,
    /// The SHA-256 that the server states of it.
    pub sha256: Option<String>,
}

/// A file that has come in part.
#[derive(Debug)]
pub(super) struct Part {
    to: PathBuf,
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
    origin: Option<Origin>,
}

impl Part {
    /// Takes up what has come of `url` before, or begins.
    pub(super) fn open(to: &Path, url: &str) -> Result<Part, DownloadError> {
        let path = beside(to, ".part");
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)
                .map_err(|source| DownloadError::file("make the folder", folder, source))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|source| DownloadError::file("write", &path, source))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(DownloadError::Busy { path: to.to_owned() });
            }
            // A file system without locks is no reason to fetch nothing.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let origin = fs::read(beside(to, ".part.json"))
            .ok()
            .and_then(|json| serde_json::from_slice::<Origin>(&json).ok())
            .filter(|origin| origin.url == url);
        let mut part =
            Part { to: to.to_owned(), path, file, hash: Sha256::new(), bytes: 0, origin };
        match part.origin {
            Some(_) => part.hash_what_is_there()?,
            None => part.empty()?,
        }
        Ok(part)
    }

    fn hash_what_is_there(&mut self) -> Result<(), DownloadError> {
        let failed = |path: &Path, source| DownloadError::file("read", path, source);
        let (hash, bytes) = hash_of(&mut self.file).map_err(|source| failed(&self.path, source))?;
        (self.hash, self.bytes) = (hash, bytes);
        Ok(())
    }

    /// How much is there, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The mark of the version that more can be asked of, if there is one.
    pub(super) fn resumable(&self) -> Option<&str> {
        let etag = self.origin.as_ref()?.etag.as_deref()?;
        (self.bytes > 0).then_some(etag)
    }

    /// Whether as much is there as the whole has.
    pub(super) fn is_whole(&self) -> bool {
        self.size().is_some_and(|size| size == self.bytes && size > 0)
    }

    /// The size of the whole, in bytes, if it is known.
    pub(super) fn size(&self) -> Option<u64> {
        self.origin.as_ref().and_then(|origin| origin.size)
    }

    /// The SHA-256 that the server states of the whole, if it does.
    pub(super) fn stated_sha256(&self) -> Option<&str> {
        self.origin.as_ref().and_then(|origin| origin.sha256.as_deref())
    }

    /// Begins again, with a version of `origin`.
    pub(super) fn begin(&mut self, origin: Origin) -> Result<(), DownloadError> {
        self.empty()?;
        let path = beside(&self.to, ".part.json");
        let json = serde_json::to_vec(&origin).expect("strings and numbers have a JSON form");
        fs::write(&path, json).map_err(|source| DownloadError::file("write", &path, source))?;
        self.origin = Some(origin);
        Ok(())
    }

    fn empty(&mut self) -> Result<(), DownloadError> {
        let has_content = self.file.metadata().is_ok_and(|about| about.len() > 0);
        let cut = if has_content { self.file.set_len(0) } else { Ok(()) };
        cut.and_then(|()| io::Seek::rewind(&mut self.file))
            .map_err(|source| DownloadError::file("write", &self.path, source))?;
        (self.hash, self.bytes) = (Sha256::new(), 0);
        Ok(())
    }

    /// Adds what came.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        self.file
            .write_all(bytes)
            .map_err(|source| DownloadError::file("write", &self.path, source))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The SHA-256 of what is there, in hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hexadecimal(self.hash.clone())
    }

    /// Puts it in its place. When this returns it survives a power cut.
    pub(super) fn publish(self) -> Result<(), DownloadError> {
        let failed = |source| DownloadError::file("write", &self.to, source);
        self.file.sync_all().map_err(failed)?;
        fs::rename(&self.path, &self.to).map_err(failed)?;
        let _ = fs::remove_file(beside(&self.to, ".part.json"));
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|it| it.sync_all()).map_err(failed)
    }

    /// Removes it: what is there is of no use.
    pub(super) fn discard(self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(beside(&self.to, ".part.json"));
    }
}

/// The SHA-256 of a file's content, in hexadecimal.
pub(super) fn sha256_of(path: &Path) -> io::Result<String> {
    let (hash, _) = hash_of(&mut File::open(path)?)?;
    Ok(hexadecimal(hash))
}

fn hash_of(file: &mut File) -> io::Result<(Sha256, u64)> {
    let (mut hash, mut bytes, mut block) = (Sha256::new(), 0, vec![0; BLOCK]);
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok((hash, bytes)),
            Ok(length) => {
                hash.update(&block[..length]);
                bytes += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file beside another, whose name has this at its end.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

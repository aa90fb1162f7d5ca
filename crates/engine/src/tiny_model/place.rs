//! Where the files of a tiny model come to lie: each appears whole or not at all,
//! and none takes another's place.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::TinyModelError;

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MadeFile {
    /// Its name in the model's folder.
    pub name: &'static str,
    /// Its size, in bytes.
    pub bytes: u64,
    /// The SHA-256 of its contents, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Whether it was there already, with these very contents.
    pub was_there: bool,
}

/// Puts files into a folder, unless one of them would take another's place.
pub(super) fn put(
    folder: &Path,
    files: &[(&'static str, Vec<u8>)],
) -> Result<Vec<MadeFile>, TinyModelError> {
    let mut made = Vec::new();
    for (name, contents) in files {
        let was_there = is_there(&folder.join(name), contents)?;
        let sha256 = Sha256::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect();
        made.push(MadeFile { name, bytes: contents.len() as u64, sha256, was_there });
    }
    fs::create_dir_all(folder).map_err(|source| failed("make the folder", folder, source))?;
    for ((name, contents), made) in files.iter().zip(&made) {
        if !made.was_there {
            let path = folder.join(name);
            write(&path, contents).map_err(|source| failed("write", &path, source))?;
        }
    }
    Ok(made)
}

/// Whether a file is there with these contents already; one with others is in
/// the way.
fn is_there(path: &Path, contents: &[u8]) -> Result<bool, TinyModelError> {
    match fs::read(path) {
        Ok(there) if there == contents => Ok(true),
        Ok(_) => Err(TinyModelError::Occupied { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(failed("read", path, source)),
    }
}

/// Writes a file under another name, and gives it its own once it is whole.
fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let draft = Draft(PathBuf::from(name));
    let mut file = File::create(&draft.0)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&draft.0, path)
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> TinyModelError {
    TinyModelError::File { action, path: path.to_owned(), source }
}

/// A file in the making, which is removed when it wasn't put in its place.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // After the renaming there is nothing left to remove.
        let _ = fs::remove_file(&self.0);
    }
}

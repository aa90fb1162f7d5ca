//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::ResultsError;

/// What the name of an unfinished file ends with.
pub(crate) const SUFFIX: &str = ".tmp";

/// A file in the making. It lies beside its final place under a temporary name
/// until [`Draft::publish`]; dropped before that, it is removed.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
    published: bool,
}

impl Draft {
    /// Begins the file that shall lie at `path`.
    pub(crate) fn begin(path: &Path) -> Result<Draft, ResultsError> {
        let mut name = path.as_os_str().to_owned();
        name.push(SUFFIX);
        let temporary = PathBuf::from(name);
        let file =
            File::create(&temporary).map_err(|source| ResultsError::writing(&temporary, source))?;
        Ok(Draft { path: path.to_owned(), temporary, file, published: false })
    }

    /// Where the file shall lie.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the file in its place, replacing what was there. When this returns
    /// it will survive a power cut.
    pub(crate) fn publish(mut self) -> Result<(), ResultsError> {
        let failed = |source| ResultsError::writing(&self.path, source);
        self.file.sync_all().map_err(failed)?;
        fs::rename(&self.temporary, &self.path).map_err(failed)?;
        self.published = true;
        sync_folder_of(&self.path).map_err(|source| ResultsError::writing(&self.path, source))
    }

    /// Writes a whole file in one go.
    pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), ResultsError> {
        let mut draft = Draft::begin(path)?;
        draft.write_all(content).map_err(|source| ResultsError::writing(path, source))?;
        draft.publish()
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // Whatever stopped us is being reported already. A file that stays
            // is named when the run is opened.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// How many bytes a file has.
pub(crate) fn length_of(path: &Path) -> Result<u64, ResultsError> {
    Ok(fs::metadata(path).map_err(|source| ResultsError::reading(path, source))?.len())
}

/// Makes the names in the folder of `path` survive a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_invisible_until_it_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trial.json");
        fs::write(&path, "old").unwrap();
        let mut draft = Draft::begin(&path).unwrap();
        draft.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        draft.publish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_dropped_draft_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let draft = Draft::begin(&folder.path().join("x")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(draft);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

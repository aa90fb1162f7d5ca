//! Where a command that makes a file writes it: to a file that appears whole or
//! not at all, or to stdout.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Writes what `make` makes. A file that is there already is replaced, once
/// the new one is whole. What `make` says is given back.
pub(super) fn write<T>(
    out: Option<&Path>,
    printer: Printer,
    make: impl FnOnce(&Path, &mut dyn io::Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Some(path) = out else {
        let mut text = Vec::new();
        let made = make(Path::new("stdout"), &mut text)?;
        printer.data(&String::from_utf8_lossy(&text))?;
        return Ok(made);
    };
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let draft = Draft(PathBuf::from(name));
    let file = File::create(&draft.0).map_err(|error| unwritable(path, error))?;
    let mut file = BufWriter::new(file);
    let made = make(path, &mut file)?;
    file.flush()
        .and_then(|()| file.get_ref().sync_all())
        .and_then(|()| fs::rename(&draft.0, path))
        .map_err(|error| unwritable(path, error))?;
    Ok(made)
}

/// A file in the making, which is removed when it wasn't put in its place.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // After the renaming there is nothing left to remove.
        let _ = fs::remove_file(&self.0);
    }
}

pub(super) fn unwritable(path: &Path, error: io::Error) -> Failure {
    let what = format!("failed to write {}", path.display());
    let failure = Failure::new(anyhow::Error::new(error).context(what), Exit::USAGE);
    failure.hint("check that the folder is there, may be written to, and has space left")
}

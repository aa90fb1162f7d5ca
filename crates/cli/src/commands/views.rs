//! What another tool would have shown of a trial: read from the run folder,
//! explained, and written where that tool would have written it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tokenometer_report::{Explained, Mode, ResultFile, Shown, View, ViewOptions, view};
use tokenometer_results::{Run, Trial, TrialFolder, TrialId};

use crate::exit::Exit;
use crate::failure::Failure;

/// What `tool` would have shown of the trial in `folder`.
pub(crate) fn see(
    folder: &TrialFolder,
    trial: &Trial,
    tool: View,
    options: &ViewOptions,
) -> Result<Shown, Failure> {
    let mut failed = None;
    let records =
        folder.records()?.map_while(|record| record.map_err(|error| failed = Some(error)).ok());
    let shown = view(tool, trial, records, options);
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(shown),
    }
}

/// The folder of `trial` in the run at `path`.
pub(crate) fn folder_of(path: &Path, trial: &Trial) -> Result<TrialFolder, Failure> {
    let Trial { block, arm, scenario, .. } = trial;
    let id = TrialId { block: *block, arm: arm.clone(), scenario: scenario.clone() };
    let name = id.folder_name()?;
    let found = Run::open(path)?.trials()?.into_iter().find(|one| one.path().ends_with(&name));
    found.ok_or_else(|| {
        let text = format!("failed to find the trial {name} in {}", path.display());
        Failure::new(anyhow::Error::msg(text), Exit::USAGE)
            .hint("the folder was changed while it was read; report it again")
    })
}

/// Why the tool's figures are not ours, as a table. A reason that is that of
/// the line above is not said again.
pub(crate) fn explanation(tool: View, explained: &[Explained]) -> String {
    if explained.is_empty() {
        return format!("{tool} would have shown our figures.\n");
    }
    let rows: Vec<[String; 3]> = explained
        .iter()
        .map(|one| {
            let ours = one.ours.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            [one.key.clone(), one.theirs.to_string(), ours]
        })
        .collect();
    let heads = ["figure", tool.name(), "ours"];
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(heads[column].len())
    };
    let [first, second, third] = [width(0), width(1), width(2)];
    let mut text = String::new();
    let [figure, theirs, ours] = heads;
    let _ = writeln!(text, "{figure:<first$}  {theirs:>second$}  {ours:>third$}  why");
    let mut said = "";
    for (one, [key, theirs, ours]) in explained.iter().zip(&rows) {
        let why = if one.why == said { "(likewise)" } else { one.why.as_str() };
        let _ = writeln!(text, "{key:<first$}  {theirs:>second$}  {ours:>third$}  {why}");
        said = &one.why;
    }
    text
}

/// Writes the tool's files into `folder`, and says where they lie. The first of
/// them gets `name`, if one is given.
///
/// # Errors
/// If a folder can't be made or a file can't be written.
pub(crate) fn write(
    files: &[ResultFile],
    folder: &Path,
    name: Option<&Path>,
) -> Result<Vec<PathBuf>, Failure> {
    let mut written = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let name = name.filter(|_| index == 0).unwrap_or(Path::new(&file.name));
        let path = folder.join(name);
        write_one(file, &path).map_err(|error| unwritable(&path, error))?;
        written.push(path);
    }
    Ok(written)
}

fn write_one(file: &ResultFile, path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match &file.mode {
        Mode::Create => fs::write(path, &file.bytes),
        Mode::Append { to_new, to_old } => {
            let mut open = File::options().create(true).append(true).open(path)?;
            let before = if open.metadata()?.len() == 0 { to_new } else { to_old };
            // One write, so that two that append at once don't mix their lines.
            open.write_all(&[before.as_slice(), &file.bytes].concat())
        }
    }
}

/// What to say of a file that can't be written.
pub(super) fn unwritable(path: &Path, error: io::Error) -> Failure {
    let what = format!("failed to write {}", path.display());
    Failure::new(anyhow::Error::new(error).context(what), Exit::USAGE)
        .hint("check that the folder may be written to and has space left")
}

//! The files that a report writes: itself, its pictures, and those of another tool.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use tokenometer_report::export::Exported;
use tokenometer_report::{Plots, View, ViewOptions};
use tokenometer_results::{Run, TrialId};

use super::Found;
use crate::commands::studies::REPORT;
use crate::commands::views;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Writes a file, whole or not at all, with the folders above it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path.is_dir() {
        let text = format!("failed to write {}: it is a folder", path.display());
        return Err(Failure::new(anyhow::Error::msg(text), Exit::USAGE)
            .hint(format!("name a file in it, as in {}", path.join("report").display())));
    }
    put(path, bytes).map_err(|error| views::unwritable(path, error))
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    // What is no file, as a pipe or a terminal, can't be replaced.
    if path.exists() && !path.is_file() {
        return fs::write(path, bytes);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let draft = path.with_file_name(name);
    fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path)).inspect_err(|_| {
        // Nobody is helped by half a file; that it can't be removed says no more than the
        // error that is told.
        let _ = fs::remove_file(&draft);
    })
}

/// Refuses to take a file for a folder, before anything is drawn for it.
fn must_be_a_folder(path: &Path) -> Result<(), Failure> {
    if !path.exists() || path.is_dir() {
        return Ok(());
    }
    let text = format!("failed to write into {}: it is no folder", path.display());
    Err(Failure::new(anyhow::Error::msg(text), Exit::USAGE)
        .hint("name a folder, which need not be there yet"))
}

/// Writes the report and the pictures of a study into its own folder, where whoever looks
/// into it finds them.
pub(in crate::commands) fn keep(study: &Found, run: &Path) -> Result<(), Failure> {
    write(&run.join(REPORT), study.html()?.as_bytes())?;
    let folder = run.join("plots");
    discard_pictures(&folder).map_err(|error| views::unwritable(&folder, error))?;
    write_plots(&study.plots()?, &folder).map(drop)
}

/// Removes the pictures of an earlier report: what has come to the run since may have left
/// some of them without anything to show.
fn discard_pictures(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "svg" || kind == "png") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Writes the pictures of a study into a folder, and says so.
pub(super) fn plots(study: &Found, folder: &Path, printer: Printer) -> Result<(), Failure> {
    must_be_a_folder(folder)?;
    let plots = study.plots()?;
    let count = write_plots(&plots, folder)?;
    for (name, why) in &plots.left_out {
        printer.say(&format!("no {name}: {why}"));
    }
    printer.say(&format!("{count} pictures written to {}", folder.display()));
    Ok(())
}

/// Writes pictures into a folder: how many.
fn write_plots(plots: &Plots, folder: &Path) -> Result<usize, Failure> {
    let mut count = 0;
    for plot in &plots.plots {
        let files = plot.files().map_err(|error| {
            let text = format!("failed to draw {}", plot.name);
            Failure::new(anyhow::Error::new(error).context(text), Exit::BUG)
        })?;
        for (name, bytes) in files {
            write(&folder.join(name), &bytes)?;
            count += 1;
        }
    }
    Ok(count)
}

/// Writes the files of `llm_infra_bench` of a study into a folder.
pub(super) fn export(
    study: &Found,
    run: &Run,
    folder: &Path,
    printer: Printer,
) -> Result<(), Failure> {
    must_be_a_folder(folder)?;
    study.exported(|exported| {
        for (which, why) in &exported.left_out {
            printer.say(&format!("left out: {which}: {why}"));
        }
        if exported.trials.is_empty() {
            return Err(nothing_to_export(run));
        }
        let written = write_exported(&exported, run, folder)?;
        let trials = exported.trials.len();
        let word = if trials == 1 { "trial" } else { "trials" };
        printer.say(&format!(
            "{trials} {word} written to {} files in {}",
            written.len(),
            folder.display()
        ));
        Ok(())
    })
}

fn write_exported(
    exported: &Exported<'_>,
    run: &Run,
    folder: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let mut written: Vec<PathBuf> = Vec::new();
    for one in &exported.trials {
        let trial = one.trial;
        let (arm, scenario) = (trial.arm.clone(), trial.scenario.clone());
        let kept = run.trial(&TrialId { block: trial.block, arm, scenario })?;
        let shown = views::see(&kept, trial, View::LlmInfraBench, &ViewOptions::default())?;
        for file in &shown.files {
            stays_below(Path::new(&one.below).join(&file.name).as_path())?;
        }
        for path in views::write(&shown.files, &folder.join(&one.below), None)? {
            if !written.contains(&path) {
                written.push(path);
            }
        }
    }
    Ok(written)
}

/// Names of engines and models are a server's own words: none of them may lead out of the
/// folder that was named.
fn stays_below(path: &Path) -> Result<(), Failure> {
    if path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(());
    }
    let text = format!("failed to export: {} would lead out of the folder", path.display());
    Err(Failure::new(anyhow::Error::msg(text), Exit::USAGE)
        .hint("an engine or a model in this run has a name that no folder can have"))
}

fn nothing_to_export(run: &Run) -> Failure {
    let text = format!(
        "failed to export {}: none of its trials is a closed loop that counts",
        run.path().display()
    );
    Failure::new(anyhow::Error::msg(text), Exit::USAGE)
        .hint("see all of its numbers with `tokenometer report RUN --format csv`")
}

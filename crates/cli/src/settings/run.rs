//! The study that `tokenometer run` was given, and its plan.

use std::fs;
use std::path::{Path, PathBuf};

use tokenometer_lab::study::{Plan, World, read};

use super::new_folder;
use crate::args::RunArgs;
use crate::environment::Environment;
use crate::failure::Mistake;

/// What is to be done with a study.
pub(crate) struct ToRun {
    /// Its plan.
    pub(crate) plan: Plan,
    /// Whether only to say what would be done.
    pub(crate) dry_run: bool,
    /// Where the run folder is, or is made.
    pub(crate) out: PathBuf,
    /// Whether a run goes on there.
    pub(crate) resume: bool,
    /// Whether to print JSON.
    pub(crate) json: bool,
    /// Whether to show how far it is.
    pub(crate) progress: bool,
}

/// Reads the study and makes its plan, or tells everything that is wrong with
/// it.
pub(crate) fn run(args: RunArgs, environment: &Environment) -> Result<ToRun, Vec<Mistake>> {
    let name = args.study.display().to_string();
    let text = fs::read_to_string(&args.study).map_err(|why| {
        vec![Mistake::new(&name, format_args!("can't be read: {why}"), "check the path")]
    })?;
    let world = World {
        folder: &folder(&args.study),
        datasets: environment.datasets.as_deref(),
        hub_caches: &environment.hub_caches,
        variable: &crate::environment::variable,
    };
    let plan = read(&name, &text, world.folder)
        .and_then(|written| Plan::make(&written, &world))
        .map_err(|mistakes| mistakes.into_iter().map(Mistake::from).collect::<Vec<_>>())?;
    Ok(ToRun {
        plan,
        dry_run: args.dry_run,
        out: args.out.unwrap_or_else(new_folder),
        resume: args.resume,
        json: args.json,
        progress: !args.no_progress,
    })
}

/// The folder of a file.
fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

//! `tokenometer bench`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tokenometer_core::validity::Standing;
use tokenometer_core::{Observer, Outcome, Validity};
use tokenometer_lab::{Bench, Done, TargetSettings};
use tokenometer_load::Stop;
use tokenometer_report::{View, ViewOptions, console, json_line};
use tokenometer_results::Trial;

use super::{host, views};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::settings::Shown;
use crate::signals;

/// Measures, and prints the report, or one line of JSON instead; below it, what
/// another tool would have printed, and why.
pub(crate) fn bench(bench: &Bench, shown: &Shown, printer: Printer) -> Result<Exit, Failure> {
    let Done { run, trial } = measure(bench, shown, printer)?;
    let path = run.display().to_string();
    let kept = format!("kept in {path}");
    let mut text = match shown.json {
        true => json_line(&trial, &path) + "\n",
        false => console(&trial, &path, printer.style()),
    };
    let saved = match shown.view {
        Some(view) => another_tools(view, shown, (&run, &trial), &mut text)
            .map_err(|failure| failure.hint(format!("the run is {kept}")))?,
        None => Vec::new(),
    };
    printer.data(&text).map_err(|failure| failure.hint(format!("the run is {kept}")))?;
    saved.iter().for_each(|path| printer.say(&format!("wrote {}", path.display())));
    if shown.json {
        printer.say(&kept);
    }
    Ok(exit_of(&trial))
}

/// Measures, and shows how far it is.
fn measure(bench: &Bench, shown: &Shown, printer: Printer) -> Result<Done, Failure> {
    let address = match &bench.target {
        TargetSettings::Running { address, .. } => Some(address),
        TargetSettings::Embedded(_) => None,
    };
    let host = host(address)?;
    let stop = Stop::default();
    let progress = Progress::start(printer, shown.progress);
    signals::ask_to_stop(&stop, progress.notes())?;
    let measured = tokenometer_lab::bench(bench, &host, &progress as &dyn Observer, &stop);
    progress.finish();
    Ok(measured?)
}

/// Adds what another tool would have printed to `text`, and writes what it
/// would have written.
fn another_tools(
    view: View,
    shown: &Shown,
    (run, trial): (&Path, &Trial),
    text: &mut String,
) -> Result<Vec<PathBuf>, Failure> {
    let results = shown.results.as_ref();
    let options = ViewOptions {
        details: results.is_some_and(|file| file.detailed),
        append: results.is_some_and(|file| file.append),
        ..ViewOptions::default()
    };
    let seen = views::see(&views::folder_of(run, trial)?, trial, view, &options)?;
    if !shown.json {
        let _ = write!(text, "\nAs {view} would have printed it:\n\n{}", seen.console);
    }
    if shown.explain {
        let explanation = views::explanation(view, &seen.explained);
        let _ = write!(text, "\nWhy its figures are not ours:\n\n{explanation}");
    }
    let Some(file) = results else { return Ok(Vec::new()) };
    let folder = file.folder.as_deref().unwrap_or(Path::new("."));
    views::write(&seen.files, folder, file.name.as_deref())
}

/// How a trial ended, as an exit code.
fn exit_of(trial: &Trial) -> Exit {
    let Validity { standing, .. } = trial.validity;
    let ok = trial.summary.outcomes.get(Outcome::Ok.name()).copied().unwrap_or(0);
    if trial.interrupted {
        Exit::INTERRUPTED
    } else if ok == 0 || standing == Standing::Failed {
        Exit::TARGET
    } else if standing == Standing::Invalid {
        Exit::INVALID
    } else {
        Exit::DONE
    }
}

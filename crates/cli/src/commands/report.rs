//! `tokenometer report`.

use std::fmt::Write as _;

use tokenometer_report::{console, json_line};
use tokenometer_results::{Run, TrialFolder};

use super::studies::Found;
use super::views;
use crate::args::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::{Report, Viewed};

/// Prints the tables of a study, or the report of every trial in a run folder
/// that came to its end, or what another tool would have shown of it; and says
/// what else lies there.
pub(crate) fn report(report: &Report, printer: Printer) -> Result<Exit, Failure> {
    let run = Run::open(&report.run)?;
    let left: Vec<String> = run.leftovers()?.iter().map(|left| format!("note: {left}")).collect();
    let tables = report.view.is_none() && !report.trials;
    let study = if tables { Found::in_run(&run)? } else { None };
    match study {
        Some(study) => printer.data(&match report.format {
            Format::Json => study.json(),
            Format::Console | Format::Csv => study.page(printer.style()),
        })?,
        None => trials(report, &run, &left, printer)?,
    }
    left.iter().for_each(|note| printer.say(note));
    Ok(Exit::DONE)
}

/// Prints every trial.
fn trials(report: &Report, run: &Run, left: &[String], printer: Printer) -> Result<(), Failure> {
    let (finished, broken): (Vec<_>, Vec<_>) =
        run.trials()?.into_iter().partition(TrialFolder::is_finished);
    let shown = report.run.display().to_string();
    let mut text = String::new();
    for folder in &finished {
        match &report.view {
            Some(viewed) => text.push_str(&seen(folder, viewed, report.format, printer)?),
            None => text.push_str(&ours(folder, report.format, &shown, printer)?),
        }
    }
    printer.data(&text)?;
    if finished.is_empty() { Err(nothing_finished(&shown, &broken, left)) } else { Ok(()) }
}

/// Our own report of a trial.
fn ours(
    folder: &TrialFolder,
    format: Format,
    run: &str,
    printer: Printer,
) -> Result<String, Failure> {
    let trial = folder.read()?;
    Ok(match format {
        Format::Json => json_line(&trial, run) + "\n",
        Format::Console | Format::Csv => console(&trial, run, printer.style()),
    })
}

/// What another tool would have shown of a trial. Its files are written on the
/// way.
fn seen(
    folder: &TrialFolder,
    viewed: &Viewed,
    format: Format,
    printer: Printer,
) -> Result<String, Failure> {
    let trial = folder.read()?;
    let shown = views::see(folder, &trial, viewed.view, &viewed.options)?;
    if let Some(out) = &viewed.out {
        for path in views::write(&shown.files, out, None)? {
            printer.say(&format!("written to {}", path.display()));
        }
    }
    Ok(match format {
        Format::Json => shown.json + "\n",
        Format::Csv => shown.csv,
        Format::Console if viewed.explain => {
            format!("{}\n{}", shown.console, views::explanation(viewed.view, &shown.explained))
        }
        Format::Console => shown.console,
    })
}

/// What a run that was broken off holds, and what it lacks.
fn nothing_finished(run: &str, broken: &[TrialFolder], left: &[String]) -> Failure {
    let mut text = format!("failed to report {run}: no trial in it came to its end");
    for folder in broken {
        let state = if folder.has_journal() {
            "has the records up to the break, but no trial.json, which holds the numbers"
        } else {
            "has no trial.json and no records"
        };
        let _ = write!(text, "\n{} {state}", folder.path().display());
    }
    if broken.is_empty() {
        text.push_str("\nit was broken off before its first trial began");
    }
    for note in left {
        let _ = write!(text, "\n{note}");
    }
    Failure::new(anyhow::Error::msg(text), Exit::INTERRUPTED)
        .hint("measure again, with the settings that stand in study.lock.yaml there")
}

//! `tokenometer report`.

mod files;

use std::fmt::Write as _;

use tokenometer_report::{Style, console, json_line};
use tokenometer_results::{Run, TrialFolder};

use super::studies::Found;
use super::views;
use crate::args::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::{Report, ShownAs, Viewed};

pub(super) use self::files::keep;

/// Shows a run in the form that was asked for, or what another tool would have shown of it,
/// writes the files that were asked for beside it, and says what else lies there. What the
/// run came to doesn't change how this ends.
pub(crate) fn report(report: &Report, printer: Printer) -> Result<Exit, Failure> {
    let run = Run::open(&report.run)?;
    let left: Vec<String> = run.leftovers()?.iter().map(|left| format!("note: {left}")).collect();
    if let Some(shown) = &report.shown {
        let style = if shown.out.is_some() { Style::Plain } else { printer.style() };
        let text = text(shown, &run, (&left, style), printer)?;
        match &shown.out {
            Some(path) => {
                files::write(path, text.as_bytes())?;
                printer.say(&format!("written to {}", path.display()));
            }
            None => printer.data(&text)?,
        }
    }
    if let Some(folder) = &report.plots {
        files::plots(&whole(&run, &left)?, folder, printer)?;
    }
    if let Some(folder) = &report.export {
        files::export(&whole(&run, &left)?, &run, folder, printer)?;
    }
    left.iter().for_each(|note| printer.say(note));
    Ok(Exit::DONE)
}

/// What is printed or written. A bench has its trial's own page and object.
fn text(
    shown: &ShownAs,
    run: &Run,
    (left, style): (&[String], Style),
    printer: Printer,
) -> Result<String, Failure> {
    if shown.view.is_none() && !shown.trials {
        if let Some(study) = Found::in_run(run)? {
            return form(&study, shown.format, style);
        }
        if !matches!(shown.format, Format::Console | Format::Json) {
            return form(&whole(run, left)?, shown.format, style);
        }
    }
    trials(shown, run, (left, style), printer)
}

/// A study in a form.
fn form(study: &Found, format: Format, style: Style) -> Result<String, Failure> {
    Ok(match format {
        Format::Console => study.page(style)?,
        Format::Html => study.html()?,
        Format::Markdown => study.markdown()?,
        Format::Csv => study.csv_long(),
        Format::CsvWide => study.csv_wide(),
        Format::Json => study.json()?,
    })
}

/// The study in a run folder, or what a bench has left as a study of that.
fn whole(run: &Run, left: &[String]) -> Result<Found, Failure> {
    if let Some(study) = Found::in_run(run)? {
        return Ok(study);
    }
    match Found::in_bench(run)? {
        Some(study) => Ok(study),
        None => Err(nothing_finished(run, &run.trials()?, left)),
    }
}

/// Every trial that came to its end.
fn trials(
    shown: &ShownAs,
    run: &Run,
    (left, style): (&[String], Style),
    printer: Printer,
) -> Result<String, Failure> {
    let (finished, broken): (Vec<_>, Vec<_>) =
        run.trials()?.into_iter().partition(TrialFolder::is_finished);
    if finished.is_empty() {
        return Err(nothing_finished(run, &broken, left));
    }
    let name = run.path().display().to_string();
    let mut text = String::new();
    for folder in &finished {
        match &shown.view {
            Some(viewed) => text.push_str(&seen(folder, viewed, shown.format, printer)?),
            None => text.push_str(&ours(folder, shown.format, &name, style)?),
        }
    }
    Ok(text)
}

/// Our own report of a trial.
fn ours(folder: &TrialFolder, format: Format, run: &str, style: Style) -> Result<String, Failure> {
    let trial = folder.read()?;
    Ok(match format {
        Format::Json => json_line(&trial, run) + "\n",
        _ => console(&trial, run, style),
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
        _ if viewed.explain => {
            format!("{}\n{}", shown.console, views::explanation(viewed.view, &shown.explained))
        }
        _ => shown.console,
    })
}

/// What a run that was broken off holds, and what it lacks.
fn nothing_finished(run: &Run, broken: &[TrialFolder], left: &[String]) -> Failure {
    let run = run.path().display();
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

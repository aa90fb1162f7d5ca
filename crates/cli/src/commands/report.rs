//! `tokenometer report`.

use std::fmt::Write as _;
use std::path::Path;

use tokenometer_report::{console, json_line};
use tokenometer_results::{Run, TrialFolder};

use crate::args::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Prints the report of every trial in a run folder that came to its end, and
/// says what else lies there.
pub(crate) fn report(path: &Path, format: Format, printer: Printer) -> Result<Exit, Failure> {
    let run = Run::open(path)?;
    let (finished, broken): (Vec<_>, Vec<_>) =
        run.trials()?.into_iter().partition(TrialFolder::is_finished);
    let shown = path.display().to_string();
    let mut text = String::new();
    for folder in &finished {
        let trial = folder.read()?;
        match format {
            Format::Console => text.push_str(&console(&trial, &shown, printer.style())),
            Format::Json => {
                let _ = writeln!(text, "{}", json_line(&trial, &shown));
            }
        }
    }
    printer.data(&text)?;
    let left: Vec<String> = run.leftovers()?.iter().map(|left| format!("note: {left}")).collect();
    if !finished.is_empty() {
        left.iter().for_each(|note| printer.say(note));
        return Ok(Exit::DONE);
    }
    Err(nothing_finished(&shown, &broken, &left))
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

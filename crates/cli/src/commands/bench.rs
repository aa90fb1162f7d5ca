//! `tokenometer bench`.

use tokenometer_core::validity::Standing;
use tokenometer_core::{Observer, Outcome, Validity};
use tokenometer_lab::{Bench, Done, TargetSettings};
use tokenometer_load::Stop;
use tokenometer_report::{console, json_line};
use tokenometer_results::Trial;

use super::host;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::settings::Shown;
use crate::signals;

/// Measures, and prints the report, or one line of JSON instead.
pub(crate) fn bench(bench: &Bench, shown: &Shown, printer: Printer) -> Result<Exit, Failure> {
    let json = shown.json;
    let address = match &bench.target {
        TargetSettings::Running { address, .. } => Some(address),
        TargetSettings::Embedded(_) => None,
    };
    let host = host(address)?;
    let stop = Stop::default();
    let progress = Progress::start(printer);
    signals::ask_to_stop(&stop, progress.notes())?;
    let measured = tokenometer_lab::bench(bench, &host, &progress as &dyn Observer, &stop);
    progress.finish();
    let Done { run, trial } = measured?;
    let run = run.display().to_string();
    let text =
        if json { json_line(&trial, &run) + "\n" } else { console(&trial, &run, printer.style()) };
    let kept = format!("kept in {run}");
    printer.data(&text).map_err(|failure| failure.hint(format!("the run is {kept}")))?;
    if json {
        printer.say(&kept);
    }
    Ok(exit_of(&trial))
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

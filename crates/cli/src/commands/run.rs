//! `tokenometer run`.

use tokenometer_core::{Observer, Standing};
use tokenometer_engine::provision::Machine;
use tokenometer_lab::{Host, Ran, Undertaking};
use tokenometer_load::Stop;
use tokenometer_report::{CellSeen, Ending, StudySeen, study, study_json};
use tokenometer_results::{Cell, Run};

use super::{executable, roots};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::settings::ToRun;
use crate::signals;

/// Carries a study out, or says what it would measure.
pub(crate) fn run(to_run: &ToRun, machine: &Machine, printer: Printer) -> Result<Exit, Failure> {
    if to_run.dry_run {
        return dry_run(to_run, printer);
    }
    let ran = carry(to_run, machine, printer)?;
    let path = ran.run.display().to_string();
    let notes = notes(to_run, &ran)?;
    let seen = seen(to_run, &ran, &path, &notes);
    let text = match to_run.json {
        true => study_json(&seen) + "\n",
        false => study(&seen, printer.style()),
    };
    let kept = format!("kept in {path}");
    printer.data(&text).map_err(|failure| failure.hint(format!("the run is {kept}")))?;
    if to_run.json {
        printer.say(&kept);
    }
    Ok(exit_of(&ran))
}

/// Says what would be measured.
fn dry_run(to_run: &ToRun, printer: Printer) -> Result<Exit, Failure> {
    let text = match to_run.json {
        true => format!("{}\n", serde_json::json!(to_run.plan.shown())),
        false => to_run.plan.describe(),
    };
    printer.data(&text)?;
    Ok(Exit::DONE)
}

/// Carries it out, and shows how far it is.
fn carry(to_run: &ToRun, machine: &Machine, printer: Printer) -> Result<Ran, Failure> {
    let ToRun { plan, out, resume, progress, .. } = to_run;
    let speaks_tls = |arm: &tokenometer_lab::study::PlannedArm| {
        arm.words.base_url.as_ref().is_some_and(|url| url.starts_with("https:"))
    };
    let roots = if plan.arms.iter().any(speaks_tls) { roots()? } else { Vec::new() };
    let host = Host { executable: executable()?, roots };
    let stop = Stop::default();
    let progress = Progress::start(printer, *progress).telling_notes();
    signals::ask_to_stop(&stop, progress.notes())?;
    let undertaking = Undertaking { plan, out, resume: *resume, machine };
    let ran = tokenometer_lab::run(&undertaking, &host, &progress as &dyn Observer, &stop);
    progress.finish();
    let going_on =
        format!("what was measured so far is in {}; --out {0} --resume goes on", out.display());
    ran.map_err(|error| match out.join("trials").exists() {
        true => Failure::from(error).hint(going_on),
        false => error.into(),
    })
}

/// What must be known of arms beside their numbers, as their starts have it.
fn notes(to_run: &ToRun, ran: &Ran) -> Result<Vec<(String, String)>, Failure> {
    let run = Run::open(&ran.run)?;
    let mut notes = Vec::new();
    for arm in &to_run.plan.arms {
        let first = run.engine(1, &arm.name)?;
        let note = first.start().ok().and_then(|start| start.note);
        notes.extend(note.map(|note| (arm.name.clone(), note)));
    }
    Ok(notes)
}

/// The study for whoever reads of it.
fn seen<'a>(
    to_run: &'a ToRun,
    ran: &'a Ran,
    path: &'a str,
    notes: &'a [(String, String)],
) -> StudySeen<'a> {
    let plan = &to_run.plan;
    let cells = ran.cells.iter().map(|(id, cell)| CellSeen {
        block: id.block,
        arm: &id.arm,
        scenario: &id.scenario,
        ending: match cell {
            Cell::Done(trial) => Ending::Carried(trial),
            Cell::Failed(failure) => {
                Ending::Failed { phase: failure.step.name(), why: &failure.why }
            }
            Cell::Missing => Ending::Missing,
        },
    });
    StudySeen {
        name: &plan.study.name,
        run: path,
        arms: plan.arms.iter().map(|arm| arm.name.as_str()).collect(),
        scenarios: plan.cells.iter().map(|cell| cell.name.as_str()).collect(),
        blocks: plan.blocks.len() as u32,
        interrupted: ran.interrupted,
        cells: cells.collect(),
        notes: notes.iter().map(|(arm, note)| (arm.as_str(), note.as_str())).collect(),
    }
}

/// How a study ended, as an exit code. Some failed trials are a result; nothing
/// but failures is none.
fn exit_of(ran: &Ran) -> Exit {
    let standings = ran.cells.iter().map(|(_, cell)| match cell {
        Cell::Done(trial) => Some(trial.validity.standing),
        Cell::Failed(_) | Cell::Missing => None,
    });
    let standings: Vec<Option<Standing>> = standings.collect();
    let has = |wanted: &[Standing]| standings.iter().flatten().any(|one| wanted.contains(one));
    if ran.interrupted {
        Exit::INTERRUPTED
    } else if has(&[Standing::Valid, Standing::Saturated]) {
        Exit::DONE
    } else if has(&[Standing::Invalid]) {
        Exit::INVALID
    } else {
        Exit::TARGET
    }
}

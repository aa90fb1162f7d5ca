//! `tokenometer run`.

use tokenometer_core::verdict::{Answer, Comparison};
use tokenometer_core::{Observer, Standing, Verdict};
use tokenometer_engine::provision::Machine;
use tokenometer_lab::{Host, LabError, Ran, Undertaking};
use tokenometer_load::Stop;
use tokenometer_results::{Cell, ResultsError, Run};
use tokenometer_verdict::answer::{is_out_of_reach, is_wanting};
use tokenometer_verdict::decision::LEAST_BLOCKS;

use super::report::keep;
use super::studies::Found;
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
    if let Some(estimate) = &to_run.estimate {
        Run::open(&ran.run)?.write_estimate(estimate)?;
    }
    let found = Found::in_run(&Run::open(&ran.run)?)?.expect("a study has a plan");
    // Everything is measured and kept: a report that can't be written costs no more than the
    // command that writes it again.
    if let Err(failure) = keep(&found, &ran.run) {
        printer.fail(&failure);
    }
    let text = if to_run.json { found.json()? } else { found.page(printer.style())? };
    let kept = format!("kept in {}", ran.run.display());
    printer.data(&text).map_err(|failure| failure.hint(format!("the run is {kept}")))?;
    if to_run.json {
        printer.say(&kept);
    }
    Ok(exit_of(&ran, &found, to_run.estimate.is_some()))
}

/// Says what would be measured; of a rehearsal, what the study itself would take.
fn dry_run(to_run: &ToRun, printer: Printer) -> Result<Exit, Failure> {
    let text = match (&to_run.estimate, to_run.json) {
        (Some(estimate), true) => format!("{}\n", serde_json::json!(estimate)),
        (Some(estimate), false) => tokenometer_report::estimate(estimate, printer.style()),
        (None, true) => format!("{}\n", serde_json::json!(to_run.plan.shown())),
        (None, false) => to_run.plan.describe(),
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
    ran.map_err(|error| match out.join("trials").exists() && !refuses_to_resume(&error) {
        true => Failure::from(error).hint(going_on),
        false => error.into(),
    })
}

/// Whether an error says that a run can't be gone on with, at least not now.
fn refuses_to_resume(error: &LabError) -> bool {
    matches!(
        error,
        LabError::Busy { .. }
            | LabError::Results(ResultsError::Changed { .. } | ResultsError::NoOrigin { .. })
    )
}

/// How a study ended, as an exit code. Some failed trials are a result, as long as the
/// verdicts that were asked for are there; nothing but failures is none. A rehearsal has
/// gone well if its trials have numbers: they are too short to count.
fn exit_of(ran: &Ran, found: &Found, is_rehearsed: bool) -> Exit {
    let standings = found.cells().iter().map(|cell| match cell {
        Cell::Done(trial) => Some(trial.validity.standing),
        Cell::Failed(_) | Cell::Missing => None,
    });
    let standings: Vec<Option<Standing>> = standings.collect();
    let has = |wanted: &[Standing]| standings.iter().flatten().any(|one| wanted.contains(one));
    if ran.interrupted {
        Exit::INTERRUPTED
    } else if has(&[Standing::Valid, Standing::Saturated])
        || is_rehearsed && has(&[Standing::Invalid])
    {
        found.verdict().filter(|_| !is_rehearsed).map_or(Exit::DONE, exit_of_verdict)
    } else if has(&[Standing::Invalid]) {
        Exit::INVALID
    } else {
        Exit::TARGET
    }
}

/// Whether an answer is missing that the study asked for. A plan of too few blocks for any
/// verdict asks for none. Objectives that no arm meets are a limit that is crossed.
fn exit_of_verdict(verdict: &Verdict) -> Exit {
    let has_failed = |comparison: &Comparison| matches!(comparison.answer, Answer::Failed { .. });
    let asks = verdict.rule.at_most as usize >= LEAST_BLOCKS;
    if asks && verdict.comparisons.iter().any(has_failed) {
        Exit::TARGET
    } else if asks && is_wanting(verdict) {
        Exit::INVALID
    } else if is_out_of_reach(verdict) {
        Exit::LIMIT
    } else {
        Exit::DONE
    }
}

//! What there is to show of a study, from its run folder alone.

mod bench;
mod forms;

use std::cell::OnceCell;
use std::path::Path;

use tokenometer_core::Verdict;
use tokenometer_lab::LabError;
use tokenometer_lab::conclude::conclude;
use tokenometer_report::digest::Digest;
use tokenometer_report::{CellSeen, Ending, StudySeen};
use tokenometer_results::{Cell, Estimate, Planned, Run};
use tokenometer_verdict::answer::is_decided;

/// The report that `run` leaves in the folder.
pub(super) const REPORT: &str = "report.html";

/// A study, as its folder has it.
pub(super) struct Found {
    /// Its folder.
    folder: Run,
    run: String,
    /// Where its report of HTML lies, once it does.
    report: String,
    planned: Planned,
    /// What became of each planned trial.
    cells: Vec<Cell>,
    /// What must be known of arms beside their numbers, as their starts have it.
    notes: Vec<(String, String)>,
    /// What the study that it rehearses would take.
    estimate: Option<Estimate>,
    /// What it has to say, where it compares anything.
    verdict: Option<Verdict>,
    is_interrupted: bool,
    /// What is shown beside the trials' own summaries, once a form has asked for it.
    digest: OnceCell<Digest>,
}

impl Found {
    /// The study in a run folder; `None` where it holds a bench.
    pub(super) fn in_run(run: &Run) -> Result<Option<Found>, LabError> {
        let Some(planned) = run.planned()? else { return Ok(None) };
        // What was concluded stands: facts that it rests on, as the weights of a model, may
        // not be here to be looked at again.
        let verdict = match run.verdict()? {
            Some(verdict) => Some(verdict),
            None => conclude(run)?,
        };
        // Blocks that would have come after everything was decided aren't missing.
        let planned = match verdict.as_ref().filter(|verdict| ended_early(verdict)) {
            Some(verdict) => planned.up_to(verdict.rule.blocks),
            None => planned,
        };
        let cells = run.cells(&planned.trials)?;
        let mut notes = Vec::new();
        for arm in &planned.arms {
            // An arm that was never started has left nothing to be known.
            let note = run.engine(1, arm)?.start().ok().and_then(|start| start.note);
            notes.extend(note.map(|note| (arm.clone(), note)));
        }
        let estimate = run.estimate()?;
        let is_interrupted = cells.contains(&Cell::Missing);
        let folder = run.clone();
        let report = run.path().join(REPORT).display().to_string();
        let run = run.path().display().to_string();
        Ok(Some(Found {
            folder,
            run,
            report,
            planned,
            cells,
            notes,
            estimate,
            verdict,
            is_interrupted,
            digest: OnceCell::new(),
        }))
    }

    /// What became of each planned trial.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// What it has to say.
    pub(super) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    fn seen(&self) -> StudySeen<'_> {
        let cells = self.planned.trials.iter().zip(&self.cells).map(|(id, cell)| CellSeen {
            block: id.block,
            arm: &id.arm,
            scenario: &id.scenario,
            ending: ending(cell),
        });
        StudySeen {
            name: &self.planned.name,
            run: &self.run,
            report: Path::new(&self.report).exists().then_some(&*self.report),
            arms: self.planned.arms.iter().map(String::as_str).collect(),
            scenarios: self.planned.scenarios.iter().map(String::as_str).collect(),
            blocks: self.planned.blocks,
            interrupted: self.is_interrupted,
            rehearsal_of: self.planned.rehearsal_of.as_ref(),
            estimate: self.estimate.as_ref(),
            verdict: self.verdict.as_ref(),
            cells: cells.collect(),
            notes: self.notes.iter().map(|(arm, note)| (arm.as_str(), note.as_str())).collect(),
        }
    }
}

/// Whether a study that looks after every block came to its end before its last one.
fn ended_early(verdict: &Verdict) -> bool {
    verdict.rule.from.is_some_and(|from| verdict.rule.blocks >= from) && is_decided(verdict)
}

fn ending(cell: &Cell) -> Ending<'_> {
    match cell {
        Cell::Done(trial) => Ending::Carried(trial),
        Cell::Failed(failure) => Ending::Failed { phase: failure.step.name(), why: &failure.why },
        Cell::Missing => Ending::Missing,
    }
}

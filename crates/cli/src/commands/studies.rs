//! What there is to show of a study, from its run folder alone.

use tokenometer_report::{CellSeen, Ending, StudySeen, Style, study, study_json};
use tokenometer_results::{Cell, Estimate, Planned, ResultsError, Run};

/// A study, as its folder has it.
pub(super) struct Found {
    run: String,
    planned: Planned,
    /// What became of each planned trial.
    cells: Vec<Cell>,
    /// What must be known of arms beside their numbers, as their starts have it.
    notes: Vec<(String, String)>,
    /// What the study that it rehearses would take.
    estimate: Option<Estimate>,
    is_interrupted: bool,
}

impl Found {
    /// The study in a run folder; `None` where it holds a bench.
    pub(super) fn in_run(run: &Run) -> Result<Option<Found>, ResultsError> {
        let Some(planned) = run.planned()? else { return Ok(None) };
        let cells = run.cells(&planned.trials)?;
        let mut notes = Vec::new();
        for arm in &planned.arms {
            // An arm that was never started has left nothing to be known.
            let note = run.engine(1, arm)?.start().ok().and_then(|start| start.note);
            notes.extend(note.map(|note| (arm.clone(), note)));
        }
        let is_interrupted = cells.contains(&Cell::Missing);
        let estimate = run.estimate()?;
        let run = run.path().display().to_string();
        Ok(Some(Found { run, planned, cells, notes, estimate, is_interrupted }))
    }

    /// What became of each planned trial.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// As a page.
    pub(super) fn page(&self, style: Style) -> String {
        study(&self.seen(), style)
    }

    /// As one JSON object on one line.
    pub(super) fn json(&self) -> String {
        study_json(&self.seen()) + "\n"
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
            arms: self.planned.arms.iter().map(String::as_str).collect(),
            scenarios: self.planned.scenarios.iter().map(String::as_str).collect(),
            blocks: self.planned.blocks,
            interrupted: self.is_interrupted,
            rehearsal_of: self.planned.rehearsal_of.as_ref(),
            estimate: self.estimate.as_ref(),
            cells: cells.collect(),
            notes: self.notes.iter().map(|(arm, note)| (arm.as_str(), note.as_str())).collect(),
        }
    }
}

fn ending(cell: &Cell) -> Ending<'_> {
    match cell {
        Cell::Done(trial) => Ending::Carried(trial),
        Cell::Failed(failure) => Ending::Failed { phase: failure.step.name(), why: &failure.why },
        Cell::Missing => Ending::Missing,
    }
}

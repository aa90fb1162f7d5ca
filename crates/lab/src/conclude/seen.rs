//! What came of a study's cells, read from its run folder.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokenometer_results::{Cell, Environment, Failure, Run, ScenarioFloor, Start, Trial, TrialId};
use tokenometer_verdict::answer::{
    Agreement, CellSeen, Ending, METRICS, Metric, PER_SECOND, Planned, ScenarioSeen, StudySeen,
    TrialSeen,
};
use tokenometer_verdict::comparability::{Declared, Facts, Rules, Track};

use super::contrasts::contrasts;
use super::facts::{Setup, devices, facts};
use super::locked::Locked;
use super::work::{Work, agreement, prompt_tokens};
use crate::LabError;
use crate::study::ALL_DIFFERS;
use crate::study::grammar::{Blocks, Track as TrackWord};

/// How often any false verdict may occur in a study.
const ALPHA: f64 = 0.05;
/// How small a difference counts as none where nothing is said: two per cent.
const MARGIN: f64 = 0.02;
/// How small a difference of shares counts as none: one point.
const MARGIN_POINTS: f64 = 0.01;

/// The cells of a study, with what came of each.
pub(super) struct Gathered {
    cells: Vec<(TrialId, Came)>,
    agreements: Vec<Agreement>,
    /// How far the client is off, by scenario, where that was measured.
    floors: BTreeMap<String, ScenarioFloor>,
    /// Blocks that were begun.
    blocks: u32,
}

/// What came of a cell.
enum Came {
    Trial(Box<Trial>, Facts),
    Failed(Box<Failure>),
    Missing,
}

impl Gathered {
    /// Reads every cell that was planned.
    pub(super) fn of(run: &Run, locked: &Locked) -> Result<Gathered, LabError> {
        let planned = &locked.planned.trials;
        let around = Around::of(run, locked);
        let mut cells: Vec<(TrialId, Came)> = Vec::new();
        for (id, cell) in planned.iter().zip(run.cells(planned)?) {
            let came = match cell {
                Cell::Done(trial) => {
                    let facts = around.facts(run, id, &trial);
                    Came::Trial(trial, facts)
                }
                Cell::Failed(failure) => Came::Failed(failure),
                Cell::Missing => Came::Missing,
            };
            cells.push((id.clone(), came));
        }
        let begun = cells.iter().filter(|(_, came)| !matches!(came, Came::Missing));
        let blocks = begun.map(|(id, _)| id.block).max().unwrap_or(0);
        let floors = run.noise_floor()?.map(|floor| floor.scenarios).unwrap_or_default();
        let mut gathered = Gathered { cells, agreements: Vec::new(), floors, blocks };
        gathered.look_at_work(run, locked)?;
        Ok(gathered)
    }

    /// Compares what the arms of each block did of the same workload.
    fn look_at_work(&mut self, run: &Run, locked: &Locked) -> Result<(), LabError> {
        let family = contrasts(locked).family;
        let offsets = prompt_offsets(locked);
        let places: BTreeSet<(u32, String)> =
            self.cells.iter().map(|(id, _)| (id.block, id.scenario.clone())).collect();
        for (block, scenario) in places {
            let there = |(id, came): &&mut (TrialId, Came)| {
                id.block == block && id.scenario == scenario && matches!(came, Came::Trial(..))
            };
            let mut trials: Vec<&mut (TrialId, Came)> =
                self.cells.iter_mut().filter(there).collect();
            let done: Result<Vec<Work>, LabError> =
                trials.iter().map(|(id, _)| work_of(run, id, &offsets)).collect();
            let done = done?;
            for ((_, came), tokens) in trials.iter_mut().zip(prompt_tokens(&done)) {
                if let Came::Trial(_, facts) = came {
                    facts.word("prompt-tokens", tokens);
                }
            }
            let at = |arm: &str| trials.iter().position(|(id, _)| id.arm == arm);
            for contrast in &family {
                if let (Some(arm), Some(reference)) = (at(&contrast.arm), at(&contrast.reference)) {
                    let (same, of) = agreement(&done[arm], &done[reference]);
                    self.agreements.push(Agreement {
                        scenario: scenario.clone(),
                        contrast: contrast.clone(),
                        same,
                        of,
                    });
                }
            }
        }
        Ok(())
    }

    /// The study as the verdict's rules want it.
    pub(super) fn study<'a>(&'a self, locked: &Locked) -> StudySeen<'a> {
        let study = &locked.text.study;
        let contrasts = contrasts(locked);
        let (from, at_most) = match study.blocks {
            Some(Blocks::Until { from, at_most }) => (Some(from), at_most),
            Some(Blocks::Fixed(count)) => (None, count),
            None => (None, locked.planned.blocks),
        };
        let unfinished = self.unfinished(from);
        StudySeen {
            name: locked.planned.name.clone(),
            simulated: self.simulated(),
            rehearsal: study.rehearsal.unwrap_or(false),
            arms: locked.planned.arms.clone(),
            scenarios: locked.text.cells.iter().map(|cell| self.scenario(cell, locked)).collect(),
            contrasts: contrasts.family,
            twins: contrasts.twins,
            primary: study.primary.clone(),
            prompt_offsets: prompt_offsets(locked),
            attain: study.objectives.and_then(|objectives| objectives.attain).map(|share| share.0),
            plan: Planned {
                alpha: ALPHA,
                margin: study.margin.map_or(MARGIN, |margin| margin.0),
                margin_points: MARGIN_POINTS,
                from,
                at_most,
                blocks: self.blocks,
            },
            rules: rules(locked),
            cells: self
                .cells
                .iter()
                .map(|(id, came)| {
                    let floor = self.floors.get(&id.scenario);
                    seen(id, came, (unfinished.as_deref(), floor))
                })
                .collect(),
            agreements: self.agreements.clone(),
        }
    }

    fn scenario(&self, cell: &super::locked::CellText, locked: &Locked) -> ScenarioSeen {
        ScenarioSeen {
            name: cell.name.clone(),
            arms: cell.arms.keys().cloned().collect(),
            is_open: cell.is_open(),
            is_burst: cell.is_burst(),
            has_objectives: locked.text.study.objectives.is_some(),
        }
    }

    fn simulated(&self) -> Vec<String> {
        let simulated = self.cells.iter().filter_map(|(id, came)| match came {
            Came::Trial(trial, _) if trial.simulated => Some(id.arm.clone()),
            _ => None,
        });
        simulated.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// Why the study is not at an end at which it may be looked at: with a fixed number of
    /// blocks there is one look, and it is the last.
    fn unfinished(&self, from: Option<u32>) -> Option<String> {
        let is_missing = |(id, came): &&(TrialId, Came)| {
            matches!(came, Came::Missing) && (from.is_none() || id.block <= self.blocks)
        };
        let missing = self.cells.iter().filter(is_missing).count();
        (missing > 0).then(|| {
            format!(
                "{missing} of {} trials are missing, and a study is looked at when it is whole: \
                 --resume goes on",
                self.cells.len()
            )
        })
    }
}

/// What a trial did of the workload, with the prompts as they would count without what its
/// arm's server is declared to add.
fn work_of(run: &Run, id: &TrialId, offsets: &BTreeMap<String, i64>) -> Result<Work, LabError> {
    let work = Work::of(&run.trial(id)?)?;
    Ok(work.without(offsets.get(&id.arm).copied().unwrap_or(0)))
}

/// How many tokens more than it was sent an arm's server is declared to count.
fn prompt_offsets(locked: &Locked) -> BTreeMap<String, i64> {
    let arms = locked.text.study.arms.iter();
    arms.filter_map(|(name, arm)| Some((name.to_string(), i64::from(arm.prompt_offset?)))).collect()
}

/// What stands around the trials of a run.
struct Around<'a> {
    locked: &'a Locked,
    environment: Option<Environment>,
    program: Option<&'a str>,
}

impl<'a> Around<'a> {
    fn of(run: &Run, locked: &'a Locked) -> Around<'a> {
        Around {
            locked,
            // Where it can't be read, what it would tell isn't known.
            environment: run.environment().ok(),
            program: locked.text.origin.get("program").and_then(Value::as_str),
        }
    }

    fn facts(&self, run: &Run, id: &TrialId, trial: &Trial) -> Facts {
        let engine = trial.serving.engine_log.as_ref().map(|log| log.engine.clone());
        let start = engine.and_then(|engine| start_in(run, &engine));
        let cell = self.locked.cell(&id.scenario);
        let setup = Setup {
            arm: self.locked.text.arms.get(&id.arm),
            sent: cell.and_then(|cell| cell.arms.get(&id.arm)),
            start: start.as_ref(),
            environment: self.environment.as_ref(),
            program: self.program,
        };
        facts(trial, setup)
    }
}

/// How the engine of a folder was started, where that is known.
fn start_in(run: &Run, engine: &str) -> Option<Start> {
    let text = std::fs::read_to_string(run.path().join(engine).join("start.json")).ok()?;
    serde_json::from_str(&text).ok()
}

fn rules(locked: &Locked) -> Rules {
    let study = &locked.text.study;
    Rules {
        differs: match study.differs.iter().any(|name| name == ALL_DIFFERS) {
            true => Declared::All,
            false => Declared::These(study.differs.clone()),
        },
        track: match study.track {
            Some(TrackWord::Matched) => Track::Matched,
            Some(TrackWord::Free) | None => Track::Free,
        },
        strict: study.strict.unwrap_or(false),
    }
}

fn seen<'a>(
    id: &TrialId,
    came: &'a Came,
    (unfinished, floor): (Option<&str>, Option<&ScenarioFloor>),
) -> CellSeen<'a> {
    let ending = match came {
        Came::Trial(trial, facts) => Ending::Measured(Box::new(TrialSeen {
            validity: &trial.validity,
            summary: &trial.summary,
            facts: facts.clone(),
            numbers_only: numbers_only(trial).or_else(|| unfinished.map(str::to_owned)),
            gpus: devices(trial).map(|count| count as f64),
            natural_stops: !trial.workload.exact,
            noise_floor: floor.map(|floor| noise_floor(floor, trial)).unwrap_or_default(),
        })),
        Came::Failed(failure) => Ending::Failed(failure.why.clone()),
        Came::Missing => Ending::Missing("it has not been measured".to_owned()),
    };
    CellSeen { block: id.block, arm: id.arm.clone(), scenario: id.scenario.clone(), ending }
}

/// Why a trial's numbers may not be ranked, whatever its gates say.
fn numbers_only(trial: &Trial) -> Option<String> {
    let scale = trial.simulation.as_ref().and_then(|simulated| simulated.time_scale);
    match (trial.interrupted, scale) {
        (true, _) => Some("a trial was stopped before its end".to_owned()),
        (false, Some(scale)) if scale != 1.0 => {
            Some(format!("an arm was simulated at {scale} times the clock"))
        }
        _ => None,
    }
}

/// The client's own error by metric, in the metric's unit: of throughputs it is a share of
/// what the trial has.
fn noise_floor(floor: &ScenarioFloor, trial: &Trial) -> BTreeMap<String, f64> {
    let share = |metric: &&Metric| metric.unit == PER_SECOND;
    let throughputs = METRICS.iter().filter(share).filter_map(|metric| {
        Some((metric.name.to_owned(), floor.throughput_share? * metric.of(&trial.summary).ok()?))
    });
    floor.errors_ms.clone().into_iter().chain(throughputs).collect()
}

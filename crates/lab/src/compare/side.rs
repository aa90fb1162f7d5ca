//! What was named on the command line: a run folder with its trials, or a result file.

use std::path::Path;

use serde_json::{Value, json};
use tokenometer_core::Mistake;
use tokenometer_results::{Cell, ForeignResult, ResultsError, Run, Trial, TrialId, read_foreign};
use tokenometer_verdict::comparability::Facts;

use super::facts::Around;
use crate::LabError;

/// One side.
pub(super) struct Side {
    /// As it was named.
    pub(super) named: String,
    /// What it is.
    pub(super) what: What,
}

/// What a side is.
pub(super) enum What {
    /// A run folder.
    Run(RunRead),
    /// The results in a file.
    File(Vec<ForeignResult>),
}

/// A run folder, read.
pub(super) struct RunRead {
    /// The folder, as it was named, without an arm.
    pub(super) named: String,
    /// The folder.
    pub(super) run: Run,
    /// The study's name; absent of a bench.
    pub(super) study: Option<String>,
    /// The arm that was named.
    pub(super) arm: Option<String>,
    /// All arms, in the order of the study.
    pub(super) arms: Vec<ArmRead>,
    /// What every request was to meet.
    pub(super) objectives: Value,
    /// Whether the study could end after each of several blocks.
    pub(super) could_end_early: bool,
}

/// What was measured of an arm.
pub(super) struct ArmRead {
    /// Its name.
    pub(super) name: String,
    /// Its scenarios, in the order of the study.
    pub(super) scenarios: Vec<ScenarioRead>,
}

/// What was measured of an arm in a scenario.
pub(super) struct ScenarioRead {
    /// Its name.
    pub(super) name: String,
    /// Its blocks, in order.
    pub(super) blocks: Vec<BlockRead>,
}

/// What came of a block.
pub(super) struct BlockRead {
    /// Its number, from 1.
    pub(super) number: u32,
    /// The trial, with what is known of how it was set up, or why there is none.
    pub(super) came: Result<Box<(Trial, Facts)>, String>,
}

impl Side {
    /// Opens what was named: a path, or a path with `:ARM` or `:LINE` behind it.
    pub(super) fn open(named: &str) -> Result<Side, Vec<Mistake>> {
        let (path, part) = split(named).map_err(|mistake| vec![mistake])?;
        let what = if Path::new(path).is_dir() {
            RunRead::open(path, part).map(What::Run)
        } else {
            results_of(path, part).map(What::File)
        };
        Ok(Side { named: named.to_owned(), what: what? })
    }
}

/// The path and what stands behind it. A name that is a path as a whole is one.
fn split(named: &str) -> Result<(&str, Option<&str>), Mistake> {
    if Path::new(named).exists() {
        return Ok((named, None));
    }
    match named.rsplit_once(':') {
        Some((path, part)) if Path::new(path).exists() => Ok((path, Some(part))),
        _ => {
            let problem = "there is neither a folder nor a file of this name";
            let cure = "name a run folder, a folder with its arm as in runs/monday:vllm, or a \
                        result file";
            Err(Mistake::new(named, problem, cure))
        }
    }
}

/// The results of a file, or the one that begins on a line.
fn results_of(path: &str, line: Option<&str>) -> Result<Vec<ForeignResult>, Vec<Mistake>> {
    let results = read_foreign(Path::new(path))?;
    let Some(line) = line else { return Ok(results) };
    let lines: Vec<String> = results.iter().map(|result| result.line.to_string()).collect();
    let found: Vec<ForeignResult> =
        results.into_iter().filter(|result| result.line.to_string() == line).collect();
    if found.is_empty() {
        let problem = format!("no result begins on line {line}");
        let cure = format!("name one of {path}:{}", lines.join(&format!(", {path}:")));
        return Err(vec![Mistake::new(format!("{path}:{line}"), problem, cure)]);
    }
    Ok(found)
}

impl RunRead {
    fn open(path: &str, arm: Option<&str>) -> Result<RunRead, Vec<Mistake>> {
        let unreadable = |error: LabError| {
            let problem = match &error {
                LabError::Results(ResultsError::NotARun { .. }) => {
                    "it is no run folder: it has no study.lock.yaml".to_owned()
                }
                error => told(error),
            };
            let cure = "name a folder that tokenometer run or tokenometer bench has made";
            vec![Mistake::new(path, problem, cure)]
        };
        let read = RunRead::read(path, arm).map_err(unreadable)?;
        match &read.arm {
            Some(arm) if read.arm_of(arm).is_none() => {
                let cure = format!("it holds {}", read.choices());
                let place = format!("{path}:{arm}");
                Err(vec![Mistake::new(place, "the run has no arm of this name", cure)])
            }
            _ if read.arms.is_empty() => {
                let problem = "no trial in it came to its end";
                Err(vec![Mistake::new(path, problem, "go on with it: tokenometer run --resume")])
            }
            _ => Ok(read),
        }
    }

    fn read(path: &str, arm: Option<&str>) -> Result<RunRead, LabError> {
        let run = Run::open(Path::new(path))?;
        let planned = run.planned()?;
        let around = Around::of(&run)?;
        let mut arms: Vec<ArmRead> = Vec::new();
        for (id, cell) in cells(&run, planned.as_ref().map(|planned| &*planned.trials))? {
            let came = match cell {
                Cell::Done(trial) => {
                    let facts = around.facts(&run, &trial);
                    Ok(Box::new((*trial, facts)))
                }
                Cell::Failed(failure) => Err(format!("the engine failed: {}", failure.why)),
                Cell::Missing => Err("it has not been measured".to_owned()),
            };
            let scenario = scenario_of(&mut arms, &id);
            scenario.blocks.push(BlockRead { number: id.block, came });
        }
        Ok(RunRead {
            named: path.to_owned(),
            run,
            study: planned.map(|planned| planned.name),
            arm: arm.map(str::to_owned),
            objectives: objectives(&around, &arms),
            could_end_early: around.could_end_early(),
            arms,
        })
    }

    /// The arm of this name.
    pub(super) fn arm_of(&self, name: &str) -> Option<&ArmRead> {
        self.arms.iter().find(|arm| arm.name == name)
    }

    /// Its arms as they would be named: `runs/monday:vllm, runs/monday:sglang`.
    pub(super) fn choices(&self) -> String {
        let names: Vec<String> =
            self.arms.iter().map(|arm| format!("{}:{}", self.named, arm.name)).collect();
        names.join(", ")
    }

    /// Whether both are the same folder, however they were named.
    pub(super) fn is(&self, other: &RunRead) -> bool {
        let place = |read: &RunRead| read.run.path().canonicalize().ok();
        place(self).is_some() && place(self) == place(other)
    }
}

/// What every request was to meet: of a study as it was written, of a bench as it was
/// asked for. Which share of them had to is no part of it.
fn objectives(around: &Around, arms: &[ArmRead]) -> Value {
    let mut of_study = around.objectives();
    if let Some(words) = of_study.as_object_mut() {
        words.remove("attain");
    }
    let of_bench = arms.iter().find_map(ArmRead::first).map(|trial| &trial.invocation.goodput);
    json!([of_study, of_bench])
}

/// Every trial that was planned, or of a bench the one that there is.
fn cells(run: &Run, planned: Option<&[TrialId]>) -> Result<Vec<(TrialId, Cell)>, LabError> {
    if let Some(planned) = planned {
        return Ok(planned.iter().cloned().zip(run.cells(planned)?).collect());
    }
    let mut cells = Vec::new();
    for folder in run.trials()? {
        let cell = folder.cell()?;
        if let Cell::Done(trial) = &cell {
            let id = TrialId {
                block: trial.block,
                arm: trial.arm.clone(),
                scenario: trial.scenario.clone(),
            };
            cells.push((id, cell));
        }
    }
    Ok(cells)
}

/// The place of a trial, made where there is none yet.
fn scenario_of<'a>(arms: &'a mut Vec<ArmRead>, id: &TrialId) -> &'a mut ScenarioRead {
    let at = arms.iter().position(|arm| arm.name == id.arm).unwrap_or_else(|| {
        arms.push(ArmRead { name: id.arm.clone(), scenarios: Vec::new() });
        arms.len() - 1
    });
    let scenarios = &mut arms[at].scenarios;
    let at = scenarios.iter().position(|one| one.name == id.scenario).unwrap_or_else(|| {
        scenarios.push(ScenarioRead { name: id.scenario.clone(), blocks: Vec::new() });
        scenarios.len() - 1
    });
    &mut scenarios[at]
}

impl ScenarioRead {
    /// The trials that have numbers, with what is known of them, and their blocks.
    pub(super) fn trials(&self) -> impl Iterator<Item = (u32, &Trial, &Facts)> {
        self.blocks.iter().filter_map(|block| {
            let (trial, facts) = &**block.came.as_ref().ok()?;
            Some((block.number, trial, facts))
        })
    }

    /// Any of its trials, to see how it was sent.
    pub(super) fn first(&self) -> Option<&Trial> {
        self.trials().next().map(|(_, trial, _)| trial)
    }
}

impl ArmRead {
    /// Any of its trials.
    pub(super) fn first(&self) -> Option<&Trial> {
        self.scenarios.iter().find_map(ScenarioRead::first)
    }
}

/// An error with its causes, in one line.
fn told(error: &LabError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    words
}

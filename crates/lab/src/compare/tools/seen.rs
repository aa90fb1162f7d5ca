//! A run folder through the eyes of another tool: the results that it would have written of
//! each trial, so that both sides mean the same by a word.

use tokenometer_core::Mistake;
use tokenometer_report::{View, ViewOptions, view};
use tokenometer_results::{ForeignResult, Trial, TrialId, parse_foreign};

use super::Alike;
use crate::LabError;
use crate::compare::figures::{LeftOut, whole};
use crate::compare::side::{ArmRead, RunRead, ScenarioRead, Side, What};

/// A side's scenarios as results of a tool.
pub(super) fn alike(side: &Side, opposite: &Side) -> Result<Vec<Alike>, Vec<Mistake>> {
    match &side.what {
        What::File(results) => {
            let alike = |result: &ForeignResult| Alike {
                name: format!("line {}", result.line),
                results: vec![(1, result.clone())],
                left_out: Vec::new(),
            };
            Ok(results.iter().map(alike).collect())
        }
        What::Run(run) => {
            let (arm, tool) = (arm(run), eyes(opposite));
            match (arm, tool) {
                (Ok(arm), Ok(tool)) => seen(run, arm, tool),
                (arm, tool) => Err(arm.err().into_iter().chain(tool.err()).collect()),
            }
        }
    }
}

/// The one arm of a run that can be put beside a file.
pub(super) fn arm(run: &RunRead) -> Result<&ArmRead, Mistake> {
    match (&run.arm, run.arms.as_slice()) {
        (None, [only]) => Ok(only),
        (Some(name), _) if run.arm_of(name).is_some() => {
            Ok(run.arm_of(name).expect("it was found just now"))
        }
        _ => {
            let cure = format!("name one of {}", run.choices());
            Err(Mistake::new(&run.named, "it has several arms, and the file one", cure))
        }
    }
}

/// The view that defines words as the tool of this file does.
fn eyes(side: &Side) -> Result<View, Mistake> {
    let What::File(results) = &side.what else { unreachable!("a run is only seen beside a file") };
    let rules = results[0].rules;
    if results.iter().any(|result| result.rules != rules) {
        let cure = format!("name one of its lines, as in {}:{}", side.named, results[0].line);
        return Err(Mistake::new(&side.named, "its lines are of different versions", cure));
    }
    rules.and_then(View::of_rules).ok_or_else(|| {
        let problem = format!(
            "a run can't be seen with its eyes: it is of a version of {} whose definitions \
             aren't known here",
            results[0].tool
        );
        let known = ["vllm-0.8.4", "vllm-0.33", "sglang-0.2.14", "sglang-0.4.5", "sglang-0.5.23"];
        Mistake::new(&side.named, problem, format!("known are {}", known.join(", ")))
    })
}

/// An arm's scenarios as a tool would have seen them.
fn seen(run: &RunRead, arm: &ArmRead, tool: View) -> Result<Vec<Alike>, Vec<Mistake>> {
    let (mut scenarios, mut mistakes) = (Vec::new(), Vec::new());
    for scenario in &arm.scenarios {
        match seen_scenario(run, scenario, tool) {
            // Of a scenario without any trial that counts nothing can be said.
            Ok(alike) if alike.results.is_empty() => {}
            Ok(alike) => scenarios.push(alike),
            Err(why) => mistakes.push(Mistake::new(
                &run.named,
                format!("{} can't be seen as {tool} would: {why}", scenario.name),
                "check that the run folder is whole",
            )),
        }
    }
    if scenarios.is_empty() && mistakes.is_empty() {
        let place = format!("{}:{}", run.named, arm.name);
        let cure = format!("see what became of them: tokenometer report {}", run.named);
        mistakes.push(Mistake::new(place, "no trial of it counts", cure));
    }
    if mistakes.is_empty() { Ok(scenarios) } else { Err(mistakes) }
}

fn seen_scenario(run: &RunRead, scenario: &ScenarioRead, tool: View) -> Result<Alike, LabError> {
    let (mut results, mut left_out) = (Vec::new(), LeftOut::default());
    for block in &scenario.blocks {
        let trial = block.came.as_ref().map(|came| &came.0).map_err(Clone::clone);
        let trial = trial.and_then(|trial| whole(trial).map(|()| trial));
        match trial {
            Ok(trial) => results.push((block.number, through(run, trial, tool)?)),
            Err(why) => left_out.note(block.number, why),
        }
    }
    Ok(Alike { name: scenario.name.clone(), results, left_out: left_out.told() })
}

/// A trial as the file that a tool would have written of it.
fn through(run: &RunRead, trial: &Trial, tool: View) -> Result<ForeignResult, LabError> {
    let id =
        TrialId { block: trial.block, arm: trial.arm.clone(), scenario: trial.scenario.clone() };
    let (mut failed, reader) = (None, run.run.trial(&id)?.records()?);
    let records = reader.map_while(|record| record.map_err(|error| failed = Some(error)).ok());
    let options = ViewOptions {
        percentile_metrics: Some(["ttft", "tpot", "itl", "e2el"].map(str::to_owned).to_vec()),
        percentiles: Some(vec![99.0]),
        ..ViewOptions::default()
    };
    let shown = view(tool, trial, records, &options);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let mut results = parse_foreign(tool.name(), &shown.json).map_err(LabError::Mistakes)?;
    Ok(results.swap_remove(0))
}

//! A study in the files of another tool: which of its trials go into them, where, and which
//! can't. What those files hold is that tool's view of each trial.

use tokenometer_core::Standing;
use tokenometer_results::{Traffic, Trial};

use crate::view::llm_infra_bench_folder;
use crate::{Ending, StudySeen};

/// A study's trials in the folders of `llm_infra_bench`.
#[derive(Debug)]
pub struct Exported<'a> {
    /// The trials that go into them, in the order of the study.
    pub trials: Vec<ExportedTrial<'a>>,
    /// Those that don't: which it was, and why.
    pub left_out: Vec<(String, String)>,
}

/// A trial that is exported.
#[derive(Debug)]
pub struct ExportedTrial<'a> {
    /// The trial.
    pub trial: &'a Trial,
    /// The folder below the one that is exported to in which that tool's `results` folder
    /// lies, `/` between its parts; empty where it lies there itself.
    pub below: String,
}

/// Which trials of a study can be seen as runs of `llm_infra_bench`, and where they lie.
///
/// It knows an engine, a model and a number of requests in flight, and nothing else. Two
/// arms of one engine would share its folder, and so would two scenarios with as many
/// requests in flight; then each arm, or each scenario, gets a folder of its own with a
/// `results` folder inside.
pub fn llm_infra_bench<'a>(seen: &StudySeen<'a>) -> Exported<'a> {
    let mut trials: Vec<&'a Trial> = Vec::new();
    let mut left_out = Vec::new();
    for cell in &seen.cells {
        let why = match cell.ending {
            Ending::Carried(trial) => why_not(trial),
            Ending::Failed { .. } => Some("it could not be carried out"),
            Ending::Missing => Some("it is missing"),
        };
        match (why, &cell.ending) {
            (None, Ending::Carried(trial)) => trials.push(*trial),
            (why, _) => {
                let which = format!("{}, {}, block {}", cell.arm, cell.scenario, cell.block);
                left_out.push((which, why.unwrap_or_default().to_owned()));
            }
        }
    }
    let apart = Apart::of(&trials);
    let placed = trials.into_iter().map(|trial| ExportedTrial { trial, below: apart.below(trial) });
    Exported { trials: placed.collect(), left_out }
}

/// Why a trial can't be seen as a run of it; `None` where it can.
fn why_not(trial: &Trial) -> Option<&'static str> {
    match (trial.load.traffic, trial.validity.standing) {
        _ if trial.interrupted => Some("it was stopped before its end"),
        (_, Standing::Invalid) => Some("it is invalid, and its files know no such word"),
        (_, Standing::Failed) => Some("its engine failed, and its files know no such word"),
        (Traffic::Closed { .. }, Standing::Valid | Standing::Saturated) => None,
        _ => Some("it is no closed loop, and that tool knows nothing else"),
    }
}

/// What has to be told apart by folders of ours.
struct Apart {
    arms: bool,
    scenarios: bool,
}

impl Apart {
    fn of(trials: &[&Trial]) -> Apart {
        let folders: Vec<String> =
            trials.iter().map(|trial| llm_infra_bench_folder(trial)).collect();
        let shares = |differ: fn(&Trial, &Trial) -> bool| {
            (0..trials.len()).any(|one| {
                (0..one).any(|other| {
                    folders[one] == folders[other] && differ(trials[one], trials[other])
                })
            })
        };
        Apart {
            arms: shares(|one, other| one.arm != other.arm),
            scenarios: shares(|one, other| one.arm == other.arm && one.scenario != other.scenario),
        }
    }

    fn below(&self, trial: &Trial) -> String {
        let told = [(trial.arm.as_str(), self.arms), (trial.scenario.as_str(), self.scenarios)];
        let names = told.into_iter().filter(|(_, is_told)| *is_told).map(|(name, _)| name);
        names.collect::<Vec<_>>().join("/")
    }
}

//! Which arms met the study's objectives. This is no comparison: an arm meets them by
//! itself, or doesn't, and no margin or interval is in it.

use tokenometer_core::Standing;
use tokenometer_core::verdict::Attained;

use super::metric::{Metric, metric};
use super::seen::{CellSeen, Ending, StudySeen};

/// Each arm in each scenario, where the study says what share of requests must meet its
/// objectives.
pub(super) fn attained(study: &StudySeen<'_>) -> Vec<Attained> {
    let Some(asked) = study.attain else { return Vec::new() };
    let share = metric("attainment").expect("it is one of the metrics");
    let places = study.scenarios.iter().flat_map(|scenario| {
        let objectives = scenario.has_objectives;
        scenario.arms.iter().filter(move |_| objectives).map(move |arm| (&scenario.name, arm))
    });
    let of = |(scenario, arm): (&String, &String)| {
        let ours = |cell: &&CellSeen<'_>| cell.scenario == *scenario && cell.arm == *arm;
        let cells: Vec<&CellSeen<'_>> = study.cells.iter().filter(ours).collect();
        let least = least(&cells, share);
        Attained {
            scenario: scenario.clone(),
            arm: arm.clone(),
            asked,
            least,
            met: least.map(|least| least >= asked),
        }
    };
    places.map(of).collect()
}

/// The least share of the blocks that count. An engine that failed has met nothing in that
/// block; a trial that is void says nothing.
fn least(cells: &[&CellSeen<'_>], share: &Metric) -> Option<f64> {
    let shares = cells.iter().filter_map(|cell| match &cell.ending {
        Ending::Measured(trial) if trial.validity.standing == Standing::Failed => Some(0.0),
        Ending::Measured(trial) => share.counting(trial.validity, trial.summary).ok(),
        Ending::Failed(_) => Some(0.0),
        Ending::Missing(_) => None,
    });
    shares.reduce(f64::min)
}

//! What must not be missed about all numbers of a study, as it is stamped on each picture: a
//! picture goes where the report doesn't.

use crate::page::printable;
use crate::{Ending, StudySeen};

/// The stamps of a study.
pub(super) fn stamps(seen: &StudySeen<'_>) -> Vec<String> {
    let mut stamps = Vec::new();
    stamps.extend(seen.rehearsal_of.map(|rehearsed| {
        format!("REHEARSAL of {}: nothing here is a result", printable(&rehearsed.study))
    }));
    stamps.extend(simulated(seen));
    stamps.extend(
        seen.interrupted.then(|| "INTERRUPTED: the study was stopped before its end".to_owned()),
    );
    stamps
}

/// Which arms were simulated, if any.
fn simulated(seen: &StudySeen<'_>) -> Option<String> {
    let is_simulated = |arm: &&&str| {
        seen.cells.iter().any(|cell| match cell.ending {
            Ending::Carried(trial) => cell.arm == **arm && trial.simulated,
            Ending::Failed { .. } | Ending::Missing => false,
        })
    };
    let arms: Vec<&&str> = seen.arms.iter().filter(is_simulated).collect();
    if arms.is_empty() {
        return None;
    }
    let which = if arms.len() == seen.arms.len() {
        "every arm".to_owned()
    } else {
        arms.iter().map(|arm| printable(arm)).collect::<Vec<_>>().join(", ")
    };
    Some(format!("SIMULATED: {which}; such numbers describe no real engine"))
}

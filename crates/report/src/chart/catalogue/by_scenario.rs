//! Throughput and latencies of the scenarios that stand on no axis: bars, side by side.

use crate::chart::{Body, Chart};
use crate::measured::{Measured, ScenarioMeasured};

use super::columns::Columns;
use super::families::{FAMILIES, Family, Swept};
use super::left_out::lines;
use super::names::shown;

/// Each family over the scenarios that none of its sweeps shows.
pub(super) fn charts(measured: &Measured<'_>, swept: &[Swept<'_>]) -> Vec<Chart> {
    let chart = |family: &Family| {
        let shows = |scenario: &ScenarioMeasured<'_>| {
            let ours = swept.iter().filter(|swept| swept.family == family.id);
            ours.into_iter().any(|swept| swept.scenarios.contains(&scenario.name))
        };
        let alone: Vec<_> = measured.scenarios.iter().filter(|scenario| !shows(scenario)).collect();
        chart(family, measured, &alone)
    };
    FAMILIES.iter().filter_map(chart).collect()
}

fn chart(
    family: &Family,
    measured: &Measured<'_>,
    scenarios: &[&ScenarioMeasured<'_>],
) -> Option<Chart> {
    let mut columns = Columns::of(measured);
    for scenario in scenarios {
        for (figure, part) in family.figures() {
            columns.add(name(scenario.name, part), scenario, figure, |_| true);
        }
    }
    (columns.count() > 0).then(|| Chart {
        id: format!("{}-by-scenario", family.id),
        title: format!("{} by scenario", family.title),
        about: format!(
            "{} of each arm in each scenario that is no step of a sweep, the mean over the blocks \
             that count. {}",
            family.title,
            columns.sureness.words()
        ),
        notes: lines(&columns.notes),
        body: Body::Bars(columns.into_bars(family.axis([]))),
    })
}

/// What stands below a group of bars.
fn name(scenario: &str, part: &str) -> String {
    match part {
        "" => shown(scenario),
        part => format!("{}, {part}", shown(scenario)),
    }
}

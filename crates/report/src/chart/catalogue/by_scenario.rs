//! Throughput and latencies of the scenarios that stand on no axis: bars, side by side.

use crate::chart::{Bar, Bars, Body, Chart, Group, Series};
use crate::measured::{Measured, ScenarioMeasured};

use super::families::{FAMILIES, Family, Swept};
use super::names::{arms, at, shown};
use super::sureness::{Sureness, left_out, note};

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
    let mut sureness = Sureness::default();
    let (mut names, mut notes, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    let arms = arms(measured);
    for scenario in scenarios {
        for (figure, part) in family.figures() {
            let mut column = Vec::new();
            for arm in &arms {
                let ours = at(&scenario.arms, arm.look);
                note(&mut notes, ours.and_then(|arm| left_out(arm, scenario.name, figure)));
                let mean = ours.and_then(|arm| arm.mean(figure));
                column.push(
                    mean.map(|mean| Bar { height: mean.value, interval: sureness.of(&mean) }),
                );
            }
            if column.iter().any(Option::is_some) {
                names.push(name(scenario.name, part));
                columns.push(column);
            }
        }
    }
    if columns.is_empty() {
        return None;
    }
    let groups: Vec<Group> = arms
        .iter()
        .enumerate()
        .map(|(place, arm)| Group {
            series: Series { name: arm.name.clone(), look: arm.look },
            bars: columns.iter().map(|column| column[place].clone()).collect(),
        })
        .filter(|group| group.bars.iter().any(Option::is_some))
        .collect();
    Some(Chart {
        id: format!("{}-by-scenario", family.id),
        title: format!("{} by scenario", family.title),
        about: format!(
            "{} of each arm in each scenario that is no step of a sweep, the mean over the blocks \
             that count. {}",
            family.title,
            sureness.words()
        ),
        notes,
        body: Body::Bars(Bars { y: family.axis([]), names, stacked: false, groups }),
    })
}

/// What stands below a group of bars.
fn name(scenario: &str, part: &str) -> String {
    match part {
        "" => shown(scenario),
        part => format!("{}, {part}", shown(scenario)),
    }
}

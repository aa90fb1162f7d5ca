//! What the prefix cache does: arms and scenarios that have it on beside those that have it
//! off.

use serde_json::Value;

use crate::chart::{Axis, Bar, Bars, Body, Chart, Group, Scale, Series};
use crate::measured::{ArmMeasured, Figure, Measured};

use super::families::named;
use super::names::{arms, at, shown};
use super::sureness::{Sureness, left_out, note};

/// The engine's option, by its common name.
const OPTION: &str = "prefix-cache";

const FIGURES: [(&str, &str); 4] = [
    ("prefix-cache-throughput", "output_throughput"),
    ("prefix-cache-ttft", "ttft_p50_ms"),
    ("prefix-cache-tpot", "tpot_p50_ms"),
    ("prefix-cache-e2e", "e2e_p50_ms"),
];

/// Throughput and latencies with the cache on and off, where a study has both.
pub(super) fn charts(measured: &Measured<'_>) -> Vec<Chart> {
    let all = measured.scenarios.iter().flat_map(|scenario| &scenario.arms);
    let states: Vec<bool> = all.filter_map(state).collect();
    if !(states.contains(&true) && states.contains(&false)) {
        return Vec::new();
    }
    FIGURES.iter().filter_map(|(id, figure)| chart(id, named(figure), measured)).collect()
}

/// Whether an arm had its cache on in a scenario; `None` where it doesn't tell, and where its
/// trials differ in it.
fn state(arm: &ArmMeasured<'_>) -> Option<bool> {
    let mut states = arm.carried().map(|trial| trial.options.get(OPTION).and_then(Value::as_bool));
    let first = states.next()??;
    states.all(|state| state == Some(first)).then_some(first)
}

fn chart(id: &str, figure: &'static Figure, measured: &Measured<'_>) -> Option<Chart> {
    let arms = arms(measured);
    let mut sureness = Sureness::default();
    let (mut names, mut columns, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for scenario in &measured.scenarios {
        for is_on in [false, true] {
            let mut column: Vec<Option<Bar>> = Vec::new();
            for arm in &arms {
                let ours = at(&scenario.arms, arm.look).filter(|arm| state(arm) == Some(is_on));
                note(&mut notes, ours.and_then(|arm| left_out(arm, scenario.name, figure)));
                let mean = ours.and_then(|arm| arm.mean(figure));
                column.push(
                    mean.map(|mean| Bar { height: mean.value, interval: sureness.of(&mean) }),
                );
            }
            if column.iter().any(Option::is_some) {
                let word = if is_on { "on" } else { "off" };
                names.push(format!("{}, {word}", shown(scenario.name)));
                columns.push((is_on, column));
            }
        }
        let untold = scenario.arms.iter().filter(|arm| state(arm).is_none());
        note(
            &mut notes,
            untold.map(|arm| {
                let who = format!("{}, {}", shown(arm.name), shown(scenario.name));
                format!("Left out: {who}: nothing tells whether its prefix cache was on.")
            }),
        );
    }
    let has = |wanted: bool| columns.iter().any(|(is_on, _)| *is_on == wanted);
    if !(has(true) && has(false)) {
        return None;
    }
    let group = |(place, arm): (usize, &super::names::Arm)| {
        let bars: Vec<Option<Bar>> =
            columns.iter().map(|(_, column)| column[place].clone()).collect();
        let series = Series { name: arm.name.clone(), look: arm.look };
        bars.iter().any(Option::is_some).then_some(Group { series, bars })
    };
    let groups = arms.iter().enumerate().filter_map(group).collect();
    Some(Chart {
        id: id.to_owned(),
        title: format!("{} with the prefix cache on and off", figure.title),
        about: format!(
            "{} of each arm by scenario and by whether its engine says that its prefix cache is \
             on, the mean over the blocks that count. Arms may differ in more than that. {}",
            figure.title,
            sureness.words()
        ),
        notes,
        body: Body::Bars(Bars {
            y: Axis::new(figure.title, figure.unit, Scale::Linear),
            names,
            stacked: false,
            groups,
        }),
    })
}

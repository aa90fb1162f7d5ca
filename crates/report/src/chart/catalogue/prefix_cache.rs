//! What the prefix cache does: arms and scenarios that have it on beside those that have it
//! off.

use serde_json::Value;

use crate::chart::{Axis, Body, Chart, Scale};
use crate::measured::{ArmMeasured, Figure, Measured};

use super::columns::Columns;
use super::families::named;
use super::left_out::{altogether, lines, note};
use super::names::{capital, shown};

/// The engine's option, by its common name.
const OPTION: &str = "prefix-cache";

/// Why an arm has no bar.
const UNTOLD: &str = "nothing tells whether its prefix cache was on";

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
    let mut columns = Columns::of(measured);
    let mut counts = [0, 0];
    for scenario in &measured.scenarios {
        for (is_on, word) in [(false, "off"), (true, "on")] {
            let name = format!("{}, {word}", shown(scenario.name));
            let before = columns.count();
            columns.add(name, scenario, figure, |arm| state(arm) == Some(is_on));
            counts[usize::from(is_on)] += columns.count() - before;
        }
        let untold = scenario.arms.iter().filter(|arm| state(arm).is_none());
        note(&mut columns.notes, untold.map(|arm| altogether(arm, scenario.name, UNTOLD)));
    }
    // Of one state alone there is nothing to compare.
    counts.iter().all(|count| *count > 0).then(|| Chart {
        id: id.to_owned(),
        title: format!("{} with the prefix cache on and off", capital(figure.title)),
        about: format!(
            "{} of each arm by scenario and by whether its engine says that its prefix cache is \
             on, the mean over the blocks that count. Arms may differ in more than that. {}",
            capital(figure.title),
            columns.sureness.words()
        ),
        notes: lines(&columns.notes),
        body: Body::Bars(columns.into_bars(Axis::new(figure.title, figure.unit, Scale::Linear))),
    })
}

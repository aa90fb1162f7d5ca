//! Latency of each arm under each load, by colour.

use crate::chart::{Axis, Body, Chart, Heat};
use crate::measured::Measured;

use super::families::named;
use super::left_out::{left_out, lines, note};
use super::names::{arms, at, shown};
use super::sureness::scale;

/// Mean E2E of each arm in each scenario, where there are several scenarios.
pub(super) fn charts(measured: &Measured<'_>) -> Vec<Chart> {
    let figure = named("e2e_mean_ms");
    let arms = arms(measured);
    let mut notes = Vec::new();
    let mut columns: Vec<(String, Vec<Option<f64>>)> = Vec::new();
    for scenario in &measured.scenarios {
        let mut column = Vec::new();
        for arm in &arms {
            let ours = at(&scenario.arms, arm.look);
            note(&mut notes, ours.into_iter().flat_map(|arm| left_out(arm, scenario.name, figure)));
            column.push(ours.and_then(|arm| arm.mean(figure)).map(|mean| mean.value));
        }
        if column.iter().any(Option::is_some) {
            columns.push((shown(scenario.name), column));
        }
    }
    if columns.len() < 2 {
        return Vec::new();
    }
    let numbers = columns.iter().flat_map(|(_, column)| column).flatten().copied();
    let value = Axis::new(figure.title, figure.unit, scale(numbers));
    let row = |place: usize| columns.iter().map(|(_, column)| column[place]).collect();
    let cells = (0..arms.len()).map(row).collect();
    vec![Chart {
        id: "latency-heat-map".to_owned(),
        title: "E2E by arm and scenario".to_owned(),
        about: "Mean E2E of each arm in each scenario, the mean over the blocks that count. An \
                empty cell has no trial that counts."
            .to_owned(),
        notes: lines(&notes),
        body: Body::Heat(Heat {
            value,
            higher_is_better: false,
            rows: arms.into_iter().map(|arm| arm.name).collect(),
            columns: columns.into_iter().map(|(name, _)| name).collect(),
            cells,
        }),
    }]
}

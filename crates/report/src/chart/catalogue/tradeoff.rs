//! Throughput against latency, with the load written at each point: what an arm gives up of
//! the one for the other.

use crate::chart::{Axis, Body, Chart, Curves, Line, Point, Scale, Series};
use crate::measured::{ArmMeasured, Figure, Measured};

use super::families::named;
use super::names::{Arm, arms, at, ids, title};
use super::sureness::{Sureness, left_out, note, scale};
use super::sweeps::{Over, Sweep};

/// The latencies that throughput is drawn over.
const LATENCIES: [(&str, &str); 2] =
    [("throughput-by-e2e", "e2e_p50_ms"), ("throughput-by-tpot", "tpot_p50_ms")];

/// Throughput against each latency, over the loads of a study.
pub(super) fn charts(measured: &Measured<'_>, sweeps: &[Sweep<'_, '_>]) -> Vec<Chart> {
    let arms = arms(measured);
    let loads = of_loads(sweeps);
    let labels: Vec<String> = loads.iter().map(|sweep| sweep.label.clone()).collect();
    let mut charts = Vec::new();
    for (kind, latency) in LATENCIES {
        let ids = ids(kind, &labels);
        let drawn = loads
            .iter()
            .zip(ids)
            .filter_map(|(sweep, id)| chart(sweep, &arms, named(latency), (id, loads.len())));
        charts.extend(drawn);
    }
    charts
}

/// The sweeps that change the load, and not what is asked for.
pub(super) fn of_loads<'s, 'm, 'a>(sweeps: &'s [Sweep<'m, 'a>]) -> Vec<&'s Sweep<'m, 'a>> {
    let is_of_load = |sweep: &&Sweep<'_, '_>| matches!(sweep.over, Over::Concurrency | Over::Rate);
    sweeps.iter().filter(is_of_load).collect()
}

fn chart(
    sweep: &Sweep<'_, '_>,
    arms: &[Arm],
    latency: &'static Figure,
    (id, of): (String, usize),
) -> Option<Chart> {
    let throughput = named("output_throughput");
    let mut sureness = Sureness::default();
    let mut notes = Vec::new();
    let mut lines = Vec::new();
    for arm in arms {
        let mut points = Vec::new();
        for (number, scenario) in &sweep.steps {
            let Some(arm) = at(&scenario.arms, arm.look) else { continue };
            note(&mut notes, left_out(arm, scenario.name, throughput));
            note(&mut notes, left_out(arm, scenario.name, latency));
            let point = point(arm, latency, throughput, &mut sureness);
            points.extend(
                point.map(|point| Point { label: Some(sweep.over.step(*number)), ..point }),
            );
        }
        let series = Series { name: arm.name.clone(), look: arm.look };
        lines.extend((!points.is_empty()).then_some(Line { series, joined: true, points }));
    }
    if lines.iter().all(|line| line.points.len() < 2) {
        return None;
    }
    let points = || lines.iter().flat_map(|line| &line.points);
    let x = Axis::new(latency.title, latency.unit, scale(points().map(|point| point.x)));
    let y = Axis::new("Output throughput", throughput.unit, Scale::Linear);
    Some(Chart {
        id,
        title: title(&format!("Output throughput against {}", latency.title), &sweep.label, of),
        about: format!(
            "Output throughput of each arm over its {} ({}), each the mean over the blocks that \
             count; beside each point its {}. Up and to the left is better. {} They are of the \
             throughput alone.",
            latency.title,
            sweep.label,
            sweep.over.words(),
            sureness.words()
        ),
        notes,
        body: Body::Curves(Curves { x, y, lines, marks: Vec::new() }),
    })
}

fn point(arm: &ArmMeasured<'_>, x: &Figure, y: &Figure, sureness: &mut Sureness) -> Option<Point> {
    let (x, y) = (arm.mean(x)?, arm.mean(y)?);
    Some(sureness.point(x.value, &y))
}

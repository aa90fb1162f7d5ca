//! Throughput against latency, with the load written at each point: what an arm gives up of
//! the one for the other.

use crate::chart::{Axis, Body, Chart, Curves, Line, Scale};
use crate::measured::{Figure, Measured};

use super::families::named;
use super::left_out::{left_out, lines as in_lines, note};
use super::names::{Arm, arms, ids, title};
use super::sureness::{Sureness, scale};
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
    let lines = sweep.labelled_lines(arms, |arm, scenario| {
        note(&mut notes, left_out(arm, scenario, throughput));
        note(&mut notes, left_out(arm, scenario, latency));
        Some(sureness.point(arm.mean(latency)?.value, &arm.mean(throughput)?))
    });
    let about = format!(
        "Output throughput of each arm over its {} ({}), each the mean over the blocks that \
         count; beside each point its {}. More throughput lies up, less latency to the left. {}",
        latency.title,
        sweep.label,
        sweep.over.words(),
        sureness.words_of("throughput")
    );
    let y = Axis::new("Output throughput", throughput.unit, Scale::Linear);
    has_a_line(&lines).then(|| Chart {
        id,
        title: title(&format!("Output throughput against {}", latency.title), &sweep.label, of),
        about,
        notes: in_lines(&notes),
        body: Body::Curves(Curves {
            x: x(latency.title, latency.unit, &lines),
            y,
            lines,
            marks: Vec::new(),
        }),
    })
}

/// The axis of what lies below some lines.
pub(super) fn x(label: &str, unit: &str, lines: &[Line]) -> Axis {
    let points = lines.iter().flat_map(|line| &line.points);
    Axis::new(label, unit, scale(points.map(|point| point.x)))
}

/// Whether any line goes from one load to another.
pub(super) fn has_a_line(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.points.len() > 1)
}

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
    let mut charts = Vec::new();
    for (kind, latency) in LATENCIES {
        let heading = format!("Output throughput against {}", named(latency).title);
        let placed = over_loads(sweeps, kind, &heading).into_iter();
        charts.extend(placed.filter_map(|placed| chart(placed, &arms, named(latency))));
    }
    charts
}

/// A sweep of loads, and what its chart is called.
pub(super) struct Placed<'s, 'm, 'a> {
    pub(super) sweep: &'s Sweep<'m, 'a>,
    pub(super) id: String,
    pub(super) title: String,
}

/// The sweeps that change the load and not what is asked for, closed loops first.
pub(super) fn over_loads<'s, 'm, 'a>(
    sweeps: &'s [Sweep<'m, 'a>],
    kind: &str,
    heading: &str,
) -> Vec<Placed<'s, 'm, 'a>> {
    let mut placed = Vec::new();
    for (over, id, words) in
        [(Over::Concurrency, "", ""), (Over::Rate, "-over-rates", " over request rates")]
    {
        let ours: Vec<_> = sweeps.iter().filter(|sweep| sweep.over == over).collect();
        let labels: Vec<String> = ours.iter().map(|sweep| sweep.label.clone()).collect();
        let ids = ids(&format!("{kind}{id}"), &labels);
        placed.extend(ours.into_iter().zip(ids).map(|(sweep, id)| Placed {
            sweep,
            id,
            title: title(&format!("{heading}{words}"), &sweep.label, labels.len()),
        }));
    }
    placed
}

fn chart(
    Placed { sweep, id, title }: Placed<'_, '_, '_>,
    arms: &[Arm],
    latency: &'static Figure,
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
        title,
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

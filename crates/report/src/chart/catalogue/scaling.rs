//! How much of its throughput an arm keeps for each request as more are in flight.

use crate::chart::{Axis, Body, Chart, Curves, Line, Point, Scale};
use crate::measured::{Mean, Measured};

use super::families::named;
use super::left_out::{LeftOut, altogether, left_out, lines as in_lines, note};
use super::names::{Arm, arms, ids, title};
use super::sureness::Sureness;
use super::sweeps::{Over, Sweep};

/// Why an arm has no efficiency at a concurrency.
const NO_LEAST: &str = "none of its blocks has the least concurrency";

/// The scaling efficiency over each sweep of concurrency.
pub(super) fn charts(measured: &Measured<'_>, sweeps: &[Sweep<'_, '_>]) -> Vec<Chart> {
    let arms = arms(measured);
    let is_ours = |sweep: &&Sweep<'_, '_>| sweep.over == Over::Concurrency;
    let ours: Vec<_> = sweeps.iter().filter(is_ours).collect();
    let labels: Vec<String> = ours.iter().map(|sweep| sweep.label.clone()).collect();
    let ids = ids("scaling-efficiency", &labels);
    ours.iter().zip(ids).filter_map(|(sweep, id)| chart(sweep, &arms, (id, ours.len()))).collect()
}

fn chart(sweep: &Sweep<'_, '_>, arms: &[Arm], (id, of): (String, usize)) -> Option<Chart> {
    let mut sureness = Sureness::default();
    let mut notes = Vec::new();
    let mut lines = Vec::new();
    for arm in arms {
        let points = points(sweep, arm, &mut sureness, &mut notes);
        let series = arm.series();
        // The first point is 1 by definition, and says nothing alone.
        lines.extend((points.len() > 1).then_some(Line { series, joined: true, points }));
    }
    (!lines.is_empty()).then(|| Chart {
        id,
        title: title("Scaling efficiency", &sweep.label, of),
        about: format!(
            "Output throughput ÷ concurrency, over the same at the least concurrency at which the \
             arm counts in that block ({}): 1 is throughput that grows as the concurrency does. \
             The mean over the blocks that have both. {}",
            sweep.label,
            sureness.words()
        ),
        notes: in_lines(&notes),
        body: Body::Curves(Curves {
            x: sweep.axis(),
            y: Axis::new("scaling efficiency", "", Scale::Linear),
            lines,
            marks: vec![("as the concurrency".to_owned(), 1.0)],
        }),
    })
}

/// The efficiency of one arm. Each block is compared with itself, so that what differs from
/// block to block falls out; where a block lacks the least concurrency, it has no part.
fn points(
    sweep: &Sweep<'_, '_>,
    arm: &Arm,
    sureness: &mut Sureness,
    notes: &mut Vec<LeftOut>,
) -> Vec<Point> {
    let throughput = named("output_throughput");
    let mut least: Option<Vec<(u32, f64)>> = None;
    sweep.points(arm.look, |concurrency, arm, scenario| {
        note(notes, left_out(arm, scenario, throughput));
        let each = arm.values(throughput).into_iter();
        let each: Vec<(u32, f64)> = each.map(|(block, rate)| (block, rate / concurrency)).collect();
        if each.is_empty() {
            return None;
        }
        let least = least.get_or_insert_with(|| each.clone());
        let ratio = |(block, rate): &(u32, f64)| {
            let (_, least) = least.iter().find(|(of, _)| of == block)?;
            Some(rate / least)
        };
        let ratios: Vec<f64> = each.iter().filter_map(ratio).collect();
        let mean = Mean::of(&ratios);
        note(notes, mean.is_none().then(|| altogether(arm, scenario, NO_LEAST)));
        Some(sureness.point(concurrency, &mean?))
    })
}

//! Throughput and latencies along what a sweep changes.

use crate::chart::{Axis, Body, Chart, Curves, Line, Scale, Series};
use crate::measured::{Figure, Kind, Measured, figure};

use super::left_out::{left_out, lines as in_lines, note};
use super::names::{Arm, arms, ids, title};
use super::sureness::{Sureness, heights, scale};
use super::sweeps::{Over, Sweep};

/// What is drawn together: one kind of number.
pub(super) struct Family {
    /// In the names of charts.
    pub(super) id: &'static str,
    /// In their titles.
    pub(super) title: &'static str,
    /// Its figures, that of most requests first.
    figures: &'static [(&'static str, &'static str)],
}

/// Every family, and of each figure its name and what sets it apart within its family.
pub(super) const FAMILIES: [Family; 7] = [
    Family { id: "throughput", title: "Output throughput", figures: &[("output_throughput", "")] },
    Family {
        id: "ttft",
        title: "TTFT",
        figures: &[("ttft_p50_ms", "p50"), ("ttft_p99_ms", "p99")],
    },
    Family {
        id: "tpot",
        title: "TPOT",
        figures: &[("tpot_p50_ms", "p50"), ("tpot_p99_ms", "p99")],
    },
    Family { id: "itl", title: "ITL", figures: &[("itl_p50_ms", "p50"), ("itl_p99_ms", "p99")] },
    Family { id: "e2e", title: "E2E", figures: &[("e2e_p50_ms", "p50"), ("e2e_p99_ms", "p99")] },
    Family { id: "goodput", title: "Goodput", figures: &[("goodput", "")] },
    Family {
        id: "attainment",
        title: "Requests that meet every objective",
        figures: &[("attainment", "")],
    },
];

impl Family {
    /// Its figures, each with what sets it apart.
    pub(super) fn figures(&self) -> impl Iterator<Item = (&'static Figure, &'static str)> {
        self.figures.iter().map(|(name, part)| (named(name), *part))
    }

    /// Which of its figures is drawn how, where it has two.
    fn parts(&self) -> &'static str {
        match self.figures.len() {
            1 => "",
            _ => " Joined: the median; loose: the 99th percentile.",
        }
    }

    /// The axis of its numbers. Those of a rate stand from zero, so that one arm's height
    /// beside another's is what it has more; latencies may lie too far apart for that.
    pub(super) fn axis(&self, heights: impl IntoIterator<Item = f64>) -> Axis {
        let figure = named(self.figures[0].0);
        let scale = if figure.kind == Kind::Latency { scale(heights) } else { Scale::Linear };
        Axis::new(self.title, figure.unit, scale)
    }
}

/// A figure that charts rest on.
pub(super) fn named(name: &'static str) -> &'static Figure {
    figure(name).expect("a chart's figure is one of the figures")
}

/// A chart of a sweep, and which scenarios of which family it shows.
pub(super) struct Swept<'a> {
    pub(super) chart: Chart,
    pub(super) family: &'static str,
    pub(super) scenarios: Vec<&'a str>,
}

/// Each family along each sweep.
pub(super) fn charts<'a>(measured: &Measured<'a>, sweeps: &[Sweep<'_, 'a>]) -> Vec<Swept<'a>> {
    let arms = arms(measured);
    let mut charts = Vec::new();
    for over in [Over::Concurrency, Over::Rate, Over::InputLength, Over::OutputLength] {
        let ours: Vec<&Sweep<'_, 'a>> = sweeps.iter().filter(|sweep| sweep.over == over).collect();
        let labels: Vec<String> = ours.iter().map(|sweep| sweep.label.clone()).collect();
        for family in &FAMILIES {
            let kind = format!("{}-by-{}", family.id, over.id());
            for (sweep, id) in ours.iter().zip(ids(&kind, &labels)) {
                charts.extend(chart(family, sweep, &arms, (id, ours.len())));
            }
        }
    }
    charts
}

fn chart<'a>(
    family: &'static Family,
    sweep: &Sweep<'_, 'a>,
    arms: &[Arm],
    (id, of): (String, usize),
) -> Option<Swept<'a>> {
    let mut sureness = Sureness::default();
    let mut notes = Vec::new();
    let mut lines = Vec::new();
    for arm in arms {
        for (place, (figure, part)) in family.figures().enumerate() {
            let points = sweep.points(arm.look, |number, arm, scenario| {
                note(&mut notes, left_out(arm, scenario, figure));
                Some(sureness.point(number, &arm.mean(figure)?))
            });
            let name = if place == 0 { arm.name.clone() } else { format!("{}, {part}", arm.name) };
            let series = Series { name, look: arm.look };
            // The tail stands loose above its median, so that the two can't be mixed up.
            let joined = place == 0;
            lines.extend((!points.is_empty()).then_some(Line { series, joined, points }));
        }
    }
    let words = sweep.over.words();
    let about = format!(
        "{} of each arm over the {words} ({}), the mean over the blocks that count.{} {}",
        family.title,
        sweep.label,
        family.parts(),
        sureness.words()
    );
    let scenarios = sweep.steps.iter().map(|(_, scenario)| scenario.name).collect();
    let y = family.axis(lines.iter().flat_map(|line| heights(&line.points)));
    has_two_steps(&lines).then(|| Swept {
        chart: Chart {
            id,
            title: title(&format!("{} by {words}", family.title), &sweep.label, of),
            about,
            notes: in_lines(&notes),
            body: Body::Curves(Curves { x: sweep.axis(), y, lines, marks: Vec::new() }),
        },
        family: family.id,
        scenarios,
    })
}

/// Whether there are points at two steps at least: at one alone, nothing is drawn along an axis.
fn has_two_steps(lines: &[Line]) -> bool {
    let mut steps = lines.iter().flat_map(|line| &line.points).map(|point| point.x);
    let first = steps.next();
    steps.any(|step| Some(step) != first)
}

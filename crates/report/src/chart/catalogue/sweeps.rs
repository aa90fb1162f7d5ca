//! Scenarios that differ in one number alone: what is drawn along an axis.
//!
//! Scenarios that differ in anything else besides never share a line, since nobody could tell
//! which of the two made the difference.

use tokenometer_results::Traffic;

use crate::chart::{Axis, Line, Point, Scale};
use crate::measured::{ArmMeasured, Measured, ScenarioMeasured};
use crate::number::{count, short};

use super::alike::{Common, common};
use super::names::{Arm, at};
use super::sureness::scale;

/// An axis is written at no more steps than this.
const MOST_TICKS: usize = 10;

/// What differs between the scenarios of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The requests that a closed loop keeps in flight.
    Concurrency,
    /// The requests a second of an open loop.
    Rate,
    /// The prompt tokens that were asked for.
    InputLength,
    /// The generated tokens that were asked for.
    OutputLength,
}

/// Scenarios that differ in one number.
pub(super) struct Sweep<'m, 'a> {
    /// In which.
    pub(super) over: Over,
    /// What they have in common, in a few words.
    pub(super) label: String,
    /// The number, and its scenario, rising.
    pub(super) steps: Vec<(f64, &'m ScenarioMeasured<'a>)>,
}

impl Over {
    const ALL: [Over; 4] = [Over::Concurrency, Over::Rate, Over::InputLength, Over::OutputLength];

    /// In the names of charts.
    pub(super) fn id(self) -> &'static str {
        match self {
            Over::Concurrency => "concurrency",
            Over::Rate => "rate",
            Over::InputLength => "input-length",
            Over::OutputLength => "output-length",
        }
    }

    /// In their titles.
    pub(super) fn words(self) -> &'static str {
        match self {
            Over::Concurrency => "concurrency",
            Over::Rate => "request rate",
            Over::InputLength => "input length",
            Over::OutputLength => "output length",
        }
    }

    /// What one of these loads is called beside its point.
    pub(super) fn step(self, number: f64) -> String {
        match self {
            Over::Concurrency => count(number as u64),
            Over::Rate => format!("{number}/s"),
            Over::InputLength | Over::OutputLength => short(number),
        }
    }

    fn axis(self, scale: Scale) -> Axis {
        let (label, unit) = match self {
            Over::Concurrency => ("requests in flight", ""),
            Over::Rate => ("requests due", "requests/s"),
            Over::InputLength => ("prompt length asked for", "tokens"),
            Over::OutputLength => ("output length asked for", "tokens"),
        };
        Axis::new(label, unit, scale)
    }

    /// The number in a scenario; `None` where it has none.
    fn number(self, scenario: &ScenarioMeasured<'_>) -> Option<f64> {
        let (load, workload) = (scenario.load?, scenario.workload?);
        match (self, load.traffic) {
            (Over::Concurrency, Traffic::Closed { concurrency }) => Some(f64::from(concurrency)),
            (Over::Rate, Traffic::Open { rate, .. }) => rate,
            (Over::Concurrency | Over::Rate, _) => None,
            (Over::InputLength, _) => Some(workload.input_tokens?.mean),
            (Over::OutputLength, _) => Some(workload.output_tokens?.mean),
        }
    }
}

/// A number as whoever wrote the study wrote it, its thousands parted.
fn plain(number: f64) -> String {
    if number.fract() == 0.0 { count(number as u64) } else { number.to_string() }
}

impl<'a> Sweep<'_, 'a> {
    /// What one arm has along the sweep: a point at each step where there is one.
    pub(super) fn points(
        &self,
        look: usize,
        mut point: impl FnMut(f64, &ArmMeasured<'a>, &'a str) -> Option<Point>,
    ) -> Vec<Point> {
        let of_step = |(number, scenario): &(f64, &ScenarioMeasured<'a>)| {
            point(*number, at(&scenario.arms, look)?, scenario.name)
        };
        self.steps.iter().filter_map(of_step).collect()
    }

    /// A line of each arm that has any points, each with its step written beside it.
    pub(super) fn labelled_lines(
        &self,
        arms: &[Arm],
        mut point: impl FnMut(&ArmMeasured<'a>, &'a str) -> Option<Point>,
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        for arm in arms {
            let points = self.points(arm.look, |number, arm, scenario| {
                let label = Some(self.over.step(number));
                Some(Point { label, ..point(arm, scenario)? })
            });
            lines.extend((!points.is_empty()).then(|| Line {
                series: arm.series(),
                joined: true,
                points,
            }));
        }
        lines
    }

    /// The axis of what differs. Where it is logarithmic, it is written at the steps, which
    /// then lie far enough apart.
    pub(super) fn axis(&self) -> Axis {
        let scale = scale(self.steps.iter().map(|(number, _)| *number));
        let mut ticks: Vec<(f64, String)> = Vec::new();
        if scale == Scale::Log && self.steps.len() <= MOST_TICKS {
            ticks = self.steps.iter().map(|(number, _)| (*number, plain(*number))).collect();
            ticks.dedup_by_key(|(number, _)| *number);
        }
        Axis { ticks, ..self.over.axis(scale) }
    }
}

/// Every sweep of a study: at least two different numbers each.
pub(super) fn sweeps<'m, 'a>(measured: &'m Measured<'a>) -> Vec<Sweep<'m, 'a>> {
    Over::ALL.into_iter().flat_map(|over| sweeps_over(over, measured)).collect()
}

fn sweeps_over<'m, 'a>(over: Over, measured: &'m Measured<'a>) -> Vec<Sweep<'m, 'a>> {
    let mut found: Vec<(String, Sweep<'m, 'a>)> = Vec::new();
    for scenario in &measured.scenarios {
        let Some(number) = over.number(scenario) else { continue };
        let Some(Common { key, label }) = common(over, scenario) else { continue };
        match found.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sweep)) => sweep.steps.push((number, scenario)),
            None => found.push((key, Sweep { over, label, steps: vec![(number, scenario)] })),
        }
    }
    let mut sweeps: Vec<_> = found.into_iter().map(|(_, sweep)| sweep).collect();
    for sweep in &mut sweeps {
        sweep.steps.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    }
    sweeps.retain(|sweep| sweep.steps.windows(2).any(|pair| pair[0].0 < pair[1].0));
    sweeps
}

//! Scenarios that are the same work under one load after another: what a study writes as
//! one scenario with several loads.

use std::cmp::Ordering;

use tokenometer_results::{Load, Traffic};

use crate::measured::{Measured, ScenarioMeasured};

/// The same work under rising loads of one kind.
#[derive(Debug)]
pub(super) struct Sweep<'a> {
    /// Its scenarios, from the lowest load to the highest.
    pub(super) scenarios: Vec<&'a ScenarioMeasured<'a>>,
}

/// The loads that can be told to be higher or lower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Height {
    /// So many requests in flight.
    Closed(u32),
    /// So many requests a second.
    Open(f64),
    /// All requests at once: nothing is higher.
    AtOnce,
    /// A rate that changes is neither higher nor lower than any.
    Changing,
}

impl Height {
    /// How high a load is.
    pub(super) fn of(load: &Load) -> Height {
        match load.traffic {
            Traffic::Closed { concurrency } => Height::Closed(concurrency),
            Traffic::Open { rate: Some(rate), .. } => Height::Open(rate),
            Traffic::Open { rate: None, .. } => Height::AtOnce,
            Traffic::Ramp { .. } => Height::Changing,
        }
    }

    /// How many times as high as a lower one of its kind; absent where that can't be said.
    pub(super) fn over(self, lower: Height) -> Option<f64> {
        match (self, lower) {
            (Height::Closed(high), Height::Closed(low)) => Some(f64::from(high) / f64::from(low)),
            (Height::Open(high), Height::Open(low)) => Some(high / low),
            _ => None,
        }
    }

    fn order(self, other: Height) -> Ordering {
        match (self, other) {
            (Height::Closed(one), Height::Closed(two)) => one.cmp(&two),
            (Height::Open(one), Height::Open(two)) => one.total_cmp(&two),
            (Height::Open(_), Height::AtOnce) => Ordering::Less,
            (Height::AtOnce, Height::Open(_)) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }

    /// Which heights can be held against each other.
    fn kind(self) -> u8 {
        match self {
            Height::Closed(_) => 0,
            Height::Open(_) | Height::AtOnce => 1,
            Height::Changing => 2,
        }
    }
}

/// Sorts the scenarios of a study into sweeps. Those of which nothing was carried out
/// belong to none.
pub(super) fn sweeps<'a>(measured: &'a Measured<'a>) -> Vec<Sweep<'a>> {
    let mut sorted: Vec<(String, u8, Sweep<'a>)> = Vec::new();
    for scenario in &measured.scenarios {
        let Some(load) = scenario.load else { continue };
        let (stem, kind) = (stem(scenario.name, load), Height::of(load).kind());
        match sorted.iter_mut().find(|(known, of, _)| *known == stem && *of == kind) {
            Some((_, _, sweep)) => sweep.scenarios.push(scenario),
            None => sorted.push((stem, kind, Sweep { scenarios: vec![scenario] })),
        }
    }
    for (_, _, sweep) in &mut sorted {
        sweep.scenarios.sort_by(|one, other| match (one.load, other.load) {
            (Some(one), Some(other)) => Height::of(one).order(Height::of(other)),
            _ => Ordering::Equal,
        });
    }
    sorted.into_iter().map(|(_, _, sweep)| sweep).collect()
}

/// A scenario's name without its load, where it ends in that: a study that gives a scenario
/// several loads names each `chat-c8`, `chat-r2.5`, `chat-r4-c64`.
fn stem(name: &str, load: &Load) -> String {
    let capped = |cap: Option<u32>| cap.map(|cap| format!("-c{cap}")).unwrap_or_default();
    let word = match load.traffic {
        Traffic::Closed { concurrency } => format!("-c{concurrency}"),
        Traffic::Open { rate: Some(rate), cap, .. } => format!("-r{rate}{}", capped(cap)),
        Traffic::Open { rate: None, cap, .. } => format!("-rinf{}", capped(cap)),
        Traffic::Ramp { from, to, cap, .. } => format!("-r{from}to{to}{}", capped(cap)),
    };
    name.strip_suffix(&word).unwrap_or(name).to_owned()
}

//! What is simulated for every row, and how far it is from what was published.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use tokenometer_core::Nanos;
use tokenometer_sim::Simulation;
use tokenometer_sim::scheduled::{Foretold, Told, foretell};

use crate::load::Load;
use crate::row::{Figures, Row, Study, studies};
use crate::stack::{self, Stack};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    Throughput,
    Ttft,
    Tpot,
    E2e,
}

impl Metric {
    pub const ALL: [Metric; 4] = [Metric::Throughput, Metric::Ttft, Metric::Tpot, Metric::E2e];

    pub fn name(self) -> &'static str {
        match self {
            Metric::Throughput => "output tok/s",
            Metric::Ttft => "TTFT",
            Metric::Tpot => "TPOT",
            Metric::E2e => "E2E",
        }
    }

    pub fn of(self, figures: &Figures) -> Option<f64> {
        match self {
            Metric::Throughput => figures.throughput,
            Metric::Ttft => figures.ttft,
            Metric::Tpot => figures.tpot,
            Metric::E2e => figures.e2e,
        }
    }

    /// How far off it may be. The time to the first token depends on when a request
    /// meets which step, and so on more than the model knows.
    pub fn bound(self) -> f64 {
        if self == Metric::Ttft { 0.40 } else { 0.25 }
    }
}

/// A row, and what was simulated for it.
pub struct Compared {
    pub row: Row,
    pub stack: Stack,
    pub simulated: Figures,
}

impl Compared {
    /// Simulated over published, less one.
    pub fn error(&self, metric: Metric) -> Option<f64> {
        Some(metric.of(&self.simulated)? / metric.of(&self.row.figures)? - 1.0)
    }
}

/// Every study with every row of it. Worked out once for all tests.
pub static COMPARED: LazyLock<Vec<(Study, Vec<Compared>)>> = LazyLock::new(compare);

/// Rows that are the same to a simulation.
type Key = (String, String, Stack, Load, bool);

fn key(row: &Row, medians: bool) -> Key {
    (row.machine.clone(), row.model.clone(), stack::of(row), row.load, medians)
}

fn compare() -> Vec<(Study, Vec<Compared>)> {
    let studies = studies();
    let mut tasks: Vec<(Key, &Row)> = Vec::new();
    for study in &studies {
        for row in &study.rows {
            let key = key(row, study.medians);
            if tasks.iter().all(|(known, _)| *known != key) {
                tasks.push((key, row));
            }
        }
    }
    let found = carry_out(&tasks);
    let compared = |study: &Study| {
        let of = |row: &Row| Compared {
            row: row.clone(),
            stack: stack::of(row),
            simulated: found[&key(row, study.medians)],
        };
        study.rows.iter().map(of).collect()
    };
    let compared: Vec<Vec<Compared>> = studies.iter().map(compared).collect();
    studies.into_iter().zip(compared).collect()
}

/// Simulates each, on as many threads as there are processors.
fn carry_out(tasks: &[(Key, &Row)]) -> HashMap<Key, Figures> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(HashMap::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((key, row)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let foretold = foretell(&stack::simulation(row), &row.load.course()).unwrap();
                    let figures = figures(&foretold, key.4);
                    found.lock().unwrap().insert(key.clone(), figures);
                }
            });
        }
    });
    found.into_inner().unwrap()
}

/// What would be simulated for a row if nothing were known of its engine.
pub fn under_ideal(row: &Row, medians: bool) -> Figures {
    let mut simulation = Simulation::new(&row.machine, &row.model, Some("ideal")).unwrap();
    simulation.set("step-noise", "0").unwrap();
    simulation.set("start-noise", "0").unwrap();
    figures(&foretell(&simulation, &row.load.course()).unwrap(), medians)
}

/// A load's figures by the definitions of both harnesses: TPOT is what follows the
/// first token over the tokens that follow it, of each request on its own.
fn figures(foretold: &Foretold, medians: bool) -> Figures {
    let requests = &foretold.requests;
    assert!(requests.iter().all(|told| told.refused.is_none()), "a request was refused");
    let tokens: u32 = requests.iter().map(Told::tokens).sum();
    let centre = |of: &dyn Fn(&Told) -> Option<f64>| {
        let mut values: Vec<f64> = requests.iter().filter_map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        match medians {
            true => values[values.len() / 2],
            false => values.iter().sum::<f64>() / values.len() as f64,
        }
    };
    let millis = |from: Nanos, to: Nanos| (to - from).as_millis_f64();
    let tpot = |told: &Told| {
        let after = told.tokens() - 1;
        (after > 0).then(|| millis(told.first().unwrap(), told.last().unwrap()) / f64::from(after))
    };
    Figures {
        throughput: Some(f64::from(tokens) / foretold.duration.as_secs_f64()),
        ttft: Some(centre(&|told| Some(millis(told.sent, told.first()?)))),
        tpot: Some(centre(&tpot)),
        e2e: Some(centre(&|told| Some(millis(told.sent, told.last()?)))),
    }
}

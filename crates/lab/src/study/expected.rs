//! How long a plan will take, as far as that can be known before: what is
//! certain is added up, and what isn't is named.

use std::time::Duration;

use tokenometer_workload::{Extent, Pattern};

use super::cells::Cell;
use super::plan::Plan;
use crate::WarmUp;

/// The shortest warm-up that can be called settled (W6).
const SHORTEST_WARM_UP: Duration = Duration::from_secs(10);

/// How long a plan takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// All windows whose length is known, the pauses, and the shortest warm-ups.
    pub at_least: Duration,
    /// Trials whose window ends after so many requests, however long they take.
    pub open_ended: usize,
    /// Warm-ups that go on until the engine has settled.
    pub settling: usize,
    /// The longest of them may take this long.
    pub longest_warm_up: Duration,
    /// How often engines are started.
    pub starts: usize,
    /// How long the slowest engine may take to be ready.
    pub longest_start: Duration,
}

impl Plan {
    /// How long all blocks take.
    pub fn expected(&self) -> Expected {
        let mut expected = Expected::default();
        for block in &self.blocks {
            for arm in &block.arms {
                for start in self.starts(block, *arm) {
                    expected.starts += 1;
                    let steps = start.steps.iter().map(|step| &self.cells[step.cell]);
                    steps.for_each(|cell| expected.add(cell));
                    let pauses = start.steps.len().saturating_sub(1) as u32;
                    expected.at_least += self.pause() * pauses;
                }
            }
        }
        let ready = self.arms.iter().map(|arm| self.ready_within(arm)).max();
        expected.longest_start = ready.unwrap_or_default();
        expected
    }

    /// How long nothing is sent between two trials on one engine.
    pub fn pause(&self) -> Duration {
        self.study.pause.map_or(Duration::ZERO, |pause| pause.0)
    }

    /// How long an arm's engine may take to be ready.
    pub fn ready_within(&self, arm: &super::PlannedArm) -> Duration {
        let own = self.study.limits.and_then(|limits| limits.ready);
        own.map_or(arm.profile.ready.within.0, |own| own.0)
    }
}

impl Expected {
    fn add(&mut self, cell: &Cell) {
        match window(cell) {
            Some(window) => self.at_least += window,
            None => self.open_ended += 1,
        }
        if let WarmUp::UntilSettled { at_most } = cell.warm_up {
            self.at_least += SHORTEST_WARM_UP.min(at_most);
            self.settling += 1;
            self.longest_warm_up = self.longest_warm_up.max(at_most);
        }
    }
}

/// How long a cell's window is, where nothing depends on the engine.
fn window(cell: &Cell) -> Option<Duration> {
    match (cell.load.extent, cell.load.pattern) {
        (Extent::Duration(length), _) => Some(length),
        (Extent::Requests(count), Pattern::Open { rate, .. }) if rate.is_finite() => {
            Some(Duration::from_secs_f64(f64::from(count) / rate))
        }
        (Extent::Requests(_), _) => None,
    }
}

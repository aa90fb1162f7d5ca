//! When which request is due: from settings to a [`Schedule`].
//!
//! The measured part follows from the workload and the load alone. What the
//! warm-up showed of an arm shapes only what is sent before and after it: the
//! ramp-in brings the load up, the drain keeps it up, both with prompts of
//! their own.

use std::ops::Range;
use std::time::Duration;

use tokenometer_core::{Arrival, Close, Nanos, Pace, Phase, Request, Schedule, Window};

use crate::arrival::{Process, arrivals};
use crate::dataset::stream_name;
use crate::settings::due;
use crate::workload::Ours;
use crate::{Extent, LoadSettings, Mistake, Pattern, Ramp, Settled, WorkloadError};

/// The most different prompts made for a stretch whose number of requests isn't
/// fixed; beyond it they begin again. As many of the built-in prompts differ in
/// their first word, and no engine's cache holds so many.
const LARGEST_POOL: u32 = 1 << 16;

/// The fewest.
const SMALLEST_POOL: u32 = 64;

/// How long a request is taken to last where nothing has shown it yet: less
/// than most do, so that prompts are made in plenty.
const ASSUMED_E2E: Duration = Duration::from_millis(250);

/// How long an open loop goes on after its window where nothing has shown how
/// long requests last.
const ASSUMED_DRAIN: Duration = Duration::from_secs(5);

/// How long it goes on at least, where that is known.
const SHORTEST_DRAIN: Duration = Duration::from_secs(1);

impl Ours {
    /// What [`Workload::schedule`](crate::Workload::schedule) makes by our own
    /// rules.
    pub(crate) fn schedule(
        &self,
        load: &LoadSettings,
        settled: Option<Settled>,
    ) -> Result<Schedule, WorkloadError> {
        match load.pattern.in_effect() {
            Pattern::Closed { concurrency } => self.closed(concurrency, load, settled),
            Pattern::Open { rate: f64::INFINITY, .. } => self.burst(load),
            Pattern::Open { rate, burstiness, cap } => {
                self.open_loop(Flow::steady(rate, burstiness, cap), load, settled)
            }
            Pattern::Ramp(ramp) => self.open_loop(Flow::rising(ramp), load, settled),
        }
    }

    fn closed(
        &self,
        slots: u32,
        load: &LoadSettings,
        settled: Option<Settled>,
    ) -> Result<Schedule, WorkloadError> {
        let spread = settled.map_or(Nanos::ZERO, |settled| settled.mean_e2e.into());
        let starts = spread_starts(slots, spread);
        let ramps = starts.last().is_some_and(|opens| *opens > Nanos::ZERO);
        // One round while the slots start and most of another before the last
        // has started; what is shorter than the mean takes a few more.
        let ramp_in = if ramps { 2 * slots + 16 } else { 0 };
        let mut rows = Rows::default();
        let measured = rows.add(self.requests(Phase::Measure, self.measured_rows(load, settled)?)?);
        let ramp_in = rows.add(self.requests(Phase::RampIn, ramp_in)?);
        let drain = rows.add(self.requests(Phase::Drain, drain_pool(slots, settled))?);
        let close = match load.extent {
            Extent::Requests(_) => Close::AllEnded,
            Extent::Duration(duration) => Close::After(duration),
        };
        let measured_as = Phase::Measure;
        let pace = Pace::Closed { starts, ramp_in, measured, drain, close, measured_as };
        Ok(Schedule { requests: rows.0, pace })
    }

    fn burst(&self, load: &LoadSettings) -> Result<Schedule, WorkloadError> {
        let Extent::Requests(count) = load.extent else {
            unreachable!("a burst without a number is a mistake");
        };
        let requests = self.requests(Phase::Measure, self.measured_rows(load, None)?)?;
        let window = Window { opens: Nanos::ZERO, closes: Nanos(1) };
        let range = 0..requests.len() as u32;
        let offsets = vec![Nanos::ZERO; count as usize];
        let arrivals = due_at(offsets, Nanos::ZERO, range, Phase::Measure);
        Ok(Schedule { requests, pace: Pace::Open { arrivals, window, cap: None } })
    }

    fn open_loop(
        &self,
        flow: Flow,
        load: &LoadSettings,
        settled: Option<Settled>,
    ) -> Result<Schedule, WorkloadError> {
        let opens = settled.map_or(Nanos::ZERO, |settled| settled.p99_e2e.into());
        let (count, span) = flow.measured(load.extent).map_err(mistake)?;
        let mut offsets = self.offsets(flow.process, Phase::Measure, count, span);
        if let Some(ramp) = flow.ramp {
            offsets.iter_mut().for_each(|offset| *offset = risen(ramp, *offset, span));
        }
        let length = match load.extent {
            Extent::Requests(_) => *offsets.last().expect("a load has a request") + Nanos(1),
            Extent::Duration(duration) => duration.into(),
        };
        let window = Window { opens, closes: opens + length };

        let mut rows = Rows::default();
        let range = rows.add(self.requests(Phase::Measure, self.measured_rows(load, settled)?)?);
        let measured = due_at(offsets, opens, range, Phase::Measure);
        let ramp_in = (Nanos::ZERO, opens);
        let before = Flow { rate: flow.ramp.map_or(flow.rate, |ramp| ramp.from), ..flow };
        let mut all = self.around(before, Phase::RampIn, ramp_in, &mut rows)?;
        all.extend(measured);
        let drain = (window.closes, drain_horizon(settled, load.drain_limit).into());
        let after = Flow { rate: flow.ramp.map_or(flow.rate, |ramp| ramp.to), ..flow };
        all.extend(self.around(after, Phase::Drain, drain, &mut rows)?);
        Ok(Schedule { requests: rows.0, pace: Pace::Open { arrivals: all, window, cap: flow.cap } })
    }

    /// The arrivals of the ramp-in or the drain: `stretch` is where it begins
    /// and how long it is.
    fn around(
        &self,
        flow: Flow,
        phase: Phase,
        stretch: (Nanos, Nanos),
        rows: &mut Rows,
    ) -> Result<Vec<Arrival>, WorkloadError> {
        let (begins, span) = stretch;
        let count = due(flow.rate, span.as_duration()).map_err(mistake)?;
        let pool = self.at_most_all(count.min(LARGEST_POOL));
        let range = rows.add(self.requests(phase, pool)?);
        Ok(due_at(self.offsets(flow.process, phase, count, span), begins, range, phase))
    }

    fn offsets(&self, process: Process, phase: Phase, count: u32, span: Nanos) -> Vec<Nanos> {
        let mut draws = self.seed.stream(&stream_name(phase, "arrival")).draws();
        arrivals(process, count as usize, span, &mut draws)
    }

    /// How many rows the measured part has.
    pub(crate) fn measured_rows(
        &self,
        load: &LoadSettings,
        settled: Option<Settled>,
    ) -> Result<u32, WorkloadError> {
        Ok(match (load.pattern.in_effect(), load.extent) {
            (Pattern::Closed { .. }, Extent::Requests(count)) => count,
            (Pattern::Closed { concurrency }, Extent::Duration(duration)) => {
                let pool = load.pool.map(u32::from);
                self.at_most_all(pool.unwrap_or_else(|| pool_for(concurrency, duration, settled)))
            }
            // Arrivals refer to their rows, so a row that is sent again need
            // not be made again.
            (_, Extent::Requests(count)) => self.at_most_all(count),
            (Pattern::Open { rate, burstiness, cap }, extent) => {
                let flow = Flow::steady(rate, burstiness, cap);
                self.at_most_all(flow.measured(extent).map_err(mistake)?.0)
            }
            (Pattern::Ramp(ramp), extent) => {
                self.at_most_all(Flow::rising(ramp).measured(extent).map_err(mistake)?.0)
            }
        })
    }
}

impl Pattern {
    /// What this pattern comes to: an infinite rate under a cap is a closed
    /// loop.
    pub(crate) fn in_effect(self) -> Pattern {
        match self {
            Pattern::Open { rate: f64::INFINITY, cap: Some(concurrency), .. } => {
                Pattern::Closed { concurrency }
            }
            other => other,
        }
    }
}

/// An open loop at a finite rate.
#[derive(Clone, Copy, Debug)]
struct Flow {
    /// In requests a second; of one that changes, the mean.
    rate: f64,
    /// How it changes over the window, if it does.
    ramp: Option<Ramp>,
    process: Process,
    cap: Option<u32>,
}

impl Flow {
    fn steady(rate: f64, burstiness: f64, cap: Option<u32>) -> Flow {
        Flow { rate, ramp: None, process: Process::of_burstiness(burstiness), cap }
    }

    fn rising(ramp: Ramp) -> Flow {
        let flow = Flow::steady(ramp.mean_rate(), ramp.burstiness, ramp.cap);
        Flow { ramp: Some(ramp), ..flow }
    }

    /// How many requests are measured, and over what time they arrive.
    fn measured(self, extent: Extent) -> Result<(u32, Nanos), Mistake> {
        Ok(match extent {
            Extent::Requests(count) => (count, Nanos::from_secs_f64(f64::from(count) / self.rate)),
            Extent::Duration(duration) => (due(self.rate, duration)?.max(1), duration.into()),
        })
    }
}

/// The requests of a schedule, phase after phase.
#[derive(Debug, Default)]
struct Rows(Vec<Request>);

impl Rows {
    fn add(&mut self, requests: Vec<Request>) -> Range<u32> {
        let start = self.0.len() as u32;
        if self.0.is_empty() {
            self.0 = requests;
        } else {
            self.0.extend(requests);
        }
        start..self.0.len() as u32
    }
}

fn mistake(mistake: Mistake) -> WorkloadError {
    WorkloadError::Mistakes(vec![mistake])
}

/// Where each slot of a closed loop begins: the i-th of n after i/n of `spread`.
pub(crate) fn spread_starts(slots: u32, spread: Nanos) -> Vec<Nanos> {
    let share = |slot| i128::from(spread.0) * i128::from(slot) / i128::from(slots);
    (0..slots).map(|slot| Nanos(share(slot) as i64)).collect()
}

/// How many prompts keep a closed loop up while its last measured requests end:
/// each slot may end early and send several more.
fn drain_pool(slots: u32, settled: Option<Settled>) -> u32 {
    let rounds = settled.map_or(2.0, |settled| {
        (settled.p99_e2e.as_secs_f64() / settled.mean_e2e.as_secs_f64()).ceil().max(1.0) + 1.0
    });
    // A mean of zero gives no number of rounds; the cast then takes 0 or the
    // limit, and both are put right here.
    let wanted = (f64::from(slots) * rounds) as u32;
    wanted.min(LARGEST_POOL).max(2 * slots)
}

/// How many prompts a closed loop of a given duration goes round in: half as
/// many again as it should send, and one more for each slot.
fn pool_for(slots: u32, duration: Duration, settled: Option<Settled>) -> u32 {
    let mean = settled.map_or(ASSUMED_E2E, |settled| settled.mean_e2e);
    let rounds = duration.as_secs_f64() / mean.as_secs_f64().max(1e-9);
    let wanted = (rounds * f64::from(slots) * 1.5).ceil() + f64::from(slots);
    (wanted as u32).clamp(SMALLEST_POOL, LARGEST_POOL)
}

/// How long an open loop goes on after its window.
fn drain_horizon(settled: Option<Settled>, limit: Option<Duration>) -> Duration {
    let horizon = settled
        .map_or(ASSUMED_DRAIN, |settled| settled.p99_e2e.saturating_mul(2).max(SHORTEST_DRAIN));
    horizon.min(limit.unwrap_or(Duration::MAX))
}

/// Where in a window an arrival falls if the rate changes over it, given where
/// it would fall at the mean rate.
fn risen(ramp: Ramp, offset: Nanos, span: Nanos) -> Nanos {
    let share = offset.0 as f64 / span.0.max(1) as f64;
    Nanos((ramp.instant_of(share) * span.0 as f64) as i64)
}

/// Arrivals at these offsets after `begins`, with the rows of `range` in turn.
fn due_at(offsets: Vec<Nanos>, begins: Nanos, range: Range<u32>, phase: Phase) -> Vec<Arrival> {
    let rows = range.clone().cycle();
    offsets
        .into_iter()
        .zip(rows)
        .map(|(offset, request)| Arrival { offset: begins + offset, request, phase })
        .collect()
}

//! What is sent before anything is measured, until the engine has settled.
//!
//! Batches are asked for one after another; each has prompts of its own, and
//! passes through every length class that will be measured. When enough is
//! enough is for others to decide.

use std::collections::BTreeMap;

use tokenometer_core::{Close, Nanos, Pace, Phase, Schedule};

use crate::dataset::Row;
use crate::lengths::length_class;
use crate::schedule::spread_starts;
use crate::workload::Ours;
use crate::{LoadSettings, Pattern, Ramp, WorkloadError};

/// The least requests in a batch, so that its figures mean something (W6).
const SMALLEST_BATCH: u32 = 20;

/// The most slots of a warm-up for a load that names no number of its own.
const MOST_SLOTS: u32 = 64;

impl Ours {
    /// What [`Workload::warm_up`](crate::Workload::warm_up) makes by our own
    /// rules.
    pub(crate) fn warm_up(
        &self,
        load: &LoadSettings,
        batch: u32,
    ) -> Result<Option<Schedule>, WorkloadError> {
        let slots = slots(load.pattern);
        let size = load.warm_up_requests.unwrap_or(SMALLEST_BATCH.max(2 * slots));
        if size == 0 {
            return Ok(None);
        }
        let models = self.models(load, batch, size)?;
        let first = u64::from(batch) * u64::from(size);
        let requests = (first..)
            .zip(models)
            .map(|(number, like)| {
                self.dataset.request_like(Row { phase: Phase::WarmUp, number }, like)
            })
            .collect::<Result<_, _>>()?;
        let pace = Pace::Closed {
            starts: spread_starts(slots.min(size), Nanos::ZERO),
            ramp_in: 0..0,
            measured: 0..size,
            drain: size..size,
            close: Close::AllEnded,
            measured_as: Phase::WarmUp,
        };
        Ok(Some(Schedule { requests, pace }))
    }

    /// The measured rows that the requests of a batch are modelled on.
    fn models(
        &self,
        load: &LoadSettings,
        batch: u32,
        size: u32,
    ) -> Result<Vec<Row>, WorkloadError> {
        let count = u64::from(self.measured_rows(load, None)?);
        // The rows of a dataset that begins again add no class.
        let different = self.dataset.rows().map_or(count, |rows| rows.min(count));
        let longest = self.longest_of_each_class(different)?;
        let skipped = if (size as usize) < longest.len() {
            (u64::from(batch) * u64::from(size)) as usize % longest.len()
        } else {
            0
        };
        let mut models: Vec<Row> =
            longest.iter().cycle().skip(skipped).take(longest.len()).copied().collect();
        let mut draws = self.seed.stream("warm-up/choice").row(u64::from(batch));
        models.resize_with(size as usize, || Row::measured(draws.below(different)));
        Ok(models)
    }

    /// The measured row with the longest prompt of each length class, longest
    /// first.
    fn longest_of_each_class(&self, rows: u64) -> Result<Vec<Row>, WorkloadError> {
        let mut longest: BTreeMap<u32, (u32, Row)> = BTreeMap::new();
        for row in (0..rows).map(Row::measured) {
            let length = self.dataset.input_length(row)?;
            let best = longest.entry(length_class(length)).or_insert((length, row));
            if length > best.0 {
                *best = (length, row);
            }
        }
        Ok(longest.into_values().rev().map(|(_, row)| row).collect())
    }
}

/// How many requests a warm-up keeps in flight.
fn slots(pattern: Pattern) -> u32 {
    match pattern.in_effect() {
        Pattern::Closed { concurrency } => concurrency,
        Pattern::Open { cap: Some(cap), .. } => cap,
        Pattern::Ramp(Ramp { cap: Some(cap), .. }) => cap,
        Pattern::Open { rate, .. } => (rate.ceil() as u32).clamp(1, MOST_SLOTS),
        Pattern::Ramp(ramp) => (ramp.to.max(ramp.from).ceil() as u32).clamp(1, MOST_SLOTS),
    }
}

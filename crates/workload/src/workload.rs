//! A workload, from which schedules are made: by our own rules from a dataset,
//! or by another tool's.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use tokenometer_core::{Phase, Request, Schedule};

use crate::dataset::{self, Dataset, Form, Row};
use crate::rules::Theirs;
use crate::seed::Seed;
use crate::{
    Extent, LoadSettings, Pattern, Requests, Settled, Tokenizer, WorkloadError, WorkloadSettings,
};

/// How many rows repay the start of a thread.
const ROWS_WORTH_A_THREAD: u32 = 256;

/// The source of every request of a study's arms: a dataset, opened, or the
/// draws of another tool.
///
/// It is the same for all arms, so it knows no model by name, no route and no
/// engine.
#[derive(Debug)]
pub struct Workload(Origin);

/// By whose rules a workload is made.
#[derive(Debug)]
enum Origin {
    /// Ours.
    Ours(Ours),
    /// Another tool's.
    Theirs(Theirs),
}

impl Workload {
    /// Opens the dataset that `settings` name; only one that names a file reads
    /// it. With the model's tokenizer, prompts are exact to the token and their
    /// lengths are known.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Mistakes`] with every mistake in the settings, or every
    /// faulty line of the file; [`WorkloadError::Encode`] where the tokenizer
    /// refuses a text.
    pub fn open(
        settings: &WorkloadSettings,
        tokenizer: Option<Arc<Tokenizer>>,
    ) -> Result<Workload, WorkloadError> {
        let mistakes = settings.mistakes(tokenizer.is_some());
        if !mistakes.is_empty() {
            return Err(WorkloadError::Mistakes(mistakes));
        }
        Ok(Workload(match settings.rules {
            Some(rules) => Origin::Theirs(Theirs::open(rules, settings, tokenizer)?),
            None => Origin::Ours(Ours::open(settings, tokenizer)?),
        }))
    }

    /// How many different prompts there are; `None` where there is no end of
    /// them, or where another tool's rules say how many are made. A load that
    /// needs more sends some of them again, which an engine may answer from its
    /// cache.
    pub fn rows(&self) -> Option<u64> {
        match &self.0 {
            Origin::Ours(ours) => ours.dataset.rows(),
            Origin::Theirs(_) => None,
        }
    }

    /// The schedule of one load.
    ///
    /// The measured requests come first in [`Schedule::requests`], so that a
    /// row has the same number in every arm. They, and in an open loop their
    /// offsets from the window's opening, do not depend on `settled`. The one
    /// exception is a closed loop with a duration and without a
    /// [`LoadSettings::pool`]: its rows are the same, but how many of them are
    /// made is taken from `settled`.
    ///
    /// By our own rules a closed loop's slots start spread over one mean E2E, so
    /// that requests of equal length don't march in step; with nothing settled
    /// they start together and there is no ramp-in. An open loop's window opens
    /// after one p99 E2E of ramp-in at the same rate, and the load goes on after
    /// it for two, if the drain limit allows. Another tool's rules know neither:
    /// what is measured is all that is sent.
    ///
    /// In count mode an open loop's window closes a nanosecond after its last
    /// arrival. A burst (an infinite rate without a cap) has neither ramp-in nor
    /// drain, and a window of one nanosecond, which the load lengthens to the
    /// end of its last request.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Mistakes`] with every mistake in `load`, or in what
    /// another tool's rules make of it; [`WorkloadError::Encode`].
    pub fn schedule(
        &self,
        load: &LoadSettings,
        settled: Option<Settled>,
    ) -> Result<Schedule, WorkloadError> {
        let mistakes = load.mistakes();
        if !mistakes.is_empty() {
            return Err(WorkloadError::Mistakes(mistakes));
        }
        match &self.0 {
            Origin::Ours(ours) => ours.schedule(load, settled),
            Origin::Theirs(theirs) => theirs.schedule(load),
        }
    }

    /// The requests that a load of `count` requests measures, in the order of
    /// sending, made as they are asked for.
    ///
    /// By our own rules no more than a block of them is in memory at once;
    /// another tool's are drawn in one go.
    ///
    /// # Errors
    ///
    /// As [`Workload::schedule`], and each request's own.
    pub fn requests(&self, count: u32) -> Result<Requests<'_>, WorkloadError> {
        match &self.0 {
            Origin::Ours(ours) => Ok(Requests::made(ours, count)),
            Origin::Theirs(theirs) => {
                let pattern = Pattern::Closed { concurrency: 1 };
                let load = LoadSettings {
                    pattern,
                    extent: Extent::Requests(count),
                    drain_limit: None,
                    warm_up_requests: Some(0),
                    pool: None,
                };
                Ok(Requests::drawn(theirs.schedule(&load)?.requests))
            }
        }
    }

    /// The batch of this number, from 0, of the warm-up for `load`.
    ///
    /// By our own rules it is a closed loop of max(20, 2·slots) requests, or as
    /// many as `load` asks for, all with [`Phase::WarmUp`]. It has as many slots
    /// as the load can have in flight; an open loop without a cap gets as many
    /// as would be in flight if a request took a second, up to 64. The first
    /// requests of a batch have the longest measured prompt of each power-of-two
    /// class, longest class first; where a batch is smaller than the number of
    /// classes, the next one goes on with the next classes. The other requests
    /// have the lengths of measured ones, drawn at random.
    ///
    /// Another tool's warm-up is its first request, as long as that tool makes it
    /// there, sent as often as `load` asks for, or else as often as that tool
    /// does by itself.
    ///
    /// `None` where `load` asks for no warm-up, or leaves it to a tool that has
    /// none.
    ///
    /// # Errors
    ///
    /// As [`Workload::schedule`].
    pub fn warm_up(
        &self,
        load: &LoadSettings,
        batch: u32,
    ) -> Result<Option<Schedule>, WorkloadError> {
        let mistakes = load.mistakes();
        if !mistakes.is_empty() {
            return Err(WorkloadError::Mistakes(mistakes));
        }
        match &self.0 {
            Origin::Ours(ours) => ours.warm_up(load, batch),
            Origin::Theirs(theirs) => theirs.warm_up(load),
        }
    }
}

/// A dataset of our own rules, opened.
#[derive(Debug)]
pub(crate) struct Ours {
    pub(crate) dataset: Box<dyn Dataset>,
    pub(crate) seed: Seed,
}

impl Ours {
    fn open(
        settings: &WorkloadSettings,
        tokenizer: Option<Arc<Tokenizer>>,
    ) -> Result<Ours, WorkloadError> {
        let seed = Seed(settings.seed);
        let form = Form::new(settings, tokenizer)?;
        Ok(Ours { dataset: dataset::open(&settings.dataset, seed, form)?, seed })
    }

    /// The requests of a phase's first rows, in order.
    ///
    /// Rows don't depend on each other, so several threads make them: fitting
    /// ten thousand prompts to a tokenizer takes one of them seconds.
    pub(crate) fn requests(&self, phase: Phase, count: u32) -> Result<Vec<Request>, WorkloadError> {
        self.block(phase, 0..count)
    }

    /// The requests of some of a phase's rows, in order.
    pub(crate) fn block(
        &self,
        phase: Phase,
        rows: Range<u32>,
    ) -> Result<Vec<Request>, WorkloadError> {
        let count = rows.end.saturating_sub(rows.start);
        let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u32);
        let threads = threads.min(count / ROWS_WORTH_A_THREAD).max(1);
        let share = count.div_ceil(threads);
        let make = |thread: u32| {
            let first = rows.start + (thread * share).min(count);
            (first..rows.end.min(first + share))
                .map(|number| self.dataset.request(Row { phase, number: number.into() }))
                .collect::<Result<Vec<_>, _>>()
        };
        thread::scope(|scope| {
            let make = &make;
            let others: Vec<_> =
                (1..threads).map(|thread| scope.spawn(move || make(thread))).collect();
            let mut requests = make(0)?;
            for other in others {
                let made = other.join().unwrap_or_else(|panic| resume_unwind(panic));
                requests.extend(made?);
            }
            Ok(requests)
        })
    }

    /// `count`, but no more than there are different prompts.
    pub(crate) fn at_most_all(&self, count: u32) -> u32 {
        match self.dataset.rows() {
            Some(rows) if rows < u64::from(count) => rows as u32,
            _ => count,
        }
    }
}

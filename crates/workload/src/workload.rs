//! A workload: a dataset, opened, from which schedules are made.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use tokenometer_core::{Phase, Request};

use crate::dataset::{Builtin, Custom, Dataset, Form, RandomIds, Row, Vocabulary};
use crate::lengths::Law;
use crate::seed::Seed;
use crate::{DatasetSettings, Tokenizer, WorkloadError, WorkloadSettings};

/// How many rows repay the start of a thread.
const ROWS_WORTH_A_THREAD: u32 = 256;

/// A dataset, opened: the source of every request of a study's arms.
///
/// It is the same for all arms, so it knows no model by name, no route and no
/// engine.
#[derive(Debug)]
pub struct Workload {
    pub(crate) dataset: Box<dyn Dataset>,
    pub(crate) seed: Seed,
}

impl Workload {
    /// Opens the dataset that `settings` name; only a custom one reads a file.
    /// With the model's tokenizer, prompts are exact to the token and their
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
        let seed = Seed(settings.seed);
        let form = Form {
            shape: settings.prompt_shape,
            exact: settings.exact,
            output_tokens: settings.output_tokens,
            tokenizer: tokenizer.clone(),
        };
        let dataset: Box<dyn Dataset> = match &settings.dataset {
            DatasetSettings::Builtin => Box::new(Builtin::new(seed, form)),
            DatasetSettings::Custom { path } => Box::new(Custom::open(path, seed, form)?),
            &DatasetSettings::RandomIds {
                input_tokens,
                output_tokens,
                range_ratio,
                vocabulary_size,
            } => {
                let vocabulary = match (tokenizer, vocabulary_size) {
                    (Some(tokenizer), _) => Vocabulary::Of(tokenizer),
                    (None, Some(size)) => Vocabulary::Below(size),
                    (None, None) => unreachable!("settings without either are mistaken"),
                };
                let input = Law::around(input_tokens, range_ratio);
                let output = Law::around(output_tokens, range_ratio);
                Box::new(RandomIds::new(seed, form, vocabulary, input, output))
            }
        };
        Ok(Workload { dataset, seed })
    }

    /// How many different prompts there are; `None` where there is no end of
    /// them. A load that needs more sends some of them again, which an engine
    /// may answer from its cache.
    pub fn rows(&self) -> Option<u64> {
        self.dataset.rows()
    }

    /// The requests of a phase's first rows, in order.
    ///
    /// Rows don't depend on each other, so several threads make them: fitting
    /// ten thousand prompts to a tokenizer takes one of them seconds.
    pub(crate) fn requests(&self, phase: Phase, count: u32) -> Result<Vec<Request>, WorkloadError> {
        let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u32);
        let threads = threads.min(count / ROWS_WORTH_A_THREAD).max(1);
        let share = count.div_ceil(threads);
        let make = |first: u32| {
            (first.min(count)..count.min(first + share))
                .map(|number| self.dataset.request(Row { phase, number: number.into() }))
                .collect::<Result<Vec<_>, _>>()
        };
        thread::scope(|scope| {
            let others: Vec<_> =
                (1..threads).map(|thread| scope.spawn(move || make(thread * share))).collect();
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

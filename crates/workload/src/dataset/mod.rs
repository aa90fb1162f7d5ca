//! Datasets: where the prompts of a workload come from.
//!
//! A dataset gives the request of any row of any phase, in any order, and the
//! same one every time. Phases share no prompt as long as the dataset has
//! enough of them. A new dataset is a new module with a new [`Dataset`] in it;
//! a dataset must never know when its requests are due.

mod builtin;
mod custom;
mod custom_line;
mod exact;
mod form;
mod frozen;
mod lines;
mod listed;
mod openai;
mod prose;
mod random;
mod random_ids;
mod shared_prefix;
mod sharegpt;
mod sonnet;
// One word a line would hide what the lists are.
#[rustfmt::skip]
mod words;

use std::fmt;

use tokenometer_core::{Phase, Request};

use crate::seed::{Seed, Stream};
use crate::{DatasetSettings, WorkloadError};

use builtin::Builtin;
pub(crate) use form::{Form, ids_need_a_tokenizer, user_turn};
use frozen::Frozen;
pub(crate) use prose::{Names, Prose};
use random::Random;
use random_ids::RandomIds;
use shared_prefix::SharedPrefix;
use sonnet::Sonnet;

/// One row of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The phase that sends it.
    pub phase: Phase,
    /// Its number within the phase, from 0.
    pub number: u64,
}

impl Row {
    /// A row that is measured.
    pub(crate) fn measured(number: u64) -> Row {
        Row { phase: Phase::Measure, number }
    }
}

/// A source of requests.
pub(crate) trait Dataset: fmt::Debug + Send + Sync {
    /// How many different prompts there are; `None` where there is no end of
    /// them. Rows beyond that begin again.
    fn rows(&self) -> Option<u64>;

    /// The request of a row.
    fn request(&self, row: Row) -> Result<Request, WorkloadError>;

    /// The length of a row's prompt, in tokens: what [`Dataset::request`] would
    /// say where a tokenizer is known (perhaps without what a chat template
    /// adds), else an estimate.
    fn input_length(&self, row: Row) -> Result<u32, WorkloadError>;

    /// A request for `row` with the lengths of the row `like`, or with a prompt
    /// of the same length class where the lengths can't be chosen.
    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError>;
}

/// Opens a dataset by our own rules.
pub(crate) fn open(
    settings: &DatasetSettings,
    seed: Seed,
    form: Form,
) -> Result<Box<dyn Dataset>, WorkloadError> {
    Ok(match settings {
        DatasetSettings::Builtin => Box::new(Builtin::new(seed, form)),
        DatasetSettings::ShareGpt(chosen) => Box::new(sharegpt::open(chosen, seed, form)?),
        DatasetSettings::Random(random) => Box::new(Random::open(random, seed, form)?),
        DatasetSettings::RandomIds(random) => Box::new(RandomIds::open(random, seed, form)?),
        DatasetSettings::SharedPrefix(groups) => Box::new(SharedPrefix::open(groups, seed, form)?),
        DatasetSettings::PrefixRepetition(prefixes) => {
            Box::new(SharedPrefix::of_prefixes(prefixes, seed, form)?)
        }
        DatasetSettings::Sonnet(poem) => Box::new(Sonnet::open(poem, seed, form)?),
        DatasetSettings::Custom { path } => Box::new(custom::open(path, seed, form)?),
        DatasetSettings::OpenAi { path } => Box::new(openai::open(path, form)?),
        DatasetSettings::Frozen(frozen) => Box::new(Frozen::new(frozen)),
    })
}

/// How many bytes of English text make a token, about: what is assumed where no
/// tokenizer is known. Vocabularies of 32,000 to 256,000 tokens lie between 4
/// and 5.
pub(crate) const BYTES_PER_TOKEN: f64 = 4.5;

/// The tokens that a text of so many bytes is taken to have.
pub(crate) fn estimated_tokens(bytes: usize) -> u32 {
    ((bytes as f64 / BYTES_PER_TOKEN).round() as u32).max(1)
}

/// A stream of one name for each phase. The measured phase has the bare name,
/// the others have their own before it: `text`, `ramp-in/text` …
#[derive(Clone, Debug)]
pub(crate) struct PhaseStreams([Stream; 4]);

impl PhaseStreams {
    /// The streams of this name.
    pub(crate) fn new(seed: Seed, name: &str) -> PhaseStreams {
        PhaseStreams(Phase::ALL.map(|phase| seed.stream(&stream_name(phase, name))))
    }

    /// The stream of a phase.
    pub(crate) fn of(&self, phase: Phase) -> &Stream {
        &self.0[phase as usize]
    }
}

/// The name of a phase's stream.
pub(crate) fn stream_name(phase: Phase, name: &str) -> String {
    match phase {
        Phase::Measure => name.to_owned(),
        Phase::RampIn => format!("ramp-in/{name}"),
        Phase::Drain => format!("drain/{name}"),
        Phase::WarmUp => format!("warm-up/{name}"),
    }
}

/// Text to train the tokenizers of the tests with.
#[cfg(test)]
pub(crate) fn sample_of_prose() -> Vec<String> {
    let names = Names::new(Seed(0));
    (0..200)
        .map(|row| {
            let mut prose = Prose::begin(&names.name(row), Seed(0).stream("text").row(row));
            prose.grow_to(600);
            prose.into_cut(600)
        })
        .collect()
}

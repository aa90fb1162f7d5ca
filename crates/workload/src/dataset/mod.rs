//! Datasets: where the prompts of a workload come from.
//!
//! A dataset gives the request of any row of any phase, in any order, and the
//! same one every time. Phases share no prompt as long as the dataset has
//! enough of them. A new dataset is a new module with a new [`Dataset`] in it;
//! a dataset must never know when its requests are due.

mod builtin;
mod custom;
mod custom_line;
mod prose;
mod random_ids;
// One word a line would hide what the lists are.
#[rustfmt::skip]
mod words;

use std::fmt;
use std::sync::Arc;

use tokenometer_core::{Message, OutputLength, Phase, Prompt, Request};

use crate::seed::{Seed, Stream};
use crate::{DatasetSettings, Mistake, PromptShape, Tokenizer, WorkloadError};

use builtin::Builtin;
use custom::Custom;
pub(crate) use prose::{Names, Prose};
use random_ids::RandomIds;

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
    /// say where a tokenizer is known, else an estimate.
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
        DatasetSettings::Custom { path } => Box::new(Custom::open(path, seed, form)?),
        DatasetSettings::RandomIds(random) => Box::new(RandomIds::open(random, seed, form)?),
        other => return Err(WorkloadError::Mistakes(vec![unmade(other)])),
    })
}

fn unmade(dataset: &DatasetSettings) -> Mistake {
    Mistake::new(format!("{dataset:?}"), "it is not there yet", "use another one")
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

/// What the requests of a workload have in common, whatever their dataset.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// How prompts are given.
    pub shape: PromptShape,
    /// Whether exactly the output asked for is generated.
    pub exact: bool,
    /// The output length of every request, where one was asked for.
    pub output_tokens: Option<u32>,
    /// The model's tokenizer, where it is known.
    pub tokenizer: Option<Arc<Tokenizer>>,
}

impl Form {
    /// Tokens that are in a prompt beside those of its text.
    pub(crate) fn added_tokens(&self) -> u32 {
        match (self.shape, &self.tokenizer) {
            (PromptShape::Text | PromptShape::TokenIds, Some(tokenizer)) => {
                tokenizer.added_tokens()
            }
            _ => 0,
        }
    }

    /// A request of this form. `input_tokens` is what [`Form::count`] says of
    /// these turns.
    pub(crate) fn request(
        &self,
        turns: Vec<Message>,
        input_tokens: Option<u32>,
        output_tokens: u32,
    ) -> Result<Request, WorkloadError> {
        let output = self.output(output_tokens);
        Ok(Request::new(self.prompt(turns)?, input_tokens, output))
    }

    /// The output length to ask for, where a dataset has one of its own.
    pub(crate) fn output(&self, own: u32) -> OutputLength {
        OutputLength { tokens: self.output_tokens.unwrap_or(own), exact: self.exact }
    }

    /// The tokens of a prompt in this form; `None` without a tokenizer. What a
    /// server's chat template adds to a conversation is not in it.
    pub(crate) fn count(&self, turns: &[Message]) -> Result<Option<u32>, WorkloadError> {
        let Some(tokenizer) = &self.tokenizer else { return Ok(None) };
        let tokens = match self.shape {
            PromptShape::Messages => {
                turns.iter().map(|turn| tokenizer.count(&turn.content)).sum::<Result<u32, _>>()?
            }
            PromptShape::Text | PromptShape::TokenIds => tokenizer.count(&joined(turns))?,
        };
        Ok(Some(tokens + self.added_tokens()))
    }

    fn prompt(&self, turns: Vec<Message>) -> Result<Prompt, WorkloadError> {
        Ok(match (self.shape, &self.tokenizer) {
            (PromptShape::Messages, _) => Prompt::Messages(turns),
            (PromptShape::TokenIds, Some(tokenizer)) => {
                Prompt::TokenIds(tokenizer.prompt_ids(&joined(&turns))?)
            }
            (PromptShape::TokenIds, None) => {
                return Err(WorkloadError::Mistakes(vec![ids_need_a_tokenizer()]));
            }
            (PromptShape::Text, _) => Prompt::Text(into_joined(turns)),
        })
    }
}

/// What a dataset of texts says where token ids are asked of it in vain.
pub(crate) fn ids_need_a_tokenizer() -> Mistake {
    Mistake::new(
        "--tokenizer",
        "prompts are to be sent as token ids, but nothing says how to turn text into them",
        "give the model's tokenizer, or send the prompts as text",
    )
}

/// One turn of the user's.
pub(crate) fn user_turn(content: String) -> Vec<Message> {
    vec![Message { role: "user".to_owned(), content }]
}

/// A conversation as one text: its turns with a blank line between them, without
/// their roles, since only the server's template knows how to write those.
fn joined(turns: &[Message]) -> String {
    let contents: Vec<&str> = turns.iter().map(|turn| turn.content.as_str()).collect();
    contents.join("\n\n")
}

/// As [`joined`], without copying where there is only one turn.
fn into_joined(mut turns: Vec<Message>) -> String {
    if turns.len() == 1 { turns.remove(0).content } else { joined(&turns) }
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

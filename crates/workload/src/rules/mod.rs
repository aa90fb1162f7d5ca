//! Other tools' rules: what each of them draws, in which order, and when it
//! sends it, so that a server gets the same bytes as from that tool.
//!
//! A tool's generators are sequences: what is drawn for one request depends on
//! all that was drawn before, and the arrivals go on where the prompts ended.
//! So all requests are made at once, for a number of them that is known.
//!
//! This module must never mend what a tool does: a length of zero is sent as
//! zero. What is wrong with it is said elsewhere.

mod arrivals;
mod exchanges;
mod json_lines;
mod llm_infra_bench;
mod sglang;
mod theirs;
mod throughput;
mod vllm;

use tokenometer_core::{OutputLength, Request, Rules};

use crate::generator::{LegacyNumpy, Python};
use crate::{DatasetSettings, Mistake, Tokenizer, WorkloadError, WorkloadSettings};

pub(crate) use theirs::Theirs;

/// What a tool is to draw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<'a> {
    /// By whose rules.
    pub rules: Rules,
    /// From what. The seed is in it.
    pub settings: &'a WorkloadSettings,
    /// How many requests (`--num-prompts`); a tool may make fewer or more of
    /// them, as it would itself.
    pub count: u32,
    /// The model's tokenizer.
    pub tokenizer: Option<&'a Tokenizer>,
}

impl Order<'_> {
    /// The tokenizer, which the tools can't do without.
    ///
    /// # Errors
    ///
    /// A mistake that says so.
    pub(crate) fn tokenizer(&self) -> Result<&Tokenizer, WorkloadError> {
        self.tokenizer.ok_or_else(|| {
            mistaken(Mistake::new(
                format!("--rules {}", self.rules),
                "that tool makes its prompts with the model's tokenizer, and none is known",
                "give it with --tokenizer",
            ))
        })
    }

    /// The text of these ids, as the tool's own library decodes them: the
    /// newest tools are held to version 5 of transformers, which leaves blanks
    /// alone that version 4 took out.
    ///
    /// # Errors
    ///
    /// As [`Order::tokenizer`]; [`WorkloadError::Encode`].
    pub(crate) fn decode(&self, ids: &[u32]) -> Result<String, WorkloadError> {
        let tokenizer = self.tokenizer()?;
        match self.rules {
            Rules::Sglang0523 | Rules::Vllm033 => tokenizer.decode_since_5(ids),
            _ => tokenizer.decode(ids),
        }
    }

    /// How much a request asks for.
    pub(crate) fn output(&self, tokens: u32) -> OutputLength {
        OutputLength { tokens, exact: self.settings.exact }
    }

    /// numpy's global generator, as the tools seed it.
    ///
    /// # Errors
    ///
    /// A mistake where numpy refuses the seed.
    pub(crate) fn numpy(&self) -> Result<LegacyNumpy, WorkloadError> {
        let seed = self.settings.seed;
        u32::try_from(seed).map(LegacyNumpy::new).map_err(|_| {
            mistaken(Mistake::new(
                format!("--seed {seed}"),
                format!("{} seeds numpy with it, which takes none above {}", self.rules, u32::MAX),
                "give a smaller one, or leave out --rules",
            ))
        })
    }

    /// Python's global generator, as the tools seed it.
    pub(crate) fn python(&self) -> Python {
        Python::new(self.settings.seed)
    }

    /// The mistake of naming a dataset that the tool hasn't.
    pub(crate) fn no_such_dataset(&self) -> WorkloadError {
        mistaken(Mistake::new(
            format!("--dataset-name {}", self.settings.dataset.name()),
            format!("{} has no such dataset, or none that is followed here", self.rules),
            "leave out --rules, or choose a dataset of that tool's",
        ))
    }
}

/// What a tool drew.
#[derive(Debug)]
pub(crate) struct Drawn {
    /// The requests, in the order in which the tool sends them. `input_tokens`
    /// is the length that the tool takes the prompt to have, true or not.
    pub requests: Vec<Request>,
    /// The generator from which the tool goes on to draw arrivals, after
    /// everything that it drew for the requests.
    pub numpy: LegacyNumpy,
}

/// Draws the requests of a tool.
///
/// # Errors
///
/// [`WorkloadError::Mistakes`] where the tool has no such dataset, where its
/// file can't be read, or where there is no tokenizer; [`WorkloadError::Encode`].
pub(crate) fn draw(order: Order<'_>) -> Result<Drawn, WorkloadError> {
    match order.rules {
        Rules::Sglang0214 | Rules::Sglang045 | Rules::Sglang0523 => sglang::draw(order),
        Rules::Vllm084 | Rules::Vllm033 => vllm::draw(order),
        Rules::VllmThroughput07Dstack => throughput::draw(order),
        Rules::LlmInfraBench => llm_infra_bench::draw(order),
    }
}

/// The lengths of prompts and answers, in tokens, as a tool draws them before
/// and apart from any text. `None` where the dataset has none of the kind.
fn lengths(order: Order<'_>) -> Result<Option<Vec<(u32, u32)>>, WorkloadError> {
    match order.rules {
        Rules::Sglang0214 | Rules::Sglang045 | Rules::Sglang0523 => sglang::lengths(order),
        Rules::VllmThroughput07Dstack => Ok(throughput::lengths(order)),
        Rules::Vllm084 | Rules::Vllm033 => vllm::lengths(order),
        Rules::LlmInfraBench => Ok(None),
    }
}

/// The lengths of `count` prompts and their answers, in tokens, where another
/// tool's rules draw them before and apart from any text, as those of `random`.
/// No file is read for them.
///
/// Some versions take off the tokens that a server adds to a text; that is done
/// where there is a tokenizer, and only vLLM 0.33's can't do without.
///
/// `None` by our own rules, and for datasets whose lengths are those of a text.
///
/// # Errors
///
/// [`WorkloadError::Mistakes`] with what the tool itself refuses.
pub fn drawn_lengths(
    settings: &WorkloadSettings,
    count: u32,
    tokenizer: Option<&Tokenizer>,
) -> Result<Option<Vec<(u32, u32)>>, WorkloadError> {
    let Some(rules) = settings.rules else { return Ok(None) };
    lengths(Order { rules, settings, count, tokenizer })
}

fn mistaken(mistake: Mistake) -> WorkloadError {
    WorkloadError::Mistakes(vec![mistake])
}

impl DatasetSettings {
    /// The dataset's name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            DatasetSettings::Builtin => "builtin",
            DatasetSettings::ShareGpt(_) => "sharegpt",
            DatasetSettings::Random(_) => "random",
            DatasetSettings::RandomIds(_) => "random-ids",
            DatasetSettings::SharedPrefix(_) => "generated-shared-prefix",
            DatasetSettings::PrefixRepetition(_) => "prefix-repetition",
            DatasetSettings::Sonnet(_) => "sonnet",
            DatasetSettings::Custom { .. } => "custom",
            DatasetSettings::OpenAi { .. } => "openai",
            DatasetSettings::Frozen(_) => "frozen",
        }
    }
}

//! The rules of vLLM's client: `benchmark_serving.py` of 0.8.4, and `vllm bench
//! serve` of 0.33.
//!
//! Prompts are always sent as text. 0.33 asks the server how it tokenises the
//! first prompt of a synthetic dataset, and where that isn't as long as it
//! should be cuts all of them anew; that is left out here, since a workload
//! knows no server. It changes nothing where the tokenizer is the model's own.

mod custom;
mod fit;
mod oversample;
mod prefix_repetition;
mod random;
mod sharegpt;
mod sonnet;
#[cfg(test)]
mod tests;

use tokenometer_core::Rules;

use super::{Drawn, Order, mistaken};
use crate::{DatasetSettings, Mistake, PromptShape, WorkloadError};

/// Draws the requests.
pub(crate) fn draw(order: Order<'_>) -> Result<Drawn, WorkloadError> {
    if order.settings.prompt_shape == PromptShape::TokenIds {
        return Err(mistaken(no_such_flag(order, "--tokenize-prompt")));
    }
    match (&order.settings.dataset, order.rules) {
        (DatasetSettings::ShareGpt(conversations), _) => sharegpt::draw(order, conversations),
        (DatasetSettings::Random(random), _) => random::draw(order, random),
        (DatasetSettings::Sonnet(sonnet), Rules::Vllm084) => sonnet::draw(order, sonnet),
        (DatasetSettings::PrefixRepetition(repetition), Rules::Vllm033) => {
            prefix_repetition::draw(order, repetition)
        }
        (DatasetSettings::Custom { path }, Rules::Vllm033) => custom::draw(order, path),
        _ => Err(order.no_such_dataset()),
    }
}

/// The lengths of prompts and answers, in tokens, where they are drawn apart
/// from any text; `None` where they are those of texts. A prompt of 0.33's may
/// in the end have a few tokens more or less than was drawn.
///
/// No text is made. 0.33 needs the tokenizer all the same, to take off the tokens
/// that it adds to a prompt, and 0.8.4 if there is a prefix, since that is drawn
/// first and depends on the vocabulary.
///
/// # Errors
///
/// Mistakes in the settings, or that there is no tokenizer.
pub(crate) fn lengths(order: Order<'_>) -> Result<Option<Vec<(u32, u32)>>, WorkloadError> {
    match &order.settings.dataset {
        DatasetSettings::Random(random) => random::lengths(order, random).map(Some),
        _ => Ok(None),
    }
}

/// The mistake of settings at which the tool itself stops.
fn refused(order: Order<'_>, place: String, problem: impl Into<String>) -> WorkloadError {
    mistaken(Mistake::new(
        format!("{place} with --rules {}", order.rules),
        problem,
        "give another value, or leave out --rules",
    ))
}

/// The mistake of a flag that the tool doesn't have.
fn no_such_flag(order: Order<'_>, flag: &str) -> Mistake {
    Mistake::new(
        format!("{flag} with --rules {}", order.rules),
        "that tool has no such flag",
        "leave out one of the two",
    )
}

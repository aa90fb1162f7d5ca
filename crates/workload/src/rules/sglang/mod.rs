//! SGLang's `bench_serving` in three versions.
//!
//! They draw alike and differ in which conversations they take, in whether an
//! answer may have no token at all, and in which datasets and flags they have.
//! 0.3.0 draws as 0.2.14. 0.4.3.post2, dstack's fork of it and 0.4.5.post3 draw
//! alike, though the first two lack `random-ids`.
//!
//! All of them seed Python's generator and numpy's with the same number. Lengths
//! come from numpy, orders and token ids from Python; the arrivals go on with
//! numpy's stream.

mod conversations;
mod custom;
mod openai;
mod python_json;
mod random;
mod shared_prefix;
#[cfg(test)]
mod tests;

use tokenometer_core::Rules;

use super::{Drawn, Order};
use crate::{DatasetSettings, GroupDistribution, Mistake, PromptShape, WorkloadError};

/// Draws the requests.
pub(super) fn draw(order: Order<'_>) -> Result<Drawn, WorkloadError> {
    let mut mistakes = foreign_flags(order);
    mistakes.extend(no_vocabulary(order));
    if !mistakes.is_empty() {
        return Err(WorkloadError::Mistakes(mistakes));
    }
    let newest = order.rules == Rules::Sglang0523;
    let oldest = order.rules == Rules::Sglang0214;
    match &order.settings.dataset {
        DatasetSettings::ShareGpt(chosen) => conversations::draw(order, chosen),
        DatasetSettings::Random(random) => random::draw_text(order, random),
        DatasetSettings::RandomIds(random) if !oldest => random::draw_ids(order, random),
        DatasetSettings::SharedPrefix(shared) if !oldest => shared_prefix::draw(order, shared),
        DatasetSettings::Custom { path } if newest => custom::draw(order, path),
        DatasetSettings::OpenAi { path } if newest => openai::draw(order, path),
        _ => Err(order.no_such_dataset()),
    }
}

/// The lengths that are drawn apart from any text.
pub(super) fn lengths(order: Order<'_>) -> Result<Option<Vec<(u32, u32)>>, WorkloadError> {
    match &order.settings.dataset {
        DatasetSettings::Random(random) | DatasetSettings::RandomIds(random) => {
            random::lengths(order, random).map(Some)
        }
        _ => Ok(None),
    }
}

/// Every flag that is given and that the version hasn't.
fn foreign_flags(order: Order<'_>) -> Vec<Mistake> {
    let newest = order.rules == Rules::Sglang0523;
    let oldest = order.rules == Rules::Sglang0214;
    let settings = order.settings;
    let mut given: Vec<(bool, &str)> = vec![
        (settings.chat_template && oldest, "--apply-chat-template"),
        (settings.prompt_shape == PromptShape::TokenIds && !newest, "--tokenize-prompt"),
    ];
    match &settings.dataset {
        DatasetSettings::ShareGpt(chosen) => given.extend([
            (chosen.context_tokens.is_some() && oldest, "--sharegpt-context-len"),
            (!chosen.prompt_suffix.is_empty() && oldest, "--prompt-suffix"),
            (!chosen.shuffle, "--disable-shuffle"),
        ]),
        DatasetSettings::Random(random) | DatasetSettings::RandomIds(random) => {
            given.push((random.prefix_tokens > 0, "--random-prefix-len"));
        }
        DatasetSettings::SharedPrefix(shared) if !newest => given.extend([
            (shared.range_ratio != 1.0, "--gsp-range-ratio"),
            (shared.ordered, "--gsp-ordered"),
            (shared.distribution != GroupDistribution::Uniform, "--gsp-group-distribution"),
        ]),
        _ => {}
    }
    let foreign = given.into_iter().filter(|(is_given, _)| *is_given);
    foreign
        .map(|(_, flag)| {
            Mistake::new(
                flag,
                format!("{} has no such flag", order.rules),
                "leave it out, or follow the rules of another version",
            )
        })
        .collect()
}

/// The mistake of giving a tokenizer of which no token can be drawn.
fn no_vocabulary(order: Order<'_>) -> Option<Mistake> {
    let empty = order.tokenizer.filter(|tokenizer| tokenizer.model_vocabulary_size() == 0);
    empty.map(|tokenizer| {
        Mistake::new(
            format!("--tokenizer {}", tokenizer.path().display()),
            "its model has no tokens",
            "give the tokenizer of the model that is measured",
        )
    })
}

/// The mistake of asking for token ids of a dataset that has text alone.
fn only_text(order: Order<'_>) -> Option<Mistake> {
    (order.settings.prompt_shape == PromptShape::TokenIds).then(|| {
        Mistake::new(
            format!("--tokenize-prompt with --dataset-name {}", order.settings.dataset.name()),
            format!("{} sends that dataset as text alone", order.rules),
            "leave it out, or choose random, random-ids or generated-shared-prefix",
        )
    })
}

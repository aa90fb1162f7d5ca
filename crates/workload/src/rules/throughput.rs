//! dstack's fork of vLLM 0.7's `benchmark_throughput.py`, which gives all
//! prompts to an engine in its own process at once.
//!
//! Its prompts are ids drawn at random, made longer or shorter until their text
//! has the length asked for again, or until it gives up; or else the first ones
//! of conversations (`--dataset`).

use tokenometer_core::{Prompt, Request};

use super::exchanges::{Limits, admitted, first_exchanges};
use super::{Drawn, Order, mistaken};
use crate::generator::{LegacyNumpy, Python};
use crate::{
    ConversationSettings, DatasetSettings, Mistake, RandomSettings, Tokenizer, WorkloadError,
    conversations,
};

/// How often a prompt is mended at most.
const ATTEMPTS: usize = 5;

/// How many ids at either end of the vocabulary aren't drawn when a prompt is
/// made longer.
const MARGIN: u32 = 100;

/// Which conversations are taken.
const LIMITS: Limits = Limits { least: 4, most_prompt: Some(1024), most_together: Some(2048) };

/// Draws the requests.
pub(crate) fn draw(order: Order<'_>) -> Result<Drawn, WorkloadError> {
    let requests = match &order.settings.dataset {
        DatasetSettings::Random(random) | DatasetSettings::RandomIds(random) => {
            draw_random(order, random)?
        }
        DatasetSettings::ShareGpt(chosen) => draw_conversations(order, chosen)?,
        _ => return Err(order.no_such_dataset()),
    };
    // All is given to the engine at once, so nothing is ever drawn from it.
    Ok(Drawn { requests, numpy: LegacyNumpy::new(0) })
}

/// The lengths of random prompts, which are those asked for.
pub(crate) fn lengths(order: Order<'_>) -> Option<Vec<(u32, u32)>> {
    match &order.settings.dataset {
        DatasetSettings::Random(random) | DatasetSettings::RandomIds(random) => {
            Some(vec![(random.input_tokens, random.output_tokens); order.count as usize])
        }
        _ => None,
    }
}

fn draw_conversations(
    order: Order<'_>,
    chosen: &ConversationSettings,
) -> Result<Vec<Request>, WorkloadError> {
    let conversations = conversations::load(&chosen.source)?;
    let mut exchanges = first_exchanges(&conversations);
    order.python().shuffle(&mut exchanges);
    admitted(order, &exchanges, LIMITS, |prompt| Ok(prompt.into()))
}

fn draw_random(order: Order<'_>, random: &RandomSettings) -> Result<Vec<Request>, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let vocabulary = tokenizer.model_vocabulary_size() as u32;
    if vocabulary < 2 * MARGIN {
        return Err(mistaken(Mistake::new(
            format!("--tokenizer {}", tokenizer.path().display()),
            format!("it has {vocabulary} tokens, and {} draws away from both ends", order.rules),
            "give the tokenizer of the model that is measured",
        )));
    }
    let mut python = order.python();
    (0..order.count)
        .map(|_| {
            let text = mended(order, tokenizer, &mut python, random.input_tokens)?;
            // The length asked for is what the tool counts, met or not.
            let input = Some(random.input_tokens);
            Ok(Request::new(Prompt::Text(text), input, order.output(random.output_tokens)))
        })
        .collect()
}

/// A text that was mended until it has so many tokens, or too often.
fn mended(
    order: Order<'_>,
    tokenizer: &Tokenizer,
    python: &mut Python,
    tokens: u32,
) -> Result<String, WorkloadError> {
    let vocabulary = tokenizer.model_vocabulary_size() as u32;
    let wanted = tokens as usize;
    let mut ids: Vec<u32> = (0..wanted).map(|_| python.between(0, vocabulary - 1)).collect();
    let mut text = String::new();
    for _ in 0..ATTEMPTS {
        text = order.decode(&ids)?;
        let length = tokenizer.prompt_ids(&text)?.len();
        if length == wanted {
            break;
        }
        if length < wanted {
            let more = (length..wanted).map(|_| python.between(MARGIN, vocabulary - MARGIN));
            ids.extend(more);
        } else {
            ids.truncate(ids.len().saturating_sub(length - wanted));
        }
    }
    Ok(text)
}

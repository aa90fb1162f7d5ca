//! `random`, whose prompts are made of conversations' text, and `random-ids`,
//! whose prompts are made of ids that follow each other.
//!
//! The lengths are those that were drawn. That a prompt made of ids and sent as
//! text may be counted otherwise by the server is that tool's affair.

use tokenometer_core::{Prompt, Request, Rules};

use super::super::exchanges::first_exchanges;
use super::super::{Drawn, Order, mistaken};
use crate::generator::LegacyNumpy;
use crate::{Mistake, PromptShape, RandomSettings, Tokenizer, WorkloadError, conversations};

/// The lengths of prompts and answers, in tokens. What a version takes off for
/// the tokens that a server adds is known from a tokenizer alone.
///
/// # Errors
///
/// Mistakes in the ratio or the length.
pub(super) fn lengths(
    order: Order<'_>,
    random: &RandomSettings,
) -> Result<Vec<(u32, u32)>, WorkloadError> {
    let (mut lengths, _) = draw_lengths(order, random)?;
    if let Some(tokenizer) = order.tokenizer {
        take_off_added_tokens(order, tokenizer, &mut lengths);
    }
    Ok(lengths)
}

/// `random`: the text of one conversation a prompt, over and over or cut.
pub(super) fn draw_text(order: Order<'_>, random: &RandomSettings) -> Result<Drawn, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let source = random.source.as_ref().ok_or_else(no_conversations)?;
    let (mut lengths, numpy) = draw_lengths(order, random)?;
    take_off_added_tokens(order, tokenizer, &mut lengths);
    let conversations = conversations::load(source)?;
    let mut exchanges = first_exchanges(&conversations);
    if order.rules == Rules::Sglang0214 && exchanges.len() < lengths.len() {
        return Err(falls_over(order, "fewer conversations than prompts"));
    }
    order.python().shuffle(&mut exchanges);
    let mut requests = Vec::with_capacity(lengths.len());
    for exchange in exchanges {
        let Some(&(input, output)) = lengths.get(requests.len()) else { break };
        let ids = tokenizer.prompt_ids(exchange.prompt)?;
        if ids.is_empty() {
            if order.rules == Rules::Sglang0214 {
                return Err(falls_over(order, "a conversation that begins with no token"));
            }
            continue;
        }
        let ids = ids.iter().copied().cycle().take(input as usize).collect();
        requests.push(request(order, ids, (input, output))?);
    }
    Ok(Drawn { requests, numpy })
}

/// `random-ids`: ids that follow each other from one drawn at random, round and
/// round the model's vocabulary.
pub(super) fn draw_ids(order: Order<'_>, random: &RandomSettings) -> Result<Drawn, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let (mut lengths, mut numpy) = draw_lengths(order, random)?;
    take_off_added_tokens(order, tokenizer, &mut lengths);
    let vocabulary = tokenizer.model_vocabulary_size() as u32;
    let offsets = numpy.betweens(0, vocabulary - 1, lengths.len());
    let requests = (0..).zip(lengths.into_iter().zip(offsets)).map(|(number, (length, offset))| {
        let first = u64::from(offset) + number;
        let ids =
            (first..first + u64::from(length.0)).map(|id| (id % u64::from(vocabulary)) as u32);
        request(order, ids.collect(), length)
    });
    Ok(Drawn { requests: requests.collect::<Result<_, _>>()?, numpy })
}

fn draw_lengths(
    order: Order<'_>,
    random: &RandomSettings,
) -> Result<(Vec<(u32, u32)>, LegacyNumpy), WorkloadError> {
    let newest = order.rules == Rules::Sglang0523;
    if random.input_tokens == 0 && !newest {
        return Err(falls_over(order, "prompts of no token"));
    }
    let ratio = "--random-range-ratio";
    let input = least_share(ratio, random.input_ratio, random.input_tokens)?;
    let output = least_share(ratio, random.output_ratio, random.output_tokens)?;
    let count = order.count as usize;
    let mut numpy = order.numpy()?;
    let inputs = random_lengths(&mut numpy, random.input_tokens, input, count);
    // Before 0.5 an answer may be drawn to have no token, and it is sent so.
    let outputs = if newest {
        random_lengths(&mut numpy, random.output_tokens, output, count)
    } else {
        numpy.betweens(output, random.output_tokens, count)
    };
    Ok((inputs.into_iter().zip(outputs).collect(), numpy))
}

/// Lengths from the least to the most, but at least 1. Nothing is drawn where
/// the most is 0.
pub(super) fn random_lengths(
    numpy: &mut LegacyNumpy,
    most: u32,
    least: u32,
    count: usize,
) -> Vec<u32> {
    if most == 0 { vec![0; count] } else { numpy.betweens(least.max(1), most, count) }
}

/// The least length, which is a share of the most, rounded down.
///
/// # Errors
///
/// A mistake where the share isn't one.
pub(super) fn least_share(flag: &str, ratio: f64, most: u32) -> Result<u32, WorkloadError> {
    if !(0.0..=1.0).contains(&ratio) {
        return Err(mistaken(Mistake::new(
            format!("{flag} {ratio}"),
            "to SGLang it is the least share of a length, from 0 to 1",
            "give 1 for fixed lengths, or 0 for any from 1 to the length",
        )));
    }
    Ok((f64::from(most) * ratio) as u32)
}

/// From 0.5 on, texts are made shorter by the tokens that the server will add.
fn take_off_added_tokens(order: Order<'_>, tokenizer: &Tokenizer, lengths: &mut [(u32, u32)]) {
    if order.rules == Rules::Sglang0523 && order.settings.prompt_shape != PromptShape::TokenIds {
        let added = tokenizer.added_tokens();
        for (input, _) in lengths {
            *input = input.saturating_sub(added).max(1);
        }
    }
}

fn request(
    order: Order<'_>,
    ids: Vec<u32>,
    (input, output): (u32, u32),
) -> Result<Request, WorkloadError> {
    let prompt = match order.settings.prompt_shape {
        PromptShape::TokenIds => Prompt::TokenIds(ids),
        _ => Prompt::Text(order.decode(&ids)?),
    };
    Ok(Request::new(prompt, Some(input), order.output(output)))
}

fn no_conversations() -> WorkloadError {
    mistaken(Mistake::new(
        "--dataset-name random",
        "SGLang makes these prompts of the text of conversations, and none are given",
        "fetch them with `tokenometer dataset fetch sharegpt`, or give --dataset-path builtin for \
         those that this project writes",
    ))
}

/// The mistake of asking for what the tool itself can't do.
fn falls_over(order: Order<'_>, what: &str) -> WorkloadError {
    mistaken(Mistake::new(
        format!("--dataset-name {}", order.settings.dataset.name()),
        format!("{} falls over {what}", order.rules),
        "give other conversations or lengths, or follow the rules of a later version",
    ))
}

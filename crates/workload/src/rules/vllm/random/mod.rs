//! `random`: prompts of ids that follow each other in the vocabulary, from one
//! drawn at random, behind a prefix that is the same in all of them.
//!
//! 0.8.4 draws everything from numpy's global generator and takes a prompt to be
//! as long as the ids that it was made of. 0.33 has a generator of its own and
//! mends the text until it is tokenised to the right number of ids.

mod new;
mod old;

use tokenometer_core::Rules;

use super::super::{Drawn, Order};
use super::refused;
use crate::{RandomSettings, WorkloadError};

/// Lengths from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: u32,
    high: u32,
}

/// Draws the requests.
pub(super) fn draw(order: Order<'_>, random: &RandomSettings) -> Result<Drawn, WorkloadError> {
    match order.rules {
        Rules::Vllm084 => old::draw(order, random),
        _ => new::draw(order, random),
    }
}

/// The lengths of prompts, with the prefix, and of answers: those that are aimed
/// at.
pub(super) fn lengths(
    order: Order<'_>,
    random: &RandomSettings,
) -> Result<Vec<(u32, u32)>, WorkloadError> {
    let mut lengths = match order.rules {
        Rules::Vllm084 => old::lengths(order, random)?,
        _ => new::lengths(order, random)?,
    };
    for (input, _) in &mut lengths {
        *input = input.saturating_add(random.prefix_tokens);
    }
    Ok(lengths)
}

/// How long answers are to be.
fn asked(order: Order<'_>, random: &RandomSettings) -> u32 {
    order.settings.output_tokens.unwrap_or(random.output_tokens)
}

/// Places that follow each other, round and round `size` of them. Each request
/// begins one further on than its offset says, so that equal offsets make no
/// equal prompts.
fn consecutive(offset: u32, number: u64, count: u32, size: usize) -> impl Iterator<Item = usize> {
    let first = u64::from(offset) + number;
    (first..first + u64::from(count)).map(move |place| (place % size as u64) as usize)
}

fn bad_ratio(order: Order<'_>, ratio: f64) -> WorkloadError {
    refused(
        order,
        format!("--random-range-ratio {ratio}"),
        "to vLLM it is how far lengths spread on both sides, from 0 to below 1",
    )
}

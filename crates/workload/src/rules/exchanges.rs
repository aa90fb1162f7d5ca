//! First prompts of conversations and the answers to them, chosen the way in
//! which several tools choose: in an order drawn at random, one after another,
//! those that are neither too short nor too long.

use std::borrow::Cow;

use tokenometer_core::{Prompt, Request};

use super::{Order, mistaken};
use crate::conversations::Conversation;
use crate::{Mistake, WorkloadError};

/// The fewest tokens that the tools let themselves be told to ask for.
const LEAST_FORCED_OUTPUT: u32 = 4;

/// The first two turns of a conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange<'a> {
    pub prompt: &'a str,
    pub answer: &'a str,
}

/// Which exchanges a tool sends, by their tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The fewest of a prompt, and of an answer.
    pub least: u32,
    /// The most of a prompt.
    pub most_prompt: Option<u32>,
    /// The most of a prompt and its answer together.
    pub most_together: Option<u32>,
}

impl Limits {
    fn admit(self, input: u32, output: u32) -> bool {
        input >= self.least
            && output >= self.least
            && self.most_prompt.is_none_or(|most| input <= most)
            && self.most_together.is_none_or(|most| input.saturating_add(output) <= most)
    }
}

/// The first two turns of every conversation that has two.
pub(super) fn first_exchanges(conversations: &[Conversation]) -> Vec<Exchange<'_>> {
    conversations
        .iter()
        .filter_map(|conversation| match &conversation.turns[..] {
            [prompt, answer, ..] => Some(Exchange { prompt: &prompt.text, answer: &answer.text }),
            _ => None,
        })
        .collect()
}

/// What may be sent of these, until there are as many as ordered; `word` says
/// what becomes of a prompt before it is counted and sent.
///
/// # Errors
///
/// A mistake where the tool refuses the length that it is told to ask for, or
/// what `word` returns; [`WorkloadError::Encode`].
pub(super) fn admitted<'a>(
    order: Order<'_>,
    exchanges: &[Exchange<'a>],
    limits: Limits,
    word: impl Fn(&'a str) -> Result<Cow<'a, str>, WorkloadError>,
) -> Result<Vec<Request>, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let forced = order.settings.output_tokens;
    if let Some(tokens) = forced.filter(|&tokens| tokens < LEAST_FORCED_OUTPUT) {
        return Err(mistaken(Mistake::new(
            format!("--sharegpt-output-len {tokens}"),
            format!("{} refuses lengths below {LEAST_FORCED_OUTPUT}", order.rules),
            "give a larger one, or leave out --rules",
        )));
    }
    let mut requests = Vec::new();
    for exchange in exchanges {
        if requests.len() == order.count as usize {
            break;
        }
        let prompt = word(exchange.prompt)?;
        let input = tokenizer.prompt_ids(&prompt)?.len() as u32;
        let output = match forced {
            Some(tokens) => tokens,
            None => tokenizer.prompt_ids(exchange.answer)?.len() as u32,
        };
        if limits.admit(input, output) {
            let prompt = Prompt::Text(prompt.into_owned());
            requests.push(Request::new(prompt, Some(input), order.output(output)));
        }
    }
    Ok(requests)
}

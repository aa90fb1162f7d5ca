//! `sharegpt`: the first prompts of conversations, with as long an answer as
//! was once given.

use std::borrow::Cow;

use tokenometer_core::{Message, Rules};

use super::super::exchanges::{Exchange, Limits, admitted, first_exchanges};
use super::super::{Drawn, Order, mistaken};
use super::only_text;
use crate::{ConversationSettings, Mistake, WorkloadError, conversations};

/// What ends a prompt after which the model is to speak; a suffix is put before
/// it.
const ASSISTANT: &str = "Assistant:";

/// Draws the requests.
pub(super) fn draw(
    order: Order<'_>,
    chosen: &ConversationSettings,
) -> Result<Drawn, WorkloadError> {
    let conversations = conversations::load(&chosen.source)?;
    let limits = limits(order, chosen.context_tokens);
    choose(order, first_exchanges(&conversations), limits, &chosen.prompt_suffix)
}

/// The limits of a version.
pub(super) fn limits(order: Order<'_>, context_tokens: Option<u32>) -> Limits {
    if order.rules == Rules::Sglang0214 {
        let open = order.settings.output_tokens.is_none();
        return Limits { least: 4, most_prompt: Some(1024), most_together: open.then_some(2048) };
    }
    // A context of 0 tokens sets no limit.
    let most_together = context_tokens.filter(|&tokens| tokens > 0);
    Limits { least: 2, most_prompt: None, most_together }
}

/// Shuffles the exchanges and takes what the limits admit.
pub(super) fn choose(
    order: Order<'_>,
    mut exchanges: Vec<Exchange<'_>>,
    limits: Limits,
    suffix: &str,
) -> Result<Drawn, WorkloadError> {
    if let Some(mistake) = only_text(order) {
        return Err(mistaken(mistake));
    }
    order.python().shuffle(&mut exchanges);
    let requests = admitted(order, &exchanges, limits, |prompt| word(order, prompt, suffix))?;
    // Nothing comes from numpy, so the arrivals begin its stream.
    Ok(Drawn { requests, numpy: order.numpy()? })
}

/// A prompt as it is sent.
fn word<'a>(
    order: Order<'_>,
    prompt: &'a str,
    suffix: &str,
) -> Result<Cow<'a, str>, WorkloadError> {
    let mut worded = Cow::Borrowed(prompt);
    if !suffix.is_empty() {
        let before = prompt.strip_suffix(ASSISTANT).unwrap_or(prompt);
        worded = Cow::Owned([before, suffix, ASSISTANT].concat());
    }
    if !order.settings.chat_template {
        return Ok(worded);
    }
    let tokenizer = order.tokenizer()?;
    let turn = Message { role: "user".to_owned(), content: worded.into_owned() };
    let rendered = tokenizer.chat(&[turn], true)?;
    // The server puts the token that begins a sequence before it again.
    match tokenizer.bos_token() {
        Some(token) => Ok(Cow::Owned(rendered.replace(token, ""))),
        None if order.rules == Rules::Sglang045 => Err(mistaken(Mistake::new(
            "--apply-chat-template",
            format!("{} falls over a tokenizer that begins no sequence", order.rules),
            "leave it out, or follow the rules of a later version",
        ))),
        None => Ok(Cow::Owned(rendered)),
    }
}

//! `sharegpt`: the first prompts of conversations, with the lengths of the
//! answers that they got.

use tokenometer_core::{Prompt, Request, Rules};

use super::super::exchanges::{Exchange, first_exchanges};
use super::super::{Drawn, Order};
use super::no_such_flag;
use super::oversample::oversample;
use crate::{ConversationSettings, Mistake, WorkloadError, conversations};

/// The fewest tokens of a prompt, and of an answer whose length isn't given.
const LEAST: u32 = 4;
/// The most tokens of a prompt.
const MOST_PROMPT: u32 = 1024;
/// The most tokens of a prompt and its answer together.
const MOST_TOGETHER: u32 = 2048;

/// Draws the requests. numpy isn't asked for anything.
pub(super) fn draw(
    order: Order<'_>,
    settings: &ConversationSettings,
) -> Result<Drawn, WorkloadError> {
    let mistakes = mistakes(order, settings);
    if !mistakes.is_empty() {
        return Err(WorkloadError::Mistakes(mistakes));
    }
    let numpy = order.numpy()?;
    let conversations = conversations::load(&settings.source)?;
    let mut exchanges = first_exchanges(&conversations);
    if settings.shuffle {
        order.python().shuffle(&mut exchanges);
    }
    let mut requests = admitted(order, &exchanges)?;
    if settings.oversample {
        oversample(order, &mut requests);
    }
    Ok(Drawn { requests, numpy })
}

/// What may be sent of these, until there are as many as ordered. A length that
/// is given for all answers may be as small as one likes.
fn admitted(order: Order<'_>, exchanges: &[Exchange<'_>]) -> Result<Vec<Request>, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let mut requests = Vec::new();
    for Exchange { prompt, answer } in exchanges {
        if requests.len() == order.count as usize {
            break;
        }
        let input = tokenizer.prompt_ids(prompt)?.len() as u32;
        if !(LEAST..=MOST_PROMPT).contains(&input) {
            continue;
        }
        let output = match order.settings.output_tokens {
            Some(forced) => forced,
            None => match tokenizer.prompt_ids(answer)?.len() as u32 {
                0..LEAST => continue,
                own => own,
            },
        };
        if input.saturating_add(output) <= MOST_TOGETHER {
            let prompt = Prompt::Text((*prompt).to_owned());
            requests.push(Request::new(prompt, Some(input), order.output(output)));
        }
    }
    Ok(requests)
}

/// Settings for which the tool has no flags.
fn mistakes(order: Order<'_>, settings: &ConversationSettings) -> Vec<Mistake> {
    let old = order.rules == Rules::Vllm084;
    let unknown = [
        ("--sharegpt-context-len", settings.context_tokens.is_some()),
        ("--prompt-suffix", !settings.prompt_suffix.is_empty()),
        ("--disable-shuffle", old && !settings.shuffle),
        ("--no-oversample", old && !settings.oversample),
    ];
    let given = unknown.into_iter().filter(|(_, given)| *given);
    given.map(|(flag, _)| no_such_flag(order, flag)).collect()
}

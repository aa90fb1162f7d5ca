//! `prefix_repetition` of 0.33: prompts that begin with one of a few prefixes,
//! each prefix equally often.

use tokenometer_core::{Prompt, Request};

use super::super::{Drawn, Order};
use super::fit::fit;
use super::refused;
use crate::{PrefixRepetitionSettings, WorkloadError};

/// Draws the requests. Where the prefixes don't divide their number, there are
/// fewer than ordered.
pub(super) fn draw(
    order: Order<'_>,
    settings: &PrefixRepetitionSettings,
) -> Result<Drawn, WorkloadError> {
    let &PrefixRepetitionSettings { prefix_tokens, suffix_tokens, prefixes, output_tokens } =
        settings;
    let per_prefix = match order.count.checked_div(prefixes) {
        None | Some(0) => {
            let place = format!("--prefix-repetition-num-prefixes {prefixes}");
            let problem = format!(
                "that tool needs at least one, and no more than the {} prompts",
                order.count
            );
            return Err(refused(order, place, problem));
        }
        Some(share) => share,
    };
    let last = order.tokenizer()?.model_vocabulary_size() as u32 - 1;
    let mut numpy = order.numpy()?;
    let mut part = |tokens: u32| {
        let mut draw = |count| numpy.betweens(0, last, count);
        let ids = draw(tokens as usize);
        fit(order, ids, tokens as usize, draw).map(|fitted| fitted.ids)
    };
    let output = order.output(order.settings.output_tokens.unwrap_or(output_tokens));
    let mut requests = Vec::with_capacity((prefixes * per_prefix) as usize);
    for _ in 0..prefixes {
        let prefix = part(prefix_tokens)?;
        for _ in 0..per_prefix {
            let ids = [prefix.clone(), part(suffix_tokens)?].concat();
            let prompt = Prompt::Text(order.decode(&ids)?);
            requests.push(Request::new(prompt, Some(ids.len() as u32), output));
        }
    }
    order.python().shuffle(&mut requests);
    Ok(Drawn { requests, numpy })
}

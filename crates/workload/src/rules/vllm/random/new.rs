//! `random` of 0.33.

use tokenometer_core::{Prompt, Request};

use super::super::super::{Drawn, Order};
use super::super::fit::fit;
use super::super::refused;
use super::{Range, asked, bad_ratio, consecutive};
use crate::generator::NumpyGenerator;
use crate::{RandomSettings, Tokenizer, WorkloadError};

/// What is drawn before the offsets.
struct Draws {
    lengths: Vec<(u32, u32)>,
    generator: NumpyGenerator,
}

/// Draws the requests. numpy's global generator isn't asked for anything.
pub(super) fn draw(order: Order<'_>, random: &RandomSettings) -> Result<Drawn, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let vocabulary = tokenizer.model_vocabulary_size() as u32;
    let Draws { lengths, mut generator } = draws(order, random)?;
    let offsets = below(&mut generator, vocabulary, lengths.len());
    let allowed = allowed(tokenizer);
    let prefix = prefix(order, random.prefix_tokens, &allowed, &mut generator)?;
    let mut requests = Vec::with_capacity(lengths.len());
    for ((number, offset), (input, output)) in (0..).zip(offsets).zip(lengths) {
        let mut ids = prefix.clone();
        ids.extend(consecutive(offset, number, input, allowed.len()).map(|place| allowed[place]));
        let length = random.prefix_tokens as usize + input as usize;
        let fitted = fit(order, ids, length, |count| below(&mut generator, vocabulary, count))?;
        let input = fitted.ids.len() as u32;
        requests.push(Request::new(Prompt::Text(fitted.text), Some(input), order.output(output)));
    }
    Ok(Drawn { requests, numpy: order.numpy()? })
}

/// The lengths of prompts, without the prefix, and of answers.
pub(super) fn lengths(
    order: Order<'_>,
    random: &RandomSettings,
) -> Result<Vec<(u32, u32)>, WorkloadError> {
    Ok(draws(order, random)?.lengths)
}

fn draws(order: Order<'_>, random: &RandomSettings) -> Result<Draws, WorkloadError> {
    let added = order.tokenizer()?.added_tokens();
    let own = random.input_tokens.saturating_sub(added);
    let range = |length, ratio| Range::about(length, ratio).ok_or_else(|| bad_ratio(order, ratio));
    let input = range(own, random.input_ratio)?;
    let output = range(asked(order, random), random.output_ratio)?;
    if random.prefix_tokens == 0 && input.low == 0 {
        let place = format!("--random-input-len {}", random.input_tokens);
        let problem = format!(
            "less the {added} that the tokenizer adds, and at a ratio of {}, a prompt might have \
             no token",
            random.input_ratio
        );
        return Err(refused(order, place, problem));
    }
    let mut generator = NumpyGenerator::new(order.settings.seed);
    let inputs: Vec<u32> =
        (0..order.count).map(|_| generator.between(input.low, input.high)).collect();
    // An answer has at least one token.
    let (low, high) = (output.low.max(1), output.high.max(1));
    let lengths = inputs.into_iter().map(|input| (input, generator.between(low, high))).collect();
    Ok(Draws { lengths, generator })
}

impl Range {
    /// The ends rounded outwards. `None` where the tool stops.
    fn about(length: u32, ratio: f64) -> Option<Range> {
        let length = f64::from(length);
        let low = (length * (1.0 - ratio)).floor() as u32;
        let high = (length * (1.0 + ratio)).ceil() as u32;
        (0.0..1.0).contains(&ratio).then_some(Range { low, high })
    }
}

/// The ids that prompts are made of: those of the vocabulary that the model's
/// configuration doesn't name as special. One that no token has is among them,
/// and leaves nothing in the text.
fn allowed(tokenizer: &Tokenizer) -> Vec<u32> {
    let special = tokenizer.named_special_ids();
    (0..tokenizer.model_vocabulary_size() as u32).filter(|id| !special.contains(id)).collect()
}

/// The prefix, in the ids to which its text is tokenised.
fn prefix(
    order: Order<'_>,
    tokens: u32,
    allowed: &[u32],
    generator: &mut NumpyGenerator,
) -> Result<Vec<u32>, WorkloadError> {
    if tokens == 0 {
        return Ok(Vec::new());
    }
    let vocabulary = order.tokenizer()?.model_vocabulary_size() as u32;
    let places = below(generator, allowed.len() as u32, tokens as usize);
    let ids = places.into_iter().map(|place| allowed[place as usize]).collect();
    Ok(fit(order, ids, tokens as usize, |count| below(generator, vocabulary, count))?.ids)
}

/// `integers(0, bound, size=count)`.
fn below(generator: &mut NumpyGenerator, bound: u32, count: usize) -> Vec<u32> {
    (0..count).map(|_| generator.between(0, bound - 1)).collect()
}

//! `random` of 0.8.4.

use tokenometer_core::{Prompt, Request};

use super::super::super::{Drawn, Order, mistaken};
use super::{Range, asked, bad_ratio, consecutive};
use crate::generator::LegacyNumpy;
use crate::{Mistake, RandomSettings, WorkloadError};

/// What is drawn before the offsets.
struct Draws {
    prefix: Vec<u32>,
    lengths: Vec<(u32, u32)>,
    numpy: LegacyNumpy,
}

/// Draws the requests.
pub(super) fn draw(order: Order<'_>, random: &RandomSettings) -> Result<Drawn, WorkloadError> {
    let vocabulary = order.tokenizer()?.model_vocabulary_size() as u32;
    let Draws { prefix, lengths, mut numpy } = draws(order, random)?;
    let offsets = numpy.betweens(0, vocabulary - 1, lengths.len());
    let requests = (0..).zip(offsets).zip(lengths).map(|((number, offset), (input, output))| {
        let mut ids = prefix.clone();
        let places = consecutive(offset, number, input, vocabulary as usize);
        ids.extend(places.map(|place| place as u32));
        let prompt = Prompt::Text(order.decode(&ids)?);
        Ok(Request::new(prompt, Some(ids.len() as u32), order.output(output)))
    });
    let requests = requests.collect::<Result<_, WorkloadError>>()?;
    Ok(Drawn { requests, numpy })
}

/// The lengths of prompts, without the prefix, and of answers.
pub(super) fn lengths(
    order: Order<'_>,
    random: &RandomSettings,
) -> Result<Vec<(u32, u32)>, WorkloadError> {
    Ok(draws(order, random)?.lengths)
}

/// The prefix is drawn first, and is the only thing here that depends on the
/// vocabulary.
fn draws(order: Order<'_>, random: &RandomSettings) -> Result<Draws, WorkloadError> {
    let ratio = random.input_ratio;
    if ratio != random.output_ratio {
        return Err(mistaken(Mistake::new(
            format!("--random-range-ratio with --rules {}", order.rules),
            "that tool has one ratio, for prompts and answers",
            "give one, or take the rules of vllm-0.33",
        )));
    }
    let range = |length| Range::around(length, ratio).ok_or_else(|| bad_ratio(order, ratio));
    let input = range(random.input_tokens)?;
    let output = range(asked(order, random))?;
    let mut numpy = order.numpy()?;
    let prefix = match random.prefix_tokens {
        0 => Vec::new(),
        tokens => {
            let vocabulary = order.tokenizer()?.model_vocabulary_size() as u32;
            numpy.betweens(0, vocabulary - 1, tokens as usize)
        }
    };
    let count = order.count as usize;
    let inputs = numpy.betweens(input.low, input.high, count);
    let outputs = numpy.betweens(output.low, output.high, count);
    Ok(Draws { prefix, lengths: inputs.into_iter().zip(outputs).collect(), numpy })
}

impl Range {
    /// Both ends cut to whole numbers. `None` where the tool stops.
    fn around(length: u32, ratio: f64) -> Option<Range> {
        let length = f64::from(length);
        let (low, high) = ((length * (1.0 - ratio)) as u32, (length * (1.0 + ratio)) as u32);
        (ratio < 1.0 && low <= high).then_some(Range { low, high })
    }
}

//! `generated-shared-prefix`: groups of prompts that begin alike, all of them
//! ids drawn at random from the whole vocabulary.
//!
//! The number of prompts is groups × prompts of a group, whatever was ordered.
//! The tools before 0.5 draw from the vocabulary in the order in which Python
//! happens to list it, which no rule states; here it is that of the ids, which
//! is also what later versions do. The tools keep what they made in a file and
//! load it again, before 0.5 even for another seed; here it is always made.

use tokenometer_core::{Prompt, Request};

use super::super::{Drawn, Order, mistaken};
use super::random::{least_share, random_lengths};
use crate::generator::{LegacyNumpy, NumpyGenerator};
use crate::{
    GroupDistribution, Mistake, PromptShape, SharedPrefixSettings, Tokenizer, WorkloadError,
};

/// What stands between what is shared and what isn't, where a prompt is text.
const BETWEEN: &str = "\n\n";

/// Draws the requests.
pub(super) fn draw(
    order: Order<'_>,
    shared: &SharedPrefixSettings,
) -> Result<Drawn, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let (lengths, numpy) = Lengths::draw(order, shared)?;
    let vocabulary = vocabulary(tokenizer);
    let mut python = order.python();
    let mut parts = |lengths: &[u32]| -> Vec<Vec<u32>> {
        lengths.iter().map(|&length| python.choices(&vocabulary, length as usize)).collect()
    };
    let systems = parts(&lengths.systems);
    let questions = parts(&lengths.questions);
    let groups = groups(order, shared)?;
    let mut requests = groups
        .into_iter()
        .zip(questions.iter().zip(&lengths.outputs))
        .map(|(group, (question, &output))| {
            let (prompt, input) = joined(order, tokenizer, &systems[group], question)?;
            Ok(Request::new(prompt, Some(input), order.output(output)))
        })
        .collect::<Result<Vec<_>, WorkloadError>>()?;
    if !shared.ordered {
        python.shuffle(&mut requests);
    }
    Ok(Drawn { requests, numpy })
}

/// All lengths, in tokens.
struct Lengths {
    /// Of what each group shares.
    systems: Vec<u32>,
    /// Of what follows it, prompt by prompt.
    questions: Vec<u32>,
    /// Of the answers.
    outputs: Vec<u32>,
}

impl Lengths {
    fn draw(
        order: Order<'_>,
        shared: &SharedPrefixSettings,
    ) -> Result<(Lengths, LegacyNumpy), WorkloadError> {
        let mut numpy = order.numpy()?;
        let groups = shared.groups as usize;
        let prompts = groups * shared.prompts_per_group as usize;
        let mut draw = |most, count| -> Result<Vec<u32>, WorkloadError> {
            let least = least_share("--gsp-range-ratio", shared.range_ratio, most)?;
            Ok(random_lengths(&mut numpy, most, least, count))
        };
        let lengths = Lengths {
            systems: draw(shared.system_tokens, groups)?,
            questions: draw(shared.question_tokens, prompts)?,
            outputs: draw(shared.output_tokens, prompts)?,
        };
        Ok((lengths, numpy))
    }
}

/// Which group each prompt belongs to.
fn groups(order: Order<'_>, shared: &SharedPrefixSettings) -> Result<Vec<usize>, WorkloadError> {
    let (groups, each) = (shared.groups as usize, shared.prompts_per_group as usize);
    match shared.distribution {
        GroupDistribution::Uniform => {
            Ok((0..groups).flat_map(|group| std::iter::repeat_n(group, each)).collect())
        }
        GroupDistribution::Zipf { alpha } if alpha.is_finite() && alpha > 0.0 => {
            let weights: Vec<f64> =
                (1..=groups).map(|rank| 1.0 / libm::pow(rank as f64, alpha)).collect();
            let sum: f64 = weights.iter().sum();
            let probabilities: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
            // A generator of its own, so that the texts are those of groups
            // that are asked equally often.
            Ok(NumpyGenerator::new(order.settings.seed).choices(&probabilities, groups * each))
        }
        GroupDistribution::Zipf { alpha } => Err(mistaken(Mistake::new(
            format!("--gsp-zipf-alpha {alpha}"),
            "how steeply it falls is a finite number above 0",
            "give such a number, or leave out --gsp-group-distribution zipf",
        ))),
    }
}

/// A prompt, and how many tokens the tool takes it to have.
fn joined(
    order: Order<'_>,
    tokenizer: &Tokenizer,
    system: &[u32],
    question: &[u32],
) -> Result<(Prompt, u32), WorkloadError> {
    if order.settings.prompt_shape == PromptShape::TokenIds {
        let ids = [system, question].concat();
        let input = ids.len() as u32;
        return Ok((Prompt::TokenIds(ids), input));
    }
    let text = [order.decode(system)?, order.decode(question)?].join(BETWEEN);
    let input = tokenizer.prompt_ids(&text)?.len() as u32;
    Ok((Prompt::Text(text), input))
}

/// Every id there is, special ones included, ascending.
fn vocabulary(tokenizer: &Tokenizer) -> Vec<u32> {
    let mut ids = tokenizer.ordinary_ids().to_vec();
    ids.extend(tokenizer.special_ids());
    ids.sort_unstable();
    ids
}

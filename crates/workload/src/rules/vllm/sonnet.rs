//! `sonnet` of 0.8.4: lines of a poem behind an instruction, in the model's chat
//! template. The first lines are the same in all prompts, so that a cache finds
//! them; the others are drawn.

use tokenometer_core::{Message, Prompt, Request};

use super::super::json_lines::text;
use super::super::{Drawn, Order, mistaken};
use super::refused;
use crate::{Mistake, PromptShape, SonnetSettings, Tokenizer, WorkloadError};

/// What every prompt begins with.
const INSTRUCTION: &str = "Pick as many lines as you can from these poem lines:\n";

/// After how many prompts in a row that turned out too long it is given up. The
/// tool itself would never end.
const MOST_FAILURES: u32 = 1000;

/// Draws the requests. numpy isn't asked for anything.
pub(super) fn draw(order: Order<'_>, settings: &SonnetSettings) -> Result<Drawn, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let text = text(&settings.path)?.replace("\r\n", "\n").replace('\r', "\n");
    let poem: Vec<&str> = text.split_inclusive('\n').collect();
    let shares = Shares::of(order, settings, &poem)?;
    let prefix = poem[..shares.prefix.min(poem.len())].concat();
    let output = order.output(order.settings.output_tokens.unwrap_or(settings.output_tokens));
    let mut python = order.python();
    let mut requests = Vec::with_capacity(order.count as usize);
    let mut failures = 0;
    while requests.len() < order.count as usize {
        let lines = python.choices(&poem, shares.drawn).concat();
        let plain = format!("{INSTRUCTION}{prefix}{lines}");
        let rendered = in_template(tokenizer, &plain)?;
        let input = tokenizer.prompt_ids(&rendered)?.len() as u32;
        if input <= settings.input_tokens {
            // A chat is put into the template by the server.
            let chat = order.settings.prompt_shape == PromptShape::Messages;
            let prompt = Prompt::Text(if chat { plain } else { rendered });
            requests.push(Request::new(prompt, Some(input), output));
            failures = 0;
            continue;
        }
        failures += 1;
        if failures == MOST_FAILURES {
            return Err(never_ends(order, settings));
        }
    }
    Ok(Drawn { requests, numpy: order.numpy()? })
}

/// How many lines a prompt has.
struct Shares {
    /// Of the poem's first.
    prefix: usize,
    /// Drawn.
    drawn: usize,
}

impl Shares {
    /// As many as fill the tokens that the instruction leaves, if lines are as
    /// long as in the mean. Halves are rounded to even numbers.
    fn of(
        order: Order<'_>,
        settings: &SonnetSettings,
        poem: &[&str],
    ) -> Result<Shares, WorkloadError> {
        let tokenizer = order.tokenizer()?;
        let mut tokens = 0;
        for line in poem {
            tokens += tokenizer.prompt_ids(line)?.len();
        }
        if tokens == 0 {
            return Err(mistaken(Mistake::new(
                format!("--dataset-path {}", settings.path.display()),
                "there is no line in it",
                "give a text file of many short lines",
            )));
        }
        let mean = tokens as f64 / poem.len() as f64;
        let instruction = in_template(tokenizer, INSTRUCTION)?;
        let instruction = tokenizer.prompt_ids(&instruction)?.len() as u32;
        if settings.input_tokens <= instruction {
            let place = format!("--sonnet-input-len {}", settings.input_tokens);
            let problem = format!("the instruction alone has {instruction} tokens");
            return Err(refused(order, place, problem));
        }
        let lines = |tokens: u32| {
            let left = f64::from(tokens) - f64::from(instruction);
            (left / mean).round_ties_even().max(0.0) as usize
        };
        let prefix = lines(settings.prefix_tokens);
        Ok(Shares { prefix, drawn: lines(settings.input_tokens).saturating_sub(prefix) })
    }
}

/// A prompt as what the user says, with the beginning of an answer behind it.
fn in_template(tokenizer: &Tokenizer, prompt: &str) -> Result<String, WorkloadError> {
    tokenizer.chat(&[Message { role: "user".to_owned(), content: prompt.to_owned() }], true)
}

fn never_ends(order: Order<'_>, settings: &SonnetSettings) -> WorkloadError {
    let place = format!("--sonnet-input-len {}", settings.input_tokens);
    let problem = format!(
        "of {MOST_FAILURES} prompts none had so few tokens, and that tool would go on for ever"
    );
    refused(order, place, problem)
}

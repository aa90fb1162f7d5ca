//! `custom` of 0.33: a file with a JSON object a line, which holds a prompt and
//! perhaps how many tokens to ask for.

use std::path::Path;

use serde_json::Value;
use tokenometer_core::{Message, Prompt, Request};

use super::super::json_lines::{bad_line, text};
use super::super::{Drawn, Order};
use super::oversample::oversample;
use crate::WorkloadError;

/// A line of the file that isn't empty.
struct Line {
    /// From 1.
    number: usize,
    prompt: String,
    output_tokens: Option<Value>,
}

/// Draws the requests. Where settings give no length for all answers, each line
/// must (`--custom-output-len -1`). numpy isn't asked for anything.
pub(super) fn draw(order: Order<'_>, path: &Path) -> Result<Drawn, WorkloadError> {
    let numpy = order.numpy()?;
    let mut lines = read(path)?;
    order.python().shuffle(&mut lines);
    lines.truncate(order.count as usize);
    let outputs = outputs(order, path, &lines)?;
    let tokenizer = order.tokenizer()?;
    let mut requests = Vec::with_capacity(order.count as usize);
    for (Line { prompt, .. }, output) in lines.into_iter().zip(outputs) {
        let prompt = if order.settings.chat_template {
            tokenizer.chat(&[Message { role: "user".to_owned(), content: prompt }], true)?
        } else {
            prompt
        };
        // Counted as text, although the template has begun the sequence before.
        let input = tokenizer.prompt_ids(&prompt)?.len() as u32;
        requests.push(Request::new(Prompt::Text(prompt), Some(input), order.output(output)));
    }
    oversample(order, &mut requests);
    Ok(Drawn { requests, numpy })
}

/// All lines of the file.
fn read(path: &Path) -> Result<Vec<Line>, WorkloadError> {
    let text = text(path)?;
    let mut mistakes = Vec::new();
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(Value::Object(mut object)) => match object.remove("prompt") {
                Some(Value::String(prompt)) => {
                    let output_tokens = object.remove("output_tokens");
                    lines.push(Line { number, prompt, output_tokens });
                }
                _ => mistakes.push(bad_line(
                    path,
                    number,
                    "it has no text under `prompt`",
                    r#"write {"prompt": "…"}, or leave out --rules"#,
                )),
            },
            _ => mistakes.push(bad_line(
                path,
                number,
                "it is no JSON object",
                r#"write {"prompt": "…", "output_tokens": …} on a line of its own"#,
            )),
        }
    }
    if mistakes.is_empty() { Ok(lines) } else { Err(WorkloadError::Mistakes(mistakes)) }
}

/// How many tokens each of these lines asks for.
fn outputs(order: Order<'_>, path: &Path, lines: &[Line]) -> Result<Vec<u32>, WorkloadError> {
    if let Some(tokens) = order.settings.output_tokens {
        return Ok(vec![tokens; lines.len()]);
    }
    let outputs = lines.iter().map(|line| line.output_tokens.as_ref().and_then(tokens));
    if let Some(outputs) = outputs.clone().collect() {
        return Ok(outputs);
    }
    let faulty = lines.iter().zip(outputs).filter(|(_, output)| output.is_none());
    let mut numbers: Vec<usize> = faulty.map(|(line, _)| line.number).collect();
    numbers.sort_unstable();
    let mistake = |number| {
        bad_line(
            path,
            number,
            "nothing says how many tokens to ask for",
            "give it a number under `output_tokens`, or all of them one with --custom-output-len",
        )
    };
    Err(WorkloadError::Mistakes(numbers.into_iter().map(mistake).collect()))
}

/// A number of tokens; what a fraction has behind the point is dropped.
fn tokens(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

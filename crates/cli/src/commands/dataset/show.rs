//! `tokenometer dataset show`.

use std::fmt::Write as _;

use tokenometer_lab::dataset::{self, FirstRequest, Shown, Spread, WorkSettings};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// How many characters of a prompt are shown to people.
const SHOWN_CHARACTERS: usize = 60;

/// Looks at the workload, and prints what it saw.
pub(crate) fn show(
    work: &WorkSettings,
    lengths_only: bool,
    json: bool,
    printer: Printer,
) -> Result<Exit, Failure> {
    let shown = dataset::show(work, lengths_only)?;
    let text = if json { format!("{}\n", json_line(&shown)?) } else { table(&shown) };
    printer.data(&text)?;
    Ok(Exit::DONE)
}

/// The object, in the order of its fields.
fn json_line(shown: &Shown) -> Result<String, Failure> {
    serde_json::to_string(shown).map_err(|error| Failure::new(error, Exit::BUG))
}

/// The same for people.
fn table(shown: &Shown) -> String {
    let mut text = format!("{} requests of {}", shown.requests, shown.dataset);
    if let Some(rules) = &shown.rules {
        let _ = write!(text, " by the rules of {rules}");
    }
    let _ = writeln!(text, ", seed {}", shown.seed);
    if let Some(sha256) = &shown.workload_sha256 {
        let _ = writeln!(text, "SHA-256 {sha256}");
    }
    let _ = writeln!(
        text,
        "\n{:<8}{:>12}{:>9}{:>11}{:>9}{:>9}{:>9}",
        "tokens", "all", "min", "mean", "p50", "p99", "max"
    );
    text.push_str(&row("prompts", shown.input_tokens, shown.input_length_tokens.as_ref()));
    text.push_str(&row("answers", Some(shown.output_tokens), shown.output_length_tokens.as_ref()));
    if shown.input_tokens.is_none() {
        text.push_str("No tokenizer counted the prompts (--tokenizer).\n");
    }
    if shown.zero_output > 0 {
        let _ = writeln!(text, "{} requests ask for no token at all.", shown.zero_output);
    }
    if !shown.first.is_empty() {
        let _ = writeln!(text, "\n{:>8}{:>9}  the first prompts", "prompt", "answer");
    }
    for first in &shown.first {
        text.push_str(&line(first));
    }
    text
}

fn row(name: &str, sum: Option<u64>, spread: Option<&Spread>) -> String {
    let Some((sum, spread)) = sum.zip(spread) else { return format!("{name:<8}{:>12}\n", "–") };
    let Spread { min, mean, p50, p99, max } = spread;
    format!("{name:<8}{sum:>12}{min:>9}{mean:>11.1}{p50:>9}{p99:>9}{max:>9}\n")
}

fn line(first: &FirstRequest) -> String {
    let input = first.input_tokens.map_or("–".to_owned(), |tokens| tokens.to_string());
    let words: Vec<&str> = first.prompt.split_whitespace().collect();
    let whole = words.join(" ");
    let mut shown: String = whole.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < whole.len() {
        shown.push('…');
    }
    format!("{input:>8}{:>9}  {shown}\n", first.output_tokens)
}

//! Prompts of the user's own: a file with one JSON object a line.
//!
//! It reads the one file that was named, once. Rows are taken in an order drawn
//! from the seed.

use std::path::Path;

use super::custom_line::{Answer, Line, SHAPES};
use super::listed::{Entry, Listed};
use super::{Form, estimated_tokens, lines};
use crate::seed::Seed;
use crate::{Mistake, WorkloadError};

/// Reads the file.
///
/// # Errors
///
/// [`WorkloadError::Mistakes`] with everything that is wrong in it.
pub(super) fn open(path: &Path, seed: Seed, form: Form) -> Result<Listed, WorkloadError> {
    let lines = lines::read(path, SHAPES, Line::from_object).map_err(WorkloadError::Mistakes)?;
    let mut entries = entries(path, lines, &form)?;
    seed.stream("choice").draws().shuffle(&mut entries);
    Ok(Listed::new(entries, form))
}

/// Gives every line its output length.
fn entries(
    path: &Path,
    lines: Vec<(usize, Line)>,
    form: &Form,
) -> Result<Vec<Entry>, WorkloadError> {
    let mut silent = Vec::new();
    let mut entries = Vec::with_capacity(lines.len());
    for (number, line) in lines {
        let output_tokens = match (form.output_tokens, line.answer) {
            (Some(asked), _) => asked,
            (None, Answer::Tokens(tokens)) => tokens,
            (None, Answer::Like(answer)) => match &form.tokenizer {
                Some(tokenizer) => tokenizer.count(&answer)?.max(1),
                None => estimated_tokens(answer.len()),
            },
            (None, Answer::Unsaid) => {
                silent.push(number);
                continue;
            }
        };
        entries.push(Entry::new(line.turns, output_tokens));
    }
    told_unless_empty(path, &silent, "output_tokens")?;
    Ok(entries)
}

/// The mistake that some lines don't say how much to generate; `key` is how they
/// would.
pub(super) fn told_unless_empty(
    path: &Path,
    silent: &[usize],
    key: &str,
) -> Result<(), WorkloadError> {
    let Some(first) = silent.first() else { return Ok(()) };
    Err(WorkloadError::Mistakes(vec![Mistake::new(
        format!("--dataset-path {}", path.display()),
        format!(
            "nothing says how many tokens to generate in {} of its lines, the first being line \
             {first}",
            silent.len()
        ),
        format!("give --random-output-len, or write \"{key}\" into each line"),
    )]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::fs;

    use tokenometer_core::{Phase, Prompt};

    use super::*;
    use crate::dataset::{Dataset, Row};
    use crate::lengths::length_class;
    use crate::{PromptShape, testing};

    fn form(with_tokenizer: bool) -> Form {
        testing::form(PromptShape::Text, with_tokenizer)
    }

    fn open(contents: &[u8], form: Form) -> Result<Listed, WorkloadError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), contents).unwrap();
        super::open(file.path(), Seed(0), form)
    }

    fn error(contents: &[u8]) -> String {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("prompts.jsonl");
        fs::write(&path, contents).unwrap();
        let error = super::open(&path, Seed(0), form(false)).unwrap_err().to_string();
        error.replace(&home.path().display().to_string(), "HOME")
    }

    fn numbered(count: usize) -> String {
        (0..count).fold(String::new(), |mut file, n| {
            let prompt = "word ".repeat(1 + n % 40);
            writeln!(file, r#"{{"prompt": "{n} {prompt}", "output_tokens": {}}}"#, n + 1).unwrap();
            file
        })
    }

    fn numbers(dataset: &Listed, phase: Phase, count: u64) -> Vec<u32> {
        let row = |number| dataset.request(Row { phase, number }).unwrap().output.tokens;
        (0..count).map(row).collect()
    }

    #[test]
    fn phases_share_no_line_while_there_are_enough() {
        let dataset = open(numbered(100).as_bytes(), form(false)).unwrap();
        let measured = numbers(&dataset, Phase::Measure, 70);
        let mut all: BTreeSet<u32> = measured.iter().copied().collect();
        for phase in [Phase::RampIn, Phase::Drain, Phase::WarmUp] {
            all.extend(numbers(&dataset, phase, 10));
        }
        assert_eq!(all.len(), 100);
        assert!(!measured.is_sorted(), "the order is drawn");
    }

    #[test]
    fn a_short_file_begins_again() {
        let dataset = open(numbered(3).as_bytes(), form(false)).unwrap();
        let rows = numbers(&dataset, Phase::Measure, 7);
        assert_eq!(rows[..3], rows[3..6]);
        assert_eq!(rows[..3].iter().collect::<BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn warm_up_finds_the_length_class_of_another_line() {
        for with_tokenizer in [false, true] {
            let dataset = open(numbered(200).as_bytes(), form(with_tokenizer)).unwrap();
            for number in 0..40 {
                let like = Row::measured(number);
                let row = Row { phase: Phase::WarmUp, number };
                let (one, other) =
                    (dataset.request(like).unwrap(), dataset.request_like(row, like).unwrap());
                assert_ne!(one.prompt, other.prompt);
                if let (Some(one), Some(other)) = (one.input_tokens, other.input_tokens) {
                    assert_eq!(length_class(one), length_class(other));
                }
            }
        }
    }

    #[test]
    fn an_earlier_answer_says_how_long_the_next_is() {
        let line = br#"{"conversations": [{"from": "human", "value": "why?"},
            {"from": "gpt", "value": "because the river carried the stone"}]}"#;
        let line: Vec<u8> = line.iter().copied().filter(|&b| b != b'\n').collect();
        let estimated = open(&line, form(false)).unwrap().request(Row::measured(0)).unwrap();
        assert_eq!(estimated.output.tokens, 8);
        assert_eq!(estimated.prompt, Prompt::Text("why?".into()));
        let counted = open(&line, form(true)).unwrap().request(Row::measured(0)).unwrap();
        let answer = testing::tokenizer().count("because the river carried the stone").unwrap();
        assert_eq!(counted.output.tokens, answer);
    }

    #[test]
    fn the_file_may_be_written_in_any_common_way() {
        let file = b"\xef\xbb\xbf{\"prompt\": \"a\", \"output_tokens\": 1}\r\n\r\n{\"prompt\": \"b\", \"output_tokens\": 2}";
        assert_eq!(open(file, form(false)).unwrap().rows(), Some(2));
    }

    #[test]
    fn every_faulty_line_is_told_at_once() {
        insta::assert_snapshot!(error(
            b"{\"prompt\": \"a\", \"output_tokens\": 1}\n{\"prompt\": \"b\n7\n{\"prompt\": \"\xff\"}\n"
        ));
        let many = error("[]\n".repeat(27).as_bytes());
        assert_eq!(many.lines().count(), 1 + lines::TOLD + 1);
        assert!(many.contains("… and 7 more lines"), "{many}");
    }

    #[test]
    fn a_file_that_is_none_is_told() {
        let home = tempfile::tempdir().unwrap();
        let of = |path: &Path| {
            let error = super::open(path, Seed(0), form(false)).unwrap_err().to_string();
            error.replace(&home.path().display().to_string(), "HOME")
        };
        let errors = [
            error(b""),
            error(b"[\n{\"prompt\": \"a\"}\n]\n"),
            error(b"{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n"),
            of(home.path()),
            of(&home.path().join("none.jsonl")),
        ];
        insta::assert_snapshot!(errors.join("\n"));
    }
}

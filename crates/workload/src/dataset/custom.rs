//! Prompts of the user's own: a file with one JSON object a line.
//!
//! Rows are taken in an order drawn from the seed. What is measured takes them
//! from the front of that order, the other phases from its back, so that
//! they meet only where the file is too short for both.
//!
//! It reads the one file that was named, once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::OnceLock;

use tokenometer_core::{Message, Phase, Request};

use super::custom_line::{Answer, Line};
use super::{Dataset, Form, Row, estimated_tokens};
use crate::lengths::length_class;
use crate::seed::Seed;
use crate::{Mistake, WorkloadError};

/// How many faulty lines are told one by one.
const TOLD: usize = 20;

/// How many rows of the same estimated length are looked through for one of the
/// same counted length.
const TRIES: u64 = 64;

/// A custom dataset.
#[derive(Debug)]
pub(crate) struct Custom {
    form: Form,
    /// In the order drawn from the seed.
    entries: Vec<Entry>,
    /// The places of all entries of a length class, by estimate.
    by_class: BTreeMap<u32, Vec<usize>>,
}

/// A line of the file.
#[derive(Debug)]
struct Entry {
    turns: Vec<Message>,
    output_tokens: u32,
    /// Counted when first asked for: counting a whole file would take longer
    /// than many a run.
    input_tokens: OnceLock<u32>,
}

impl Custom {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Mistakes`] with everything that is wrong in it.
    pub(crate) fn open(path: &Path, seed: Seed, form: Form) -> Result<Custom, WorkloadError> {
        let lines = read(path).map_err(WorkloadError::Mistakes)?;
        let mut entries = entries(path, lines, &form)?;
        seed.stream("choice").draws().shuffle(&mut entries);
        let mut by_class: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, entry) in entries.iter().enumerate() {
            by_class.entry(length_class(estimate(&entry.turns))).or_default().push(place);
        }
        Ok(Custom { form, entries, by_class })
    }

    /// Where a row stands in the order of the entries.
    fn place(&self, row: Row) -> usize {
        let count = self.entries.len() as u64;
        let from_the_back = match row.phase {
            Phase::Measure => return (row.number % count) as usize,
            Phase::RampIn => row.number * 3,
            Phase::Drain => row.number * 3 + 1,
            Phase::WarmUp => row.number * 3 + 2,
        };
        (count - 1 - from_the_back % count) as usize
    }

    fn write(&self, place: usize) -> Result<Request, WorkloadError> {
        let entry = &self.entries[place];
        let known = self.form.tokenizer.is_some().then(|| self.length(place)).transpose()?;
        self.form.request(entry.turns.clone(), known, entry.output_tokens)
    }

    fn length(&self, place: usize) -> Result<u32, WorkloadError> {
        let entry = &self.entries[place];
        if let Some(&tokens) = entry.input_tokens.get() {
            return Ok(tokens);
        }
        let tokens = self.form.count(&entry.turns)?.unwrap_or_else(|| estimate(&entry.turns));
        Ok(*entry.input_tokens.get_or_init(|| tokens))
    }
}

impl Dataset for Custom {
    fn rows(&self) -> Option<u64> {
        Some(self.entries.len() as u64)
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        self.write(self.place(row))
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        self.length(self.place(row))
    }

    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError> {
        let like = self.place(like);
        let class = length_class(self.length(like)?);
        let estimated = length_class(estimate(&self.entries[like].turns));
        let alike = &self.by_class[&estimated];
        let count = alike.len() as u64;
        for step in 0..TRIES.min(count) {
            let place = alike[(count - 1 - (row.number + step) % count) as usize];
            if place != like && length_class(self.length(place)?) == class {
                return self.write(place);
            }
        }
        // A class of its own: only the row itself is like the row.
        self.write(like)
    }
}

fn estimate(turns: &[Message]) -> u32 {
    estimated_tokens(turns.iter().map(|turn| turn.content.len()).sum())
}

/// Reads every line, or tells every mistake. Each line keeps its number.
fn read(path: &Path) -> Result<Vec<(usize, Line)>, Vec<Mistake>> {
    let whole = |problem: String, cure: &str| {
        vec![Mistake::new(format!("--dataset-path {}", path.display()), problem, cure)]
    };
    if path.is_dir() {
        return Err(whole("it is a directory".to_owned(), "name a file of JSON lines in it"));
    }
    let unreadable = |e: std::io::Error| {
        whole(format!("it can't be read ({e})"), "check the path and who may read it")
    };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut lines = Vec::new();
    let mut mistakes = Vec::new();
    let mut buffer = Vec::new();
    for number in 1.. {
        buffer.clear();
        if file.read_until(b'\n', &mut buffer).map_err(unreadable)? == 0 {
            break;
        }
        // Some editors put a mark before the first character of a file.
        let line = buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&buffer).trim_ascii();
        if line.is_empty() {
            continue;
        }
        match Line::read(line) {
            Ok(line) => lines.push((number, line)),
            Err(bad) => {
                let place = format!("{}, line {number}", path.display());
                mistakes.push(Mistake::new(place, bad.problem, bad.cure));
            }
        }
    }
    if !mistakes.is_empty() {
        return Err(told(mistakes));
    }
    if lines.is_empty() {
        return Err(whole("the file is empty".to_owned(), "write one JSON object a line into it"));
    }
    Ok(lines)
}

/// The first mistakes, and how many more there are.
fn told(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    let more = mistakes.len().saturating_sub(TOLD);
    if more > 0 {
        mistakes.truncate(TOLD);
        let lines = if more == 1 { "line" } else { "lines" };
        mistakes.push(Mistake::new(
            format!("… and {more} more {lines}"),
            "faulty as well",
            "mend those above, and what remains is told next time",
        ));
    }
    mistakes
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
        entries.push(Entry { turns: line.turns, output_tokens, input_tokens: OnceLock::new() });
    }
    match silent.first() {
        None => Ok(entries),
        Some(first) => Err(WorkloadError::Mistakes(vec![Mistake::new(
            format!("--dataset-path {}", path.display()),
            format!(
                "nothing says how many tokens to generate in {} of its lines, the first being \
                 line {first}",
                silent.len()
            ),
            "give --random-output-len, or write \"output_tokens\" into each line",
        )])),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::fs;

    use tokenometer_core::Prompt;

    use super::*;
    use crate::PromptShape;
    use crate::testing;

    fn form(with_tokenizer: bool) -> Form {
        Form {
            shape: PromptShape::Text,
            exact: false,
            output_tokens: None,
            tokenizer: with_tokenizer.then(testing::tokenizer),
        }
    }

    fn open(contents: &[u8], form: Form) -> Result<Custom, WorkloadError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), contents).unwrap();
        Custom::open(file.path(), Seed(0), form)
    }

    fn error(contents: &[u8]) -> String {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("prompts.jsonl");
        fs::write(&path, contents).unwrap();
        let error = Custom::open(&path, Seed(0), form(false)).unwrap_err().to_string();
        error.replace(&home.path().display().to_string(), "HOME")
    }

    fn lines(count: usize) -> String {
        (0..count).fold(String::new(), |mut file, n| {
            let prompt = "word ".repeat(1 + n % 40);
            writeln!(file, r#"{{"prompt": "{n} {prompt}", "output_tokens": {}}}"#, n + 1).unwrap();
            file
        })
    }

    fn numbers(dataset: &Custom, phase: Phase, count: u64) -> Vec<u32> {
        let row = |number| dataset.request(Row { phase, number }).unwrap().output.tokens;
        (0..count).map(row).collect()
    }

    #[test]
    fn phases_share_no_line_while_there_are_enough() {
        let dataset = open(lines(100).as_bytes(), form(false)).unwrap();
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
        let dataset = open(lines(3).as_bytes(), form(false)).unwrap();
        let rows = numbers(&dataset, Phase::Measure, 7);
        assert_eq!(rows[..3], rows[3..6]);
        assert_eq!(rows[..3].iter().collect::<BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn warm_up_finds_the_length_class_of_another_line() {
        for with_tokenizer in [false, true] {
            let dataset = open(lines(200).as_bytes(), form(with_tokenizer)).unwrap();
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
        assert_eq!(many.lines().count(), 1 + TOLD + 1);
        assert!(many.contains("… and 7 more lines"), "{many}");
    }

    #[test]
    fn a_file_that_is_none_is_told() {
        let home = tempfile::tempdir().unwrap();
        let of = |path: &Path| {
            let error = Custom::open(path, Seed(0), form(false)).unwrap_err().to_string();
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

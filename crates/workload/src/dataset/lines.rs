//! Files with one JSON object a line: reading them, and telling every faulty
//! line at once.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use crate::Mistake;

/// How many faulty lines are told one by one.
pub(super) const TOLD: usize = 20;

/// What is wrong with a line, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub cure: &'static str,
}

impl Bad {
    /// A fault.
    pub(super) fn new(problem: impl Into<String>, cure: &'static str) -> Bad {
        Bad { problem: problem.into(), cure }
    }
}

/// Reads every line that isn't empty, or tells every mistake. Each line keeps
/// its number, from 1. `understand` makes of an object what is wanted; `shapes`
/// is what a line may look like.
pub(super) fn read<T>(
    path: &Path,
    shapes: &'static str,
    understand: fn(Map<String, Value>) -> Result<T, Bad>,
) -> Result<Vec<(usize, T)>, Vec<Mistake>> {
    let whole = |problem: String, cure: &str| {
        vec![Mistake::new(format!("--dataset-path {}", path.display()), problem, cure)]
    };
    if path.is_dir() {
        return Err(whole("it is a directory".to_owned(), "name a file of JSON lines in it"));
    }
    let unreadable = |e: io::Error| {
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
        match object(line, shapes).and_then(understand) {
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

/// The object in a line, without the line's end.
pub(super) fn object(bytes: &[u8], shapes: &'static str) -> Result<Map<String, Value>, Bad> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let problem = format!("byte {} is not UTF-8", e.valid_up_to() + 1);
        Bad::new(problem, "save the file as UTF-8")
    })?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Bad::new(format!("it is {}, not an object", kind(&other)), shapes)),
        Err(e) => Err(not_json(text, &e, shapes)),
    }
}

/// Why a text is no JSON, without the line number that the parser gives, which
/// is always 1 here.
fn not_json(text: &str, error: &serde_json::Error, shapes: &'static str) -> Bad {
    if text.starts_with('[') && error.is_eof() {
        let cure = "write one object a line, as `jq -c '.[]' FILE` does";
        return Bad::new("a list begins here that spans several lines", cure);
    }
    if error.is_eof() {
        let problem = format!("the JSON ends too early, after {} bytes", text.len());
        return Bad::new(problem, "complete the line, or remove it; one object has one line");
    }
    let said = error.to_string();
    let what = said.split(" at line ").next().unwrap_or(&said);
    Bad::new(format!("not JSON: {what} at column {}", error.column()), shapes)
}

/// A JSON value, in a word.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
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

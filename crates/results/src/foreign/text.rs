//! From a text to its JSON objects, each with its line. Python writes numbers that are no
//! JSON; what a key means stays unknown here.

use serde_json::{Deserializer, Map, Value};
use tokenometer_core::Mistake;

/// What Python writes of numbers that JSON doesn't know, the longer ones first.
const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// What to do about a file that isn't what it should be.
const CURE: &str = "name a file that `vllm bench serve --save-result` or SGLang's \
                    `bench_serving --output-file` has written, or a run folder";

/// Objects, each with the line on which it begins.
type Objects = Vec<(usize, Map<String, Value>)>;

/// Every object of a text. There is one at least.
pub(super) fn objects(name: &str, text: &str) -> Result<Objects, Mistake> {
    let text = quoted(text);
    let mut values = Deserializer::from_str(&text).into_iter::<Value>();
    let mut objects = Vec::new();
    loop {
        let line = line_at(&text, values.byte_offset());
        match values.next() {
            None => break,
            Some(Ok(Value::Object(object))) => objects.push((line, object)),
            Some(Ok(_)) => {
                return Err(Mistake::new(place(name, line), "it is no JSON object", CURE));
            }
            Some(Err(error)) => {
                let place = place(name, error.line());
                return Err(Mistake::new(place, format!("it is no JSON: {error}"), CURE));
            }
        }
    }
    if objects.is_empty() {
        return Err(Mistake::new(name, "it is empty", CURE));
    }
    Ok(objects)
}

/// A line of a file.
pub(super) fn place(name: &str, line: usize) -> String {
    format!("{name}, line {line}")
}

/// The line of what stands at a byte, or after the blanks there.
fn line_at(text: &str, byte: usize) -> usize {
    let rest = &text[byte..];
    let blanks = rest.len() - rest.trim_start().len();
    1 + text[..byte + blanks].matches('\n').count()
}

/// The text with bare `Infinity`, `-Infinity` and `NaN` as strings. Nothing within a
/// string is changed, and no line gets another number.
fn quoted(text: &str) -> String {
    let mut new = String::with_capacity(text.len());
    let (mut rest, mut is_string) = (text, false);
    while let Some(next) = rest.chars().next() {
        let word = WORDS.iter().find(|word| !is_string && rest.starts_with(**word));
        let taken = match (word, next) {
            (Some(word), _) => {
                new.push('"');
                new.push_str(word);
                new.push('"');
                word.len()
            }
            // What is escaped can't end a string.
            (None, '\\') if is_string => {
                let taken = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                new.push_str(&rest[..taken]);
                taken
            }
            (None, next) => {
                is_string ^= next == '"';
                new.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    new
}

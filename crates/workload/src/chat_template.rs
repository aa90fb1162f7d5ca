//! A model's chat template: from a list of messages to the text that the model
//! reads.
//!
//! Templates are programs in Jinja, written for Jinja2 as the Hugging Face
//! transformers library sets it up. This module gives them the same: blocks are
//! trimmed, strings have Python's methods, and there are `raise_exception`,
//! `strftime_now`, `tojson`, loop controls and the mark `generation`.
//!
//! It must never look at the clock. Some templates write today's date into
//! every prompt, and then the same seed would give another workload tomorrow;
//! here the day is always [`TODAY`].

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde_json::Value as Json;
use tokenometer_core::Message;

/// The name of the one template in an environment.
const NAME: &str = "chat";

/// What `strftime_now` says for each of its letters: Wednesday, 1 January 2025,
/// at midnight.
const TODAY: [(char, &str); 15] = [
    ('a', "Wed"),
    ('A', "Wednesday"),
    ('b', "Jan"),
    ('B', "January"),
    ('d', "01"),
    ('e', " 1"),
    ('F', "2025-01-01"),
    ('H', "00"),
    ('I', "12"),
    ('j', "001"),
    ('m', "01"),
    ('M', "00"),
    ('S', "00"),
    ('y', "25"),
    ('Y', "2025"),
];

/// A template, compiled.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
}

impl ChatTemplate {
    /// Compiles a template, which will know these special tokens by their
    /// names.
    ///
    /// # Errors
    ///
    /// What is wrong with the template.
    pub(crate) fn compile(
        source: &str,
        special_tokens: &BTreeMap<String, String>,
    ) -> Result<ChatTemplate, Error> {
        let mut environment = Environment::new();
        environment
            .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_filter("tojson", to_json);
        environment.add_function("raise_exception", |message: String| {
            Err::<Value, _>(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", strftime_now);
        for (name, token) in special_tokens {
            environment.add_global(name.clone(), token.clone());
        }
        environment.add_template_owned(NAME, without_generation_marks(source))?;
        Ok(ChatTemplate { environment })
    }

    /// The text of a conversation. `add_generation_prompt` asks for the
    /// beginning of an answer behind it.
    ///
    /// # Errors
    ///
    /// What the template refuses, or can't be evaluated.
    pub(crate) fn render(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
    ) -> Result<String, Error> {
        self.environment.get_template(NAME)?.render(context! {
            messages => Value::from(Serde(messages)),
            tools => (),
            documents => (),
            add_generation_prompt => add_generation_prompt,
        })
    }
}

/// Some templates mark what the model said, for training. The marks add nothing
/// to the text, and the engine doesn't know them: so they become blocks that are
/// always taken.
fn without_generation_marks(source: &str) -> String {
    let mut rest = source;
    let mut known = String::with_capacity(source.len());
    while let Some(start) = rest.find("{%") {
        let (before, block) = rest.split_at(start + 2);
        known.push_str(before);
        let end = block.find("%}").unwrap_or(block.len());
        let inner = &block[..end];
        match inner.trim_matches(|c: char| c == '-' || c == '+' || c.is_whitespace()) {
            "generation" => known.push_str(&inner.replace("generation", "if true")),
            "endgeneration" => known.push_str(&inner.replace("endgeneration", "endif")),
            _ => known.push_str(inner),
        }
        rest = &block[end..];
    }
    known.push_str(rest);
    known
}

/// The filter `tojson`, which writes as Python does: with a blank behind each
/// comma and colon, unless lines are broken.
fn to_json(value: Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    for ignored in ["ensure_ascii", "sort_keys", "separators"] {
        let _: Option<Value> = options.get(ignored)?;
    }
    options.assert_all_used()?;
    let value = serde_json::to_value(&value)
        .map_err(|e| Error::new(ErrorKind::InvalidOperation, e.to_string()))?;
    let mut text = String::new();
    write_json(&value, indent, 0, &mut text);
    Ok(text)
}

fn write_json(value: &Json, indent: Option<usize>, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        if let Some(indent) = indent {
            out.push('\n');
            out.push_str(&" ".repeat(indent * depth));
        }
    };
    let comma = |out: &mut String| out.push_str(if indent.is_some() { "," } else { ", " });
    match value {
        Json::Array(list) if !list.is_empty() => {
            out.push('[');
            for (place, element) in list.iter().enumerate() {
                if place > 0 {
                    comma(out);
                }
                line(out, depth + 1);
                write_json(element, indent, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        Json::Object(map) if !map.is_empty() => {
            out.push('{');
            for (place, (key, element)) in map.iter().enumerate() {
                if place > 0 {
                    comma(out);
                }
                line(out, depth + 1);
                out.push_str(&Json::from(key.as_str()).to_string());
                out.push_str(": ");
                write_json(element, indent, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// The day of [`TODAY`] in a format of C's `strftime`.
fn strftime_now(format: &str) -> Result<String, Error> {
    let mut text = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let mut letter = letters.next();
        let unpadded = letter == Some('-');
        if unpadded {
            letter = letters.next();
        }
        let said = match letter {
            Some('%') => "%",
            Some(letter) => TODAY
                .iter()
                .find(|(known, _)| *known == letter)
                .map(|(_, said)| *said)
                .ok_or_else(|| unknown_format(format))?,
            None => return Err(unknown_format(format)),
        };
        let shortened = said.trim_start_matches(['0', ' ']);
        text.push_str(match (unpadded, shortened) {
            (true, "") => "0",
            (true, shortened) => shortened,
            (false, _) => said,
        });
    }
    Ok(text)
}

fn unknown_format(format: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("the date format `{format}` is not known"))
}

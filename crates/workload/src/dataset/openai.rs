//! Recorded requests: a file with the body of one chat a line, as it was sent to
//! a server once.
//!
//! The messages are sent again, in the order of the file, with as many tokens
//! to generate as were asked for then. Which model, and whether in a stream, is
//! for the run to say; every other field is sent as it stands.

use std::path::Path;

use serde_json::{Map, Value};
use tokenometer_core::Message;

use super::Form;
use super::custom::told_unless_empty;
use super::custom_line::output_tokens;
use super::lines::{self, Bad, kind};
use super::listed::{Entry, Listed};
use crate::WorkloadError;

/// What a line may look like.
const SHAPES: &str = r#"write {"messages": [{"role": "user", "content": "…"}], "max_tokens": 100}"#;

/// The keys that say how much to generate, the newer one first.
const LENGTHS: [&str; 2] = ["max_completion_tokens", "max_tokens"];

/// The keys that the run decides on.
const OF_THE_RUN: [&str; 3] = ["model", "stream", "stream_options"];

/// A recorded body.
#[derive(Clone, Debug, PartialEq)]
struct Body {
    messages: Vec<Message>,
    output_tokens: Option<u32>,
    fields: Map<String, Value>,
}

/// Reads the file.
///
/// # Errors
///
/// [`WorkloadError::Mistakes`] with everything that is wrong in it.
pub(super) fn open(path: &Path, form: Form) -> Result<Listed, WorkloadError> {
    let lines = lines::read(path, SHAPES, body).map_err(WorkloadError::Mistakes)?;
    let mut silent = Vec::new();
    let mut entries = Vec::with_capacity(lines.len());
    for (number, body) in lines {
        match form.output_tokens.or(body.output_tokens) {
            Some(tokens) => {
                entries.push(Entry::new(body.messages, tokens).with_fields(body.fields));
            }
            None => silent.push(number),
        }
    }
    told_unless_empty(path, &silent, "max_tokens")?;
    Ok(Listed::new(entries, form))
}

fn body(mut object: Map<String, Value>) -> Result<Body, Bad> {
    let messages = object.shift_remove("messages");
    let messages = messages.ok_or_else(|| Bad::new("it has no `messages`", SHAPES))?;
    let Value::Array(list) = messages else {
        return Err(Bad::new(format!("`messages` is {}, not a list", kind(&messages)), SHAPES));
    };
    if list.is_empty() {
        return Err(Bad::new("its `messages` are empty", "remove the line"));
    }
    let numbered = (1..).zip(list);
    let messages =
        numbered.map(|(place, value)| message(place, value)).collect::<Result<_, _>>()?;
    let mut tokens = None;
    for key in LENGTHS {
        match object.shift_remove(key) {
            None | Some(Value::Null) => {}
            Some(value) => tokens = tokens.or(Some(output_tokens(key, value)?)),
        }
    }
    object.retain(|key, _| !OF_THE_RUN.contains(&key.as_str()));
    Ok(Body { messages, output_tokens: tokens, fields: object })
}

/// One message. What has more to it than a role and a text (images, calls of
/// tools) would not be the same request without that.
fn message(place: usize, value: Value) -> Result<Message, Bad> {
    const CURE: &str = "remove the line: only a role and a text can be sent again";
    let Value::Object(mut turn) = value else {
        let problem = format!("message {place} is {}, not an object", kind(&value));
        return Err(Bad::new(problem, SHAPES));
    };
    let mut text = |key: &str| match turn.shift_remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => {
            let problem = format!("the `{key}` of message {place} is {}", kind(&other));
            Err(Bad::new(problem, CURE))
        }
        None => Err(Bad::new(format!("message {place} has no `{key}`"), SHAPES)),
    };
    let (role, content) = (text("role")?, text("content")?);
    match turn.into_iter().find(|(_, value)| !value.is_null()) {
        Some((key, _)) => Err(Bad::new(format!("message {place} has `{key}`"), CURE)),
        None => Ok(Message { role, content }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;
    use tokenometer_core::Prompt;

    use super::*;
    use crate::dataset::{Dataset, Row};
    use crate::{PromptShape, testing};

    fn opened(contents: &str, form: Form) -> Result<Listed, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("bodies.jsonl");
        fs::write(&path, contents).unwrap();
        open(&path, form)
            .map_err(|e| e.to_string().replace(&home.path().display().to_string(), "HOME"))
    }

    #[test]
    fn a_body_is_sent_again_without_what_the_run_decides() {
        let file = r#"{"model": "m", "temperature": 0.5, "messages": [{"role": "system", "content": "be kind", "name": null}, {"role": "user", "content": "why?"}], "max_tokens": 7, "stream": true, "stop": ["x"]}
{"messages": [{"role": "user", "content": "how?"}], "max_completion_tokens": 8, "max_tokens": 9}"#;
        let dataset = opened(file, testing::form(PromptShape::Messages, true)).unwrap();
        assert_eq!(dataset.rows(), Some(2));
        let first = dataset.request(Row::measured(0)).unwrap();
        let Prompt::Messages(messages) = &first.prompt else { panic!("messages were asked for") };
        assert_eq!(messages[1], Message { role: "user".into(), content: "why?".into() });
        assert_eq!(first.output.tokens, 7);
        assert_eq!(Value::from(first.fields), json!({"temperature": 0.5, "stop": ["x"]}));
        assert_eq!(dataset.request(Row::measured(1)).unwrap().output.tokens, 8);
    }

    #[test]
    fn every_fault_is_told() {
        let form = testing::form(PromptShape::Messages, false);
        let faults = [
            "{}",
            r#"{"messages": "hi"}"#,
            r#"{"messages": []}"#,
            r#"{"messages": ["hi"]}"#,
            r#"{"messages": [{"role": "user"}]}"#,
            r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}"#,
            r#"{"messages": [{"role": "tool", "content": "hi", "tool_call_id": "7"}]}"#,
            r#"{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 0}"#,
        ];
        let lines = opened(&faults.join("\n"), form.clone()).unwrap_err();
        let silent =
            opened(r#"{"messages": [{"role": "user", "content": "hi"}]}"#, form).unwrap_err();
        insta::assert_snapshot!(format!("{lines}\n{silent}"));
    }
}

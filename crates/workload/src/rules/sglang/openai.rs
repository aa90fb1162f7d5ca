//! `openai`: recorded bodies of chats, one a line, in the order of the file.
//! What a body has beside its messages and its length is sent as it is.

use std::path::Path;

use serde_json::{Map, Value};
use tokenometer_core::{Message, Prompt, Request};

use super::super::json_lines::{self, bad_line};
use super::super::{Drawn, Order, mistaken};
use super::only_text;
use super::python_json::dumps;
use crate::WorkloadError;

/// How much is asked for where neither a line nor a flag says it, in tokens.
const OUTPUT: u32 = 256;

/// The fields that aren't sent as they are.
const OWN: [&str; 4] = ["messages", "max_tokens", "max_completion_tokens", "model"];

/// Draws the requests.
pub(super) fn draw(order: Order<'_>, path: &Path) -> Result<Drawn, WorkloadError> {
    if let Some(mistake) = only_text(order) {
        return Err(mistaken(mistake));
    }
    let mut requests = Vec::new();
    let mut mistakes = Vec::new();
    // The lines are counted before those without messages are left out.
    for (number, line) in json_lines::read(path)?.into_iter().take(order.count as usize) {
        match Body::read(line) {
            Ok(Some(body)) => requests.push(body.request(order)?),
            Ok(None) => {}
            Err((problem, cure)) => mistakes.push(bad_line(path, number, problem, cure)),
        }
    }
    if !mistakes.is_empty() {
        return Err(WorkloadError::Mistakes(mistakes));
    }
    Ok(Drawn { requests, numpy: order.numpy()? })
}

/// What a line holds.
struct Body {
    messages: Vec<Message>,
    /// How much it asks for, in tokens, where it says so.
    output: Option<u32>,
    fields: Map<String, Value>,
}

/// A problem, and its cure.
type Bad = (&'static str, &'static str);

impl Body {
    /// `None` where the line has no messages.
    fn read(line: Value) -> Result<Option<Body>, Bad> {
        let Value::Object(mut fields) = line else {
            return Err(("it isn't an object", r#"write {"messages": [{"role": "user", …}]}"#));
        };
        let [messages, output, ..] = OWN.map(|field| fields.shift_remove(field));
        let messages = match messages {
            Some(Value::Array(messages)) => messages,
            None | Some(Value::Null) => return Ok(None),
            Some(_) => return Err(("its `messages` aren't a list", "write them as a list")),
        };
        if messages.is_empty() {
            return Ok(None);
        }
        let messages = messages.into_iter().map(message).collect::<Result<_, _>>()?;
        let output = output.map(|tokens| whole(&tokens)).transpose()?;
        Ok(Some(Body { messages, output, fields }))
    }

    fn request(self, order: Order<'_>) -> Result<Request, WorkloadError> {
        let tokenizer = order.tokenizer()?;
        let mut input = tokenizer.count(&tokenizer.chat(&self.messages, true)?)?;
        // The tool doesn't render the definitions of functions; it adds what
        // their JSON has by itself.
        if let Some(tools) = self.fields.get("tools") {
            input += tokenizer.prompt_ids(&dumps(tools))?.len() as u32;
        }
        let forced = order.settings.output_tokens.filter(|&tokens| tokens > 0);
        let output = forced.or(self.output).unwrap_or(OUTPUT);
        let prompt = Prompt::Messages(self.messages);
        let request = Request::new(prompt, Some(input), order.output(output));
        Ok(Request { fields: self.fields, ..request })
    }
}

/// A message that has a role and a text, and nothing else.
fn message(value: Value) -> Result<Message, Bad> {
    let alone = value.as_object().is_some_and(|fields| fields.len() == 2);
    let message = alone.then(|| serde_json::from_value(value).ok()).flatten();
    message.ok_or((
        "a message of it isn't a role and a text alone",
        "only such messages are followed here; leave the line out",
    ))
}

fn whole(tokens: &Value) -> Result<u32, Bad> {
    let whole = tokens.as_u64().and_then(|tokens| u32::try_from(tokens).ok());
    whole.ok_or(("its `max_tokens` isn't a whole number", "write how many tokens to generate"))
}

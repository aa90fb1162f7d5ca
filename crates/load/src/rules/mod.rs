//! Bodies as other tools write them, to the byte: the fields that the request
//! function of one version has for one dialect, in its order, and as Python
//! writes JSON.
//!
//! Nothing here decides what a field should be; what a tool would not send, and
//! what would change nothing in what it sends, is refused.

mod llm_infra_bench;
mod python;
mod sglang;
mod vllm;
mod wording;

use serde_json::{Map, Value, json};
use tokenometer_core::{Dialect, Message, Prompt, Request, Rules};

pub(crate) use python::dump;
pub use wording::Wording;

use crate::{PrepareError, Rendering};

/// A body being written as a tool writes it.
struct Theirs<'a> {
    model: &'a str,
    dialect: Dialect,
    request: &'a Request,
    rendering: &'a Rendering,
    wording: &'a Wording,
}

/// The body that the tool of `wording` sends; `None` where it has no bodies, so
/// that the body is ours.
pub(crate) fn body(
    dialect: Dialect,
    model: &str,
    request: &Request,
    (rendering, wording): (&Rendering, &Wording),
) -> Result<Option<Map<String, Value>>, PrepareError> {
    let theirs = Theirs { model, dialect, request, rendering, wording };
    match wording.rules {
        Rules::Sglang0214 | Rules::Sglang045 => sglang::old(&theirs),
        Rules::Sglang0523 => sglang::new(&theirs),
        Rules::Vllm084 => vllm::old(&theirs),
        Rules::Vllm033 => vllm::new(&theirs),
        Rules::LlmInfraBench => llm_infra_bench::chat(&theirs),
        Rules::VllmThroughput07Dstack => return Ok(None),
    }
    .map(Some)
}

impl Theirs<'_> {
    /// Whether the end-of-sequence token is to be ignored: all these tools do
    /// where they want an exact length, and nowhere else.
    fn ignores_eos(&self) -> bool {
        self.request.output.exact
    }

    /// The user's own fields, and over them those of the request.
    fn extra(&self) -> Map<String, Value> {
        let mut extra = self.rendering.extra.clone();
        update(&mut extra, self.request.fields.clone());
        extra
    }

    /// The prompt where a text or a list of ids may stand.
    fn prompt(&self) -> Result<Value, PrepareError> {
        match &self.request.prompt {
            Prompt::Text(text) => Ok(json!(text)),
            Prompt::TokenIds(ids) => Ok(json!(ids)),
            Prompt::Messages(_) => Err(self.no_prompt("messages")),
        }
    }

    /// The prompt where only a text may stand.
    fn text(&self) -> Result<&str, PrepareError> {
        match &self.request.prompt {
            Prompt::Text(text) => Ok(text),
            Prompt::TokenIds(_) => Err(self.no_prompt("token ids")),
            Prompt::Messages(_) => Err(self.no_prompt("messages")),
        }
    }

    /// What is said in a chat: one text by the user, or a conversation.
    fn said(&self) -> Result<Said<'_>, PrepareError> {
        match &self.request.prompt {
            Prompt::Text(text) => Ok(Said::Text(text)),
            Prompt::Messages(messages) => match messages.as_slice() {
                [only] if only.role == "user" => Ok(Said::Text(&only.content)),
                several => Ok(Said::Conversation(several)),
            },
            Prompt::TokenIds(_) => Err(self.no_prompt("token ids")),
        }
    }

    fn no_prompt(&self, shape: &'static str) -> PrepareError {
        PrepareError::Prompt {
            dialect: self.dialect.name(),
            shape,
            cure: "choose a dataset or a --backend that the tool has together",
        }
    }

    /// Refuses what would change nothing in the body: of the wording, all that
    /// `uses` doesn't take, and what its caller names.
    fn refuse_idle(
        &self,
        uses: &[&'static str],
        more: &[(&'static str, bool)],
    ) -> Result<(), PrepareError> {
        let given = self.wording.given();
        let mut idle = given.into_iter().filter(|flag| !uses.contains(flag));
        let more = more.iter().find(|(_, given)| *given).map(|(flag, _)| *flag);
        match idle.next().or(more) {
            None => Ok(()),
            Some(flag) => Err(PrepareError::Idle {
                flag,
                rules: self.wording.rules,
                dialect: self.dialect.name(),
            }),
        }
    }

    /// Whether a temperature was given that isn't the one always sent.
    fn has_other_temperature(&self) -> bool {
        self.rendering.temperature.is_some_and(|temperature| temperature != 0.0)
    }

    /// There is no such dialect in the tool.
    fn no_dialect(&self) -> PrepareError {
        PrepareError::Dialect { rules: self.wording.rules, dialect: self.dialect.name() }
    }
}

/// What is said in a chat.
enum Said<'a> {
    /// One text, by the user.
    Text(&'a str),
    /// Several turns, or one of somebody else.
    Conversation(&'a [Message]),
}

/// Sets fields over others, as `dict.update` does: a field that is there keeps
/// its place.
fn update(fields: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        fields.insert(name, value);
    }
}

/// An object of these fields, in this order.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests;

//! What is asked of an engine, before any dialect has a say in it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One row of a workload. It names no model and no route, so that the same
/// rows, with the same hash, go to every arm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What the model is to continue or to answer.
    pub prompt: Prompt,
    /// The prompt's length as the workload knows it, in tokens.
    pub input_tokens: Option<u32>,
    /// How much to generate.
    pub output: OutputLength,
    /// Fields of this request's own in the body: what a recorded request brings
    /// along beside its prompt and its length. Usually none.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

impl Request {
    /// A request without fields of its own.
    pub fn new(prompt: Prompt, input_tokens: Option<u32>, output: OutputLength) -> Request {
        Request { prompt, input_tokens, output, fields: Map::new() }
    }
}

/// The prompt, in one of the three shapes that servers accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Plain text.
    Text(String),
    /// A conversation.
    Messages(Vec<Message>),
    /// Token ids of the model's own vocabulary.
    TokenIds(Vec<u32>),
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user`, `assistant` …
    pub role: String,
    /// What was said.
    pub content: String,
}

/// How many tokens to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputLength {
    /// The most to generate, in tokens.
    pub tokens: u32,
    /// Whether to generate exactly that many, ignoring the end-of-sequence
    /// token; only then are the outcomes `short` and `long` possible.
    pub exact: bool,
}

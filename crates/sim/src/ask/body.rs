//! The JSON of a request, whichever of the dialects it is in, and the prompt
//! in it.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Refusal;
use crate::{Dialect, words};

/// The token that a server which counts otherwise puts before a prompt.
const EXTRA: u32 = 1;

/// The fields of all dialects. Those that a dialect doesn't have are passed
/// over in it.
#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) model: Option<String>,
    pub(super) prompt: Option<Tokens>,
    pub(super) messages: Option<Vec<Message>>,
    pub(super) text: Option<Tokens>,
    pub(super) input_ids: Option<Tokens>,
    pub(super) text_input: Option<Tokens>,
    pub(super) inputs: Option<Tokens>,
    pub(super) max_tokens: Option<u32>,
    pub(super) max_completion_tokens: Option<u32>,
    pub(super) stream: Option<bool>,
    pub(super) stream_options: Option<StreamOptions>,
    pub(super) ignore_eos: Option<bool>,
    pub(super) min_length: Option<u32>,
    pub(super) return_token_ids: Option<bool>,
    pub(super) n: Option<u32>,
    pub(super) sampling_params: Option<SamplingParams>,
    pub(super) parameters: Option<Parameters>,
    pub(super) sim: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: Option<bool>,
    pub(super) continuous_usage_stats: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct SamplingParams {
    pub(super) max_new_tokens: Option<u32>,
    pub(super) ignore_eos: Option<bool>,
    pub(super) n: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Parameters {
    pub(super) max_new_tokens: Option<u32>,
    pub(super) ignore_eos_token: Option<bool>,
    #[serde(default)]
    pub(super) details: bool,
}

#[derive(Deserialize)]
pub(super) struct Message {
    role: Tokens,
    content: Option<Content>,
}

/// What one message says: text, or parts of which some are text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

impl Message {
    /// A message costs its words, and one token for its role.
    fn push_tokens(&self, tokens: &mut Vec<u32>) {
        tokens.extend(self.role.ids.first());
        match &self.content {
            Some(Content::Text(text)) => tokens.extend(words::ids(text)),
            Some(Content::Parts(parts)) => {
                let texts = parts.iter().filter_map(|part| part.text.as_deref());
                tokens.extend(texts.flat_map(words::ids));
            }
            None => {}
        }
    }
}

/// A prompt, read straight into tokens: a text, or a list of ids.
pub(super) struct Tokens {
    pub(super) ids: Vec<u32>,
    is_text: bool,
}

impl Tokens {
    /// The tokens as a server counts them that puts so many before a text.
    fn counted(self, extra: u32) -> Vec<u32> {
        if self.is_text { with_extra(self.ids, extra) } else { self.ids }
    }
}

fn with_extra(mut ids: Vec<u32>, extra: u32) -> Vec<u32> {
    ids.splice(0..0, (0..extra).map(|_| EXTRA));
    ids
}

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tokens, D::Error> {
        struct TextOrIds;
        impl<'de> Visitor<'de> for TextOrIds {
            type Value = Tokens;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one text or one list of token ids (batches aren't served)")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Tokens, E> {
                Ok(Tokens { ids: words::ids(text).collect(), is_text: true })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tokens, A::Error> {
                let mut ids = Vec::with_capacity(list.size_hint().unwrap_or(0));
                while let Some(id) = list.next_element()? {
                    ids.push(id);
                }
                Ok(Tokens { ids, is_text: false })
            }
        }
        deserializer.deserialize_any(TextOrIds)
    }
}

impl Body {
    /// Reads it.
    pub(super) fn parse(body: &[u8]) -> Result<Body, Refusal> {
        serde_json::from_slice(body)
            .map_err(|error| Refusal::new(format!("the body can't be read: {error}"), None))
    }

    /// The prompt of the dialect's own field, with `extra` tokens before it
    /// where it is no list of ids.
    pub(super) fn prompt(self, dialect: Dialect, extra: u32) -> Result<Vec<u32>, Refusal> {
        let counted = |tokens: Tokens| tokens.counted(extra);
        let (prompt, param) = match dialect {
            Dialect::OpenaiCompletions => (self.prompt.map(counted), "prompt"),
            Dialect::OpenaiChat => {
                let tokens = self.messages.as_deref().map(tokens_of);
                (tokens.map(|tokens| with_extra(tokens, extra)), "messages")
            }
            Dialect::SglangGenerate => (self.input_ids.or(self.text).map(counted), "text"),
            Dialect::TritonGenerateStream => (self.text_input.map(counted), "text_input"),
            Dialect::Tgi => (self.inputs.map(counted), "inputs"),
        };
        let prompt =
            prompt.ok_or_else(|| Refusal::new(format!("{param} is missing"), Some(param)))?;
        if prompt.len() == extra as usize {
            return Err(Refusal::new(format!("{param} is empty"), Some(param)));
        }
        Ok(prompt)
    }

    /// The tokens that `/tokenize` is to count: of `prompt`, or of `messages`.
    pub(super) fn tokens(self, extra: u32) -> Result<Vec<u32>, Refusal> {
        match (self.prompt, self.messages) {
            (Some(tokens), None) => Ok(tokens.counted(extra)),
            (None, Some(messages)) => Ok(with_extra(tokens_of(&messages), extra)),
            _ => Err(Refusal::new("give either prompt or messages", Some("prompt"))),
        }
    }
}

fn tokens_of(messages: &[Message]) -> Vec<u32> {
    let mut tokens = Vec::new();
    for message in messages {
        message.push_tokens(&mut tokens);
    }
    tokens
}

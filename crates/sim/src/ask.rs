//! What a request asks for: its JSON body, whichever of the dialects it is in,
//! and the wishes for the sim that it may bring. Fields that no answer depends
//! on (temperature, stop …) are passed over, as the real servers' clients
//! expect.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{Dialect, Fault, Script, SimError, words};

/// When a stream says how many tokens it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageWish {
    Never,
    /// In an event of its own, or in the whole answer.
    AtEnd,
    /// On every event, and at the end.
    Always,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) dialect: Dialect,
    /// The prompt's tokens.
    pub(crate) prompt: Vec<u32>,
    /// The most tokens to generate.
    pub(crate) limit: Option<u32>,
    /// Whether to generate exactly that many.
    pub(crate) exact: bool,
    pub(crate) stream: bool,
    pub(crate) usage: UsageWish,
    pub(crate) ids: bool,
    /// The faults it names; `None` where it leaves them to the server.
    pub(crate) faults: Option<Vec<Fault>>,
    /// The server's script with the request's own wishes in it.
    pub(crate) script: Script,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// The field that is to blame.
    pub(crate) param: Option<&'static str>,
}

impl Refusal {
    fn new(message: impl Into<String>, param: Option<&'static str>) -> Refusal {
        Refusal { status: 400, message: message.into(), param }
    }
}

/// What an ask is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) model: &'a str,
    pub(crate) check_model: bool,
    pub(crate) max_model_len: u32,
    pub(crate) script: Script,
}

/// The fields of all dialects. Those that a dialect doesn't have are passed
/// over in it.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    prompt: Option<Tokens>,
    messages: Option<Vec<Message>>,
    text: Option<Tokens>,
    input_ids: Option<Tokens>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    ignore_eos: Option<bool>,
    return_token_ids: Option<bool>,
    n: Option<u32>,
    sampling_params: Option<SamplingParams>,
    sim: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
    continuous_usage_stats: Option<bool>,
}

#[derive(Deserialize)]
struct SamplingParams {
    max_new_tokens: Option<u32>,
    ignore_eos: Option<bool>,
    n: Option<u32>,
}

#[derive(Deserialize)]
struct Message {
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
        tokens.extend(self.role.0.first());
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
struct Tokens(Vec<u32>);

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tokens, D::Error> {
        struct TextOrIds;
        impl<'de> Visitor<'de> for TextOrIds {
            type Value = Tokens;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one text or one list of token ids (batches aren't served)")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Tokens, E> {
                Ok(Tokens(words::ids(text).collect()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tokens, A::Error> {
                let mut ids = Vec::with_capacity(list.size_hint().unwrap_or(0));
                while let Some(id) = list.next_element()? {
                    ids.push(id);
                }
                Ok(Tokens(ids))
            }
        }
        deserializer.deserialize_any(TextOrIds)
    }
}

impl Ask {
    /// Reads a request's body, and the value of its `x-sim` header, whose
    /// wishes go before those of the body.
    pub(crate) fn read(
        dialect: Dialect,
        body: &[u8],
        x_sim: Option<&str>,
        offer: Offer<'_>,
    ) -> Result<Ask, Refusal> {
        let mut body = parse(body)?;
        check_model(body.model.as_deref(), offer)?;
        check_choices(&body)?;
        let mut wishes = Wishes { script: offer.script, faults: None };
        wishes.read_object(body.sim.take()).map_err(|e| refused(&e, Some("sim")))?;
        wishes.read_header(x_sim).map_err(|e| refused(&e, Some("x-sim")))?;

        let stream = body.stream == Some(true);
        let usage = usage_wish(dialect, stream, body.stream_options.as_ref());
        let (limit, ignore_eos) = match (dialect, &body.sampling_params) {
            (Dialect::SglangGenerate, Some(given)) => (given.max_new_tokens, given.ignore_eos),
            (Dialect::SglangGenerate, None) => (None, None),
            _ => (body.max_completion_tokens.or(body.max_tokens), body.ignore_eos),
        };
        let ids = dialect == Dialect::SglangGenerate || body.return_token_ids == Some(true);
        let prompt = prompt_of(dialect, body)?;
        check_length(prompt.len(), limit, offer.max_model_len)?;
        Ok(Ask {
            dialect,
            prompt,
            limit,
            exact: ignore_eos == Some(true) && limit.is_some(),
            stream,
            usage,
            ids,
            faults: wishes.faults,
            script: wishes.script,
        })
    }
}

/// When the server is to say how many tokens there are. Whole answers always
/// say it; streams only where it was asked for, and on every event only where
/// the final count was asked for too, as in vLLM.
fn usage_wish(dialect: Dialect, stream: bool, options: Option<&StreamOptions>) -> UsageWish {
    let at_end = options.is_some_and(|options| options.include_usage == Some(true));
    let always = options.is_some_and(|options| options.continuous_usage_stats == Some(true));
    match dialect {
        Dialect::SglangGenerate => UsageWish::Always,
        _ if !stream => UsageWish::AtEnd,
        _ if !at_end => UsageWish::Never,
        _ if always => UsageWish::Always,
        _ => UsageWish::AtEnd,
    }
}

fn parse(body: &[u8]) -> Result<Body, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new(format!("the body can't be read: {error}"), None))
}

fn check_model(model: Option<&str>, offer: Offer<'_>) -> Result<(), Refusal> {
    match model {
        Some(model) if offer.check_model && model != offer.model => Err(Refusal {
            status: 404,
            message: format!("The model `{model}` does not exist. There is `{}`.", offer.model),
            param: Some("model"),
        }),
        _ => Ok(()),
    }
}

fn check_choices(body: &Body) -> Result<(), Refusal> {
    let sampled = body.sampling_params.as_ref().and_then(|sampling| sampling.n);
    match body.n.or(sampled) {
        Some(n) if n != 1 => Err(Refusal::new("n must be 1: one answer a request", Some("n"))),
        _ => Ok(()),
    }
}

/// The prompt of the dialect's own field.
fn prompt_of(dialect: Dialect, body: Body) -> Result<Vec<u32>, Refusal> {
    let (prompt, param) = match dialect {
        Dialect::OpenaiCompletions => (body.prompt.map(|tokens| tokens.0), "prompt"),
        Dialect::OpenaiChat => (body.messages.as_deref().map(tokens_of), "messages"),
        Dialect::SglangGenerate => (body.input_ids.or(body.text).map(|tokens| tokens.0), "text"),
    };
    let prompt = prompt.ok_or_else(|| Refusal::new(format!("{param} is missing"), Some(param)))?;
    if prompt.is_empty() {
        return Err(Refusal::new(format!("{param} is empty"), Some(param)));
    }
    Ok(prompt)
}

fn tokens_of(messages: &[Message]) -> Vec<u32> {
    let mut tokens = Vec::new();
    for message in messages {
        message.push_tokens(&mut tokens);
    }
    tokens
}

fn check_length(prompt: usize, limit: Option<u32>, most: u32) -> Result<(), Refusal> {
    if limit == Some(0) {
        return Err(Refusal::new("max_tokens must be at least 1", Some("max_tokens")));
    }
    let asked = prompt as u64 + u64::from(limit.unwrap_or(1));
    if asked > u64::from(most) {
        return Err(Refusal::new(
            format!("prompt and output would have {asked} tokens, but the model holds {most}"),
            Some("max_tokens"),
        ));
    }
    Ok(())
}

/// The tokens that `/tokenize` is to count: of `prompt`, or of `messages`.
pub(crate) fn tokenize(body: &[u8]) -> Result<Vec<u32>, Refusal> {
    let body = parse(body)?;
    match (body.prompt, body.messages) {
        (Some(tokens), None) => Ok(tokens.0),
        (None, Some(messages)) => Ok(tokens_of(&messages)),
        _ => Err(Refusal::new("give either prompt or messages", Some("prompt"))),
    }
}

fn refused(error: &SimError, param: Option<&'static str>) -> Refusal {
    Refusal::new(format!("failed to {error}"), param)
}

/// What a request wants of the sim.
struct Wishes {
    script: Script,
    faults: Option<Vec<Fault>>,
}

impl Wishes {
    /// Reads `ttft=100ms; gap=20ms; fault=crlf,error-after:3`.
    fn read_header(&mut self, header: Option<&str>) -> Result<(), SimError> {
        let parts = header.into_iter().flat_map(|header| header.split(';')).map(str::trim);
        let mut named = false;
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            if key.trim() == "fault" && !std::mem::replace(&mut named, true) {
                // The header's faults replace those of the body.
                self.faults = None;
            }
            self.set(key.trim(), value.trim())?;
        }
        Ok(())
    }

    /// Reads the same from a JSON object, where a list of faults may stand too.
    fn read_object(&mut self, object: Option<Map<String, Value>>) -> Result<(), SimError> {
        for (key, value) in object.into_iter().flatten() {
            match value {
                Value::String(text) => self.set(&key, &text)?,
                Value::Array(list) => {
                    for value in list {
                        self.set(&key, value.as_str().unwrap_or(&value.to_string()))?;
                    }
                }
                other => self.set(&key, &other.to_string())?,
            }
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), SimError> {
        if key != "fault" {
            return self.script.set(key, value);
        }
        let faults = self.faults.get_or_insert_default();
        if value != "none" {
            for word in value.split(',') {
                faults.push(word.trim().parse()?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Delay;

    const OFFER: fn() -> Offer<'static> =
        || Offer { model: "sim", check_model: true, max_model_len: 100, script: Script::default() };

    fn read(dialect: Dialect, body: &str, x_sim: Option<&str>) -> Result<Ask, Refusal> {
        Ask::read(dialect, body.as_bytes(), x_sim, OFFER())
    }

    #[test]
    fn each_dialect_is_read_in_its_own_fields() {
        let ask = read(
            Dialect::OpenaiCompletions,
            r#"{"model":"sim","prompt":[1,2,3],"max_tokens":7,"stream":true,"ignore_eos":true,
                "stream_options":{"include_usage":true},"temperature":0.0,"return_token_ids":true}"#,
            None,
        )
        .unwrap();
        assert_eq!((ask.prompt, ask.limit, ask.exact), (vec![1, 2, 3], Some(7), true));
        assert_eq!((ask.usage, ask.stream, ask.ids), (UsageWish::AtEnd, true, true));

        let ask = read(
            Dialect::OpenaiChat,
            r#"{"messages":[{"role":"system","content":"be w1"},
                {"role":"user","content":[{"type":"text","text":"w2 w3"},{"type":"image_url"}]}],
                "max_tokens":5,"max_completion_tokens":6,"ignore_eos":null}"#,
            None,
        )
        .unwrap();
        assert_eq!((ask.prompt.len(), ask.limit, ask.exact), (6, Some(6), false));
        assert_eq!((ask.usage, ask.stream), (UsageWish::AtEnd, false));

        let ask = read(
            Dialect::SglangGenerate,
            r#"{"text":"w1 w2","sampling_params":{"max_new_tokens":4,"ignore_eos":true},"stream":true}"#,
            None,
        )
        .unwrap();
        assert_eq!((ask.prompt, ask.limit, ask.exact), (vec![1, 2], Some(4), true));
        assert_eq!((ask.usage, ask.ids), (UsageWish::Always, true));
    }

    #[test]
    fn wishes_come_from_header_and_body_and_the_header_wins() {
        let body =
            r#"{"prompt":"a","sim":{"ttft":"1ms","gap":"2ms","seed":9,"fault":["crlf","split"]}}"#;
        let ask = read(Dialect::OpenaiCompletions, body, Some("gap=3ms; fault=no-done,comments;"))
            .unwrap();
        assert_eq!(ask.script.ttft, "1ms".parse::<Delay>().unwrap());
        assert_eq!(ask.script.gap, "3ms".parse::<Delay>().unwrap());
        assert_eq!(ask.script.seed, 9);
        assert_eq!(ask.faults, Some(vec![Fault::NoDone, Fault::Comments]));
        let ask = read(Dialect::OpenaiCompletions, body, None).unwrap();
        assert_eq!(ask.faults, Some(vec![Fault::Crlf, Fault::Split]));
        let ask =
            read(Dialect::OpenaiCompletions, r#"{"prompt":"a"}"#, Some("fault=none")).unwrap();
        assert_eq!(ask.faults, Some(vec![]));
    }

    #[test]
    fn what_is_refused_says_why() {
        use Dialect::{OpenaiChat, OpenaiCompletions, SglangGenerate};
        for (dialect, body, x_sim, status, why) in [
            (OpenaiCompletions, "{", None, 400, "can't be read"),
            (OpenaiCompletions, "{}", None, 400, "prompt is missing"),
            (OpenaiCompletions, r#"{"prompt":"  "}"#, None, 400, "prompt is empty"),
            (OpenaiCompletions, r#"{"prompt":["a","b"]}"#, None, 400, "expected u32"),
            (OpenaiCompletions, r#"{"prompt":7}"#, None, 400, "one text or one list"),
            (OpenaiCompletions, r#"{"prompt":"a","max_tokens":"x"}"#, None, 400, "expected u32"),
            (OpenaiCompletions, r#"{"prompt":"a","max_tokens":0}"#, None, 400, "at least 1"),
            (OpenaiCompletions, r#"{"prompt":"a","max_tokens":100}"#, None, 400, "101 tokens"),
            (OpenaiCompletions, r#"{"prompt":"a","n":2}"#, None, 400, "n must be 1"),
            (OpenaiCompletions, r#"{"prompt":"a","model":"b"}"#, None, 404, "`b`"),
            (OpenaiCompletions, r#"{"prompt":"a"}"#, Some("fault=bang"), 400, "`bang`"),
            (OpenaiCompletions, r#"{"prompt":"a"}"#, Some("tempo=1"), 400, "`tempo`"),
            (OpenaiCompletions, r#"{"prompt":"a","sim":{"gap":true}}"#, None, 400, "`true`"),
            (OpenaiChat, r#"{"prompt":"a"}"#, None, 400, "messages is missing"),
            (SglangGenerate, r#"{"prompt":"a"}"#, None, 400, "text is missing"),
        ] {
            let refusal = read(dialect, body, x_sim).unwrap_err();
            assert_eq!(refusal.status, status, "{body}");
            assert!(refusal.message.contains(why), "{body}: {}", refusal.message);
        }
    }
}

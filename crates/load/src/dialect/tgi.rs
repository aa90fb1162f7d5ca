//! Text Generation Inference's own routes.
//!
//! A frame holds one token; the last holds the whole text too, and that is how
//! an answer is known to be complete, since there is no `[DONE]`. Counts and a
//! reason for stopping come only where details are asked for.

use serde_json::{Map, Value, json};
use tokenometer_core::{ChunkKind, Prompt, Request};

use super::field::{ErrorField, Text};
use super::{FrameError, Piece, Usage};
use crate::{PrepareError, Rendering};

/// The body: the prompt as text, and what this server calls parameters.
pub(super) fn body(
    request: &Request,
    rendering: &Rendering,
) -> Result<Map<String, Value>, PrepareError> {
    let text = match &request.prompt {
        Prompt::Text(text) => text,
        Prompt::Messages(_) => return Err(refused("messages", "use --backend openai-chat")),
        Prompt::TokenIds(_) => {
            return Err(refused("token ids", "use a dataset with prompts of text"));
        }
    };
    let mut parameters = Map::new();
    parameters.insert("max_new_tokens".into(), json!(request.output.tokens));
    // The server refuses a temperature of zero: what it means is what it does
    // when it is told nothing.
    if let Some(temperature) = rendering.temperature.filter(|temperature| *temperature > 0.0) {
        parameters.insert("do_sample".into(), json!(true));
        parameters.insert("temperature".into(), json!(temperature));
    }
    if request.output.exact {
        // The server's own route has no such field and passes over it; some of
        // its kin know it. Answers that end early are recorded as short.
        parameters.insert("ignore_eos_token".into(), json!(true));
    }
    parameters.insert("details".into(), json!(true));
    let mut body = Map::new();
    body.insert("inputs".into(), json!(text));
    body.insert("parameters".into(), Value::Object(parameters));
    Ok(body)
}

fn refused(shape: &'static str, cure: &'static str) -> PrepareError {
    PrepareError::Prompt { dialect: "tgi", shape, cure }
}

/// Reads one frame of a stream, or the whole answer, which has no `token`.
pub(super) fn read_frame(bytes: &[u8]) -> Result<Piece<'_>, FrameError> {
    let frame: Frame<'_> = serde_json::from_str(std::str::from_utf8(bytes)?)?;
    let mut piece = Piece {
        may_end: frame.generated_text.is_some(),
        has_choices: true,
        error: frame.error.map(|ErrorField(message)| message),
        ..Piece::default()
    };
    if let Some(token) = frame.token {
        piece.token_ids = Some(1);
        // The server leaves special tokens out of the whole text, too.
        piece.text = token.text.filter(|_| !token.special).map(|Text(t)| t).unwrap_or_default();
    } else if let Some(Text(text)) = frame.generated_text {
        piece.text = text;
    }
    piece.text_kind = (!piece.text.is_empty()).then_some(ChunkKind::Text);
    if let Some(details) = frame.details {
        piece.finish_reason = details.finish_reason.map(|Text(reason)| reason);
        piece.usage = Some(Usage {
            prompt: details.input_length,
            completion: details.generated_tokens,
            ..Usage::default()
        });
    }
    Ok(piece)
}

#[derive(serde::Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    token: Option<Token<'a>>,
    #[serde(borrow)]
    generated_text: Option<Text<'a>>,
    #[serde(borrow)]
    details: Option<Details<'a>>,
    error: Option<ErrorField>,
}

#[derive(serde::Deserialize)]
struct Token<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(default)]
    special: bool,
}

#[derive(serde::Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
    generated_tokens: Option<u32>,
    input_length: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(json: &str) -> Piece<'_> {
        read_frame(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_frame_is_one_token_and_the_last_has_the_whole_text() {
        let token = piece(
            r#"{"index":1,"token":{"id":7,"text":" a","logprob":-0.5,"special":false},
            "generated_text":null,"details":null}"#,
        );
        assert_eq!((token.text.as_ref(), token.token_ids), (" a", Some(1)));
        assert!(!token.may_end);
        let last = piece(
            r#"{"index":2,"token":{"id":2,"text":"</s>","logprob":-0.5,"special":true},
            "generated_text":" a","details":{"finish_reason":"eos_token",
            "generated_tokens":2,"seed":null,"input_length":4}}"#,
        );
        assert_eq!((last.text.as_ref(), last.token_ids, last.may_end), ("", Some(1), true));
        assert_eq!(last.finish_reason.as_deref(), Some("eos_token"));
        assert_eq!(last.usage.unwrap().prompt, Some(4));
    }

    #[test]
    fn a_whole_answer_has_no_token() {
        let whole = piece(
            r#"{"generated_text":" a b","details":{"finish_reason":"length",
            "generated_tokens":2,"seed":null,"prefill":[],"tokens":[]}}"#,
        );
        assert_eq!((whole.text.as_ref(), whole.token_ids), (" a b", None));
        assert_eq!(whole.usage.unwrap().completion, Some(2));
    }

    #[test]
    fn an_error_frame_is_told() {
        let error = piece(r#"{"error":"Model is overloaded","error_type":"overloaded"}"#);
        assert_eq!(error.error.as_deref(), Some("Model is overloaded"));
        assert_eq!((error.kind(), error.may_end), (ChunkKind::Error, false));
    }
}

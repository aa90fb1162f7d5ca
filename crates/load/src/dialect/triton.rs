//! The generate extension of Triton, as TensorRT-LLM's backend serves it.
//!
//! A frame holds the model's outputs, of which `text_output` is one. The server
//! neither counts tokens nor says `[DONE]`, and gives a reason for stopping
//! only where its model is made to. What a frame holds depends on the model
//! behind the route: an ensemble gives what is new, a model that decodes all
//! tokens again gives everything so far, and no field of the request decides
//! it (`accumulate_tokens`, which some clients send, is a setting of the
//! model). So the frames themselves have to tell.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use tokenometer_core::{ChunkKind, Prompt, Request};

use super::field::{ErrorField, Text};
use super::{FrameError, Piece, Portion};
use crate::{PrepareError, Rendering};

/// The body: the prompt as text, and the lengths. The model is named by the
/// route.
pub(super) fn body(
    request: &Request,
    rendering: &Rendering,
) -> Result<Map<String, Value>, PrepareError> {
    let shape = match &request.prompt {
        Prompt::Text(_) => None,
        Prompt::Messages(_) => Some("messages"),
        Prompt::TokenIds(_) => Some("token ids"),
    };
    let (Prompt::Text(text), None) = (&request.prompt, shape) else {
        return Err(PrepareError::Prompt {
            dialect: "triton-generate-stream",
            shape: shape.unwrap_or_default(),
            cure: "use a dataset with prompts of text",
        });
    };
    let mut body = Map::new();
    body.insert("text_input".into(), json!(text));
    body.insert("max_tokens".into(), json!(request.output.tokens));
    if request.output.exact {
        // There is no `ignore_eos`: the end is forbidden for so long instead.
        body.insert("min_length".into(), json!(request.output.tokens));
    }
    if let Some(temperature) = rendering.temperature {
        body.insert("temperature".into(), json!(temperature));
    }
    body.insert("stream".into(), json!(rendering.stream));
    Ok(body)
}

/// Reads one frame, or the whole answer, which looks the same.
pub(super) fn read_frame(bytes: &[u8]) -> Result<Piece<'_>, FrameError> {
    let frame: Frame<'_> = serde_json::from_str(std::str::from_utf8(bytes)?)?;
    if let Some(ErrorField(message)) = frame.error {
        return Ok(Piece { error: Some(message), ..Piece::default() });
    }
    let text = one(frame.text_output)?.unwrap_or_default();
    // Its model writes what Python shows for nothing.
    let reason = one(frame.finish_reason)?.filter(|reason| reason != "None");
    Ok(Piece {
        text_kind: (!text.is_empty()).then_some(ChunkKind::Text),
        text,
        portion: Portion::Unclear,
        has_choices: true,
        may_end: true,
        finish_reason: reason,
        ..Piece::default()
    })
}

/// The only one of the values of an output; there is one for each sequence.
fn one(output: Option<Output<'_>>) -> Result<Option<Cow<'_, str>>, FrameError> {
    match output {
        Some(output) if output.count > 1 => Err(FrameError::SeveralChoices),
        Some(output) => Ok(output.first),
        None => Ok(None),
    }
}

#[derive(serde::Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    text_output: Option<Output<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Output<'a>>,
    error: Option<ErrorField>,
}

/// An output of strings: a bare one, or a list.
struct Output<'a> {
    first: Option<Cow<'a, str>>,
    count: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Output<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OutputVisitor;
        impl<'de> Visitor<'de> for OutputVisitor {
            type Value = Output<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Output<'de>, E> {
                Ok(Output { first: Some(Cow::Borrowed(text)), count: 1 })
            }
            fn visit_str<E>(self, text: &str) -> Result<Output<'de>, E> {
                Ok(Output { first: Some(Cow::Owned(text.to_owned())), count: 1 })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Output<'de>, A::Error> {
                let first = list.next_element::<Text<'de>>()?.map(|Text(text)| text);
                let mut count = usize::from(first.is_some());
                while list.next_element::<Text<'de>>()?.is_some() {
                    count += 1;
                }
                Ok(Output { first, count })
            }
        }
        deserializer.deserialize_any(OutputVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(json: &str) -> Piece<'_> {
        read_frame(json.as_bytes()).unwrap()
    }

    #[test]
    fn an_ensembles_frame_holds_text_and_nothing_to_count() {
        let piece = piece(
            r#"{"cum_log_probs":0.0,"model_name":"ensemble","model_version":"1",
            "output_log_probs":[0.0],"sequence_end":false,"text_output":" a\n"}"#,
        );
        assert_eq!((piece.text.as_ref(), piece.portion), (" a\n", Portion::Unclear));
        assert_eq!((piece.usage, piece.finish_reason), (None, None));
        assert!(piece.may_end);
    }

    #[test]
    fn a_model_may_give_a_reason() {
        for (json, reason) in [
            (r#"{"text_output":"a","finish_reason":"None"}"#, None),
            (r#"{"text_output":"a","finish_reason":["length"]}"#, Some("length")),
        ] {
            assert_eq!(piece(json).finish_reason.as_deref(), reason, "{json}");
        }
    }

    #[test]
    fn an_error_ends_nothing_and_a_second_sequence_is_refused() {
        let error = piece(r#"{"error":"in ensemble 'ensemble', no room"}"#);
        assert_eq!(error.error.as_deref(), Some("in ensemble 'ensemble', no room"));
        assert_eq!((error.kind(), error.may_end), (ChunkKind::Error, false));
        let two = read_frame(br#"{"text_output":["a","b"]}"#);
        assert!(matches!(two, Err(FrameError::SeveralChoices)));
    }
}

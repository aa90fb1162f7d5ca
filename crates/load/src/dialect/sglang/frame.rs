//! Reads the frames of `POST /generate`, streamed or not, in one pass and
//! without a JSON tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use tokenometer_core::ChunkKind;

use crate::dialect::field::{ErrorField, Ids, Text};
use crate::dialect::{FrameError, Piece, Portion, Usage};

/// Reads one frame, or the whole answer, which looks the same.
pub(crate) fn read_frame(bytes: &[u8]) -> Result<Piece<'_>, FrameError> {
    let frame: Frame<'_> = serde_json::from_str(std::str::from_utf8(bytes)?)?;
    let meta = frame.meta_info.unwrap_or_default();
    let ids = frame.output_ids.map(|Ids(count)| count);
    let mut piece =
        Piece { error: frame.error.map(|ErrorField(message)| message), ..Piece::default() };
    // A frame without the field says nothing of the text so far.
    if let Some(Text(text)) = frame.text {
        piece.text_kind = (!text.is_empty()).then_some(ChunkKind::Text);
        piece.text = text;
        piece.portion = portion(ids, meta.completion_tokens);
        piece.token_ids = ids;
    }
    piece.has_choices = piece.error.is_none();
    meta.fill(&mut piece);
    Ok(piece)
}

/// A server may be told to send segments instead of everything so far. Its ids
/// tell: there are as many as tokens, or fewer than have been counted.
fn portion(ids: Option<u32>, counted: Option<u32>) -> Portion {
    match (ids, counted) {
        (Some(ids), Some(counted)) if ids < counted => Portion::New,
        (Some(_), Some(_)) => Portion::SoFar,
        _ => Portion::Unclear,
    }
}

#[derive(serde::Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    output_ids: Option<Ids>,
    #[serde(borrow)]
    meta_info: Option<Meta<'a>>,
    error: Option<ErrorField>,
}

/// What a frame says of its request.
#[derive(Default, serde::Deserialize)]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    finish_reason: Option<Finish<'a>>,
    prompt_tokens: Option<u32>,
    pub(super) completion_tokens: Option<u32>,
    cached_tokens: Option<u32>,
    reasoning_tokens: Option<u32>,
}

impl<'a> Meta<'a> {
    /// Moves it into the piece.
    pub(super) fn fill(self, piece: &mut Piece<'a>) {
        let usage = Usage {
            prompt: self.prompt_tokens,
            completion: self.completion_tokens,
            cached: self.cached_tokens,
            reasoning: self.reasoning_tokens,
        };
        piece.usage = (usage != Usage::default()).then_some(usage);
        if let Some(finish) = self.finish_reason {
            piece.may_end = true;
            piece.error = piece.error.take().or(finish.complaint());
            piece.finish_reason = Some(finish.reason);
        }
    }
}

/// Why it stopped: an object with a `type`, or, in old versions, a string.
struct Finish<'a> {
    reason: Cow<'a, str>,
    message: Option<String>,
}

impl Finish<'_> {
    /// What an abort is about.
    fn complaint(&self) -> Option<String> {
        (self.reason == "abort").then(|| self.message.clone()).flatten()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Finish<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FinishVisitor;
        impl<'de> Visitor<'de> for FinishVisitor {
            type Value = Finish<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a finish reason as an object or a string")
            }
            fn visit_borrowed_str<E>(self, reason: &'de str) -> Result<Finish<'de>, E> {
                Ok(Finish { reason: Cow::Borrowed(reason), message: None })
            }
            fn visit_str<E>(self, reason: &str) -> Result<Finish<'de>, E> {
                Ok(Finish { reason: Cow::Owned(reason.to_owned()), message: None })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Finish<'de>, A::Error> {
                let mut finish = Finish { reason: Cow::Borrowed("unnamed"), message: None };
                while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
                    match key.as_ref() {
                        "type" => finish.reason = map.next_value::<Text<'de>>()?.0,
                        "message" => finish.message = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(finish)
            }
        }
        deserializer.deserialize_any(FinishVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(json: &str) -> Piece<'_> {
        read_frame(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_frame_tells_its_counts_and_why_it_ended() {
        let last = piece(
            r#"{"text":"ab","output_ids":[1,2],"meta_info":{"id":"x","finish_reason":
            {"type":"length","length":2},"prompt_tokens":8,"completion_tokens":2,
            "cached_tokens":7,"reasoning_tokens":0}}"#,
        );
        let usage = last.usage.unwrap();
        assert_eq!((usage.prompt, usage.completion, usage.cached), (Some(8), Some(2), Some(7)));
        assert_eq!((last.text.as_ref(), last.portion), ("ab", Portion::SoFar));
        assert_eq!(last.token_ids, Some(2));
        assert_eq!((last.finish_reason.as_deref(), last.may_end), (Some("length"), true));
        let running = piece(r#"{"text":"","meta_info":{"finish_reason":null}}"#);
        assert_eq!((running.kind(), running.may_end), (ChunkKind::Empty, false));
        let old = piece(r#"{"text":"a","meta_info":{"finish_reason":"FINISH_LENGTH: 1"}}"#);
        assert_eq!(old.finish_reason.as_deref(), Some("FINISH_LENGTH: 1"));
    }

    #[test]
    fn ids_tell_whether_a_frame_holds_everything() {
        let with = |ids: &str| {
            let json = format!(r#"{{"text":"b"{ids},"meta_info":{{"completion_tokens":2}}}}"#);
            read_frame(json.as_bytes()).unwrap().portion
        };
        assert_eq!(with(r#","output_ids":[1,2]"#), Portion::SoFar);
        assert_eq!(with(r#","output_ids":[2]"#), Portion::New);
        assert_eq!(with(""), Portion::Unclear);
    }

    #[test]
    fn errors_and_aborts_are_told() {
        let error = piece(r#"{"error":{"message":"too long","code":400}}"#);
        assert_eq!((error.kind(), error.error.as_deref()), (ChunkKind::Error, Some("too long")));
        let abort = piece(
            r#"{"text":"a","meta_info":{"finish_reason":
            {"type":"abort","message":"out of memory","status_code":500}}}"#,
        );
        assert_eq!(abort.error.as_deref(), Some("out of memory"));
        assert_eq!(abort.finish_reason.as_deref(), Some("abort"));
    }
}

//! Reads the frames of both routes, streamed or not, in one pass and without a
//! JSON tree: the fields are borrowed from the bytes wherever they hold no
//! escape.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use shape::Frame;
use tokenometer_core::ChunkKind;

use crate::dialect::field::Text;
use crate::dialect::{FrameError, Piece, Usage};

/// Reads one frame. Both routes, and their answers that are not streamed,
/// differ only in where the text stands.
pub(crate) fn read_frame(bytes: &[u8]) -> Result<Piece<'_>, FrameError> {
    // Checking all of it at once is a good deal cheaper than string by string.
    let frame: Frame<'_> = serde_json::from_str(std::str::from_utf8(bytes)?)?;
    let error = frame.error_text();
    let usage = frame.usage.map(Usage::from);
    let choices = frame.choices.unwrap_or_default();
    if choices.count > 1 {
        return Err(FrameError::SeveralChoices);
    }
    let mut piece = Piece { error, usage, has_choices: choices.count > 0, ..Piece::default() };
    if let Some(choice) = choices.first {
        if choice.index.unwrap_or(0) > 0 {
            return Err(FrameError::SeveralChoices);
        }
        fill(&mut piece, choice);
    }
    Ok(piece)
}

/// Moves what a choice holds into the piece.
fn fill<'a>(piece: &mut Piece<'a>, choice: shape::Choice<'a>) {
    let said = choice.delta.or(choice.message).unwrap_or_default();
    piece.has_role = said.role.is_some();
    piece.token_ids = choice.token_ids.map(|ids| ids.0);
    piece.finish_reason = choice.finish_reason.map(|Text(reason)| reason);
    piece.may_end = piece.finish_reason.is_some();
    let reasoning = said.reasoning_content.or(said.reasoning).map(|Text(text)| text);
    let answer = choice.text.or(said.content).map(|Text(text)| text);
    let calls = said.tool_calls.map(|ToolCalls(text)| Cow::Owned(text));
    let parts = [
        (ChunkKind::Reasoning, reasoning),
        (ChunkKind::Text, answer),
        (ChunkKind::ToolCall, calls),
    ];
    for (kind, text) in parts {
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        // A frame that holds reasoning and answer is where the answer begins.
        piece.text_kind = Some(kind);
        if piece.text.is_empty() {
            piece.text = text;
        } else {
            piece.text.to_mut().push_str(&text);
        }
    }
}

/// The shapes of the JSON, as serde reads them. Unknown fields are passed over.
mod shape {
    use serde::Deserialize;

    use super::{Choices, ToolCalls};
    use crate::dialect::field::{ErrorField, Ids, Text};

    #[derive(Deserialize)]
    pub(super) struct Frame<'a> {
        #[serde(borrow)]
        pub(super) choices: Option<Choices<'a>>,
        pub(super) usage: Option<UsageField>,
        pub(super) error: Option<ErrorField>,
        #[serde(borrow)]
        object: Option<Text<'a>>,
        #[serde(borrow)]
        message: Option<Text<'a>>,
    }

    impl Frame<'_> {
        /// The message of an error frame: an object, a string, or the frame
        /// itself where it says `"object": "error"`.
        pub(super) fn error_text(&self) -> Option<String> {
            if let Some(ErrorField(text)) = &self.error {
                return Some(text.clone());
            }
            let is_error = self.object.as_ref().is_some_and(|Text(object)| object == "error");
            let message = self.message.as_ref().map(|Text(message)| message.to_string());
            is_error.then(|| message.unwrap_or_else(|| "error without a message".to_owned()))
        }
    }

    #[derive(Deserialize)]
    pub(super) struct Choice<'a> {
        pub(super) index: Option<u32>,
        #[serde(borrow)]
        pub(super) text: Option<Text<'a>>,
        #[serde(borrow)]
        pub(super) delta: Option<Said<'a>>,
        #[serde(borrow)]
        pub(super) message: Option<Said<'a>>,
        #[serde(borrow)]
        pub(super) finish_reason: Option<Text<'a>>,
        pub(super) token_ids: Option<Ids>,
    }

    #[derive(Default, Deserialize)]
    pub(super) struct Said<'a> {
        #[serde(borrow)]
        pub(super) role: Option<Text<'a>>,
        #[serde(borrow)]
        pub(super) content: Option<Text<'a>>,
        #[serde(borrow)]
        pub(super) reasoning_content: Option<Text<'a>>,
        #[serde(borrow)]
        pub(super) reasoning: Option<Text<'a>>,
        pub(super) tool_calls: Option<ToolCalls>,
    }

    #[derive(Clone, Copy, Deserialize)]
    pub(super) struct UsageField {
        pub(super) prompt_tokens: Option<u32>,
        pub(super) completion_tokens: Option<u32>,
        pub(super) reasoning_tokens: Option<u32>,
        pub(super) prompt_tokens_details: Option<PromptDetails>,
        pub(super) completion_tokens_details: Option<CompletionDetails>,
    }

    #[derive(Clone, Copy, Deserialize)]
    pub(super) struct PromptDetails {
        pub(super) cached_tokens: Option<u32>,
    }

    #[derive(Clone, Copy, Deserialize)]
    pub(super) struct CompletionDetails {
        pub(super) reasoning_tokens: Option<u32>,
    }
}

impl From<shape::UsageField> for Usage {
    fn from(field: shape::UsageField) -> Usage {
        let reasoning =
            field.completion_tokens_details.and_then(|details| details.reasoning_tokens);
        Usage {
            prompt: field.prompt_tokens,
            completion: field.completion_tokens,
            cached: field.prompt_tokens_details.and_then(|details| details.cached_tokens),
            reasoning: reasoning.or(field.reasoning_tokens),
        }
    }
}

/// The first choice of a list, and how many there are.
#[derive(Default)]
struct Choices<'a> {
    first: Option<shape::Choice<'a>>,
    count: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Choices<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ChoicesVisitor;
        impl<'de> Visitor<'de> for ChoicesVisitor {
            type Value = Choices<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of choices")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Choices<'de>, A::Error> {
                let first = list.next_element()?;
                let mut count = usize::from(first.is_some());
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Choices { first, count })
            }
        }
        deserializer.deserialize_seq(ChoicesVisitor)
    }
}

/// The generated text of tool calls: names and arguments, in order.
struct ToolCalls(String);

impl<'de> Deserialize<'de> for ToolCalls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Call<'a> {
            #[serde(borrow)]
            function: Option<Function<'a>>,
        }
        #[derive(serde::Deserialize)]
        struct Function<'a> {
            #[serde(borrow)]
            name: Option<Text<'a>>,
            #[serde(borrow)]
            arguments: Option<Text<'a>>,
        }
        let calls = Vec::<Call<'de>>::deserialize(deserializer)?;
        let functions = calls.into_iter().filter_map(|call| call.function);
        let texts = functions.flat_map(|function| [function.name, function.arguments]);
        Ok(ToolCalls(texts.flatten().map(|Text(text)| text).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(json: &str) -> Piece<'_> {
        read_frame(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_role_is_no_text() {
        let json = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
        let piece = piece(json);
        assert_eq!((piece.kind(), piece.text.as_ref()), (ChunkKind::Role, ""));
    }

    #[test]
    fn text_is_borrowed_unless_it_holds_an_escape() {
        let plain = r#"{"choices":[{"text":"abc","finish_reason":null}],"usage":null}"#;
        assert!(matches!(piece(plain).text, Cow::Borrowed("abc")));
        let escaped = r#"{"choices":[{"delta":{"content":"a\n\u00e9"}}]}"#;
        assert_eq!(piece(escaped).text, "a\né");
    }

    #[test]
    fn usage_is_read_wherever_it_stands() {
        let alone = r#"{"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":3,
            "prompt_tokens_details":{"cached_tokens":4}}}"#;
        let usage = piece(alone).usage.unwrap();
        assert_eq!(piece(alone).kind(), ChunkKind::Usage);
        assert_eq!((usage.prompt, usage.completion, usage.cached), (Some(8), Some(3), Some(4)));
        let inside = r#"{"choices":[{"delta":{},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
        let inside = piece(inside);
        assert_eq!((inside.kind(), inside.usage.unwrap().completion), (ChunkKind::Finish, Some(2)));
    }

    #[test]
    fn reasoning_stands_in_either_field_and_before_the_answer() {
        for field in ["reasoning_content", "reasoning"] {
            let json = format!(r#"{{"choices":[{{"delta":{{"{field}":"hm","content":null}}}}]}}"#);
            assert_eq!(piece(&json).kind(), ChunkKind::Reasoning);
        }
        let both = r#"{"choices":[{"delta":{"reasoning":"hm","content":"ah"}}]}"#;
        assert_eq!((piece(both).kind(), piece(both).text.as_ref()), (ChunkKind::Text, "hmah"));
    }

    #[test]
    fn tool_calls_bear_text() {
        let json = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{\"a\""}}]}}]}"#;
        assert_eq!(
            (piece(json).kind(), piece(json).text.as_ref()),
            (ChunkKind::ToolCall, "f{\"a\"")
        );
    }

    #[test]
    fn errors_come_as_objects_strings_and_flat_frames() {
        for (json, message) in [
            (r#"{"error":{"message":"no","code":400}}"#, "no"),
            (r#"{"error":"no"}"#, "no"),
            (r#"{"error":{"code":1}}"#, "error without a message"),
            (r#"{"object":"error","message":"no","code":400}"#, "no"),
        ] {
            assert_eq!(
                (piece(json).kind(), piece(json).error.as_deref()),
                (ChunkKind::Error, Some(message))
            );
        }
        assert_eq!(piece(r#"{"error":null,"choices":[]}"#).error, None);
    }

    #[test]
    fn a_second_choice_is_refused() {
        for json in [
            r#"{"choices":[{"text":"a"},{"text":"b"}]}"#,
            r#"{"choices":[{"index":1,"text":"b"}]}"#,
        ] {
            assert!(matches!(read_frame(json.as_bytes()), Err(FrameError::SeveralChoices)));
        }
    }

    #[test]
    fn bad_utf_8_and_half_a_json_are_refused() {
        assert!(read_frame(b"{\"choices\":[{\"text\":\"\xff\"}]}").is_err());
        assert!(read_frame(b"{\"choices\":[{\"te").is_err());
    }
}

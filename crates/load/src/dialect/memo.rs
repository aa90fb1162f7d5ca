//! Frames of one stream are alike but for their text. A memo keeps what stood
//! around the text of a frame that was read in full, and recognises the next
//! frame by it: two comparisons of bytes instead of a parse.
//!
//! It never guesses. A frame is recognised only if every byte outside its text
//! is the same and the text itself holds nothing that JSON could read as
//! anything but text; then a parse could find nothing else.

use std::borrow::Cow;

use tokenometer_core::ChunkKind;

use super::{Piece, Portion};

/// What surrounded the text of the last frame that was nothing but text.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    before: Vec<u8>,
    after: Vec<u8>,
    known: Option<Known>,
}

/// What a frame in these surroundings is.
#[derive(Clone, Copy, Debug)]
struct Known {
    kind: ChunkKind,
    portion: Portion,
    has_role: bool,
    has_choices: bool,
    may_end: bool,
}

impl Memo {
    /// The piece that `frame` holds, if it differs from the one learnt in
    /// nothing but its text.
    pub(crate) fn recall<'a>(&self, frame: &'a [u8]) -> Option<Piece<'a>> {
        let known = self.known?;
        let text = frame.strip_prefix(&self.before[..])?.strip_suffix(&self.after[..])?;
        if text.is_empty() || !is_plain(text) {
            return None;
        }
        Some(Piece {
            text: Cow::Borrowed(std::str::from_utf8(text).ok()?),
            text_kind: Some(known.kind),
            portion: known.portion,
            has_role: known.has_role,
            has_choices: known.has_choices,
            may_end: known.may_end,
            ..Piece::default()
        })
    }

    /// Learns from a frame that was read in full, if it holds text and nothing
    /// else that changes from frame to frame.
    pub(crate) fn learn(&mut self, frame: &[u8], piece: &Piece<'_>) {
        let says_more = piece.usage.is_some()
            || piece.token_ids.is_some()
            || piece.finish_reason.is_some()
            || piece.error.is_some();
        let (Some(kind), Cow::Borrowed(text), false) = (piece.text_kind, &piece.text, says_more)
        else {
            return;
        };
        // The text was borrowed from the frame, so it tells its own place.
        let Some(start) = (text.as_ptr() as usize).checked_sub(frame.as_ptr() as usize) else {
            return;
        };
        let (Some(before), Some(after)) = (frame.get(..start), frame.get(start + text.len()..))
        else {
            return;
        };
        self.before.clear();
        self.before.extend_from_slice(before);
        self.after.clear();
        self.after.extend_from_slice(after);
        self.known = Some(Known {
            kind,
            portion: piece.portion,
            has_role: piece.has_role,
            has_choices: piece.has_choices,
            may_end: piece.may_end,
        });
    }
}

/// Whether bytes between two quotes are a string without an escape: no quote,
/// no backslash, no control character.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::read_frame;
    use super::*;
    use tokenometer_core::Dialect;

    fn learnt() -> Memo {
        let mut memo = Memo::default();
        let frame = frame(" a");
        memo.learn(frame.as_bytes(), &read(frame.as_bytes()).unwrap());
        memo
    }

    fn frame(text: &str) -> String {
        format!(
            r#"{{"id":"x","choices":[{{"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
        )
    }

    fn read(frame: &[u8]) -> Option<Piece<'_>> {
        read_frame(Dialect::OpenaiChat, frame).ok()
    }

    #[test]
    fn a_frame_that_differs_in_its_text_alone_is_recognised() {
        let next = frame(" bé");
        assert_eq!(learnt().recall(next.as_bytes()), read(next.as_bytes()));
    }

    #[test]
    fn anything_else_is_left_to_the_parser() {
        let memo = learnt();
        for other in [
            frame(r"\n"),
            frame(r#"x"},"finish_reason":"stop"}],"x":[{"x":{"x":"x"#),
            frame(""),
            frame("b").replace("null", "\"length\""),
            frame("b").replace("\"x\"", "\"y\""),
        ] {
            assert_eq!(memo.recall(other.as_bytes()), None, "{other}");
        }
        assert_eq!(memo.recall(&frame("\u{1}").into_bytes()), None);
        let mut bad = frame("b").into_bytes();
        let at = bad.len() - 30;
        bad[at] = 0xff;
        assert_eq!(memo.recall(&bad), None);
    }

    proptest! {
        /// Whatever a memo recalls, the parser reads the same.
        #[test]
        fn what_is_recalled_is_what_is_read(text in "[ -~é\u{0}-\u{1f}]{0,12}") {
            let frame = frame(&text);
            if let Some(recalled) = learnt().recall(frame.as_bytes()) {
                prop_assert_eq!(Some(recalled), read(frame.as_bytes()));
            }
        }
    }
}

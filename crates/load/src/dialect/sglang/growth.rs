//! A frame of this route holds all text and all ids so far, so that reading a
//! stream by parsing costs the square of its length. A growth keeps the bytes
//! of both as they stood in the frame before, and reads of the next frame only
//! what was added.
//!
//! It never guesses. It knows one form of frame,
//! `{"text":"…","output_ids":[…],"meta_info":{…}}`, and one that begins with
//! the same bytes of text and ids; whatever else comes is left to the parser,
//! and so is the rest of that stream.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use tokenometer_core::ChunkKind;

use super::frame::Meta;
use crate::dialect::{Piece, Portion};

const TEXT: &[u8] = br#"{"text":""#;
const IDS: &[u8] = br#"","output_ids":["#;
const META: &[u8] = br#"],"meta_info":"#;

/// What the frames so far have grown to.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    /// The text, as it stands between its quotes.
    text: Vec<u8>,
    /// The ids, as they stand between their brackets, and how many they are.
    ids: Vec<u8>,
    count: u32,
    /// Whether a frame came that it doesn't know.
    is_lost: bool,
}

/// A frame, cut at the places where it grows.
struct Cut<'a> {
    /// What was added to the text, and to the ids.
    text: &'a [u8],
    ids: &'a [u8],
    /// How many ids were added.
    count: u32,
    meta: &'a [u8],
}

impl Growth {
    /// What `frame` adds to the frames before, if it is of the form that is
    /// known.
    pub(crate) fn recall<'a>(&mut self, frame: &'a [u8]) -> Option<Piece<'a>> {
        if self.is_lost {
            return None;
        }
        let cut = self.cut(frame)?;
        let text = unescaped(cut.text)?;
        let meta: Meta<'a> = serde_json::from_str(std::str::from_utf8(cut.meta).ok()?).ok()?;
        let count = self.count + cut.count;
        // Fewer ids than tokens: these are segments, and no growth.
        if meta.completion_tokens != Some(count) {
            return None;
        }
        self.text.extend_from_slice(cut.text);
        self.ids.extend_from_slice(cut.ids);
        self.count = count;
        let mut piece = Piece {
            text_kind: (!text.is_empty()).then_some(ChunkKind::Text),
            text,
            portion: Portion::New,
            has_choices: true,
            ..Piece::default()
        };
        meta.fill(&mut piece);
        Some(piece)
    }

    /// Takes notice that a frame came past it: what is kept is no longer what
    /// the frame before held.
    pub(crate) fn forget(&mut self) {
        self.is_lost = true;
    }

    /// Cuts a frame that begins as the one before did.
    fn cut<'a>(&self, frame: &'a [u8]) -> Option<Cut<'a>> {
        let grown = frame.strip_prefix(TEXT)?.strip_prefix(&self.text[..])?;
        let (text, rest) = grown.split_at(end_of_text(grown)?);
        let grown = rest.strip_prefix(IDS)?.strip_prefix(&self.ids[..])?;
        let (ids, rest) = grown.split_at(memchr(b']', grown)?);
        let meta = rest.strip_prefix(META)?.strip_suffix(b"}")?;
        Some(Cut { text, ids, count: count_ids(ids, self.ids.is_empty())?, meta })
    }
}

/// Where the string ends in which `bytes` begin: the first quote that isn't
/// escaped.
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[found] == b'"' {
            return Some(found);
        }
        at = found + 2;
    }
}

/// How many ids were added to a list, if nothing else was: `1,2` to an empty
/// one, `,3` to another.
fn count_ids(added: &[u8], to_empty: bool) -> Option<u32> {
    let list = match (added, to_empty) {
        ([], _) => return Some(0),
        (_, true) => added,
        (_, false) => added.strip_prefix(b",")?,
    };
    let is_id = |id: &[u8]| !id.is_empty() && id.iter().all(u8::is_ascii_digit);
    let mut ids = list.split(|byte| *byte == b',');
    ids.try_fold(0, |count, id| is_id(id).then_some(count + 1))
}

/// The text that stands for these bytes between two quotes.
fn unescaped(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_plain = bytes.iter().all(|&byte| byte >= 0x20 && byte != b'\\');
    match is_plain {
        true => Some(Cow::Borrowed(text)),
        // Escapes are left to the parser, and so is the judgement of control
        // characters.
        false => serde_json::from_str(&format!("\"{text}\"")).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::dialect::sglang::read_frame;

    fn frame(text: &str, ids: &[u32], finish: Option<&str>) -> Vec<u8> {
        let finish = finish.map(|reason| json!({ "type": reason }));
        format!(
            r#"{{"text":{},"output_ids":{},"meta_info":{{"finish_reason":{},"completion_tokens":{}}}}}"#,
            json!(text),
            json!(ids),
            json!(finish),
            ids.len()
        )
        .into_bytes()
    }

    #[test]
    fn only_what_was_added_is_read() {
        let mut growth = Growth::default();
        let frames = [
            (frame("a", &[1], None), "a"),
            (frame("a\n\"é", &[1, 2], None), "\n\"é"),
            (frame("a\n\"é", &[1, 2, 3], None), ""),
            (frame("a\n\"é\u{1f600}b", &[1, 2, 3, 4, 5], Some("length")), "\u{1f600}b"),
        ];
        for (frame, added) in &frames {
            let piece = growth.recall(frame).unwrap();
            assert_eq!((piece.text.as_ref(), piece.portion), (*added, Portion::New));
        }
    }

    #[test]
    fn anything_else_is_left_to_the_parser() {
        let first = frame("ab", &[1, 2], None);
        for other in [
            frame("a", &[1, 2, 3], None),
            frame("abc", &[1, 3, 4], None),
            frame("c", &[3], None),
            br#"{"text":"abc","output_ids":[1,2,"3"],"meta_info":{"completion_tokens":3}}"#
                .to_vec(),
            br#"{"text":"abc","output_ids":[1,2,3],"meta_info":{"completion_tokens":9}}"#.to_vec(),
            br#"{"text":"abc\","output_ids":[1,2,3],"meta_info":{"completion_tokens":3}}"#.to_vec(),
            br#"{"text":"abc","meta_info":{"completion_tokens":3}}"#.to_vec(),
            b"{\"text\":\"ab\n\",\"output_ids\":[1,2,3],\"meta_info\":{\"completion_tokens\":3}}"
                .to_vec(),
            b"{\"text\":\"ab\xff\",\"output_ids\":[1,2,3],\"meta_info\":{\"completion_tokens\":3}}"
                .to_vec(),
            br#"{"error":{"message":"no"}}"#.to_vec(),
        ] {
            let mut growth = Growth::default();
            growth.recall(&first).unwrap();
            assert_eq!(growth.recall(&other), None, "{}", String::from_utf8_lossy(&other));
        }
        let mut growth = Growth::default();
        growth.forget();
        assert_eq!(growth.recall(&first), None);
    }

    proptest! {
        /// Whatever is recalled, the parser reads the same of: the same rest
        /// of the text, the same counts, the same reason.
        #[test]
        fn what_is_recalled_is_what_is_read(
            texts in prop::collection::vec("[ -~é\u{0}-\u{1f}\u{1f600}]{0,6}", 1..6),
            ends in any::<bool>(),
        ) {
            let mut growth = Growth::default();
            let (mut so_far, mut ids) = (String::new(), Vec::new());
            for (index, text) in texts.iter().enumerate() {
                let before = so_far.len();
                so_far.push_str(text);
                ids.push(index as u32 * 7);
                let finish = (ends && index + 1 == texts.len()).then_some("stop");
                let bytes = frame(&so_far, &ids, finish);
                let recalled = growth.recall(&bytes).unwrap();
                let read = read_frame(&bytes).unwrap();
                prop_assert_eq!(&recalled.text, &read.text[before..]);
                prop_assert_eq!(recalled.usage, read.usage);
                prop_assert_eq!(&recalled.finish_reason, &read.finish_reason);
                prop_assert_eq!(recalled.may_end, read.may_end);
                prop_assert_eq!(read.portion, Portion::SoFar);
            }
        }
    }
}

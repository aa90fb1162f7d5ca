//! Words that others chose: names, errors, what a model answered. On the page they must
//! stay words: their markup is escaped by the templates, what would be invisible or turn
//! the line around is made visible here, and each stands apart from what is beside it.

use std::borrow::Cow;
use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;

/// Someone else's words, as an element of their own that no writing direction can leave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Template)]
#[template(source = "<bdi>{{ text }}</bdi>", ext = "html")]
pub(super) struct Words {
    text: String,
}

/// Its text is escaped by its own template.
impl HtmlSafe for Words {}

impl Words {
    /// These words, with everything in them made visible.
    pub(super) fn of(text: &str) -> Words {
        Words { text: visible(text).into_owned() }
    }

    /// The same without an element of their own, for attributes.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing to read.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// A text in which every character can be seen: one that is a control, or would hide or turn
/// its neighbours, shows as its number (`⟨U+202E⟩`). Lines and tabs stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            let _ = write!(seen, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            seen.push(c);
        }
    }
    Cow::Owned(seen)
}

/// Whether a character can't be seen, or changes how others are.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        // Controls, but for the tab and the end of a line.
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Marks, embeddings, overrides and isolates of writing directions.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // Blanks without a width, ends of lines that no one sees, marks of byte order, tags.
        | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(
            visible("plain, with a\ttab\nand ünïcödé 中文 👩‍💻"),
            "plain, with a\ttab\nand ünïcödé 中文 👩‍💻"
        );
        assert_eq!(visible("a\u{1b}[31m\0\r\u{7f}"), "a⟨U+001B⟩[31m⟨U+0000⟩⟨U+000D⟩⟨U+007F⟩");
        assert_eq!(visible("gpj.\u{202e}exe\u{200b}\u{2028}"), "gpj.⟨U+202E⟩exe⟨U+200B⟩⟨U+2028⟩");
        assert_eq!(visible("\u{85}\u{e0041}"), "⟨U+0085⟩⟨U+E0041⟩");
    }

    #[test]
    fn markup_stays_words() {
        let words = Words::of("</bdi><script>\"'&");
        assert_eq!(words.to_string(), "<bdi>&#60;/bdi&#62;&#60;script&#62;&#34;&#39;&#38;</bdi>");
    }
}

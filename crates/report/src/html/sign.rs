//! Words with a sign before them: what a comparison came to, and how a trial stands. The
//! colour of a badge says nothing that its sign and its word don't.

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_core::verdict::Answer;

use crate::chart::{Look, Marker, look};

use super::words::Words;

/// A word with its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Template)]
#[template(
    source = r#"<span class="badge {{ tone }}"><span aria-hidden="true">{{ sign }}</span> {{ word }}</span>"#,
    ext = "html"
)]
pub(super) struct Badge {
    /// The sign.
    pub(super) sign: &'static str,
    /// The word.
    pub(super) word: &'static str,
    /// The class of its colour: `good`, `bad`, `doubt` or `plain`.
    pub(super) tone: &'static str,
}

/// Its words are ours.
impl HtmlSafe for Badge {}

/// The word of an answer.
pub(super) fn answer(answer: &Answer) -> Badge {
    let (sign, tone) = match answer {
        Answer::Better => ("▲", "good"),
        Answer::Worse => ("▼", "bad"),
        Answer::Equivalent { .. } => ("=", "plain"),
        Answer::Undecided => ("?", "doubt"),
        Answer::Failed { .. } => ("!", "bad"),
        Answer::NotComparable { .. }
        | Answer::Saturated { .. }
        | Answer::Invalid { .. }
        | Answer::NoVerdict { .. } => ("!", "doubt"),
    };
    Badge { sign, word: answer.word(), tone }
}

/// The word for how a trial stands.
pub(super) fn standing(word: &'static str) -> Badge {
    let (sign, tone) = match word {
        "valid" => ("✓", "good"),
        "saturated" => ("◐", "doubt"),
        "failed" => ("✗", "bad"),
        "invalid" => ("!", "bad"),
        "interrupted" => ("‖", "doubt"),
        _ => ("–", "plain"),
    };
    Badge { sign, word, tone }
}

/// An arm by its name, with the mark that it has in every chart.
#[derive(Clone, Debug, Template)]
#[template(path = "arm.html")]
pub(super) struct Arm {
    /// Its name.
    pub(super) name: Words,
    look: Look,
}

/// Its name is escaped by its own template.
impl HtmlSafe for Arm {}

impl Arm {
    /// The arm at this place of its study.
    pub(super) fn at(place: usize, name: &str) -> Arm {
        Arm { name: Words::of(name), look: look(place) }
    }

    /// The outline of its mark, in a square of ten by ten.
    fn outline(&self) -> &'static str {
        match self.look.marker {
            Marker::Circle => "M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z",
            Marker::Square => "M1.5 1.5h7v7h-7z",
            Marker::Triangle => "M5 1L9.3 8.6H.7z",
            Marker::Diamond => "M5 .5L9.5 5L5 9.5L.5 5z",
            Marker::Cross => "M2 2L8 8M8 2L2 8",
        }
    }
}

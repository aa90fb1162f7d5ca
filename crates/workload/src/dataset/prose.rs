//! English-like text from a word list: grammatical, various, about nothing.
//!
//! It must never read a file. Every choice is taken from the draws that it is
//! given, in a fixed order, so that a seed always writes the same text.

use super::words::{
    ADJECTIVES, ADVERBS, ASKING, LINKS, NOUNS, ONSETS, PLAIN_VERBS, PREPOSITIONS, VERBS, VOWELS,
};
use crate::seed::{Draws, Seed};

/// What kind of task a prompt sets. What is asked comes first and the material
/// after it, so that a prompt may be cut anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Question,
    Summary,
    Story,
    Letter,
    Table,
    Code,
}

impl Kind {
    const ALL: [Kind; 6] =
        [Kind::Question, Kind::Summary, Kind::Story, Kind::Letter, Kind::Table, Kind::Code];

    /// What follows the name of whoever asks.
    fn opening(self) -> &'static str {
        match self {
            Kind::Question => " asks: ",
            Kind::Summary => " needs a short summary of these notes. ",
            Kind::Story => " wants to know how this story goes on. ",
            Kind::Letter => " would like this letter in plainer words. ",
            Kind::Table => " keeps this list, and asks what stands out in it:\n",
            Kind::Code => " wrote this code, and asks what it returns:\n",
        }
    }
}

/// A text in the making.
pub(crate) struct Prose {
    kind: Kind,
    draws: Draws,
    text: String,
    /// Where the name ends: what must stay when a text is cut.
    name_end: usize,
    /// How such a text is begun.
    beginning: fn(&str, Draws) -> Prose,
}

impl Prose {
    /// Begins a text in the name of somebody.
    pub(crate) fn begin(name: &str, mut draws: Draws) -> Prose {
        let kind = Kind::ALL[draws.below(Kind::ALL.len() as u64) as usize];
        let text = format!("{name}{}", kind.opening());
        Prose { kind, draws, text, name_end: name.len(), beginning: Prose::begin }
    }

    /// Begins a story in nobody's name.
    pub(crate) fn story(draws: Draws) -> Prose {
        Prose::after("", draws)
    }

    /// Goes on behind a text, which stays, with a story.
    pub(crate) fn after(text: &str, draws: Draws) -> Prose {
        let name_end = text.len();
        let blank = if text.is_empty() { "" } else { " " };
        let text = format!("{text}{blank}");
        Prose { kind: Kind::Story, draws, text, name_end, beginning: Prose::after }
    }

    /// Another text that begins alike.
    pub(crate) fn again(self) -> Prose {
        (self.beginning)(&self.text[..self.name_end], self.draws)
    }

    /// What is written so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Writes on until there are at least so many bytes.
    pub(crate) fn grow_to(&mut self, bytes: usize) {
        self.text.reserve(bytes.saturating_sub(self.text.len()) + 128);
        while self.text.len() < bytes {
            match self.kind {
                Kind::Question if self.draws.below(2) == 0 => self.question(),
                Kind::Question | Kind::Summary | Kind::Story | Kind::Letter => self.sentence(),
                Kind::Table => self.entry(),
                Kind::Code => self.code(),
            }
        }
    }

    /// The text, cut between two words to at most so many bytes; the name stays
    /// whole.
    pub(crate) fn into_cut(mut self, bytes: usize) -> String {
        if self.text.len() > bytes {
            let blank = self.text.as_bytes()[..=bytes].iter().rposition(u8::is_ascii_whitespace);
            self.text.truncate(blank.unwrap_or(0).max(self.name_end));
            self.text.truncate(self.text.trim_end().len());
        }
        self.text.shrink_to_fit();
        self.text
    }

    fn sentence(&mut self) {
        let start = self.text.len();
        match self.draws.below(5) {
            0 => {
                self.clause();
            }
            1 => {
                self.word(ADVERBS);
                self.text.push_str(", ");
                self.clause();
                self.place();
            }
            2 => {
                self.clause();
                self.text.push_str(", ");
                self.word(LINKS);
                self.text.push(' ');
                self.clause();
            }
            3 => {
                self.word(PREPOSITIONS);
                self.text.push_str(" the ");
                self.word(ADJECTIVES);
                self.text.push(' ');
                self.word(NOUNS);
                self.text.push_str(", ");
                self.clause();
            }
            _ => {
                self.thing();
                self.text.push_str(" was ");
                self.word(ADJECTIVES);
                self.text.push(' ');
                self.word(LINKS);
                self.text.push(' ');
                self.clause();
            }
        }
        self.text.push_str(". ");
        capitalise(&mut self.text, start);
    }

    fn question(&mut self) {
        let start = self.text.len();
        self.word(ASKING);
        self.text.push(' ');
        self.thing();
        self.text.push(' ');
        self.word(PLAIN_VERBS);
        self.text.push(' ');
        self.thing();
        self.place();
        self.text.push_str("? ");
        capitalise(&mut self.text, start);
    }

    /// Somebody did something.
    fn clause(&mut self) {
        self.thing();
        self.text.push(' ');
        if self.draws.below(4) == 0 {
            self.word(ADVERBS);
            self.text.push(' ');
        }
        self.word(VERBS);
        self.text.push(' ');
        self.thing();
    }

    /// One thing, with its article and perhaps with what it is like.
    fn thing(&mut self) {
        const ARTICLES: &[&str] = &["the", "the", "this", "that", "every", "our", "her", "their"];
        self.word(ARTICLES);
        self.text.push(' ');
        if self.draws.below(2) == 0 {
            self.word(ADJECTIVES);
            self.text.push(' ');
        }
        self.word(NOUNS);
    }

    /// Where it was.
    fn place(&mut self) {
        self.text.push(' ');
        self.word(PREPOSITIONS);
        self.text.push_str(" the ");
        self.word(NOUNS);
    }

    /// A line of a list.
    fn entry(&mut self) {
        self.text.push_str("- ");
        self.word(ADJECTIVES);
        self.text.push(' ');
        self.word(NOUNS);
        self.text.push_str(": ");
        self.number(10_000);
        self.text.push_str(" (");
        self.word(PREPOSITIONS);
        self.text.push_str(" the ");
        self.word(NOUNS);
        self.text.push_str(")\n");
    }

    /// A function of a few lines.
    fn code(&mut self) {
        self.text.push_str("def ");
        self.word(PLAIN_VERBS);
        self.text.push('_');
        self.word(NOUNS);
        self.text.push('(');
        let argument = self.word(NOUNS);
        self.text.push_str("):\n");
        let result = self.draws.pick(NOUNS);
        self.code_line(&["    ", result, " = ", argument, " + "]);
        self.code_line(&["    while ", result, " < "]);
        self.code_line(&["        ", result, " += ", argument, " * "]);
        self.code_line(&["    if ", argument, " == "]);
        self.text.push_str("        # ");
        self.sentence();
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str("\n        return ");
        self.text.push_str(result);
        self.text.push_str("\n    return ");
        self.text.push_str(argument);
        self.text.push_str("\n\n");
    }

    /// A line of code that ends in a number, with a colon where one is due.
    fn code_line(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.text.push_str(part));
        self.number(1000);
        let opens_block = parts[0].ends_with("while ") || parts[0].ends_with("if ");
        self.text.push_str(if opens_block { ":\n" } else { "\n" });
    }

    fn number(&mut self, below: u64) {
        let number = self.draws.below(below);
        self.text.push_str(&number.to_string());
    }

    fn word(&mut self, words: &'static [&'static str]) -> &'static str {
        let word = self.draws.pick(words);
        self.text.push_str(word);
        word
    }
}

/// Makes the letter at `start` a capital one; the words are plain ASCII.
fn capitalise(text: &mut str, start: usize) {
    if let Some(first) = text.get_mut(start..start + 1) {
        first.make_ascii_uppercase();
    }
}

/// Invented names, each given to one prompt only.
///
/// A prompt begins with its name, so no two prompts have a beginning in common
/// that an engine could keep in its cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    factor: u64,
    offset: u64,
}

/// How many given names there are: three syllables of sixteen onsets and four
/// vowels each.
const NAMES: u64 = 1 << 18;

impl Names {
    /// The names of a seed: the same ones for each, in another order.
    pub(crate) fn new(seed: Seed) -> Names {
        let mut draws = seed.stream("names").draws();
        // An odd factor has an inverse modulo a power of two, so every index
        // gets a name of its own.
        Names { factor: draws.word() | 1, offset: draws.word() }
    }

    /// The name with this index: a given name, different for all indices below
    /// [`NAMES`], and beyond them a family name as well.
    pub(crate) fn name(self, index: u64) -> String {
        let mut name = self.spell(index % NAMES);
        let family = index / NAMES;
        if family > 0 {
            name.push(' ');
            name.push_str(&self.spell(family % NAMES));
        }
        name
    }

    fn spell(self, index: u64) -> String {
        let mut code = index.wrapping_mul(self.factor).wrapping_add(self.offset) % NAMES;
        let mut name = String::with_capacity(20);
        for _ in 0..3 {
            // The upper bits vary most from one index to the next, so they make
            // the first syllable.
            let syllable = (code >> 12) as usize;
            name.push_str(ONSETS[syllable >> 2]);
            name.push_str(VOWELS[syllable & 3]);
            code = (code << 6) % NAMES;
        }
        capitalise(&mut name, 0);
        name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_index_has_its_own_name() {
        let names = Names::new(Seed(11));
        let given: BTreeSet<String> = (0..NAMES).map(|index| names.name(index)).collect();
        assert_eq!(given.len() as u64, NAMES);
        assert_ne!(names.name(5), names.name(5 + NAMES));
        assert!(names.name(5 + NAMES).starts_with(&names.name(5)));
    }

    #[test]
    fn each_kind_reads_like_its_kind() {
        let mut seen = BTreeSet::new();
        for row in 0..64 {
            let mut prose = Prose::begin("Somebody", Seed(2).stream("text").row(row));
            prose.grow_to(300);
            if seen.insert(prose.kind as u32) {
                insta::assert_snapshot!(format!("kind_{}", prose.kind as u32), prose.into_cut(300));
            }
        }
        assert_eq!(seen.len(), Kind::ALL.len());
    }

    #[test]
    fn a_cut_falls_between_words_and_spares_the_name() {
        let cut = |bytes| {
            let mut prose = Prose::begin("Somebody", Seed(2).stream("text").row(0));
            prose.grow_to(200);
            let whole = prose.text().to_owned();
            let cut = prose.into_cut(bytes);
            assert!(whole.starts_with(&cut) && (cut.len() <= bytes || cut == "Somebody"));
            assert!(whole[cut.len()..].starts_with(char::is_whitespace));
            cut
        };
        assert_eq!(cut(3), "Somebody");
        (0..190).for_each(|bytes| drop(cut(bytes)));
    }
}

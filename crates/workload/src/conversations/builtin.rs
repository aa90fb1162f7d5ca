//! Conversations that this project writes: made up, free of anybody's rights,
//! and the same bytes for ever.
//!
//! Most of them pass the filters of every tool. A few don't, on purpose, so
//! that those filters have something to do: of a hundred, three have only one
//! turn, five have four turns and two have six; and of a hundred, one has a
//! prompt of one word, one an answer of one word, one a prompt of about 1100 to
//! 2200 tokens, and one an answer of about 2000 to 3000.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::{Conversation, KEPT_TURNS, Turn};
use crate::dataset::{BYTES_PER_TOKEN, Names, Prose};
use crate::lengths::{CONVERSATION_INPUT, CONVERSATION_OUTPUT, Law};
use crate::seed::{Draws, Seed, Stream};

/// How many there are where nobody says how many.
const COUNT: usize = 10_000;

/// The built-in conversations, made when first asked for.
pub(super) fn conversations() -> Arc<Vec<Conversation>> {
    static ALL: OnceLock<Arc<Vec<Conversation>>> = OnceLock::new();
    let made = || {
        let writer = Writer::new();
        let first_turns = |number| {
            let mut turns = writer.turns(number);
            turns.truncate(KEPT_TURNS);
            Conversation { turns }
        };
        Arc::new((0..COUNT as u64).map(first_turns).collect())
    };
    ALL.get_or_init(made).clone()
}

/// Writes the first `count` of the built-in conversations as a JSON list in the
/// shape of ShareGPT's file, one conversation a line. There is no end of them;
/// a workload that names no file uses the first 10,000.
///
/// # Errors
///
/// Those of `out`.
pub fn write_builtin_conversations(mut out: impl Write, count: usize) -> io::Result<()> {
    let writer = Writer::new();
    out.write_all(b"[")?;
    for number in 0..count as u64 {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        let turns = writer.turns(number);
        let conversations =
            turns.iter().map(|turn| WrittenTurn { from: &turn.role, value: &turn.text }).collect();
        let written = Written { id: format!("builtin-{number}"), conversations };
        serde_json::to_writer(&mut out, &written)?;
    }
    out.write_all(b"\n]\n")
}

/// A conversation, as ShareGPT's file has it.
#[derive(Serialize)]
struct Written<'a> {
    id: String,
    conversations: Vec<WrittenTurn<'a>>,
}

/// A turn, as ShareGPT's file has it.
#[derive(Serialize)]
struct WrittenTurn<'a> {
    from: &'a str,
    value: &'a str,
}

/// The streams that the conversations are drawn from. Their names are part of
/// what the built-in conversations are.
struct Writer {
    names: Names,
    shapes: Stream,
    texts: Stream,
}

impl Writer {
    fn new() -> Writer {
        let seed = Seed(0);
        Writer {
            names: Names::new(seed),
            shapes: seed.stream("conversations/shapes"),
            texts: seed.stream("conversations/texts"),
        }
    }

    /// All turns of a conversation.
    fn turns(&self, number: u64) -> Vec<Turn> {
        let mut shapes = self.shapes.row(number);
        let count = match shapes.below(100) {
            0..3 => 1,
            3..8 => 4,
            8..10 => 6,
            _ => 2,
        };
        let (prompt, answer) = match shapes.below(100) {
            0 => (Length::Word("Hello"), Length::answer()),
            1 => (Length::prompt(), Length::Word("Yes.")),
            2 => (Length::Tokens(Law::Uniform(1100, 2200)), Length::answer()),
            3 => (Length::prompt(), Length::Tokens(Law::Uniform(2000, 3000))),
            _ => (Length::prompt(), Length::answer()),
        };
        let name = self.names.name(number);
        // A turn has draws of its own, so that none depends on the length of
        // another.
        let texts = |turn: usize| self.texts.row(number << 3 | turn as u64);
        let mut turns = Vec::with_capacity(count);
        turns.push(human(prompt.fill(&mut shapes, Prose::begin(&name, texts(0)))));
        if count > 1 {
            turns.push(gpt(answer.fill(&mut shapes, Prose::story(texts(1)))));
        }
        while turns.len() < count {
            let next = turns.len();
            turns.push(human(Length::prompt().fill(&mut shapes, Prose::story(texts(next)))));
            turns.push(gpt(Length::answer().fill(&mut shapes, Prose::story(texts(next + 1)))));
        }
        turns
    }
}

/// How long a turn is.
enum Length {
    /// Just this word.
    Word(&'static str),
    /// About as many tokens as this law draws.
    Tokens(Law),
}

impl Length {
    fn prompt() -> Length {
        Length::Tokens(CONVERSATION_INPUT)
    }

    fn answer() -> Length {
        Length::Tokens(CONVERSATION_OUTPUT)
    }

    /// The beginning of this prose, so long.
    fn fill(self, shapes: &mut Draws, mut prose: Prose) -> String {
        match self {
            Length::Word(word) => word.to_owned(),
            Length::Tokens(law) => {
                let bytes = (f64::from(law.draw(shapes)) * BYTES_PER_TOKEN).round() as usize;
                prose.grow_to(bytes + 1);
                prose.into_cut(bytes)
            }
        }
    }
}

fn human(text: String) -> Turn {
    Turn { role: "human".to_owned(), text }
}

fn gpt(text: String) -> Turn {
    Turn { role: "gpt".to_owned(), text }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn written(count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_builtin_conversations(&mut bytes, count).unwrap();
        bytes
    }

    /// If this test fails, every result that was measured with the built-in
    /// conversations has lost its meaning: restore them instead of the number.
    #[test]
    fn the_built_in_conversations_are_the_same_for_ever() {
        let sha256: String =
            Sha256::digest(written(300)).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sha256, "334fa010351f84d768ec962b339412d4a05c4e5eac9f30fbf367e790ef16f16f");
    }

    #[test]
    fn filters_have_something_to_do() {
        let all = conversations();
        assert_eq!(all.len(), COUNT);
        let share = |count: usize| count as f64 / COUNT as f64 * 100.0;
        let holds = |test: fn(&Conversation) -> bool| all.iter().filter(|c| test(c)).count();
        let alone = holds(|conversation| conversation.turns.len() == 1);
        assert!((2.5..3.5).contains(&share(alone)), "{alone} have one turn");
        let hellos = holds(|conversation| conversation.turns[0].text == "Hello");
        assert!((0.7..1.3).contains(&share(hellos)), "{hellos} prompts have one word");
        let long = holds(|conversation| conversation.turns[0].text.len() > 4800);
        assert!((0.7..1.3).contains(&share(long)), "{long} prompts are too long");
        let answers = holds(|c| c.turns.get(1).is_some_and(|turn| turn.text.len() > 8900));
        assert!((0.7..1.3).contains(&share(answers)), "{answers} answers are too long");
    }
}

//! Prompts that the project writes itself, from nothing but a seed.
//!
//! The lengths are those of real conversations; the texts are English-like, of
//! several kinds, and no two begin alike. With a tokenizer a prompt has exactly
//! the tokens drawn for it; without one it has [`super::BYTES_PER_TOKEN`] bytes for
//! each, and its length in tokens is not known.

use tokenometer_core::{Phase, Request};

use super::exact::{by_bytes, by_tokens};
use super::{Dataset, Form, Names, PhaseStreams, Prose, Row, user_turn};
use crate::WorkloadError;
use crate::lengths::{CONVERSATION_INPUT, CONVERSATION_OUTPUT, Lengths};
use crate::seed::Seed;

/// The built-in dataset.
#[derive(Debug)]
pub(crate) struct Builtin {
    form: Form,
    names: Names,
    lengths: PhaseStreams,
    text: PhaseStreams,
}

impl Builtin {
    /// The built-in dataset of a seed.
    pub(crate) fn new(seed: Seed, form: Form) -> Builtin {
        Builtin {
            form,
            names: Names::new(seed),
            lengths: PhaseStreams::new(seed, "lengths"),
            text: PhaseStreams::new(seed, "text"),
        }
    }

    fn lengths(&self, row: Row) -> Lengths {
        let mut draws = self.lengths.of(row.phase).row(row.number);
        Lengths {
            input: CONVERSATION_INPUT.draw(&mut draws),
            output: CONVERSATION_OUTPUT.draw(&mut draws),
        }
    }

    /// A prompt for `row` of these lengths.
    fn write(&self, row: Row, lengths: Lengths) -> Result<Request, WorkloadError> {
        let name = self.names.name(name_index(row));
        let draws = self.text.of(row.phase).row(row.number);
        let prose = Prose::begin(&name, draws);
        let (text, input_tokens) = match &self.form.tokenizer {
            None => (by_bytes(prose, lengths.input), None),
            Some(tokenizer) => {
                let added = self.form.added_tokens();
                let wanted = lengths.input.saturating_sub(added).max(1);
                let piece = by_tokens(prose, wanted, tokenizer)?;
                (piece.text, Some(piece.tokens + added))
            }
        };
        self.form.request(user_turn(text), input_tokens, lengths.output)
    }
}

impl Dataset for Builtin {
    fn rows(&self) -> Option<u64> {
        None
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        self.write(row, self.lengths(row))
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        Ok(self.lengths(row).input)
    }

    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError> {
        self.write(row, self.lengths(like))
    }
}

/// The index of the name that a row's prompt begins with. The four phases take
/// every fourth name each, so they never meet; the first 65,536 rows of a phase
/// differ in their first word already.
fn name_index(row: Row) -> u64 {
    // Part of what a seed means, so spelt out here.
    let phase = match row.phase {
        Phase::Measure => 0,
        Phase::RampIn => 1,
        Phase::Drain => 2,
        Phase::WarmUp => 3,
    };
    row.number << 2 | phase
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokenometer_core::Prompt;

    use super::super::BYTES_PER_TOKEN;
    use super::*;
    use crate::PromptShape;
    use crate::testing;

    fn builtin(seed: u64, shape: PromptShape, with_tokenizer: bool) -> Builtin {
        let form = Form { exact: true, ..testing::form(shape, with_tokenizer) };
        Builtin::new(Seed(seed), form)
    }

    fn text(request: &Request) -> &str {
        match &request.prompt {
            Prompt::Text(text) => text,
            Prompt::Messages(turns) => &turns[0].content,
            Prompt::TokenIds(_) => panic!("text was asked for"),
        }
    }

    #[test]
    fn no_two_prompts_begin_alike_in_any_phase() {
        let dataset = builtin(7, PromptShape::Text, false);
        let mut beginnings = BTreeSet::new();
        for phase in Phase::ALL {
            for number in 0..2000 {
                let request = dataset.request(Row { phase, number }).unwrap();
                let first = text(&request).split_whitespace().next().unwrap().to_owned();
                assert!(beginnings.insert(first.clone()), "{first} begins two prompts");
            }
        }
    }

    #[test]
    fn without_a_tokenizer_bytes_stand_for_tokens() {
        let dataset = builtin(7, PromptShape::Messages, false);
        for number in 0..500 {
            let row = Row::measured(number);
            let request = dataset.request(row).unwrap();
            assert_eq!(request.input_tokens, None, "an estimate is no count");
            let asked = f64::from(dataset.input_length(row).unwrap()) * BYTES_PER_TOKEN;
            let bytes = text(&request).len() as f64;
            assert!(bytes <= asked + 1.0 && bytes > asked - 40.0, "{bytes} for {asked}");
        }
    }

    #[test]
    fn with_a_tokenizer_every_prompt_is_exact() {
        let tokenizer = testing::tokenizer();
        for shape in [PromptShape::Text, PromptShape::Messages, PromptShape::TokenIds] {
            let dataset = builtin(3, shape, true);
            for number in 0..150 {
                let row = Row::measured(number);
                let request = dataset.request(row).unwrap();
                let drawn = dataset.input_length(row).unwrap();
                assert_eq!(request.input_tokens, Some(drawn));
                let counted = match &request.prompt {
                    Prompt::Text(text) => tokenizer.count(text).unwrap() + 1,
                    Prompt::Messages(turns) => tokenizer.count(&turns[0].content).unwrap(),
                    Prompt::TokenIds(ids) => ids.len() as u32,
                };
                assert_eq!(counted, drawn, "as {shape:?}");
            }
        }
    }

    #[test]
    fn a_tokenizer_of_another_make_is_met_as_well() {
        let tokenizer = std::sync::Arc::new(testing::word_tokenizer());
        let form = Form {
            output_tokens: Some(9),
            tokenizer: Some(tokenizer.clone()),
            ..testing::form(PromptShape::Text, false)
        };
        let dataset = Builtin::new(Seed(1), form);
        for number in 0..50 {
            let request = dataset.request(Row::measured(number)).unwrap();
            assert_eq!(request.input_tokens, Some(tokenizer.count(text(&request)).unwrap()));
            assert_eq!(request.input_tokens, Some(dataset.lengths(Row::measured(number)).input));
            assert_eq!(request.output.tokens, 9);
        }
    }

    #[test]
    fn a_row_like_another_has_its_lengths_and_its_own_words() {
        let dataset = builtin(3, PromptShape::Text, true);
        let like = Row::measured(5);
        let row = Row { phase: Phase::WarmUp, number: 0 };
        let (one, other) =
            (dataset.request(like).unwrap(), dataset.request_like(row, like).unwrap());
        assert_eq!((one.input_tokens, one.output), (other.input_tokens, other.output));
        assert_ne!(one.prompt, other.prompt);
    }
}

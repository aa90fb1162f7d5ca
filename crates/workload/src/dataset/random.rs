//! Prompts of random words, of exactly as many tokens as are drawn.
//!
//! They share no beginning, but for the prefix that may be asked for, and mean
//! nothing: right for measuring speed at a length, wrong for speculation or
//! natural stops. Ids sent as ids are another dataset's.

use tokenometer_core::Request;

use super::exact::{ExactText, Piece};
use super::{Dataset, Form, PhaseStreams, Row, user_turn};
use crate::lengths::{Law, Lengths};
use crate::seed::Seed;
use crate::{RandomSettings, WorkloadError};

/// The dataset of random words.
#[derive(Debug)]
pub(crate) struct Random {
    form: Form,
    exact: ExactText,
    /// What all prompts begin with, those around the measured ones too.
    prefix: Piece,
    input: Law,
    output: Law,
    lengths: PhaseStreams,
    words: PhaseStreams,
}

impl Random {
    /// Random words with these settings.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Encode`].
    pub(crate) fn open(
        random: &RandomSettings,
        seed: Seed,
        form: Form,
    ) -> Result<Random, WorkloadError> {
        let exact = ExactText::new(form.known_tokenizer())?;
        let prefix = exact.text(seed.stream("prefix").draws(), random.prefix_tokens)?;
        Ok(Random {
            form,
            exact,
            prefix,
            input: Law::around(random.input_tokens, random.input_ratio),
            output: Law::around(random.output_tokens, random.output_ratio),
            lengths: PhaseStreams::new(seed, "lengths"),
            words: PhaseStreams::new(seed, "words"),
        })
    }

    fn lengths(&self, row: Row) -> Lengths {
        let mut draws = self.lengths.of(row.phase).row(row.number);
        Lengths { input: self.input.draw(&mut draws), output: self.output.draw(&mut draws) }
    }

    /// How many words a prompt of this length has behind the prefix.
    fn words(&self, lengths: Lengths) -> u32 {
        lengths.input.saturating_sub(self.form.added_tokens()).max(1)
    }

    fn write(&self, row: Row, lengths: Lengths) -> Result<Request, WorkloadError> {
        let draws = self.words.of(row.phase).row(row.number);
        let piece = self.exact.after(&self.prefix, draws, self.words(lengths))?;
        let tokens = piece.tokens + self.form.added_tokens();
        self.form.request(user_turn(piece.text), Some(tokens), lengths.output)
    }
}

impl Dataset for Random {
    fn rows(&self) -> Option<u64> {
        None
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        self.write(row, self.lengths(row))
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        let words = self.words(self.lengths(row));
        Ok(self.prefix.tokens + words + self.form.added_tokens())
    }

    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError> {
        self.write(row, self.lengths(like))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use tokenometer_core::{Phase, Prompt};

    use super::*;
    use crate::{PromptShape, testing};

    fn sent(request: &Request) -> Vec<u32> {
        match &request.prompt {
            Prompt::Text(text) => testing::tokenizer().prompt_ids(text).unwrap(),
            Prompt::Messages(turns) => testing::tokenizer().ids(&turns[0].content).unwrap(),
            Prompt::TokenIds(ids) => ids.clone(),
        }
    }

    #[test]
    fn prompts_have_exactly_the_tokens_drawn_in_every_shape() {
        let spread = RandomSettings { input_ratio: 0.5, ..RandomSettings::fixed(60, 20) };
        let prefixed = RandomSettings { prefix_tokens: 30, ..RandomSettings::fixed(10, 20) };
        let short = RandomSettings::fixed(1, 1);
        for shape in [PromptShape::Text, PromptShape::Messages, PromptShape::TokenIds] {
            let form = testing::form(shape, true);
            let added = form.added_tokens();
            for (settings, range) in
                [(&spread, 30..=90), (&prefixed, 40..=40), (&short, 1 + added..=1 + added)]
            {
                let dataset = Random::open(settings, Seed(9), form.clone()).unwrap();
                for number in 0..50 {
                    let row = Row::measured(number);
                    let request = dataset.request(row).unwrap();
                    let tokens = sent(&request).len() as u32;
                    assert_eq!(request.input_tokens, Some(tokens));
                    assert_eq!(dataset.input_length(row).unwrap(), tokens);
                    assert!(range.contains(&tokens), "{tokens} as {shape:?}");
                }
            }
        }
    }

    #[test]
    fn prompts_share_the_prefix_and_nothing_else() {
        let settings = RandomSettings { prefix_tokens: 8, ..RandomSettings::fixed(12, 2) };
        let dataset =
            Random::open(&settings, Seed(3), testing::form(PromptShape::TokenIds, true)).unwrap();
        let mut seen = BTreeSet::new();
        for phase in Phase::ALL {
            for number in 0..100 {
                let ids = sent(&dataset.request(Row { phase, number }).unwrap());
                let first = sent(&dataset.request(Row::measured(0)).unwrap());
                assert_eq!(ids[..9], first[..9]);
                assert!(seen.insert(ids[9..13].to_vec()), "two prompts go on alike");
            }
        }
    }

    #[test]
    fn under_a_chat_template_the_words_are_exact_and_the_rest_is_counted() {
        let form = Form { chat_template: true, ..testing::form(PromptShape::Text, true) };
        let dataset = Random::open(&RandomSettings::fixed(20, 2), Seed(3), form).unwrap();
        let request = dataset.request(Row::measured(0)).unwrap();
        let Prompt::Text(text) = &request.prompt else { panic!("text was asked for") };
        let words = text.split_once(']').unwrap().1.split_once('<').unwrap().0;
        assert_eq!(testing::tokenizer().count(words.trim()).unwrap(), 19);
        assert_eq!(request.input_tokens, Some(sent(&request).len() as u32));
    }

    #[test]
    fn a_tokenizer_of_another_make_is_met_as_well() {
        let tokenizer = Arc::new(testing::word_tokenizer());
        let form =
            Form { tokenizer: Some(tokenizer.clone()), ..testing::form(PromptShape::Text, false) };
        let dataset = Random::open(&RandomSettings::fixed(70, 2), Seed(0), form).unwrap();
        for number in 0..20 {
            let request = dataset.request(Row::measured(number)).unwrap();
            let Prompt::Text(text) = &request.prompt else { panic!("text was asked for") };
            assert_eq!(tokenizer.count(text).unwrap(), 70);
        }
    }
}

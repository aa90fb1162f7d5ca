//! Prompts of random token ids, sent as ids.
//!
//! Every id is drawn uniformly and by itself, so a prompt has exactly the
//! length drawn for it, shares no beginning with another, and means nothing:
//! right for measuring speed, wrong for speculation or natural stops.

use std::sync::Arc;

use tokenometer_core::{Prompt, Request};

use super::{Dataset, Form, PhaseStreams, Row};
use crate::lengths::{Law, Lengths};
use crate::seed::{Draws, Seed};
use crate::{RandomSettings, Tokenizer, WorkloadError};

/// The ids to draw from.
#[derive(Clone, Debug)]
pub(crate) enum Vocabulary {
    /// A tokenizer's, without the special ones.
    Of(Arc<Tokenizer>),
    /// Every id below this one: which of them are special isn't known.
    Below(u32),
}

impl Vocabulary {
    fn draw(&self, draws: &mut Draws) -> u32 {
        match self {
            Vocabulary::Of(tokenizer) => {
                let ids = tokenizer.ordinary_ids();
                ids[draws.below(ids.len() as u64) as usize]
            }
            Vocabulary::Below(bound) => draws.below(u64::from(*bound)) as u32,
        }
    }
}

/// The dataset of random ids.
#[derive(Debug)]
pub(crate) struct RandomIds {
    form: Form,
    vocabulary: Vocabulary,
    input: Law,
    output: Law,
    lengths: PhaseStreams,
    ids: PhaseStreams,
}

impl RandomIds {
    /// Random ids with these settings, from the vocabulary of the tokenizer, or
    /// of the size that is stated.
    pub(crate) fn open(
        random: &RandomSettings,
        seed: Seed,
        form: Form,
    ) -> Result<RandomIds, WorkloadError> {
        let vocabulary = match (&form.tokenizer, random.vocabulary_size) {
            (Some(tokenizer), _) => Vocabulary::Of(tokenizer.clone()),
            (None, Some(size)) => Vocabulary::Below(size),
            (None, None) => unreachable!("settings without either are mistaken"),
        };
        let input = Law::around(random.input_tokens, random.input_ratio);
        let output = Law::around(random.output_tokens, random.output_ratio);
        Ok(RandomIds::new(seed, form, vocabulary, input, output))
    }

    /// Random ids of a seed, with lengths by these laws.
    pub(crate) fn new(
        seed: Seed,
        form: Form,
        vocabulary: Vocabulary,
        input: Law,
        output: Law,
    ) -> RandomIds {
        let lengths = PhaseStreams::new(seed, "lengths");
        RandomIds { form, vocabulary, input, output, lengths, ids: PhaseStreams::new(seed, "ids") }
    }

    fn lengths(&self, row: Row) -> Lengths {
        let mut draws = self.lengths.of(row.phase).row(row.number);
        Lengths { input: self.input.draw(&mut draws), output: self.output.draw(&mut draws) }
    }

    fn draw(&self, row: Row, lengths: Lengths) -> Request {
        let mut draws = self.ids.of(row.phase).row(row.number);
        let ids = (0..lengths.input).map(|_| self.vocabulary.draw(&mut draws)).collect();
        let output = self.form.output(lengths.output);
        Request::new(Prompt::TokenIds(ids), Some(lengths.input), output)
    }
}

impl Dataset for RandomIds {
    fn rows(&self) -> Option<u64> {
        None
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        Ok(self.draw(row, self.lengths(row)))
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        Ok(self.lengths(row).input)
    }

    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError> {
        Ok(self.draw(row, self.lengths(like)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PromptShape;
    use crate::testing;

    fn random(vocabulary: Vocabulary, ratio: f64) -> RandomIds {
        let form = Form { exact: true, ..testing::form(PromptShape::TokenIds, false) };
        let law = |length| Law::around(length, ratio);
        RandomIds::new(Seed(4), form, vocabulary, law(100), law(20))
    }

    fn ids(dataset: &RandomIds, number: u64) -> Vec<u32> {
        match dataset.request(Row::measured(number)).unwrap().prompt {
            Prompt::TokenIds(ids) => ids,
            other => panic!("ids were asked for, not {other:?}"),
        }
    }

    #[test]
    fn lengths_are_exact_or_spread_as_asked() {
        let fixed = random(Vocabulary::Below(50), 0.0);
        let spread = random(Vocabulary::Below(50), 0.5);
        let mut shortest = u32::MAX;
        for number in 0..300 {
            let request = fixed.request(Row::measured(number)).unwrap();
            assert_eq!((request.input_tokens, request.output.tokens), (Some(100), 20));
            let request = spread.request(Row::measured(number)).unwrap();
            let input = request.input_tokens.unwrap();
            assert_eq!(ids(&spread, number).len(), input as usize);
            assert!((50..=150).contains(&input) && (10..=30).contains(&request.output.tokens));
            shortest = shortest.min(input);
        }
        assert!(shortest < 60);
    }

    /// The χ² statistic of 49 degrees of freedom passes 95 once in 10,000.
    #[test]
    fn ids_are_uniform_over_the_vocabulary() {
        let dataset = random(Vocabulary::Below(50), 0.0);
        let mut seen = [0.0_f64; 50];
        (0..200).flat_map(|row| ids(&dataset, row)).for_each(|id| seen[id as usize] += 1.0);
        let square: f64 = seen.iter().map(|n| (n - 400.0).powi(2) / 400.0).sum();
        assert!(square < 95.0, "{square}");
    }

    #[test]
    fn special_ids_are_never_drawn() {
        let tokenizer = testing::tokenizer();
        let dataset = random(Vocabulary::Of(tokenizer.clone()), 0.0);
        let drawn: Vec<u32> = (0..200).flat_map(|row| ids(&dataset, row)).collect();
        assert!(drawn.iter().all(|id| !tokenizer.special_ids().contains(id)));
        assert!(drawn.iter().any(|&id| id > 2000), "the whole vocabulary is in reach");
    }
}

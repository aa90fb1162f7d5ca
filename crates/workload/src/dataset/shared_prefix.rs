//! Groups of prompts that begin alike: the questions to one system prompt, or
//! the suffixes of one prefix.
//!
//! An engine that keeps prefixes computes a group's once. What is sent around
//! the measured requests has groups of its own, so that no measured prefix is
//! in the cache before its first measured request.

use std::sync::OnceLock;

use tokenometer_core::{Phase, Request};

use super::exact::{ExactText, Piece};
use super::{Dataset, Form, PhaseStreams, Row, user_turn};
use crate::lengths::Law;
use crate::seed::{Seed, Stream};
use crate::{GroupDistribution, PrefixRepetitionSettings, SharedPrefixSettings, WorkloadError};

/// A dataset of prompts in groups.
#[derive(Debug)]
pub(crate) struct SharedPrefix {
    form: Form,
    exact: ExactText,
    laws: Laws,
    sharing: Sharing,
    choice: PhaseStreams,
    lengths: PhaseStreams,
    words: PhaseStreams,
    /// The length of a group's prefix is the same in every phase, its words are
    /// not.
    prefix_lengths: Stream,
    prefix_words: PhaseStreams,
    /// Every phase's prefixes, written when first asked for.
    prefixes: [Vec<OnceLock<Piece>>; Phase::ALL.len()],
}

/// How long the parts are, in tokens.
#[derive(Clone, Copy, Debug)]
struct Laws {
    prefix: Law,
    question: Law,
    output: Law,
}

/// Which group a row belongs to.
#[derive(Debug)]
enum Sharing {
    /// These groups in turn, again and again.
    Dealt(Vec<u32>),
    /// One of so many, drawn for each row.
    Drawn(u32),
    /// Drawn for each row with the weights of which these are the sums: the
    /// last is the sum of all.
    Weighted(Vec<f64>),
}

/// The lengths of a request, in tokens, and its group.
#[derive(Clone, Copy, Debug)]
struct Plan {
    group: u32,
    question: u32,
    output: u32,
}

impl SharedPrefix {
    /// Groups with these settings.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Encode`].
    pub(crate) fn open(
        groups: &SharedPrefixSettings,
        seed: Seed,
        form: Form,
    ) -> Result<SharedPrefix, WorkloadError> {
        let at_least = |length: u32| {
            let least = (f64::from(length) * groups.range_ratio) as u32;
            Law::Uniform(least.clamp(1, length), length)
        };
        let laws = Laws {
            prefix: at_least(groups.system_tokens),
            question: at_least(groups.question_tokens),
            output: at_least(groups.output_tokens),
        };
        let sharing = match groups.distribution {
            GroupDistribution::Uniform => {
                let each = groups.prompts_per_group as usize;
                let mut dealt: Vec<u32> =
                    (0..groups.groups).flat_map(|group| std::iter::repeat_n(group, each)).collect();
                if !groups.ordered {
                    seed.stream("order").draws().shuffle(&mut dealt);
                }
                Sharing::Dealt(dealt)
            }
            GroupDistribution::Zipf { alpha } => Sharing::zipf(groups.groups, alpha),
        };
        SharedPrefix::new(seed, form, laws, sharing)
    }

    /// Prefixes of which each prompt begins with one, drawn evenly.
    ///
    /// # Errors
    ///
    /// As [`SharedPrefix::open`].
    pub(crate) fn of_prefixes(
        prefixes: &PrefixRepetitionSettings,
        seed: Seed,
        form: Form,
    ) -> Result<SharedPrefix, WorkloadError> {
        let fixed = |length: u32| Law::Uniform(length, length);
        let laws = Laws {
            prefix: fixed(prefixes.prefix_tokens),
            question: fixed(prefixes.suffix_tokens),
            output: fixed(prefixes.output_tokens),
        };
        SharedPrefix::new(seed, form, laws, Sharing::Drawn(prefixes.prefixes))
    }

    fn new(
        seed: Seed,
        form: Form,
        laws: Laws,
        sharing: Sharing,
    ) -> Result<SharedPrefix, WorkloadError> {
        let groups = sharing.groups();
        Ok(SharedPrefix {
            exact: ExactText::new(form.known_tokenizer())?,
            form,
            laws,
            sharing,
            choice: PhaseStreams::new(seed, "choice"),
            lengths: PhaseStreams::new(seed, "lengths"),
            words: PhaseStreams::new(seed, "words"),
            prefix_lengths: seed.stream("prefix lengths"),
            prefix_words: PhaseStreams::new(seed, "prefix"),
            prefixes: Phase::ALL.map(|_| vec![OnceLock::new(); groups]),
        })
    }

    fn plan(&self, row: Row) -> Plan {
        let mut draws = self.lengths.of(row.phase).row(row.number);
        Plan {
            group: self.group(row),
            question: self.laws.question.draw(&mut draws),
            output: self.laws.output.draw(&mut draws),
        }
    }

    fn group(&self, row: Row) -> u32 {
        let draws = || self.choice.of(row.phase).row(row.number);
        match &self.sharing {
            Sharing::Dealt(dealt) => dealt[(row.number % dealt.len() as u64) as usize],
            Sharing::Drawn(groups) => draws().below(u64::from(*groups)) as u32,
            Sharing::Weighted(sums) => {
                let all = sums.last().expect("there is a group");
                let point = draws().unit() * all;
                sums.partition_point(|&sum| sum <= point).min(sums.len() - 1) as u32
            }
        }
    }

    fn prefix_length(&self, group: u32) -> u32 {
        self.laws.prefix.draw(&mut self.prefix_lengths.row(group.into()))
    }

    fn prefix(&self, phase: Phase, group: u32) -> Result<&Piece, WorkloadError> {
        let place = &self.prefixes[phase as usize][group as usize];
        if let Some(piece) = place.get() {
            return Ok(piece);
        }
        let draws = self.prefix_words.of(phase).row(group.into());
        let piece = self.exact.text(draws, self.prefix_length(group))?;
        Ok(place.get_or_init(|| piece))
    }

    /// How many tokens follow the prefix: those that the tokenizer adds are a
    /// part of the question.
    fn following(&self, plan: Plan) -> u32 {
        plan.question.saturating_sub(self.form.added_tokens()).max(1)
    }

    fn write(&self, row: Row, plan: Plan) -> Result<Request, WorkloadError> {
        let prefix = self.prefix(row.phase, plan.group)?;
        let draws = self.words.of(row.phase).row(row.number);
        let piece = self.exact.after(prefix, draws, self.following(plan))?;
        let tokens = piece.tokens + self.form.added_tokens();
        self.form.request(user_turn(piece.text), Some(tokens), plan.output)
    }
}

impl Sharing {
    /// The k-th of so many groups with weight k^−alpha.
    fn zipf(groups: u32, alpha: f64) -> Sharing {
        let mut sum = 0.0;
        let sums = (1..=groups).map(|rank| {
            sum += libm::pow(f64::from(rank), -alpha);
            sum
        });
        Sharing::Weighted(sums.collect())
    }

    /// How many groups there are.
    fn groups(&self) -> usize {
        match self {
            Sharing::Dealt(dealt) => dealt.iter().max().map_or(0, |last| *last as usize + 1),
            Sharing::Drawn(groups) => *groups as usize,
            Sharing::Weighted(sums) => sums.len(),
        }
    }
}

impl Dataset for SharedPrefix {
    /// There is no end of them: where groups begin again, questions do not.
    fn rows(&self) -> Option<u64> {
        None
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        self.write(row, self.plan(row))
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        let plan = self.plan(row);
        let prefix = self.prefix_length(plan.group);
        Ok(prefix + self.following(plan) + self.form.added_tokens())
    }

    /// A prompt of the same group's counterpart in the phase of `row`.
    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError> {
        self.write(row, self.plan(like))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use tokenometer_core::Prompt;

    use super::*;
    use crate::{PromptShape, testing};

    fn settings() -> SharedPrefixSettings {
        SharedPrefixSettings {
            groups: 5,
            prompts_per_group: 8,
            system_tokens: 40,
            question_tokens: 10,
            output_tokens: 6,
            range_ratio: 1.0,
            ordered: false,
            distribution: GroupDistribution::Uniform,
        }
    }

    fn open(settings: &SharedPrefixSettings) -> SharedPrefix {
        SharedPrefix::open(settings, Seed(4), testing::form(PromptShape::TokenIds, true)).unwrap()
    }

    fn ids(request: Request) -> Vec<u32> {
        match request.prompt {
            Prompt::TokenIds(ids) => ids,
            other => panic!("ids were asked for, not {other:?}"),
        }
    }

    /// How often each of the prefixes of the first rows occurs.
    fn prefixes(dataset: &SharedPrefix, phase: Phase, rows: u64) -> BTreeMap<Vec<u32>, u32> {
        let mut seen = BTreeMap::new();
        for number in 0..rows {
            let ids = ids(dataset.request(Row { phase, number }).unwrap());
            *seen.entry(ids[..41].to_vec()).or_default() += 1;
        }
        seen
    }

    #[test]
    fn every_group_is_asked_equally_often_and_prompts_differ() {
        let dataset = open(&settings());
        let measured = prefixes(&dataset, Phase::Measure, 40);
        assert_eq!(measured.values().copied().collect::<Vec<_>>(), [8; 5]);
        let whole: BTreeSet<Vec<u32>> =
            (0..80).map(|number| ids(dataset.request(Row::measured(number)).unwrap())).collect();
        assert_eq!(whole.len(), 80, "a group that begins again has new questions");
        for request in &whole {
            assert_eq!(request.len(), 50);
        }
        for phase in [Phase::RampIn, Phase::Drain, Phase::WarmUp] {
            let around = prefixes(&dataset, phase, 40);
            assert!(around.keys().all(|prefix| !measured.contains_key(prefix)));
        }
    }

    #[test]
    fn groups_follow_each_other_only_if_they_are_to() {
        let groups = |dataset: &SharedPrefix| -> Vec<u32> {
            (0..40).map(|number| dataset.group(Row::measured(number))).collect()
        };
        assert!(!groups(&open(&settings())).is_sorted());
        let ordered = groups(&open(&SharedPrefixSettings { ordered: true, ..settings() }));
        assert!(ordered.is_sorted());
    }

    /// With alpha 1 the five weights are 1, 1/2 … 1/5, of 137/60 in all.
    #[test]
    fn the_first_groups_of_a_zipf_distribution_are_asked_most() {
        let distribution = GroupDistribution::Zipf { alpha: 1.0 };
        let dataset = open(&SharedPrefixSettings { distribution, ..settings() });
        let mut seen = [0.0_f64; 5];
        (0..10_000).for_each(|row| seen[dataset.group(Row::measured(row)) as usize] += 1.0);
        for (rank, count) in (1..).zip(seen) {
            let expected = 10_000.0 * 60.0 / 137.0 / f64::from(rank);
            assert!((count - expected).abs() < 5.0 * expected.sqrt(), "{count} for {expected}");
        }
    }

    #[test]
    fn lengths_spread_down_to_the_least_share() {
        let dataset = open(&SharedPrefixSettings { range_ratio: 0.5, groups: 50, ..settings() });
        let mut lengths = BTreeSet::new();
        for number in 0..300 {
            let row = Row::measured(number);
            let request = dataset.request(row).unwrap();
            let tokens = request.input_tokens.unwrap();
            assert_eq!(tokens, dataset.input_length(row).unwrap());
            assert!((25..=50).contains(&tokens) && (3..=6).contains(&request.output.tokens));
            assert_eq!(ids(request).len(), tokens as usize);
            lengths.insert(tokens);
            let like = dataset.request_like(Row { phase: Phase::WarmUp, number }, row).unwrap();
            assert_eq!(like.input_tokens, Some(tokens));
        }
        assert!(lengths.len() > 20, "{lengths:?}");
    }

    #[test]
    fn prefixes_are_repeated_evenly() {
        let settings = PrefixRepetitionSettings {
            prefix_tokens: 40,
            suffix_tokens: 10,
            prefixes: 4,
            output_tokens: 3,
        };
        let form = testing::form(PromptShape::TokenIds, true);
        let dataset = SharedPrefix::of_prefixes(&settings, Seed(1), form).unwrap();
        let seen = prefixes(&dataset, Phase::Measure, 400);
        assert_eq!(seen.len(), 4);
        assert!(seen.values().all(|count| (65..135).contains(count)), "{:?}", seen.values());
    }
}

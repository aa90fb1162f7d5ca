//! How often the whole rule is wrong, and how often right: studies drawn by the
//! thousand, whose truth is known, with fixed seeds.
//!
//! A rate that must not exceed r is held against the 99.9 % point of the binomial law of
//! so many studies: an exact 5 % test would exceed 5 % half the time.

// Clippy's leave to unwrap in tests covers test functions, but not what they call.
#![allow(clippy::unwrap_used)]

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{Binomial, DiscreteCDF};
use tokenometer_core::verdict::Noise;
use tokenometer_verdict::decision::{
    Better, Decision, Looks, Paired, Question, Rule, Word, decide, more_blocks, noise,
};

const STUDIES: u32 = 2000;
const MARGIN: f64 = 0.02;
const ONCE: Rule<'static> = Rule { alpha: 0.05, looks: None };

/// The most of `STUDIES` that may be wrong where the rate is this.
fn most(rate: f64) -> u64 {
    Binomial::new(rate, STUDIES.into()).unwrap().inverse_cdf(0.999)
}

/// Studies without end: their comparisons, which have an effect and noise in common.
struct Drawing {
    rng: ChaCha8Rng,
    /// The share of the noise's variance that all comparisons of a block have in common.
    common: f64,
    spread: f64,
}

impl Drawing {
    fn new(seed: u64, spread: f64, common: f64) -> Drawing {
        Drawing { rng: ChaCha8Rng::seed_from_u64(seed), common, spread }
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.rng)
    }

    /// A family of comparisons with these true differences.
    fn family(&mut self, effects: &[f64], blocks: usize) -> Vec<Question> {
        let mut family: Vec<Question> = effects
            .iter()
            .map(|_| Question { differences: Vec::new(), margin: MARGIN, better: Better::Higher })
            .collect();
        (0..blocks).for_each(|_| self.another_block(effects, &mut family));
        family
    }

    fn another_block(&mut self, effects: &[f64], family: &mut [Question]) {
        let shared = self.normal() * self.common.sqrt();
        for (question, effect) in family.iter_mut().zip(effects) {
            let own = self.normal() * (1.0 - self.common).sqrt();
            question.differences.push(Some(effect + self.spread * (shared + own)));
        }
    }
}

fn differs(decision: &Decision) -> bool {
    matches!(decision.word, Word::Better | Word::Worse | Word::Equivalent { real: true })
}

fn is_equivalent(decision: &Decision) -> bool {
    matches!(decision.word, Word::Equivalent { .. })
}

#[test]
fn a_study_without_a_difference_finds_none() {
    assert_eq!(most(0.05), 131);
    for (seed, comparisons) in [(1, 1), (2, 4), (3, 20)] {
        for common in [0.0, 0.8] {
            let mut drawing = Drawing::new(seed, 0.05, common);
            let wrong = (0..STUDIES)
                .filter(|_| {
                    let family = drawing.family(&vec![0.0; comparisons], 5);
                    decide(&family, ONCE).iter().any(differs)
                })
                .count() as u64;
            assert!(wrong <= most(0.05), "{wrong} of {STUDIES}: {comparisons}, {common}");
        }
    }
}

#[test]
fn a_difference_of_the_margin_is_not_called_none() {
    for comparisons in [1, 4] {
        let mut drawing = Drawing::new(5, 0.004, 0.0);
        let wrong = (0..STUDIES)
            .filter(|_| {
                let family = drawing.family(&vec![MARGIN; comparisons], 5);
                decide(&family, ONCE).iter().any(is_equivalent)
            })
            .count() as u64;
        assert!(wrong <= most(0.05), "{wrong} of {STUDIES}: {comparisons}");
    }
}

#[test]
fn a_difference_of_twice_the_half_width_is_found() {
    let mut drawing = Drawing::new(6, 0.05, 0.0);
    for (blocks, t) in [(3, 4.302_653), (5, 2.776_445), (8, 2.364_624)] {
        let effect = 2.0 * t * 0.05 / (blocks as f64).sqrt();
        let right = (0..STUDIES)
            .filter(|_| decide(&drawing.family(&[effect], blocks), ONCE)[0].word == Word::Better)
            .count() as f64;
        assert!(right / f64::from(STUDIES) >= 0.95, "{right} of {STUDIES} at {blocks} blocks");
    }
}

#[test]
fn the_size_that_is_named_covers_the_one_that_is_needed() {
    for blocks in [3, 5, 8] {
        let spread = 0.04;
        let needed = tokenometer_verdict::decision::blocks_for(spread, MARGIN, 0.05).unwrap();
        let mut drawing = Drawing::new(7, spread, 0.0);
        let covered = (0..STUDIES)
            .filter(|_| {
                let family = drawing.family(&[0.0], blocks);
                let differences: Vec<f64> =
                    family[0].differences.iter().copied().flatten().collect();
                let paired = Paired::of_differences(&differences).unwrap();
                let more = more_blocks(&paired, MARGIN, 0.05).unwrap();
                (more.range[0]..=more.range[1]).contains(&needed)
            })
            .count() as f64;
        assert!(covered / f64::from(STUDIES) >= 0.75, "{covered} of {STUDIES} at {blocks}");
    }
}

/// How studies end that look after every block.
#[derive(Default)]
struct Ends {
    any_difference: u64,
    any_equivalence: u64,
    all_equivalent: u64,
    blocks: u64,
}

/// Studies that look after each block from the third to the twelfth, until everything is
/// decided. The margin is two standard deviations.
fn sequential(effects: &[f64], seed: u64) -> Ends {
    let looks = Looks::new(3, 12);
    let rule = Rule { alpha: 0.05, looks: Some(&looks) };
    let mut drawing = Drawing::new(seed, MARGIN / 2.0, 0.0);
    let mut ends = Ends::default();
    for _ in 0..STUDIES {
        let mut family = drawing.family(effects, 3);
        let decisions = loop {
            let decisions = decide(&family, rule);
            let open = decisions.iter().any(|decision| decision.word == Word::Undecided);
            if !open || family[0].differences.len() == 12 {
                break decisions;
            }
            drawing.another_block(effects, &mut family);
        };
        ends.blocks += family[0].differences.len() as u64;
        ends.any_difference += u64::from(decisions.iter().any(differs));
        ends.any_equivalence += u64::from(decisions.iter().any(is_equivalent));
        ends.all_equivalent += u64::from(decisions.iter().all(is_equivalent));
    }
    ends
}

#[test]
fn looking_after_every_block_finds_no_more_than_is_there() {
    for (seed, comparisons) in [(8, 1), (9, 4)] {
        let ends = sequential(&vec![0.0; comparisons], seed);
        let found = ends.any_difference;
        assert!(found <= most(0.05), "{found} of {STUDIES} with {comparisons}");
        if comparisons == 1 {
            assert!(ends.all_equivalent as f64 >= 0.98 * f64::from(STUDIES));
            let blocks = ends.blocks as f64 / f64::from(STUDIES);
            assert!((blocks - 5.0).abs() < 0.5, "{blocks} blocks");
        }
        let ends = sequential(&vec![MARGIN; comparisons], seed + 10);
        let missed = ends.any_equivalence;
        assert!(missed <= most(0.05), "{missed} of {STUDIES} with {comparisons}");
    }
}

#[test]
fn a_large_effect_needs_few_looks() {
    let ends = sequential(&[5.0 * MARGIN / 2.0], 30);
    let blocks = ends.blocks as f64 / f64::from(STUDIES);
    assert!((blocks - 3.5).abs() < 0.4, "{blocks} blocks");
    assert_eq!(ends.any_equivalence, 0);
}

#[test]
fn twins_of_sound_studies_are_not_called_biased() {
    let mut drawing = Drawing::new(11, MARGIN / 2.0, 0.0);
    for (blocks, clean) in [(3, 0.56), (5, 0.95)] {
        let mut seen = [0_u64; 2];
        for _ in 0..STUDIES {
            let twins = drawing.family(&[0.0], blocks);
            let differences: Vec<f64> = twins[0].differences.iter().copied().flatten().collect();
            match noise(&[Paired::of_differences(&differences)], MARGIN, 0.05) {
                Noise::Clean => seen[0] += 1,
                Noise::Biased => seen[1] += 1,
                Noise::Noisy => {}
            }
        }
        let share = seen[0] as f64 / f64::from(STUDIES);
        assert!((share - clean).abs() < 0.05, "{share} clean at {blocks} blocks");
        assert!(seen[1] <= most(0.01), "{} biased at {blocks} blocks", seen[1]);
    }
}

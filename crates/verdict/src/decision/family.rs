//! A family of comparisons, and the word for each.
//!
//! The family is fixed when a study is planned: every primary metric, in every scenario,
//! for every contrast of arms. So nobody can look for the comparison that came out best.

use super::{Looks, MoreBlocks, Paired, holm, more_blocks, resolvable};

/// One comparison of an arm with a reference: a metric in a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// For each block in order, the arm's difference to the reference: a log ratio, or
    /// points of a share; `None` where either has no number in it.
    pub differences: Vec<Option<f64>>,
    /// How small a difference counts as none, in the same measure.
    pub margin: f64,
    /// Which way is better.
    pub better: Better,
}

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More of it, as of throughput.
    Higher,
    /// Less of it, as of a latency.
    Lower,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The arms differ by less than the margin. `real` where they do differ: by so
    /// little that it doesn't matter, but surely.
    Equivalent {
        /// Whether a difference is sure.
        real: bool,
    },
    /// The arm is better than the reference.
    Better,
    /// It is worse.
    Worse,
    /// Neither is sure.
    Undecided,
    /// Too few blocks have both arms.
    NoVerdict,
}

/// A comparison, decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The word.
    pub word: Word,
    /// Blocks that have both arms.
    pub blocks: usize,
    /// The differences; absent without a verdict.
    pub paired: Option<Paired>,
    /// The interval of the difference that fits the whole family: it leaves out zero
    /// exactly where a difference is sure at this look.
    pub interval: Option<[f64; 2]>,
    /// The interval of this comparison as if there were no other.
    pub alone: Option<[f64; 2]>,
    /// How likely so much is without a difference, over all looks so far.
    pub difference_p: Option<f64>,
    /// How likely so little is with a difference of the margin, over all looks so far.
    pub equivalence_p: Option<f64>,
    /// The margin.
    pub margin: f64,
    /// The level at which this comparison would be tested if it were the first of its
    /// family: what the size of a study is planned for.
    pub planned: f64,
}

impl Decision {
    /// The difference that would have been found in four of five studies of this size.
    pub fn resolvable(&self) -> Option<f64> {
        Some(resolvable(&self.paired?, self.planned))
    }

    /// The study that would resolve the margin, where this one doesn't; `None` too where
    /// that is beyond all measure.
    pub fn more(&self) -> Option<MoreBlocks> {
        match self.word {
            Word::Undecided => more_blocks(&self.paired?, self.margin, self.planned),
            _ => None,
        }
    }
}

/// How a family is decided.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// How often any false difference may be found in a study, and any false
    /// equivalence.
    pub alpha: f64,
    /// Where a study looks after every block, those looks. Without them it looks once,
    /// at the end.
    pub looks: Option<&'a Looks>,
}

/// Decides a family after the blocks at hand.
pub fn decide(family: &[Question], rule: Rule<'_>) -> Vec<Decision> {
    let seen: Vec<Option<Seen>> = family.iter().map(|question| seen(question, rule)).collect();
    let p = |of: &dyn Fn(&Seen) -> f64| -> Vec<f64> {
        seen.iter().map(|seen| seen.as_ref().map_or(1.0, of)).collect()
    };
    let differ = holm(&p(&|seen| seen.difference_p), rule.alpha);
    let alike = holm(&p(&|seen| seen.equivalence_p), rule.alpha);
    let both = |at: usize| (differ.rejected[at], alike.rejected[at]);
    let at_a_look = |miss: f64| rule.looks.map_or(miss, |looks| looks.level(miss));
    let planned = at_a_look(rule.alpha / family.len().max(1) as f64);
    family
        .iter()
        .zip(&seen)
        .enumerate()
        .map(|(at, (question, seen))| {
            let undecidable = undecidable(question, planned);
            let Some(Seen { paired, difference_p, equivalence_p }) = *seen else {
                return undecidable;
            };
            Decision {
                word: word(question, &paired, both(at)),
                blocks: paired.blocks(),
                paired: Some(paired),
                interval: Some(paired.interval(at_a_look(differ.miss[at]))),
                alone: Some(paired.interval(rule.alpha)),
                difference_p: Some(difference_p),
                equivalence_p: Some(equivalence_p),
                ..undecidable
            }
        })
        .collect()
}

/// What a comparison has shown so far.
#[derive(Clone, Copy)]
struct Seen {
    paired: Paired,
    difference_p: f64,
    equivalence_p: f64,
}

/// The p-values of a comparison: of its one look, or the smallest of all looks so far
/// for what that is worth.
fn seen(question: &Question, rule: Rule<'_>) -> Option<Seen> {
    let paired = after(question, question.differences.len())?;
    let Some(looks) = rule.looks else {
        let difference_p = paired.difference_p();
        return Some(Seen {
            paired,
            difference_p,
            equivalence_p: paired.equivalence_p(question.margin),
        });
    };
    let so_far = (looks.from()..=question.differences.len().max(looks.from()))
        .filter_map(|blocks| after(question, blocks));
    let (mut two, mut low, mut high) = (1.0_f64, 1.0_f64, 1.0_f64);
    for look in so_far {
        let (one, other) = look.sides(question.margin);
        (two, low, high) = (two.min(look.difference_p()), low.min(one), high.min(other));
    }
    Some(Seen {
        paired,
        difference_p: looks.two_sided(two),
        equivalence_p: looks.one_sided(low).max(looks.one_sided(high)),
    })
}

/// What the first blocks show.
fn after(question: &Question, blocks: usize) -> Option<Paired> {
    let first = &question.differences[..blocks.min(question.differences.len())];
    let differences: Vec<f64> = first.iter().copied().flatten().collect();
    Paired::of_differences(&differences)
}

/// The word for a comparison of which is sure that it differs, and that it is alike.
fn word(question: &Question, paired: &Paired, sure: (bool, bool)) -> Word {
    let is_more = paired.mean() > 0.0;
    match sure {
        (real, true) => Word::Equivalent { real },
        (true, false) if is_more == (question.better == Better::Higher) => Word::Better,
        (true, false) => Word::Worse,
        (false, false) => Word::Undecided,
    }
}

fn undecidable(question: &Question, planned: f64) -> Decision {
    Decision {
        word: Word::NoVerdict,
        blocks: question.differences.iter().flatten().count(),
        paired: None,
        interval: None,
        alone: None,
        difference_p: None,
        equivalence_p: None,
        margin: question.margin,
        planned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Rule<'static> = Rule { alpha: 0.05, looks: None };

    fn question(differences: &[f64]) -> Question {
        let differences = differences.iter().map(|value| Some(*value)).collect();
        Question { differences, margin: 1.02_f64.ln(), better: Better::Higher }
    }

    fn word(question: Question) -> Word {
        decide(&[question], ALONE)[0].word
    }

    #[test]
    fn each_word_has_its_blocks() {
        let faster = question(&[0.2, 0.21, 0.19, 0.2, 0.2]);
        assert_eq!(word(faster.clone()), Word::Better);
        assert_eq!(word(Question { better: Better::Lower, ..faster }), Word::Worse);
        assert_eq!(word(question(&[-0.2, -0.21, -0.19])), Word::Worse);
        let alike = question(&[0.001, -0.001, 0.0, 0.002, -0.002]);
        assert_eq!(word(alike), Word::Equivalent { real: false });
        let hair = question(&[0.008, 0.0081, 0.0079, 0.008, 0.0082]);
        assert_eq!(word(hair), Word::Equivalent { real: true });
        assert_eq!(word(question(&[0.1, -0.1, 0.2])), Word::Undecided);
        assert_eq!(word(question(&[0.2, 0.2])), Word::NoVerdict);
    }

    #[test]
    fn an_undecided_study_says_how_large_it_would_have_to_be() {
        let decision = decide(&[question(&[0.03, -0.02, 0.04, 0.0, 0.01])], ALONE)[0];
        assert_eq!(decision.word, Word::Undecided);
        let more = decision.more().unwrap();
        assert!(more.blocks > 5 && more.range[0] < more.blocks && more.blocks < more.range[1]);
        assert!(decision.resolvable().unwrap() > 1.02_f64.ln());
    }

    #[test]
    fn missing_blocks_count_for_nothing_and_missing_results_count_against_all() {
        let mut gaps = question(&[0.2, 0.21, 0.19]);
        gaps.differences.insert(1, None);
        assert_eq!(decide(&[gaps], ALONE)[0].blocks, 3);
        // Sure alone, and not in a family of twenty of which nineteen are missing.
        let weak = question(&[0.02, 0.06, 0.04, 0.07, 0.03]);
        assert_eq!(word(weak.clone()), Word::Better);
        let mut family = vec![weak];
        family.resize(20, question(&[]));
        let decisions = decide(&family, ALONE);
        assert_eq!(decisions[0].word, Word::Undecided);
        assert!(decisions[1..].iter().all(|decision| decision.word == Word::NoVerdict));
    }

    #[test]
    fn the_interval_says_what_the_word_says() {
        let family = [
            question(&[0.2, 0.21, 0.19, 0.2, 0.2]),
            question(&[0.03, 0.06, 0.04, 0.07, 0.03]),
            question(&[0.1, -0.1, 0.2, 0.0, 0.1]),
        ];
        for decision in decide(&family, ALONE) {
            let [low, high] = decision.interval.unwrap();
            let leaves_out_zero = low > 0.0 || high < 0.0;
            assert_eq!(leaves_out_zero, decision.word == Word::Better, "{decision:?}");
            let [low_alone, high_alone] = decision.alone.unwrap();
            assert!(low <= low_alone && high_alone <= high);
        }
    }

    #[test]
    fn a_look_too_many_costs_sureness() {
        let looks = Looks::new(3, 12);
        let sequential = Rule { alpha: 0.05, looks: Some(&looks) };
        // p = 0.03 at the third block: sure if that was the plan, not if more may follow.
        let weak = question(&[0.05, 0.09, 0.07]);
        let p = Paired::of_differences(&[0.05, 0.09, 0.07]).unwrap().difference_p();
        assert!(p < 0.05 && p > looks.level(0.05), "{p}");
        assert_eq!(word(weak.clone()), Word::Better);
        assert_eq!(decide(&[weak], sequential)[0].word, Word::Undecided);
        let strong = question(&[0.2, 0.2, 0.2]);
        assert_eq!(decide(&[strong], sequential)[0].word, Word::Better);
    }
}

//! What a verdict was asked: a metric in a scenario, with all that was answered to it, and
//! who has won it, if anyone has.

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Answer, Best, Comparison};

use super::{Ground, joined};
use crate::measured::Measured;

/// One metric in one scenario.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) scenario: &'a str,
    /// The metric's name.
    pub(super) metric: &'a str,
    /// The metric in words: `median TTFT`.
    pub(super) title: String,
    /// The arms that have the scenario, without the twin of one of them.
    pub(super) arms: Vec<&'a str>,
    /// Every comparison that asks it.
    pub(super) comparisons: Vec<&'a Comparison>,
    /// The arms than which the verdict found none better, where it names any.
    pub(super) best: Option<&'a Best>,
}

/// Every question of a verdict, in the order of its comparisons.
pub(super) fn questions<'a>(verdict: &'a Verdict, measured: &'a Measured<'a>) -> Vec<Question<'a>> {
    let mut all: Vec<Question<'a>> = Vec::new();
    for comparison in &verdict.comparisons {
        let (scenario, metric) = (comparison.scenario.as_str(), comparison.metric.as_str());
        let known = all.iter_mut().find(|one| one.scenario == scenario && one.metric == metric);
        if let Some(known) = known {
            known.comparisons.push(comparison);
            continue;
        }
        let asks_it = |best: &&Best| best.scenario == scenario && best.metric == metric;
        all.push(Question {
            scenario,
            metric,
            title: String::new(),
            arms: arms(scenario, verdict, measured),
            comparisons: vec![comparison],
            best: verdict.best.iter().find(asks_it),
        });
    }
    for question in &mut all {
        question.title = shared_title(&question.comparisons);
    }
    all
}

/// The metric of some comparisons in words. Where only some of them are per GPU, so is
/// whatever is said of all of them together.
fn shared_title(comparisons: &[&Comparison]) -> String {
    let mut titles: Vec<String> = comparisons.iter().map(|one| title(one)).collect();
    titles.dedup();
    match titles.as_slice() {
        [one] => one.clone(),
        _ => {
            let plain = titles.iter().min_by_key(|title| title.len()).cloned().unwrap_or_default();
            format!("{plain} (per GPU, where arms have different numbers of them)")
        }
    }
}

/// The arms of a scenario that may win it: all but the twin, which is its arm once more.
fn arms<'a>(scenario: &str, verdict: &Verdict, measured: &'a Measured<'a>) -> Vec<&'a str> {
    let twin = verdict.twins.as_ref().map(|twins| twins.arms[1].as_str());
    let found = measured.scenarios.iter().find(|one| one.name == scenario);
    let arms = found.into_iter().flat_map(|one| &one.arms).map(|arm| arm.name);
    arms.filter(|arm| Some(*arm) != twin).collect()
}

/// A comparison's metric in words.
pub(super) fn title(comparison: &Comparison) -> String {
    let metric = tokenometer_verdict::answer::metric(&comparison.metric);
    let title = metric.map_or(comparison.metric.as_str(), |metric| metric.title);
    let is_per_gpu = comparison.is_per_gpu();
    if is_per_gpu { format!("{title} per GPU") } else { title.to_owned() }
}

impl<'a> Question<'a> {
    /// The arm that has won: the verdict found it better than every other, by the study's
    /// comparisons, or by all pairs where no comparison of the study leaves it open.
    pub(super) fn winner(&self) -> Option<&'a str> {
        self.arms.iter().copied().find(|arm| self.beats_all(arm)).or_else(|| self.best_alone())
    }

    /// Whether an arm was found better than each of the others, of which there are some.
    fn beats_all(&self, arm: &str) -> bool {
        let mut others = self.arms.iter().filter(|other| **other != arm).peekable();
        others.peek().is_some() && others.all(|other| self.is_better(arm, other))
    }

    /// The arm that alone is best by all pairs. The study's own comparisons go before: they
    /// are held to a stricter rule, since all of the study's are counted together.
    fn best_alone(&self) -> Option<&'a str> {
        let [arm] = self.best?.arms.as_slice() else { return None };
        let is_settled = self.of_arm(arm).all(|(other, _)| self.is_better(arm, other));
        is_settled.then_some(arm.as_str())
    }

    /// The comparisons of an arm, each with the other arm.
    pub(super) fn of_arm(&self, arm: &str) -> impl Iterator<Item = (&'a str, &'a Comparison)> {
        self.comparisons.iter().filter_map(move |comparison| match comparison {
            one if one.arm == arm => Some((one.reference.as_str(), *one)),
            one if one.reference == arm => Some((one.arm.as_str(), *one)),
            _ => None,
        })
    }

    /// Whether a comparison found one arm better than another.
    pub(super) fn is_better(&self, arm: &str, other: &str) -> bool {
        self.comparisons.iter().any(|comparison| match comparison.answer {
            Answer::Better => comparison.arm == arm && comparison.reference == other,
            Answer::Worse => comparison.reference == arm && comparison.arm == other,
            _ => false,
        })
    }

    /// Whether everything that was compared is equivalent.
    pub(super) fn is_equivalent(&self) -> bool {
        self.comparisons.iter().all(|one| matches!(one.answer, Answer::Equivalent { .. }))
    }

    /// What the answer to it rests on.
    pub(super) fn grounds(&self) -> Vec<Ground> {
        let mut grounds: Vec<Ground> =
            self.comparisons.iter().map(|one| Ground::comparison(one)).collect();
        grounds.extend(self.best.map(|best| Ground::Best {
            scenario: best.scenario.clone(),
            metric: best.metric.clone(),
        }));
        grounds
    }

    /// Why nobody has won it, comparison by comparison, with the blocks that a study would
    /// need where more could tell.
    pub(super) fn why_open(&self, blocks: u32) -> String {
        let mut reasons: Vec<String> = Vec::new();
        for comparison in &self.comparisons {
            let reason = why(comparison, blocks);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        // That none is better than any of all arms says nothing more.
        let some = |best: &&Best| best.arms.len() > 1 && best.arms.len() < self.arms.len();
        if let Some(best) = self.best.filter(some) {
            reasons.push(format!("no other is better than {}", joined(&best.arms)));
        }
        reasons.join("; ")
    }
}

/// What one comparison came to, in a few words.
fn why(comparison: &Comparison, blocks: u32) -> String {
    let (arm, reference) = (&comparison.arm, &comparison.reference);
    match &comparison.answer {
        Answer::Better => format!("{arm} is better than {reference}"),
        Answer::Worse => format!("{arm} is worse than {reference}"),
        Answer::Equivalent { .. } => format!("{arm} and {reference} are equivalent"),
        Answer::Undecided => {
            let more = match comparison.more {
                Some(size) => format!(
                    "a new study of {} blocks ({} to {}), {} more than this one, would resolve \
                     the margin",
                    size.blocks,
                    size.range[0],
                    size.range[1],
                    size.blocks.saturating_sub(blocks.into()),
                ),
                None => "more than a million blocks would be needed".to_owned(),
            };
            format!("{arm} and {reference} are undecided ({more})")
        }
        Answer::NotComparable { .. } => format!("{arm} and {reference} are not comparable"),
        Answer::Failed { arms } => format!("{} failed", joined(arms)),
        Answer::Saturated { arms } => format!("{} couldn't keep up with the load", joined(arms)),
        Answer::Invalid { arms } => format!("trials of {} are void", joined(arms)),
        Answer::NoVerdict { reason } => format!("no verdict, because {reason}"),
    }
}

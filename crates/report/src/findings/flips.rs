//! Where the order of two arms flips: one is surely better here, and surely worse there.

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Answer, Comparison};

use super::question::title;
use super::{Finding, Ground, Kind, joined};

/// Two arms by one metric, and where which of them is better.
struct Pair<'a> {
    arm: &'a str,
    reference: &'a str,
    metric: &'a str,
    title: String,
    /// The comparisons in which the first of them is better.
    better: Vec<&'a Comparison>,
    /// Those in which the other one is.
    worse: Vec<&'a Comparison>,
}

/// The flips between decided comparisons. A scenario in which the two are equivalent or
/// undecided is no part of one.
pub(super) fn flips(verdict: &Verdict) -> Vec<Finding> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for comparison in &verdict.comparisons {
        let Some(winner) = winner(comparison) else { continue };
        let place = pairs.iter().position(|pair| is_of(pair, comparison)).unwrap_or_else(|| {
            pairs.push(pair(comparison));
            pairs.len() - 1
        });
        let pair = &mut pairs[place];
        if winner == pair.arm { &mut pair.better } else { &mut pair.worse }.push(comparison);
    }
    pairs
        .iter()
        .filter(|pair| !pair.better.is_empty() && !pair.worse.is_empty())
        .map(finding)
        .collect()
}

/// Who a comparison has found to be better.
fn winner(comparison: &Comparison) -> Option<&str> {
    match comparison.answer {
        Answer::Better => Some(&comparison.arm),
        Answer::Worse => Some(&comparison.reference),
        _ => None,
    }
}

fn pair(comparison: &Comparison) -> Pair<'_> {
    Pair {
        arm: &comparison.arm,
        reference: &comparison.reference,
        metric: &comparison.metric,
        title: title(comparison),
        better: Vec::new(),
        worse: Vec::new(),
    }
}

/// Whether a comparison is of the same two arms, whichever of them is the reference.
fn is_of(pair: &Pair<'_>, comparison: &Comparison) -> bool {
    let (arm, reference) = (comparison.arm.as_str(), comparison.reference.as_str());
    let same = (arm, reference) == (pair.arm, pair.reference)
        || (reference, arm) == (pair.arm, pair.reference);
    same && comparison.metric == pair.metric
}

fn finding(pair: &Pair<'_>) -> Finding {
    let Pair { arm, reference, title, better, worse, .. } = pair;
    let names = |some: &[&Comparison]| -> Vec<String> {
        some.iter().map(|one| one.scenario.clone()).collect()
    };
    let (here, there) = (names(better), names(worse));
    let sentence = format!(
        "By {title} the order of {arm} and {reference} flips: {arm} is better in {}, {reference} \
         in {}.",
        joined(&here),
        joined(&there)
    );
    let all = better.iter().chain(worse);
    Finding::new(Kind::Flip, sentence)
        .of_arms([*arm, *reference])
        .of_scenarios(here.iter().chain(&there).map(String::as_str))
        .resting_on(all.map(|one| Ground::comparison(one)))
}

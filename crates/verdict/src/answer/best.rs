//! Which arms are best: those than which no other is better.

use tokenometer_core::verdict::Best;

use super::contrast::Contrasted;
use super::metric::Metric;
use super::seen::{Contrast, ScenarioSeen, StudySeen};
use super::tried::Tried;
use crate::decision::{Rule, Word, decide};

/// For each scenario and primary metric, the arms that none was found better than, by all
/// pairs under Holm (Hsu 1984 for the idea). Nothing is said where two arms can't be
/// compared, or a pair has too few blocks: the best of those that can isn't the best.
pub(super) fn best(study: &StudySeen<'_>, is_biased: bool) -> Vec<Best> {
    // All pairs looked at after every block would need a law of their own.
    if is_biased || study.plan.from.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for scenario in &study.scenarios {
        for metric in scenario.primary(study) {
            found.extend(best_of(study, scenario, metric));
        }
    }
    found
}

fn best_of(
    study: &StudySeen<'_>,
    scenario: &ScenarioSeen,
    metric: &'static Metric,
) -> Option<Best> {
    let twin = study.twins.as_ref().map(|twins| &twins.arm);
    let arms: Vec<&String> = scenario.arms.iter().filter(|arm| Some(*arm) != twin).collect();
    let pairs: Vec<Contrast> = arms
        .iter()
        .enumerate()
        .flat_map(|(at, arm)| arms[..at].iter().map(|reference| (*arm, *reference)))
        .map(|(arm, reference)| Contrast { arm: arm.clone(), reference: reference.clone() })
        .collect();
    if pairs.is_empty() {
        return None;
    }
    let tried: Vec<_> = pairs
        .iter()
        .map(|contrast| {
            Tried::of(Contrasted::of(study, scenario, contrast), metric, study).question()
        })
        .collect();
    let decisions = decide(&tried, Rule { alpha: study.plan.alpha, looks: None });
    if decisions.iter().any(|decision| decision.word == Word::NoVerdict) {
        return None;
    }
    let is_beaten = |arm: &String| {
        pairs.iter().zip(&decisions).any(|(pair, decision)| match decision.word {
            Word::Better => pair.reference == *arm,
            Word::Worse => pair.arm == *arm,
            _ => false,
        })
    };
    Some(Best {
        scenario: scenario.name.clone(),
        metric: metric.name.to_owned(),
        arms: arms.into_iter().filter(|arm| !is_beaten(arm)).cloned().collect(),
    })
}

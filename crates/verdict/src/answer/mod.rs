//! The answer of a study: joins what is valid, what is comparable, what work was done and
//! what the numbers say, and finds the words.
//!
//! [`conclude`] is a pure function of what was planned and what was seen. Everything that
//! decides (contrasts, metrics, margin, looks) was fixed by the plan; what came of it
//! can't change the family, only its answers.

mod attained;
mod best;
mod contrast;
mod metric;
mod seen;
mod sentence;
mod tried;

pub use metric::{METRICS, Metric, MetricClass, PER_SECOND, metric, withheld_by};
pub use seen::{
    Agreement, CellSeen, Contrast, Ending, Planned, ScenarioSeen, StudySeen, TrialSeen,
};

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{
    Answer, Attained, Comparison, DecisionRule, Noise, OtherMetric, Twins,
};

use self::contrast::Contrasted;
use self::tried::Tried;
use crate::comparability::idle_declarations;
use crate::decision::{self, Looks, Rule};

/// What a study has to say.
pub fn conclude(study: &StudySeen<'_>) -> Verdict {
    let tried: Vec<Tried> = family(study);
    let looks = study.plan.from.map(|from| Looks::new(from as usize, study.plan.at_most as usize));
    let rule = Rule { alpha: study.plan.alpha, looks: looks.as_ref() };
    let questions: Vec<decision::Question> = tried.iter().map(Tried::question).collect();
    let decisions = decision::decide(&questions, rule);
    let twins = twins(study, rule);
    let is_biased = twins.as_ref().is_some_and(|twins| twins.noise == Noise::Biased);
    let comparisons: Vec<Comparison> = tried
        .iter()
        .zip(decisions)
        .map(|(tried, decision)| tried.comparison(study, &decision, is_biased))
        .collect();
    let compared: Vec<_> =
        tried.iter().map(|tried| tried.contrasted.comparability.clone()).collect();
    Verdict {
        study: study.name.clone(),
        simulated: study.simulated.clone(),
        rehearsal: study.rehearsal,
        rule: DecisionRule {
            alpha: study.plan.alpha,
            margin: study.plan.margin,
            margin_points: study.plan.margin_points,
            family: tried.len(),
            from: study.plan.from,
            at_most: study.plan.at_most,
            blocks: study.plan.blocks,
        },
        twins,
        others: others(study),
        best: best::best(study, is_biased),
        idle_declarations: idle_declarations(&study.rules, &compared)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        objectives: attained::attained(study),
        comparisons,
    }
}

/// Whether more blocks could close anything that is open.
pub fn is_decided(verdict: &Verdict) -> bool {
    verdict.comparisons.iter().all(|comparison| comparison.answer.is_decided())
}

/// Whether an answer that the study was asked for is missing.
pub fn is_wanting(verdict: &Verdict) -> bool {
    let missing = |answer: &Answer| {
        matches!(
            answer,
            Answer::NotComparable { .. } | Answer::Invalid { .. } | Answer::NoVerdict { .. }
        )
    };
    verdict.comparisons.iter().any(|comparison| missing(&comparison.answer))
        || !verdict.idle_declarations.is_empty()
}

/// Whether there are objectives that no arm has met in some scenario, so that nothing of
/// what was measured can be used there. An arm of which it isn't known may have.
pub fn is_out_of_reach(verdict: &Verdict) -> bool {
    let missed = |attained: &Attained| attained.met == Some(false);
    verdict.objectives.iter().filter(|attained| missed(attained)).any(|missed_one| {
        let mut there =
            verdict.objectives.iter().filter(|other| other.scenario == missed_one.scenario);
        there.all(missed)
    })
}

/// The family: primary metrics × scenarios × contrasts, as planned.
fn family<'a>(study: &'a StudySeen<'a>) -> Vec<Tried<'a>> {
    let mut family = Vec::new();
    for scenario in &study.scenarios {
        for contrast in study.contrasts.iter().filter(|contrast| scenario.has(contrast)) {
            let contrasted = Contrasted::of(study, scenario, contrast);
            for metric in scenario.primary(study) {
                family.push(Tried::of(contrasted.clone(), metric, study));
            }
        }
    }
    family
}

/// What the same arm twice has shown.
fn twins(study: &StudySeen<'_>, rule: Rule<'_>) -> Option<Twins> {
    let contrast = study.twins.as_ref()?;
    let mut pairs = Vec::new();
    for scenario in study.scenarios.iter().filter(|scenario| scenario.has(contrast)) {
        let contrasted = Contrasted::of(study, scenario, contrast);
        for metric in scenario.primary(study).into_iter().filter(|metric| !metric.in_points) {
            let differences = Tried::of(contrasted.clone(), metric, study).question().differences;
            let known: Vec<f64> = differences.into_iter().flatten().collect();
            pairs.push(decision::Paired::of_differences(&known));
        }
    }
    let margin = study.plan.margin.ln_1p();
    let planned = rule.alpha / pairs.len().max(1) as f64;
    let least = |pair: &decision::Paired| decision::resolvable(pair, planned).exp();
    Some(Twins {
        arms: [contrast.reference.clone(), contrast.arm.clone()],
        noise: decision::noise(&pairs, margin, rule.alpha),
        resolvable_ratio: pairs.iter().flatten().map(least).reduce(f64::max),
    })
}

/// The metrics that the family leaves out, for those who look for them: numbers alone.
fn others(study: &StudySeen<'_>) -> Vec<OtherMetric> {
    let mut others = Vec::new();
    for scenario in &study.scenarios {
        let primary: Vec<&str> = scenario.primary(study).iter().map(|metric| metric.name).collect();
        for contrast in study.contrasts.iter().filter(|contrast| scenario.has(contrast)) {
            let contrasted = Contrasted::of(study, scenario, contrast);
            if !contrasted.comparability.is_given() {
                continue;
            }
            for metric in METRICS.iter().filter(|metric| !primary.contains(&metric.name)) {
                let tried = Tried::of(contrasted.clone(), metric, study);
                others.extend(tried.number(study.plan.alpha));
            }
        }
    }
    others
}

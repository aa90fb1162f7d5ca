//! The verdict of a study, in words. The sentences come as they are: what is said of an
//! answer is decided elsewhere, and said the same everywhere.

use std::collections::BTreeSet;

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Answer, Attained, Comparison, Noise, Twins};

use crate::Style;
use crate::page::{Page, printable};

/// Fewer blocks than this decide nothing.
const LEAST_BLOCKS: u32 = 3;

/// Writes the verdict as a part of a page.
pub(crate) fn write(page: &mut Page, verdict: &Verdict) {
    page.heading("Verdict", &rule(verdict));
    if let Some(why) = nothing_decided(verdict) {
        page.aside(&why);
        objectives(page, verdict);
        return;
    }
    answers(page, verdict);
    page.line("");
    objectives(page, verdict);
    if let Some(twins) = &verdict.twins {
        page.fact("Noise", &noise(twins));
    }
    for name in &verdict.idle_declarations {
        let name = printable(name);
        page.fact("Declared", &format!("{name} is said to differ, and doesn't anywhere"));
    }
    strategies(page, verdict);
    unverified(page, verdict);
}

/// Why nothing was decided, where the plan left nothing to decide.
pub(crate) fn nothing_decided(verdict: &Verdict) -> Option<String> {
    if verdict.comparisons.is_empty() {
        return Some("There is nothing to compare.".to_owned());
    }
    let planned = if verdict.rule.at_most == 1 { "one was" } else { "two were" };
    (verdict.rule.at_most < LEAST_BLOCKS).then(|| {
        format!(
            "None: a verdict needs {LEAST_BLOCKS} blocks at least, and {planned} planned. The \
             numbers below are only numbers.",
        )
    })
}

/// What was answered, and what of that is best.
fn answers(page: &mut Page, verdict: &Verdict) {
    // What hangs on no metric is said once for all metrics.
    let mut said = BTreeSet::new();
    for comparison in &verdict.comparisons {
        if said.insert(&comparison.sentence) {
            item(page, comparison);
        }
    }
    for best in &verdict.best {
        let arms: Vec<String> = best.arms.iter().map(|arm| printable(arm)).collect();
        let who = match arms.len() {
            1 => format!("{} is best", arms[0]),
            _ => format!("no other is better than {}", arms.join(", ")),
        };
        page.aside(&format!("{}: by {}, {who}.", printable(&best.scenario), best.metric));
    }
}

/// By which rule it was decided.
pub(crate) fn rule(verdict: &Verdict) -> String {
    let rule = &verdict.rule;
    let looks = match rule.from {
        Some(from) => format!("looked at after every block from {from} to {}", rule.at_most),
        None => "one look".to_owned(),
    };
    format!(
        "{} of {} blocks, {looks}; margin {} %, intervals {} % for all {} together",
        rule.blocks,
        rule.at_most,
        100.0 * rule.margin,
        100.0 * (1.0 - rule.alpha),
        comparisons(rule.family),
    )
}

fn comparisons(count: usize) -> String {
    format!("{count} comparison{}", if count == 1 { "" } else { "s" })
}

fn item(page: &mut Page, comparison: &Comparison) {
    let mark = mark(&comparison.answer, page.style);
    page.item(&mark, &printable(&comparison.sentence));
    let mut below: Vec<String> =
        comparison.remarks.iter().map(|remark| printable(remark)).collect();
    if let Some(agreement) = comparison.agreement {
        below.push(format!(
            "their answers are the same in {} of {} requests that both answered",
            agreement.same, agreement.of
        ));
    }
    let counting = comparison.blocks.iter().filter(|block| block.left_out.is_none()).count();
    if counting < comparison.blocks.len() && comparison.answer.is_verdict() {
        below.push(format!("{counting} of {} blocks count", comparison.blocks.len()));
    }
    if !below.is_empty() {
        page.below_item(&format!("{}.", below.join("; ")));
    }
}

/// The mark before an answer, which says nothing that its words don't.
fn mark(answer: &Answer, style: Style) -> String {
    match answer {
        Answer::Better => style.good("▲"),
        Answer::Worse => style.bad("▼"),
        Answer::Equivalent { .. } => style.good("="),
        Answer::Undecided => style.doubtful("?"),
        Answer::NotComparable { .. }
        | Answer::Failed { .. }
        | Answer::Saturated { .. }
        | Answer::Invalid { .. }
        | Answer::NoVerdict { .. } => style.doubtful("!"),
    }
}

/// What the same arm twice has shown.
pub(crate) fn noise(twins: &Twins) -> String {
    let [one, other] = &twins.arms;
    let said = match twins.noise {
        Noise::Clean => "came out equivalent: the study is clean",
        Noise::Noisy => "came out neither different nor equivalent: the study is noisy",
        Noise::Biased => "came out different, and are the same: the study is biased",
    };
    let least = twins.resolvable_ratio.map(|ratio| {
        format!("; differences of {:.1} % would have been found", 100.0 * (ratio - 1.0))
    });
    format!("{} and {} {said}{}", printable(one), printable(other), least.unwrap_or_default())
}

/// Which arms met the objectives, a line a scenario.
fn objectives(page: &mut Page, verdict: &Verdict) {
    let mut label = "Objectives";
    for line in attainments(verdict) {
        page.fact(std::mem::take(&mut label), &printable(&line));
    }
}

/// The same as lines.
pub(crate) fn attainments(verdict: &Verdict) -> Vec<String> {
    let mut scenarios: Vec<&str> = Vec::new();
    for attained in &verdict.objectives {
        if !scenarios.contains(&attained.scenario.as_str()) {
            scenarios.push(&attained.scenario);
        }
    }
    let line = |scenario: &&str| {
        let there = verdict.objectives.iter().filter(|one| one.scenario == *scenario);
        let said: Vec<String> = there.map(attainment).collect();
        format!("{scenario}: {}", said.join(", "))
    };
    scenarios.iter().map(line).collect()
}

/// Whether one arm met them, with the least share of its blocks.
pub(crate) fn attainment(attained: &Attained) -> String {
    let word = match attained.met {
        Some(true) => "met by",
        Some(false) => "missed by",
        None => "not known of",
    };
    let share = attained.least.map(|least| {
        format!(" ({:.1} % of requests, {} % asked)", 100.0 * least, 100.0 * attained.asked)
    });
    format!("{word} {}{}", attained.arm, share.unwrap_or_default())
}

/// What engines chose for themselves, once for each pair of arms.
fn strategies(page: &mut Page, verdict: &Verdict) {
    let mut seen = BTreeSet::new();
    let mut label = "Strategy";
    for comparison in &verdict.comparisons {
        for field in &comparison.strategy {
            let line = format!(
                "{}: {} {}, {} {}",
                field.field, comparison.arm, field.arm, comparison.reference, field.reference
            );
            if seen.insert(line.clone()) {
                page.fact(std::mem::take(&mut label), &printable(&line));
            }
        }
    }
}

/// What could not be verified of any comparison.
fn unverified(page: &mut Page, verdict: &Verdict) {
    let all: BTreeSet<&str> = verdict
        .comparisons
        .iter()
        .flat_map(|comparison| comparison.unverified.iter().map(String::as_str))
        .collect();
    if !all.is_empty() {
        let all: Vec<&str> = all.into_iter().collect();
        page.fact("Not verified", &printable(&all.join(", ")));
    }
}

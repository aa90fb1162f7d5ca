//! The first thing on the page: the verdict in words, how sure it is, and what must be
//! known before any of it is believed. Every word such as *better* is the verdict's own;
//! where there is no verdict it says why, and calls nothing better.

use std::collections::BTreeSet;

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Best, BlockValues, Comparison};

use super::amount::{apart, apart_between, counted, figure_of, probability, title, titled, value};
use super::sign::{self, Badge};
use super::strip::{Scales, Strip};
use super::words::Words;
use crate::StudySeen;
use crate::measured::{Measured, figure};
use crate::number::short;

/// The first figures of a single run.
const FIRST: [&str; 6] = [
    "output_throughput",
    "request_throughput",
    "ttft_p50_ms",
    "ttft_p99_ms",
    "tpot_p50_ms",
    "e2e_p50_ms",
];

/// So many answers are read faster than a summary of them.
const FEW: usize = 3;

/// More comparisons than this are folded below their summary.
const MOST_OPEN: usize = 12;

/// The verdict of a study, or why there is none.
#[derive(Debug, Template)]
#[template(path = "verdict.html")]
pub(super) struct VerdictSection {
    /// What must be known before any number is read.
    banners: Vec<Words>,
    /// By which rule it was decided.
    rule: Option<String>,
    /// Why there is no verdict, where there is none.
    none: Option<String>,
    /// The first figures of a single run, which has nothing else to say.
    tiles: Vec<(String, String)>,
    /// How often each word was said, arm by arm.
    tallies: Vec<Tally>,
    /// The arms than which none is better, in words.
    best: Vec<Words>,
    /// The answers, each sentence once.
    answers: Vec<Said>,
    /// Whether they are so few that they need no summary.
    few: bool,
    /// Whether they are too many to stand open.
    folded: bool,
    /// Whether any of them is drawn.
    drawn: bool,
    /// What differences count as none, in words.
    margin: String,
    /// Which arms met the study's objectives, scenario by scenario.
    objectives: Vec<(Words, Vec<Words>)>,
    /// What the same arm twice has shown.
    noise: Option<Words>,
    /// How many trials stand how.
    done: String,
}

/// Each part is escaped by its own template.
impl HtmlSafe for VerdictSection {}

/// How often each word was said of an arm and a reference.
#[derive(Debug)]
struct Tally {
    arm: Words,
    reference: Words,
    words: Vec<(Badge, usize)>,
}

/// One answer.
#[derive(Debug)]
struct Said {
    badge: Badge,
    sentence: Words,
    strip: Option<Strip>,
    /// What stands beside the answer.
    remarks: Vec<Words>,
    /// How sure it is: a label and a number each.
    sure: Vec<(&'static str, String)>,
    /// What both arms have in each block.
    metric: String,
    arm: Words,
    reference: Words,
    blocks: Vec<BlockSeen>,
}

/// A block as a comparison sees it.
#[derive(Debug)]
struct BlockSeen {
    block: u32,
    arm: String,
    reference: String,
    left_out: Option<Words>,
}

impl VerdictSection {
    /// What a study has to say.
    pub(super) fn of(seen: &StudySeen<'_>, measured: &Measured<'_>) -> VerdictSection {
        let verdict = seen.verdict;
        let said = verdict.map(answers).unwrap_or_default();
        VerdictSection {
            banners: banners(seen),
            rule: verdict.map(crate::verdict::rule),
            none: none(seen),
            tiles: tiles(measured),
            tallies: verdict.map(tallies).unwrap_or_default(),
            best: best(verdict),
            few: said.len() <= FEW,
            folded: said.len() > MOST_OPEN,
            drawn: said.iter().any(|one| one.strip.is_some()),
            answers: said,
            margin: verdict.map(margin).unwrap_or_default(),
            objectives: verdict.map(objectives).unwrap_or_default(),
            noise: verdict
                .and_then(|verdict| verdict.twins.as_ref())
                .map(|twins| Words::of(&crate::verdict::noise(twins))),
            done: crate::study::done(seen),
        }
    }
}

/// What must be known before any number is read.
fn banners(seen: &StudySeen<'_>) -> Vec<Words> {
    let mut lines: Vec<Words> =
        crate::study::banners(seen).iter().map(|line| Words::of(line)).collect();
    if seen.verdict.is_some_and(|verdict| verdict.rehearsal) {
        let waived = "A REHEARSAL by its own word: it only tries things out, and the gates of \
                      sample size are waived.";
        lines.push(Words::of(waived));
    }
    lines
}

/// Which arms met the study's objectives, scenario by scenario, in words.
fn objectives(verdict: &Verdict) -> Vec<(Words, Vec<Words>)> {
    let mut scenarios: Vec<(Words, Vec<Words>)> = Vec::new();
    for attained in &verdict.objectives {
        let scenario = Words::of(&attained.scenario);
        let sentence = Words::of(&crate::verdict::attainment(attained));
        match scenarios.iter_mut().find(|(known, _)| *known == scenario) {
            Some((_, all)) => all.push(sentence),
            None => scenarios.push((scenario, vec![sentence])),
        }
    }
    scenarios
}

/// Why there is no verdict, where there is none.
fn none(seen: &StudySeen<'_>) -> Option<String> {
    match seen.verdict {
        None if seen.arms.len() == 1 => {
            let numbers = match seen.cells.iter().any(|cell| cell.ending.standing() == "valid") {
                true => "What follows are its numbers.",
                false => "None of its trials is valid: what they saw stands below, under Trials.",
            };
            Some(format!("No verdict: one arm was measured, and nothing is compared. {numbers}"))
        }
        None => Some("No verdict: nothing was compared. What follows are only numbers.".to_owned()),
        Some(verdict) => crate::verdict::nothing_decided(verdict),
    }
}

/// The first figures of a single run: of one arm in one scenario.
fn tiles(measured: &Measured<'_>) -> Vec<(String, String)> {
    let [scenario] = measured.scenarios.as_slice() else { return Vec::new() };
    let [arm] = scenario.arms.as_slice() else { return Vec::new() };
    let shown = FIRST.into_iter().filter_map(figure);
    shown
        .filter_map(|figure| Some((titled(figure), value(figure, arm.mean(figure)?.value))))
        .collect()
}

/// The answers of a verdict. What hangs on no metric is said once for all metrics.
fn answers(verdict: &Verdict) -> Vec<Said> {
    if crate::verdict::nothing_decided(verdict).is_some() {
        return Vec::new();
    }
    let scales = Scales::of(verdict);
    let mut known = BTreeSet::new();
    let new = verdict.comparisons.iter().filter(|one| known.insert(&one.sentence));
    new.map(|comparison| said(comparison, &scales)).collect()
}

fn said(comparison: &Comparison, scales: &Scales) -> Said {
    let mut remarks: Vec<Words> =
        comparison.remarks.iter().map(|remark| Words::of(remark)).collect();
    if let Some(agreement) = comparison.agreement {
        remarks.push(Words::of(&format!(
            "their answers are the same in {} of {} requests that both answered",
            agreement.same, agreement.of
        )));
    }
    Said {
        badge: sign::answer(&comparison.answer),
        sentence: Words::of(&comparison.sentence),
        strip: scales.strip(comparison),
        remarks,
        sure: sure(comparison),
        metric: title(&comparison.metric),
        arm: Words::of(&comparison.arm),
        reference: Words::of(&comparison.reference),
        blocks: comparison.blocks.iter().map(|block| block_seen(comparison, block)).collect(),
    }
}

/// How sure an answer is.
fn sure(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let in_points = comparison.in_points;
    let between = |interval: Option<[f64; 2]>| Some(apart_between(interval?, in_points));
    let effect = |effect: Option<f64>| Some(apart(effect?, in_points));
    let rows = [
        ("Effect", effect(comparison.effect)),
        ("Interval, for all comparisons together", between(comparison.interval)),
        ("95 % interval, as if there were no other comparison", between(comparison.alone)),
        (
            "Probability of so much where there is no difference",
            comparison.difference_p.map(probability),
        ),
        (
            "Probability of so little where the difference is the margin",
            comparison.equivalence_p.map(probability),
        ),
        ("What four of five such studies would have found", resolvable(comparison)),
        (
            "Blocks that a study would need to resolve the margin",
            comparison
                .more
                .map(|more| format!("{} ({} to {})", more.blocks, more.range[0], more.range[1])),
        ),
    ];
    rows.into_iter().filter_map(|(label, text)| Some((label, text?))).collect()
}

fn resolvable(comparison: &Comparison) -> Option<String> {
    let effect = comparison.resolvable?;
    Some(match comparison.in_points {
        true => format!("{} points", short(100.0 * effect)),
        false => format!("{} %", short(100.0 * (effect - 1.0))),
    })
}

fn block_seen(comparison: &Comparison, block: &BlockValues) -> BlockSeen {
    let figure = figure_of(&comparison.metric);
    let shown = |number: Option<f64>| match (number, figure) {
        (Some(number), Some(figure)) => value(figure, number),
        (Some(number), None) => short(number),
        (None, _) => "–".to_owned(),
    };
    BlockSeen {
        block: block.block,
        arm: shown(block.arm),
        reference: shown(block.reference),
        left_out: block.left_out.as_deref().map(Words::of),
    }
}

/// How often each word was said, pair by pair, in the order of the plan.
fn tallies(verdict: &Verdict) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::new();
    for comparison in &verdict.comparisons {
        let badge = sign::answer(&comparison.answer);
        let (arm, reference) = (Words::of(&comparison.arm), Words::of(&comparison.reference));
        let known = tallies.iter().position(|one| one.arm == arm && one.reference == reference);
        let place = known.unwrap_or_else(|| {
            tallies.push(Tally { arm, reference, words: Vec::new() });
            tallies.len() - 1
        });
        let words = &mut tallies[place].words;
        match words.iter_mut().find(|(known, _)| *known == badge) {
            Some((_, count)) => *count += 1,
            None => words.push((badge, 1)),
        }
    }
    tallies
}

/// The arms than which none is better, in a sentence for each metric and each such set.
fn best(verdict: Option<&Verdict>) -> Vec<Words> {
    let mut sets: Vec<(&Best, Vec<&str>)> = Vec::new();
    for best in verdict.iter().flat_map(|verdict| &verdict.best) {
        let is_same = |known: &Best| known.metric == best.metric && known.arms == best.arms;
        match sets.iter_mut().find(|(known, _)| is_same(known)) {
            Some((_, scenarios)) => scenarios.push(&best.scenario),
            None => sets.push((best, vec![&best.scenario])),
        }
    }
    let sentence = |(best, scenarios): (&Best, Vec<&str>)| {
        let who = match best.arms.as_slice() {
            [one] => format!("{one} is best"),
            several => format!("no other is better than {}", several.join(", ")),
        };
        Words::of(&format!("By {}, {who} in {}.", title(&best.metric), scenarios.join(", ")))
    };
    sets.into_iter().map(sentence).collect()
}

/// What differences count as none.
fn margin(verdict: &Verdict) -> String {
    let rule = &verdict.rule;
    let in_points = verdict.comparisons.iter().any(|one| one.in_points);
    let in_ratios = verdict.comparisons.iter().any(|one| !one.in_points);
    let ratio = format!("{} %", short(100.0 * rule.margin));
    let points = counted_points(100.0 * rule.margin_points);
    match (in_ratios, in_points) {
        (true, true) => format!("{ratio}, or {points} of a share,"),
        (false, true) => format!("{points} of a share"),
        _ => ratio,
    }
}

fn counted_points(points: f64) -> String {
    if points == 1.0 { counted(1, "point") } else { format!("{} points", short(points)) }
}

//! Which arm is the one for a use: for people who wait, for as much work as possible, for
//! little power. An arm is named only where it has won what the use asks and has lost
//! nothing of it; everything is the verdict's, and the rules stand in `docs/report.md`.

use super::question::Question;
use super::sweep::{Height, sweeps};
use super::{Finding, Kind, joined};
use crate::digest::Digest;
use crate::measured::Measured;

/// What people who wait for an answer feel. End-to-end times hang on how long answers are,
/// and aren't among them.
const INTERACTIVE: [&str; 9] = [
    "ttft_p50",
    "ttft_p99",
    "ttft_mean",
    "tpot_p50",
    "tpot_p99",
    "tpot_mean",
    "itl_mean",
    "attainment",
    "goodput",
];

/// What tells how much work gets done.
const WORK: [&str; 4] =
    ["output_throughput", "total_throughput", "input_throughput", "request_throughput"];

/// What is told of each use.
pub(super) fn uses(
    questions: &[Question<'_>],
    measured: &Measured<'_>,
    digest: &Digest,
) -> Vec<Finding> {
    let interactive: Vec<&Question<'_>> =
        questions.iter().filter(|one| INTERACTIVE.contains(&one.metric)).collect();
    let full = fullest(measured);
    let work: Vec<&Question<'_>> = questions
        .iter()
        .filter(|one| WORK.contains(&one.metric) && full.contains(&one.scenario))
        .collect();
    vec![
        told(
            ("interactive", "interactive use"),
            &interactive,
            "the study asks for no verdict on TTFT, TPOT, ITL or objectives; name some under \
             `primary`",
        ),
        told(
            ("throughput", "batch work and the most throughput"),
            &work,
            "the study asks for no verdict on throughput in a closed loop or with all requests \
             at once",
        ),
        power(digest),
    ]
}

/// The scenarios in which an engine has as much to do as the study gives it: the highest
/// load of each closed loop, and all requests at once. At a given rate the rate decides how
/// much is done.
fn fullest<'a>(measured: &'a Measured<'a>) -> Vec<&'a str> {
    let sweeps = sweeps(measured);
    let last = sweeps.iter().filter_map(|sweep| sweep.scenarios.last());
    let is_full = |height: Height| matches!(height, Height::Closed(_) | Height::AtOnce);
    last.filter(|scenario| scenario.load.is_some_and(|load| is_full(Height::of(load))))
        .map(|scenario| scenario.name)
        .collect()
}

fn told(
    (topic, words): (&'static str, &str),
    questions: &[&Question<'_>],
    unasked: &str,
) -> Finding {
    if questions.is_empty() {
        let sentence = format!("For {words} nothing is said: {unasked}.");
        return Finding::new(Kind::OpenUse, sentence).about(topic);
    }
    let mut winners: Vec<&str> = Vec::new();
    for winner in questions.iter().filter_map(|question| question.winner()) {
        if !winners.contains(&winner) {
            winners.push(winner);
        }
    }
    let (kind, said) = match winners.as_slice() {
        [] => (Kind::OpenUse, format!(" no arm has won: {}", open(questions))),
        [arm] if !loses(arm, questions) => (Kind::Use, format!(": {}", won(arm, questions))),
        arms => (Kind::OpenUse, format!(" no arm alone: {}", split(arms, questions))),
    };
    Finding::new(kind, format!("For {words}{said}."))
        .about(topic)
        .of_arms(winners)
        .of_scenarios(questions.iter().map(|question| question.scenario))
        .resting_on(questions.iter().flat_map(|question| question.grounds()))
}

/// What the one winner has won, and what nobody has.
fn won(arm: &str, questions: &[&Question<'_>]) -> String {
    let rest = questions.iter().copied().filter(|question| question.winner().is_none());
    let rest = named(rest);
    let beside = if rest.is_empty() { rest } else { format!("; no winner by {rest}") };
    format!("{arm}, which is best by {}{beside}", named(won_by(arm, questions)))
}

/// Whether any comparison found another arm better.
fn loses(arm: &str, questions: &[&Question<'_>]) -> bool {
    questions
        .iter()
        .any(|question| question.of_arm(arm).any(|(other, _)| question.is_better(other, arm)))
}

fn won_by<'a, 'b>(
    arm: &'b str,
    questions: &'b [&'b Question<'a>],
) -> impl Iterator<Item = &'b Question<'a>> {
    questions.iter().copied().filter(move |question| question.winner() == Some(arm))
}

/// What each winner has won, and where one of them has lost without anyone's having won.
fn split(arms: &[&str], questions: &[&Question<'_>]) -> String {
    let mut parts: Vec<String> = arms
        .iter()
        .map(|arm| format!("{arm} is best by {}", named(won_by(arm, questions))))
        .collect();
    for arm in arms {
        for question in questions.iter().filter(|question| question.winner().is_none()) {
            let losses = question.of_arm(arm).filter(|(other, _)| question.is_better(other, arm));
            parts.extend(losses.map(|(other, _)| {
                format!(
                    "{arm} is worse than {other} by {} in {}",
                    question.title, question.scenario
                )
            }));
        }
    }
    parts.join("; ")
}

/// Why nobody has won anything.
fn open(questions: &[&Question<'_>]) -> String {
    if questions.iter().all(|question| question.is_equivalent()) {
        return "all that was compared is equivalent".to_owned();
    }
    let alike = questions.iter().copied().filter(|question| question.is_equivalent());
    let others = questions.iter().copied().filter(|question| !question.is_equivalent());
    let mut parts = vec![format!("there is no winner by {}", named(others))];
    let alike = named(alike);
    if !alike.is_empty() {
        parts.push(format!("equivalent by {alike}"));
    }
    parts.join("; ")
}

/// Metrics with their scenarios: `median TTFT in chat-c1 and chat-c8`.
fn named<'a: 'b, 'b>(questions: impl Iterator<Item = &'b Question<'a>>) -> String {
    let mut by_title: Vec<(&str, Vec<&str>)> = Vec::new();
    for question in questions {
        match by_title.iter_mut().find(|(title, _)| *title == question.title) {
            Some((_, scenarios)) => scenarios.push(question.scenario),
            None => by_title.push((&question.title, vec![question.scenario])),
        }
    }
    let parts: Vec<String> = by_title
        .iter()
        .map(|(title, scenarios)| format!("{title} in {}", joined(scenarios)))
        .collect();
    parts.join(", ")
}

/// No verdict can be of power or energy, so that no arm is named for little of it.
fn power(digest: &Digest) -> Finding {
    let is_known = digest
        .trials
        .values()
        .flat_map(|trial| &trial.readings)
        .any(|reading| reading.name == "power" && !reading.points.is_empty());
    let why = match is_known {
        true => "power was read, but no verdict is of it, and numbers alone rank nobody",
        false => "no power was read, and no verdict is of it",
    };
    let sentence = format!("For use with limited power nothing is said: {why}.");
    Finding::new(Kind::OpenUse, sentence).about("power_limited")
}

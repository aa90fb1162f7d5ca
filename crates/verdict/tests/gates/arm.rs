//! What the gates of the arm are to find.

use tokenometer_core::Outcome;
use tokenometer_verdict::{ConfigurationFacts, Load};

use crate::sound::{climb, set};
use crate::{Case, Failed, Passed, Unknown, Waived};

/// What an engine says of options that were declared.
fn configuration(
    as_declared: u64,
    otherwise: Option<&str>,
    not_told: &[&str],
) -> ConfigurationFacts {
    let otherwise = otherwise.map(|value| format!("max-num-seqs is {value}, not 4"));
    ConfigurationFacts {
        as_declared,
        otherwise: otherwise.into_iter().collect(),
        not_told: not_told.iter().map(|&name| name.to_owned()).collect(),
    }
}

pub const CASES: &[Case] = &[
    ("A1", "alive", |_| (), Passed),
    ("A1", "alive, start not published", |e| e.engine.start_after_s = None, Passed),
    ("A1", "alive, not started by us", |e| e.engine.same_process = None, Passed),
    (
        "A1",
        "answering, and nothing else known",
        |e| {
            e.engine.start_after_s = None;
            e.engine.same_process = None;
        },
        Unknown,
    ),
    ("A1", "another process", |e| e.engine.same_process = Some(false), Failed),
    ("A1", "dead", |e| e.engine.answers_after = Some(false), Failed),
    ("A1", "restarted", |e| e.engine.start_after_s = Some(1e9 + 40.0), Failed),
    (
        "A1",
        "silent streams",
        |e| {
            set(e, Outcome::Timeout, 2);
            e.engine.idle_timeouts = Some(2);
        },
        Failed,
    ),
    ("A1", "timeouts of another kind", |e| set(e, Outcome::Timeout, 2), Passed),
    (
        "A1",
        "timeouts of no known kind",
        |e| {
            set(e, Outcome::Timeout, 2);
            e.engine.idle_timeouts = None;
        },
        Unknown,
    ),
    ("A1", "not asked", |e| e.engine.answers_after = None, Unknown),
    ("A2", "three of 600", |e| set(e, Outcome::HttpError, 3), Passed),
    (
        "A2",
        "of several kinds",
        |e| {
            set(e, Outcome::HttpError, 3);
            set(e, Outcome::Empty, 1);
        },
        Failed,
    ),
    ("A2", "all of them", |e| set(e, Outcome::Refused, 600), Failed),
    ("A2", "all unfinished", |e| set(e, Outcome::Censored, 600), Failed),
    ("A2", "unfinished in an open loop", |e| set(e, Outcome::Censored, 300), Passed),
    (
        "A2",
        "unfinished in a closed loop",
        |e| {
            e.load = Load::Closed;
            set(e, Outcome::Censored, 8);
        },
        Failed,
    ),
    ("A2", "given up by us", |e| set(e, Outcome::Cancelled, 50), Passed),
    ("A2", "nothing due", |e| e.summary.requests = 0, Unknown),
    ("A3", "keeping up", |_| (), Passed),
    ("A3", "rising", |e| e.steadiness.as_mut().unwrap().in_flight = climb(5.0), Failed),
    (
        "A3",
        "falling",
        |e| {
            e.steadiness.as_mut().unwrap().in_flight.reverse();
            e.steadiness.as_mut().unwrap().in_flight = climb(5.0).into_iter().rev().collect();
        },
        Passed,
    ),
    ("A3", "unfinished", |e| e.unfinished_late = Some(31), Failed),
    ("A3", "censored", |e| set(e, Outcome::Censored, 31), Failed),
    ("A3", "course not known", |e| e.steadiness = None, Unknown),
    (
        "A3",
        "course not known, but unfinished",
        |e| {
            e.steadiness = None;
            e.unfinished_late = Some(300);
        },
        Failed,
    ),
    ("A3", "no warm-up, and little open at the end", |e| e.unfinished_late = None, Passed),
    (
        "A3",
        "no warm-up, and much open at the end",
        |e| {
            e.unfinished_late = None;
            e.unfinished_at_end = Some(60);
        },
        Unknown,
    ),
    (
        "A3",
        "no warm-up, and much cut off",
        |e| {
            e.unfinished_late = None;
            set(e, Outcome::Censored, 60);
        },
        Failed,
    ),
    (
        "A3",
        "what was open at the end not known",
        |e| {
            e.unfinished_late = None;
            e.unfinished_at_end = None;
        },
        Unknown,
    ),
    ("A3", "closed", |e| e.load = Load::Closed, Waived),
    ("A3", "a burst", |e| e.load = Load::Burst { capped: false }, Waived),
    ("A4", "exact", |_| (), Passed),
    ("A4", "one short", |e| set(e, Outcome::Short, 1), Failed),
    ("A4", "total off", |e| e.output_tokens_finished = Some(60_061), Failed),
    ("A4", "not asked", |e| e.exact_lengths = false, Waived),
    ("A4", "no counts", |e| e.summary.output_tokens = None, Unknown),
    ("A4", "none finished", |e| set(e, Outcome::Reset, 600), Unknown),
    ("A5", "nothing declared", |_| (), Waived),
    ("A5", "as declared", |e| e.configuration = Some(configuration(2, None, &["seed"])), Passed),
    ("A5", "all told", |e| e.configuration = Some(configuration(3, None, &[])), Passed),
    (
        "A5",
        "nothing told",
        |e| e.configuration = Some(configuration(0, None, &["eager", "seed"])),
        Unknown,
    ),
    ("A5", "otherwise", |e| e.configuration = Some(configuration(1, Some("8"), &["seed"])), Failed),
];

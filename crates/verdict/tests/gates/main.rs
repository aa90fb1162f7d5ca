//! Every gate, passing, failing and not to be told.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod any;
mod arm;
mod environment;
mod instrument;
mod sound;
mod standing;
mod work;

use GateStatus::{Failed, Passed, Unknown, Waived};
use tokenometer_core::{Gate, GateStatus};
use tokenometer_verdict::{Evidence, Thresholds, judge};

use sound::sound;

/// A change to the evidence of a sound trial.
type Change = fn(&mut Evidence);

/// A gate, what is so, the change that makes it so, and what the gate is to
/// find.
type Case = (&'static str, &'static str, Change, GateStatus);

fn cases() -> impl Iterator<Item = &'static Case> {
    [instrument::CASES, environment::CASES, arm::CASES, work::CASES].into_iter().flatten()
}

fn gate(id: &str, change: Change) -> Gate {
    let mut evidence = sound();
    change(&mut evidence);
    let validity = judge(&evidence, &Thresholds::default());
    validity.gates.into_iter().find(|gate| gate.id == id).unwrap()
}

#[test]
fn every_gate_finds_what_it_should() {
    for (id, case, change, status) in cases() {
        let found = gate(id, *change);
        assert_eq!(found.status, *status, "{id}, {case}: {}", found.saw);
        assert_eq!(found.advice.is_some(), *status == Failed, "{id}, {case}");
        assert!(!found.saw.is_empty(), "{id}, {case}");
    }
}

#[test]
fn every_gate_is_asked_once_and_in_order() {
    let ids: Vec<String> =
        judge(&sound(), &Thresholds::default()).gates.into_iter().map(|gate| gate.id).collect();
    let classes = [("I", 8), ("E", 6), ("A", 5), ("W", 8)];
    let expected: Vec<String> = classes
        .iter()
        .flat_map(|(class, count)| (1..=*count).map(move |i| format!("{class}{i}")))
        .collect();
    assert_eq!(ids, expected);
    for id in ids {
        assert!(cases().any(|case| case.0 == id), "{id} has no case");
    }
}

/// What people read of a gate.
fn shown(case: &str, gate: &Gate) -> String {
    let mut text = format!("{} {} ({case}): {}", gate.id, gate.name, gate.saw);
    if let Some(advice) = &gate.advice {
        text = format!("{text}\n    {advice}");
    }
    if !gate.withholds.is_empty() {
        text = format!("{text}\n    withholds {}", gate.withholds.join(", "));
    }
    text
}

fn all_shown(wanted: impl Fn(GateStatus) -> bool) -> String {
    let rows = cases().filter(|(.., status)| wanted(*status));
    let rows = rows.map(|(id, case, change, _)| shown(case, &gate(id, *change)));
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn failures_are_told_with_their_cure() {
    insta::assert_snapshot!(all_shown(|status| status == Failed));
}

#[test]
fn what_is_not_known_or_waived_says_why() {
    insta::assert_snapshot!(all_shown(|status| matches!(status, Unknown | Waived)));
}

#[test]
fn passes_tell_what_they_saw() {
    insta::assert_snapshot!(all_shown(|status| status == Passed));
}

#[test]
fn no_evidence_at_all_passes_no_gate() {
    let validity = judge(&Evidence::default(), &Thresholds::default());
    let passed: Vec<&str> =
        validity.gates.iter().filter(|gate| gate.status == Passed).map(|g| g.id.as_str()).collect();
    assert_eq!(passed, [] as [&str; 0]);
}

#[test]
fn the_page_about_validity_names_every_gate() {
    let page = include_str!("../../../../docs/validity.md");
    for gate in judge(&sound(), &Thresholds::default()).gates {
        let row = format!("| {} {} |", gate.id, gate.name);
        assert!(page.contains(&row), "docs/validity.md has no row `{row}`");
    }
}

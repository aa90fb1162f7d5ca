//! Every gate, passing, failing and not to be told.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::time::Duration;

use GateStatus::{Failed, Passed, Unknown, Waived};
use proptest::prelude::*;
use tokenometer_core::{Gate, GateClass, GateStatus, Instrument, Outcome, Standing, Summary};
use tokenometer_verdict::{
    CacheFacts, ConfigurationFacts, EngineFacts, Evidence, Load, Steadiness, Thresholds,
    TokenizerFacts, WarmUp, WarmUpBatch, judge,
};

/// A change to the evidence of a sound trial.
type Change = fn(&mut Evidence);

/// A trial without a fault: 600 requests at 10 a second for 60 s, of 0.5 s.
fn sound() -> Evidence {
    let mut summary = Summary {
        requests: 600,
        duration_s: 60.0,
        output_tokens: Some(60_000),
        concurrency: Some(5.0),
        coalesced_share: Some(0.001),
        ..Summary::default()
    };
    summary.outcomes.insert("ok".into(), 600);
    summary.lateness_ms.n = 600;
    summary.lateness_ms.p99 = Some(0.05);
    summary.lateness_ms.max = Some(0.4);
    summary.ttft_ms.p50 = Some(20.0);
    summary.tpot_ms.p50 = Some(5.0);
    summary.e2e_ms.p50 = Some(500.0);
    let instrument = Instrument {
        reads_stamped: 60_000,
        reads_unstamped: 6,
        backlog_p99_ns: Some(50_000),
        cpu_busy_shares: vec![0.2; 60],
        run_queue_share: Some(0.001),
        clock_samples: 600,
        segments_retransmitted: Some(0),
        segments_sent: Some(100_000),
        ..Instrument::default()
    };
    let batch = WarmUpBatch { tokens_per_second: Some(1000.0), tpot_p50_ms: Some(5.0) };
    Evidence {
        summary,
        instrument,
        load: Load::Open { capped: false },
        exact_lengths: true,
        output_tokens_asked: Some(60_000),
        output_tokens_finished: Some(60_000),
        warm_up: Some(WarmUp {
            requests: 100,
            length: Duration::from_secs(12),
            batches: vec![batch; 5],
            saw_every_class: Some(true),
        }),
        steadiness: Some(Steadiness { tokens_per_second: wobble(1000.0), in_flight: wobble(5.0) }),
        unfinished_late: Some(0),
        server_concurrency: Some(5.2),
        engine: EngineFacts {
            answers_after: Some(true),
            start_before_s: Some(1e9),
            start_after_s: Some(1e9),
            idle_timeouts: Some(0),
        },
        tokenizer: Some(TokenizerFacts {
            input_server: Some(6000),
            input_counted: Some(6000),
            output_server: Some(60_000),
            output_counted: Some(60_030),
        }),
        cache: CacheFacts { hit_share: Some(0.1), expected_share: Some(0.11), cold: false },
        ..Evidence::default()
    }
}

/// 20 bins that go up and down by 1 %.
fn wobble(mean: f64) -> Vec<f64> {
    (0..20).map(|i| mean * if i % 2 == 0 { 1.01 } else { 0.99 }).collect()
}

/// 20 bins that rise by 40 %.
fn climb(mean: f64) -> Vec<f64> {
    (0..20).map(|i| mean * (0.8 + 0.02 * f64::from(i))).collect()
}

fn set(evidence: &mut Evidence, outcome: Outcome, count: u64) {
    let outcomes = &mut evidence.summary.outcomes;
    *outcomes.get_mut("ok").unwrap() -= count;
    outcomes.insert(outcome.name().into(), count);
}

fn gate(id: &str, change: Change) -> Gate {
    let mut evidence = sound();
    change(&mut evidence);
    let validity = judge(&evidence, &Thresholds::default());
    validity.gates.into_iter().find(|gate| gate.id == id).unwrap()
}

/// What an engine says of options that were declared.
fn configuration(as_declared: u64, otherwise: Option<&str>, not_told: u64) -> ConfigurationFacts {
    let otherwise = otherwise.map(|value| format!("max-num-seqs is {value}, not 4"));
    ConfigurationFacts { as_declared, otherwise: otherwise.into_iter().collect(), not_told }
}

/// Each row: gate, what is so, the change, what the gate is to find.
const CASES: &[(&str, &str, Change, GateStatus)] = &[
    ("I1", "late by the floor", |e| e.summary.lateness_ms.p99 = Some(0.25), Passed),
    (
        "I1",
        "late, but 1 % of TTFT is more",
        |e| {
            e.summary.lateness_ms.p99 = Some(0.9);
            e.summary.ttft_ms.p50 = Some(100.0);
        },
        Passed,
    ),
    ("I1", "late", |e| e.summary.lateness_ms.p99 = Some(0.26), Failed),
    ("I1", "one very late", |e| e.summary.lateness_ms.max = Some(51.0), Failed),
    (
        "I1",
        "late in a closed loop",
        |e| {
            e.load = Load::Closed;
            e.summary.lateness_ms.p99 = Some(3.0);
        },
        Failed,
    ),
    (
        "I1",
        "waiting behind a cap",
        |e| {
            e.load = Load::Open { capped: true };
            e.summary.lateness_ms.p99 = Some(900.0);
            e.summary.lateness_ms.max = Some(2000.0);
        },
        Unknown,
    ),
    (
        "I1",
        "few, all in time",
        |e| {
            e.summary.lateness_ms.p99 = None;
            e.summary.lateness_ms.max = Some(0.2);
        },
        Passed,
    ),
    ("I1", "few, one a little late", |e| e.summary.lateness_ms.p99 = None, Unknown),
    (
        "I1",
        "few, one very late",
        |e| {
            e.summary.lateness_ms.p99 = None;
            e.summary.lateness_ms.max = Some(60.0);
        },
        Failed,
    ),
    ("I1", "nothing sent", |e| e.summary.lateness_ms.max = None, Unknown),
    ("I2", "as busy as allowed", |e| e.instrument.cpu_busy_shares[7] = 0.7, Passed),
    ("I2", "one busy second", |e| e.instrument.cpu_busy_shares[7] = 0.93, Failed),
    ("I2", "waiting for a CPU", |e| e.instrument.run_queue_share = Some(0.02), Failed),
    ("I2", "half known", |e| e.instrument.run_queue_share = None, Unknown),
    (
        "I2",
        "half known, and bad",
        |e| {
            e.instrument.run_queue_share = None;
            e.instrument.cpu_busy_shares[0] = 1.0;
        },
        Failed,
    ),
    ("I3", "as late as allowed", |e| e.instrument.backlog_p99_ns = Some(500_000), Passed),
    (
        "I3",
        "late, but a tenth of TPOT is more",
        |e| {
            e.instrument.backlog_p99_ns = Some(1_900_000);
            e.summary.tpot_ms.p50 = Some(20.0);
        },
        Passed,
    ),
    ("I3", "late", |e| e.instrument.backlog_p99_ns = Some(600_000), Failed),
    ("I3", "no stamps", |e| e.instrument.backlog_p99_ns = None, Unknown),
    (
        "I4",
        "one in a thousand",
        |e| {
            e.instrument.reads_stamped = 999;
            e.instrument.reads_unstamped = 1;
        },
        Passed,
    ),
    ("I4", "mixed", |e| e.instrument.reads_unstamped = 600, Failed),
    ("I4", "none stamped", |e| e.instrument.reads_stamped = 0, Unknown),
    ("I4", "none read", |e| e.instrument = Instrument::default(), Unknown),
    ("I5", "one in a hundred", |e| e.summary.coalesced_share = Some(0.01), Passed),
    ("I5", "many", |e| e.summary.coalesced_share = Some(0.04), Failed),
    ("I5", "no stream", |e| e.summary.coalesced_share = None, Unknown),
    ("I6", "two samples short", |e| e.instrument.clock_samples = 598, Passed),
    ("I6", "a step", |e| e.instrument.clock_step_ns = 4_000_000, Failed),
    ("I6", "a step back", |e| e.instrument.clock_step_ns = -4_000_000, Failed),
    ("I6", "rarely looked", |e| e.instrument.clock_samples = 60, Unknown),
    ("I7", "reconnected once in a hundred", |e| e.summary.connections_opened = 6, Passed),
    ("I7", "one unsent", |e| set(e, Outcome::Unsent, 1), Failed),
    ("I7", "reconnected often", |e| e.summary.connections_opened = 7, Failed),
    (
        "I7",
        "reconnected after failures",
        |e| {
            set(e, Outcome::Reset, 300);
            e.summary.connections_opened = 300;
        },
        Passed,
    ),
    ("I7", "a lossy network", |e| e.instrument.segments_retransmitted = Some(200), Failed),
    ("I7", "segments not known", |e| e.instrument.segments_sent = None, Passed),
    ("I7", "interrupted", |e| e.interrupted = true, Failed),
    ("I7", "nothing due", |e| e.summary.requests = 0, Unknown),
    ("I8", "always", |_| (), Waived),
    ("E1", "always", |_| (), Unknown),
    ("E2", "always", |_| (), Unknown),
    ("E3", "always", |_| (), Waived),
    ("E4", "always", |_| (), Unknown),
    ("E5", "always", |_| (), Unknown),
    ("E6", "always", |_| (), Unknown),
    ("A1", "alive", |_| (), Passed),
    ("A1", "alive, start not published", |e| e.engine.start_after_s = None, Passed),
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
    ("A3", "closed", |e| e.load = Load::Closed, Waived),
    ("A3", "a burst", |e| e.load = Load::Burst { capped: false }, Waived),
    ("A4", "exact", |_| (), Passed),
    ("A4", "one short", |e| set(e, Outcome::Short, 1), Failed),
    ("A4", "total off", |e| e.output_tokens_finished = Some(60_061), Failed),
    ("A4", "not asked", |e| e.exact_lengths = false, Waived),
    ("A4", "no counts", |e| e.summary.output_tokens = None, Unknown),
    ("A4", "none finished", |e| set(e, Outcome::Reset, 600), Unknown),
    ("A5", "nothing declared", |_| (), Waived),
    ("A5", "as declared", |e| e.configuration = Some(configuration(2, None, 1)), Passed),
    ("A5", "nothing told", |e| e.configuration = Some(configuration(0, None, 3)), Unknown),
    ("A5", "otherwise", |e| e.configuration = Some(configuration(1, Some("8"), 1)), Failed),
    ("W1", "always", |_| (), Waived),
    ("W2", "nearly the same", |_| (), Passed),
    ("W2", "different", |e| e.tokenizer.as_mut().unwrap().output_counted = Some(71_000), Failed),
    (
        "W2",
        "none by the server, some by us",
        |e| {
            e.tokenizer.as_mut().unwrap().output_server = Some(0);
        },
        Failed,
    ),
    ("W2", "no server counts", |e| e.tokenizer.as_mut().unwrap().output_server = None, Unknown),
    ("W2", "no tokenizer", |e| e.tokenizer = None, Unknown),
    ("W3", "as expected", |_| (), Passed),
    ("W3", "too warm", |e| e.cache.hit_share = Some(0.6), Failed),
    (
        "W3",
        "colder than a cold one may be",
        |e| {
            e.cache = CacheFacts { hit_share: Some(0.0), expected_share: Some(0.3), cold: true };
        },
        Passed,
    ),
    (
        "W3",
        "not cold",
        |e| {
            e.cache = CacheFacts { hit_share: Some(0.32), expected_share: Some(0.3), cold: true };
        },
        Failed,
    ),
    ("W3", "nothing to expect", |e| e.cache.expected_share = None, Unknown),
    ("W3", "not told", |e| e.cache.hit_share = None, Unknown),
    ("W4", "enough", |_| (), Passed),
    ("W4", "a short window", |e| e.summary.duration_s = 29.0, Failed),
    ("W4", "a short window for long answers", |e| e.summary.e2e_ms.p50 = Some(7000.0), Failed),
    ("W4", "a small cohort", |e| e.summary.requests = 99, Failed),
    ("W4", "a small cohort for so many in flight", |e| e.summary.concurrency = Some(64.0), Failed),
    (
        "W4",
        "a rehearsal",
        |e| {
            e.summary.duration_s = 5.0;
            e.rehearsal = true;
        },
        Waived,
    ),
    ("W4", "a rehearsal that is long enough", |e| e.rehearsal = true, Passed),
    ("W4", "no answer to measure by", |e| e.summary.e2e_ms.p50 = None, Unknown),
    ("W5", "steady", |_| (), Passed),
    (
        "W5",
        "output rises",
        |e| e.steadiness.as_mut().unwrap().tokens_per_second = climb(1e3),
        Failed,
    ),
    (
        "W5",
        "load falls",
        |e| {
            e.steadiness.as_mut().unwrap().in_flight = climb(5.0).into_iter().rev().collect();
        },
        Failed,
    ),
    (
        "W5",
        "a small rise",
        |e| {
            e.steadiness.as_mut().unwrap().in_flight =
                (0..20).map(|i| 5.0 + 0.005 * f64::from(i)).collect();
        },
        Passed,
    ),
    ("W5", "too few bins", |e| e.steadiness.as_mut().unwrap().in_flight.truncate(5), Unknown),
    (
        "W5",
        "too few bins, but output rises",
        |e| {
            let bins = e.steadiness.as_mut().unwrap();
            bins.in_flight.truncate(5);
            bins.tokens_per_second = climb(1e3);
        },
        Failed,
    ),
    ("W5", "a burst", |e| e.load = Load::Burst { capped: true }, Waived),
    ("W5", "course not known", |e| e.steadiness = None, Unknown),
    ("W6", "warm", |_| (), Passed),
    (
        "W6",
        "still changing",
        |e| {
            e.warm_up.as_mut().unwrap().batches[4].tokens_per_second = Some(1100.0);
        },
        Failed,
    ),
    (
        "W6",
        "lengths not seen",
        |e| e.warm_up.as_mut().unwrap().saw_every_class = Some(false),
        Failed,
    ),
    ("W6", "too few batches", |e| e.warm_up.as_mut().unwrap().batches.truncate(2), Unknown),
    ("W6", "too short", |e| e.warm_up.as_mut().unwrap().length = Duration::from_secs(3), Unknown),
    ("W6", "no warm-up", |e| e.warm_up = None, Unknown),
    ("W7", "within two", |e| e.server_concurrency = Some(3.1), Passed),
    ("W7", "apart", |e| e.server_concurrency = Some(9.0), Failed),
    (
        "W7",
        "within 5 %",
        |e| {
            e.summary.concurrency = Some(100.0);
            e.server_concurrency = Some(95.5);
        },
        Passed,
    ),
    ("W7", "not scraped", |e| e.server_concurrency = None, Unknown),
    ("W7", "not measured", |e| e.summary.concurrency = None, Unknown),
    ("W8", "the same", |_| (), Passed),
    (
        "W8",
        "a template",
        |e| {
            e.tokenizer.as_mut().unwrap().input_server = Some(6600);
            e.summary.count_disagreements.input_server_counted = 600;
        },
        Failed,
    ),
    (
        "W8",
        "differing, but the same in all",
        |e| {
            e.summary.count_disagreements.input_server_counted = 2;
        },
        Failed,
    ),
    ("W8", "no server counts", |e| e.tokenizer.as_mut().unwrap().input_server = None, Unknown),
    ("W8", "no tokenizer", |e| e.tokenizer = None, Unknown),
];

#[test]
fn every_gate_finds_what_it_should() {
    for (id, case, change, status) in CASES {
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
        assert!(CASES.iter().any(|case| case.0 == id), "{id} has no case");
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
    let rows = CASES.iter().filter(|(.., status)| wanted(*status));
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
fn the_standing_follows_the_gravest_fault() {
    let standing = |change: Change| {
        let mut evidence = sound();
        change(&mut evidence);
        judge(&evidence, &Thresholds::default()).standing
    };
    assert_eq!(standing(|_| ()), Standing::Valid);
    // Unknown gates and gates of the work leave it standing.
    assert_eq!(standing(|e| e.steadiness = None), Standing::Valid);
    assert_eq!(standing(|e| e.summary.duration_s = 59.0), Standing::Valid);
    assert_eq!(standing(|e| e.server_concurrency = Some(99.0)), Standing::Valid);
    // Coalesced arrivals withhold what they touch, and no more.
    assert_eq!(standing(|e| e.summary.coalesced_share = Some(0.5)), Standing::Valid);
    assert_eq!(standing(|e| e.unfinished_late = Some(60)), Standing::Saturated);
    assert_eq!(standing(|e| set(e, Outcome::Censored, 60)), Standing::Saturated);
    assert_eq!(standing(|e| set(e, Outcome::Refused, 600)), Standing::Failed);
    let both = |e: &mut Evidence| {
        set(e, Outcome::Reset, 60);
        e.unfinished_late = Some(60);
    };
    assert_eq!(standing(both), Standing::Failed);
    let all = |e: &mut Evidence| {
        set(e, Outcome::Reset, 60);
        e.unfinished_late = Some(60);
        e.instrument.clock_step_ns = 1;
    };
    assert_eq!(standing(all), Standing::Invalid);
}

#[test]
fn an_engine_that_dies_fails_and_is_not_void() {
    let mut evidence = sound();
    set(&mut evidence, Outcome::Reset, 8);
    set(&mut evidence, Outcome::Refused, 400);
    evidence.summary.connections_opened = 408;
    evidence.engine.answers_after = Some(false);
    assert_eq!(judge(&evidence, &Thresholds::default()).standing, Standing::Failed);
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
    let page = include_str!("../../../docs/validity.md");
    for gate in judge(&sound(), &Thresholds::default()).gates {
        let row = format!("| {} {} |", gate.id, gate.name);
        assert!(page.contains(&row), "docs/validity.md has no row `{row}`");
    }
}

prop_compose! {
    fn any_evidence()(
        counts in proptest::collection::vec(0..1000_u64, 13),
        shares in proptest::collection::vec(proptest::option::of(0.0..2.0_f64), 8),
        millis in proptest::collection::vec(proptest::option::of(0.0..1e5_f64), 6),
        totals in proptest::collection::vec(proptest::option::of(any::<u64>()), 8),
        bins in proptest::collection::vec(0.0..1e9_f64, 0..25),
        wide in any::<[u64; 6]>(),
        step in any::<i64>(),
        flags in any::<[bool; 4]>(),
        load in 0..5_u8,
    ) -> Evidence {
        let mut evidence = sound();
        let summary = &mut evidence.summary;
        for (outcome, count) in Outcome::ALL.iter().zip(&counts) {
            summary.outcomes.insert(outcome.name().into(), *count);
        }
        summary.requests = counts.iter().sum();
        summary.duration_s = millis[0].unwrap_or(0.0);
        summary.concurrency = millis[1];
        summary.coalesced_share = shares[0];
        summary.lateness_ms.p99 = millis[2];
        summary.lateness_ms.max = millis[3];
        summary.ttft_ms.p50 = millis[4];
        summary.e2e_ms.p50 = millis[5];
        summary.output_tokens = totals[0];
        evidence.instrument = Instrument {
            reads_stamped: wide[0],
            reads_unstamped: wide[1],
            backlog_p99_ns: totals[1].map(|total| total as i64),
            cpu_busy_shares: bins.clone(),
            run_queue_share: shares[1],
            clock_samples: wide[2],
            clock_step_ns: step,
            connections_opened: wide[3],
            segments_retransmitted: totals[2],
            segments_sent: totals[3],
            ..Instrument::default()
        };
        evidence.load = match load {
            0 => Load::Closed,
            1 => Load::Open { capped: false },
            2 => Load::Open { capped: true },
            3 => Load::Burst { capped: false },
            _ => Load::Burst { capped: true },
        };
        (evidence.interrupted, evidence.rehearsal) = (flags[0], flags[1]);
        (evidence.exact_lengths, evidence.cache.cold) = (flags[2], flags[3]);
        evidence.output_tokens_asked = totals[4];
        evidence.output_tokens_finished = totals[5];
        evidence.unfinished_late = totals[6];
        evidence.server_concurrency = shares[2];
        evidence.cache.hit_share = shares[3];
        evidence.cache.expected_share = shares[4];
        evidence.tokenizer = totals[7].map(|total| TokenizerFacts {
            input_server: Some(total),
            input_counted: totals[6],
            output_server: totals[5],
            output_counted: Some(wide[4]),
        });
        evidence.engine.start_after_s = shares[5];
        evidence.warm_up.as_mut().unwrap().batches =
            bins.iter().map(|bin| WarmUpBatch { tokens_per_second: Some(*bin), tpot_p50_ms: shares[6] }).collect();
        evidence.steadiness =
            Some(Steadiness { tokens_per_second: bins.clone(), in_flight: bins });
        evidence
    }
}

proptest! {
    #[test]
    fn any_evidence_is_judged(evidence in any_evidence()) {
        let validity = judge(&evidence, &Thresholds::default());
        prop_assert_eq!(validity.gates.len(), 27);
        let voids = |gate: &Gate| {
            gate.status == Failed
                && matches!(gate.class, GateClass::Instrument | GateClass::Environment)
                && gate.id != "I5"
        };
        prop_assert_eq!(
            validity.standing == Standing::Invalid,
            validity.gates.iter().any(voids)
        );
        for gate in &validity.gates {
            prop_assert!(gate.withholds.is_empty() || gate.status == Failed);
        }
    }
}

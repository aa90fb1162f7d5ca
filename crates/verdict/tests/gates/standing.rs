//! What becomes of a trial, by the gates that failed.

use tokenometer_core::{Outcome, Standing};
use tokenometer_verdict::{Evidence, Load, Thresholds, judge};

use crate::Change;
use crate::sound::{machine, set, sound};

fn standing(change: Change) -> Standing {
    let mut evidence = sound();
    change(&mut evidence);
    judge(&evidence, &Thresholds::default()).standing
}

#[test]
fn the_standing_follows_the_gravest_fault() {
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

/// An engine that dies in the middle: answers break off, nothing can be sent any
/// more, and what is sent is late.
fn die(evidence: &mut Evidence) {
    set(evidence, Outcome::Reset, 8);
    set(evidence, Outcome::Refused, 300);
    set(evidence, Outcome::Unsent, 100);
    evidence.summary.connections_opened = 408;
    evidence.summary.lateness_ms.max = Some(900.0);
    evidence.engine.answers_after = Some(false);
}

/// An engine that stops answering: streams fall silent, and nothing arrives any
/// more that the kernel could stamp.
fn hang(evidence: &mut Evidence) {
    set(evidence, Outcome::Timeout, 590);
    evidence.engine.idle_timeouts = Some(590);
    evidence.instrument.reads_stamped = 5;
    evidence.instrument.reads_unstamped = 5;
    evidence.summary.lateness_ms.p99 = Some(40.0);
}

#[test]
fn an_engine_that_dies_fails_and_is_not_void() {
    assert_eq!(standing(die), Standing::Failed);
    let died_unseen = |evidence: &mut Evidence| {
        die(evidence);
        evidence.engine.answers_after = Some(true);
        evidence.engine.same_process = Some(false);
    };
    assert_eq!(standing(died_unseen), Standing::Failed);
    let came_back = |evidence: &mut Evidence| {
        die(evidence);
        evidence.engine.answers_after = Some(true);
        evidence.engine.start_after_s = Some(1e9 + 30.0);
    };
    assert_eq!(standing(came_back), Standing::Failed);
    // Neighbours and a busy client kill no engine.
    let in_company = |evidence: &mut Evidence| {
        die(evidence);
        evidence.machine.as_mut().unwrap().others_cpu_share = Ok(0.4);
        evidence.instrument.cpu_busy_shares[3] = 0.9;
    };
    assert_eq!(standing(in_company), Standing::Failed);
}

#[test]
fn an_engine_that_hangs_fails_and_is_not_void() {
    assert_eq!(standing(hang), Standing::Failed);
    let never_answered = |evidence: &mut Evidence| {
        evidence.load = Load::Closed;
        set(evidence, Outcome::Censored, 600);
        evidence.summary.lateness_ms.max = Some(900.0);
    };
    assert_eq!(standing(never_answered), Standing::Failed);
    let only_errors = |evidence: &mut Evidence| {
        set(evidence, Outcome::HttpError, 600);
        evidence.summary.lateness_ms.max = Some(900.0);
    };
    assert_eq!(standing(only_errors), Standing::Failed);
}

#[test]
fn an_engine_that_answers_is_not_to_blame_for_the_instrument() {
    let late = |evidence: &mut Evidence| evidence.summary.lateness_ms.max = Some(900.0);
    assert_eq!(standing(late), Standing::Invalid);
    let late_and_faulty = |evidence: &mut Evidence| {
        set(evidence, Outcome::HttpError, 30);
        evidence.summary.lateness_ms.max = Some(900.0);
    };
    assert_eq!(standing(late_and_faulty), Standing::Invalid);
    let neighbours = |evidence: &mut Evidence| {
        evidence.machine.as_mut().unwrap().others_cpu_share = Ok(0.4);
    };
    assert_eq!(standing(neighbours), Standing::Invalid);
}

#[test]
fn silence_may_be_a_client_that_did_not_read_or_a_machine_that_stood_still() {
    let starved = |evidence: &mut Evidence| {
        hang(evidence);
        evidence.instrument.run_queue_share = Some(0.3);
    };
    assert_eq!(standing(starved), Standing::Invalid);
    let behind = |evidence: &mut Evidence| {
        hang(evidence);
        evidence.instrument.backlog_p99_ns = Some(2_000_000_000);
    };
    assert_eq!(standing(behind), Standing::Invalid);
    let stolen = |evidence: &mut Evidence| {
        hang(evidence);
        evidence.machine.as_mut().unwrap().steal_share = Ok(0.5);
    };
    assert_eq!(standing(stolen), Standing::Invalid);
}

#[test]
fn a_machine_that_was_started_anew_and_a_run_that_was_stopped_excuse_the_engine() {
    let rebooted = |evidence: &mut Evidence| {
        die(evidence);
        let mut machine = machine();
        machine.changes = Ok(vec!["the machine was started anew".to_owned()]);
        evidence.machine = Some(machine);
    };
    assert_eq!(standing(rebooted), Standing::Invalid);
    let stopped = |evidence: &mut Evidence| {
        die(evidence);
        evidence.interrupted = true;
    };
    assert_eq!(standing(stopped), Standing::Invalid);
}

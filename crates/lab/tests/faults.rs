//! What the load client says of answers that go wrong, held against what a
//! correct client must conclude by the embedded engine's own account: each
//! fault by itself, and all of them in one crowd.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::print_stdout, reason = "where a test fails, it names the case")]

mod support;

use std::time::Duration;

use Outcome::{Empty, HttpError, Long, Ok as Well, Reset, Short, StreamError, Timeout, Truncated};
use serde_json::json;
use support::{
    Questions, Sim, bearing, carry, check_error, closed, connect, outcomes, patient, script,
};
use tokenometer_core::{Dialect, Outcome};
use tokenometer_load::{Client, Limits};
use tokenometer_sim::{Fault, Settings};

const SCRIPT: &str = "ttft=4ms gap=1ms";
/// Tokens of an answer that nothing befalls.
const TOKENS: u32 = 8;
/// How long a client waits for a first byte, and between bytes, where it is to
/// lose patience.
const SHORT_WAIT: Duration = Duration::from_millis(500);

/// A fault, what it comes to in a stream and in a whole answer where exactly
/// eight tokens were asked for, and what the error says in each.
type Case = (&'static str, (Outcome, &'static str), (Outcome, &'static str));

const CLOSED: &str = "the connection was closed inside the answer";
const NO_FINISH: &str = "the answer ended without a finish reason";
const NOTHING: (Outcome, &str) = (Well, "");

const CASES: [Case; 42] = [
    (
        "error-after:3",
        (StreamError, "the engine failed after 3 tokens, as asked"),
        (StreamError, "the engine failed, as asked"),
    ),
    (
        "error-after:0",
        (StreamError, "the engine failed after 0 tokens, as asked"),
        (StreamError, "the engine failed, as asked"),
    ),
    ("error-after:8", NOTHING, NOTHING),
    (
        "error-text-after:3",
        (StreamError, "the engine failed after 3 tokens, as asked"),
        (StreamError, "the engine failed, as asked"),
    ),
    ("cut-after:3", (Truncated, CLOSED), (Truncated, CLOSED)),
    ("cut-after:0", (Truncated, CLOSED), (Truncated, CLOSED)),
    ("reset-after:3", (Reset, "reset by peer"), (Reset, "reset by peer")),
    ("reset-after:0", (Reset, "reset by peer"), (Reset, "reset by peer")),
    ("half-close", (Truncated, CLOSED), (Truncated, CLOSED)),
    ("no-finish", (Truncated, NO_FINISH), (Truncated, NO_FINISH)),
    ("no-done", NOTHING, NOTHING),
    ("slow-headers:20ms", NOTHING, NOTHING),
    (
        "status:429",
        (HttpError, "HTTP 429: status 429, as asked"),
        (HttpError, "HTTP 429: status 429, as asked"),
    ),
    (
        "status:503:flat",
        (HttpError, "HTTP 503: status 503, as asked"),
        (HttpError, "HTTP 503: status 503, as asked"),
    ),
    (
        "status:422:detail",
        (HttpError, "HTTP 422: status 422, as asked"),
        (HttpError, "HTTP 422: status 422, as asked"),
    ),
    (
        "status:422:detail-list",
        (HttpError, "status 422, as asked"),
        (HttpError, "status 422, as asked"),
    ),
    (
        "status:500:text",
        (HttpError, "HTTP 500: status 500, as asked"),
        (HttpError, "HTTP 500: status 500, as asked"),
    ),
    ("bad-utf8:1", (StreamError, "utf-8"), (StreamError, "utf-8")),
    ("bad-utf8:4", (StreamError, "utf-8"), NOTHING),
    ("bad-utf8:9", NOTHING, NOTHING),
    ("huge-event:100000", NOTHING, NOTHING),
    ("wrong-usage:+2", (Long, ""), (Long, "")),
    ("wrong-usage:-2", (Short, ""), (Short, "")),
    ("bundled-first:4", NOTHING, NOTHING),
    ("no-usage", NOTHING, NOTHING),
    ("usage-in-finish", NOTHING, NOTHING),
    ("finish-apart", NOTHING, NOTHING),
    ("comments", NOTHING, NOTHING),
    ("crlf", NOTHING, NOTHING),
    ("split", NOTHING, NOTHING),
    ("empty:cut", (Truncated, CLOSED), (Truncated, CLOSED)),
    ("empty:bare", (Truncated, NO_FINISH), (Truncated, NO_FINISH)),
    ("empty:finished", (Empty, ""), (Empty, "")),
    ("stop-at:3", (Short, ""), (Short, "")),
    ("stop-at:0", (Empty, ""), (Empty, "")),
    ("overrun:2", (Long, ""), (Long, "")),
    // Two at once: what comes first in the answer, then the stronger word.
    ("split,crlf,comments,finish-apart", NOTHING, NOTHING),
    ("split,cut-after:3", (Truncated, CLOSED), (Truncated, CLOSED)),
    ("crlf,error-after:3", (StreamError, "after 3 tokens"), (StreamError, "as asked")),
    ("bad-utf8:3,cut-after:3", (StreamError, "utf-8"), (Truncated, CLOSED)),
    ("no-finish,wrong-usage:-1", (Truncated, NO_FINISH), (Truncated, NO_FINISH)),
    ("stop-at:3,error-after:3", (Short, ""), (Short, "")),
];

#[test]
fn each_fault_is_told_for_what_it_is_in_completions() {
    every_fault(Dialect::OpenaiCompletions);
}

#[test]
fn each_fault_is_told_for_what_it_is_in_chats() {
    every_fault(Dialect::OpenaiChat);
}

fn every_fault(dialect: Dialect) {
    let sim = Sim::scripted(SCRIPT);
    let mut client = sim.client(2);
    for (fault, streamed, whole) in CASES {
        for (stream, expected) in [(true, streamed), (false, whole)] {
            println!("{dialect}, {fault}, streamed: {stream}");
            let asked = Questions { dialect, stream, tokens: TOKENS, ..Questions::default() };
            befall(&sim, &mut client, &asked, fault, expected);
        }
    }
}

/// Two requests that meet the fault, and two after them that must not be
/// disturbed by it.
fn befall(
    sim: &Sim,
    client: &mut Client,
    asked: &Questions,
    fault: &str,
    expected: (Outcome, &str),
) {
    sim.forget();
    let faulty = asked.wishing(json!({"fault": fault.split(',').collect::<Vec<_>>()}));
    let (faulty, healthy) = (faulty.named("faulty-"), asked.named("healthy-"));
    let befallen = carry(client, &faulty.prepare(&sim.address, closed(2, 2)));
    let after = carry(client, &healthy.prepare(&sim.address, closed(2, 2)));
    let truths = sim.truths(4);
    assert_eq!((befallen.sink.len(), after.sink.len(), truths.len()), (2, 2, 4));
    for (record, chunks) in &befallen.sink {
        let truth = &truths[&faulty.id(record)];
        let (outcome, says) = expected;
        assert_eq!((record.outcome, truth.outcome), (outcome, outcome), "{record:?}");
        check_error(record, says);
        if asked.stream && !fault.contains("bundled-first") {
            let unreadable = usize::from(fault.contains("bad-utf8") && outcome == StreamError);
            let bearing = bearing(chunks).len();
            assert_eq!(bearing + unreadable, truth.output_tokens as usize, "{record:?}");
        }
    }
    for (record, _) in &after.sink {
        assert_eq!((record.outcome, record.error.as_deref()), (Well, None), "{record:?}");
        // Of all servers, one tells no count.
        let told = (asked.dialect != Dialect::TritonGenerateStream).then_some(TOKENS);
        assert_eq!(record.output.server, told);
        assert_eq!(truths[&healthy.id(record)].outcome, Well);
        assert_eq!(record.reused, record.connect.is_none(), "{record:?}");
    }
}

#[test]
fn lengths_are_judged_only_where_one_was_asked_for() {
    let sim = Sim::scripted(SCRIPT);
    let mut client = sim.client(1);
    let asked = Questions { tokens: TOKENS, exact: false, ..Questions::default() };
    for fault in ["stop-at:3", "overrun:2", "wrong-usage:+2", "wrong-usage:-2"] {
        befall(&sim, &mut client, &asked, fault, NOTHING);
    }
}

/// A client that waits for no byte longer than a moment.
fn hasty(sim: &Sim) -> Client {
    let limits = Limits { first: SHORT_WAIT, idle: SHORT_WAIT, ..patient() };
    connect(&sim.address, limits, 2)
}

#[test]
fn silence_ends_with_the_limit_that_it_passed() {
    let sim = Sim::scripted(SCRIPT);
    let mut client = hasty(&sim);
    let idle = (Timeout, "not a byte for 0.5 s (--idle-timeout)");
    let first = (Timeout, "no first byte within 0.5 s (--first-timeout)");
    for dialect in Dialect::ALL {
        let asked = Questions { dialect, ..Questions::default() };
        let whole = Questions { stream: false, ..asked.clone() };
        befall(&sim, &mut client, &asked, "silence-after:3", idle);
        befall(&sim, &mut client, &asked, "slow-headers:5s", first);
        befall(&sim, &mut client, &whole, "silence-after:3", idle);
    }
}

#[test]
fn a_whole_answer_whose_head_is_late_times_out() {
    let sim = Sim::scripted(SCRIPT);
    let first = (Timeout, "no first byte within 0.5 s (--first-timeout)");
    let whole = Questions { stream: false, ..Questions::default() };
    befall(&sim, &mut hasty(&sim), &whole, "slow-headers:5s", first);
}

#[test]
fn an_answer_that_trickles_ends_at_the_total_limit() {
    let sim = Sim::scripted("ttft=5ms gap=40ms");
    let limits = Limits { total: SHORT_WAIT, idle: SHORT_WAIT, ..patient() };
    let mut client = connect(&sim.address, limits, 1);
    let asked = Questions { tokens: 500, ..Questions::default() };
    let finished = carry(&mut client, &asked.prepare(&sim.address, closed(1, 2)));
    let truths = sim.truths(2);
    for (record, chunks) in &finished.sink {
        assert_eq!(record.outcome, Timeout);
        check_error(record, "not ended within 0.5 s (--total-timeout)");
        // The engine can't know why its client went.
        let truth = &truths[&asked.id(record)];
        assert_eq!(truth.outcome, Outcome::Cancelled);
        let (came, left) = (bearing(chunks).len(), truth.output_tokens as usize);
        assert!(came > 1 && came <= left, "{came} of {left}");
        let took = record.end.unwrap() - record.sent.unwrap();
        assert!(took >= SHORT_WAIT.into(), "{took}");
    }
}

#[test]
fn in_a_crowd_each_request_meets_its_own_fault() {
    let words = [
        "error-after:3",
        "error-text-after:2",
        "cut-after:3",
        "reset-after:2",
        "half-close",
        "no-finish",
        "no-done",
        "slow-headers:9ms",
        "status:429",
        "status:503:text",
        "bad-utf8:2",
        "huge-event:70000",
        "wrong-usage:+1",
        "no-usage",
        "usage-in-finish",
        "comments",
        "crlf",
        "split",
        "empty:cut",
        "empty:finished",
        "stop-at:3",
        "overrun:2",
    ];
    let share = 0.9 / words.len() as f64;
    let faults: Vec<(Fault, f64)> =
        words.iter().map(|word| (word.parse().unwrap(), share)).collect();
    let sim = Sim::start(Settings { script: script(SCRIPT), faults, ..Settings::default() });
    let mut client = sim.client(8);
    let asked = Questions::default();
    let finished = carry(&mut client, &asked.prepare(&sim.address, closed(8, 300)));
    let truths = sim.truths(300);
    assert_eq!((finished.sink.len(), truths.len()), (300, 300));
    for (record, chunks) in &finished.sink {
        let truth = &truths[&asked.id(record)];
        assert_eq!(record.outcome, truth.outcome, "{:?}: {record:?}", truth.faults);
        let unreadable = truth.faults.contains(&Fault::BadUtf8(2)) as usize;
        assert_eq!(bearing(chunks).len() + unreadable, truth.output_tokens as usize);
    }
    assert!(outcomes(&finished.sink).len() >= 8, "{:?}", outcomes(&finished.sink));
}

//! What the load client says of healthy answers, held against what the
//! embedded engine did: each dialect, streamed or whole, however the tokens
//! are packed and written. Counts, outcomes and names must be equal; instants
//! must be near, by the median, since other work shares the machine.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::print_stdout, reason = "where a test fails, it names the case")]

mod support;

use serde_json::{Value, json};
use support::{
    Kept, Questions, Sim, Truths, bearing, carry, closed, distance, every, in_order, median,
    object, open,
};
use tokenometer_core::{Chunk, Dialect, Nanos, Outcome, Phase, Record, StampSource, TokenRule};
use tokenometer_load::Client;
use tokenometer_sim::{Truth, words};

/// Tokens of every answer: no multiple of what a chunk or a write holds.
const TOKENS: u32 = 10;
/// Requests of a load, and how many milliseconds apart they are due. They
/// overlap without going in step, so that one pause of the machine spoils
/// other spans of each.
const REQUESTS: usize = 16;
const APART_MS: i64 = 5;
/// How often a load is carried at most until its spans are near: a client that
/// is wrong is wrong each time, a machine that is busy is not.
const TRIES: usize = 4;
/// How far the median of a span may lie from the truth.
const NEAR: Nanos = Nanos::from_millis(5);
/// Long enough, both, that mistaking one instant for another is not near.
const SCRIPT: &str = "ttft=24ms gap=8ms";

/// One way to pack tokens into chunks, and chunks into writes.
struct Packing {
    name: &'static str,
    /// What the engine is told.
    wishes: Vec<(&'static str, &'static str)>,
    /// What else a request asks for: evidence of tokens.
    extra: Value,
    /// Tokens in the first chunk, and in those after it.
    first_chunk: u32,
    chunk: u32,
    /// How a client can know the tokens of each chunk.
    rule: TokenRule,
}

fn packing(name: &'static str, wishes: &[(&'static str, &'static str)]) -> Packing {
    let wishes = wishes.to_vec();
    let rule = TokenRule::OneEach;
    Packing { name, wishes, extra: json!({}), first_chunk: 1, chunk: 1, rule }
}

fn packings() -> Vec<Packing> {
    let three = || Packing {
        first_chunk: 3,
        chunk: 3,
        rule: TokenRule::Unknown,
        ..packing("three tokens a chunk", &[("tokens-per-chunk", "3")])
    };
    let ids = || json!({"return_token_ids": true});
    vec![
        packing("one token a chunk", &[]),
        three(),
        Packing {
            name: "three tokens a chunk, with their ids",
            extra: ids(),
            rule: TokenRule::Told,
            ..three()
        },
        Packing {
            name: "three tokens a chunk, with a running count",
            extra: json!({"stream_options": {"continuous_usage_stats": true}}),
            rule: TokenRule::Told,
            ..three()
        },
        packing("three chunks a write", &[("chunks-per-write", "3")]),
        Packing {
            name: "two chunks a write, of two tokens",
            wishes: vec![("tokens-per-chunk", "2"), ("chunks-per-write", "2")],
            extra: ids(),
            first_chunk: 2,
            chunk: 2,
            rule: TokenRule::Told,
        },
        Packing {
            extra: ids(),
            first_chunk: 4,
            rule: TokenRule::Told,
            ..packing("a bundled first chunk", &[("fault", "bundled-first:4")])
        },
        packing("a burst", &[("gap", "0s")]),
        packing("events split over writes", &[("fault", "split")]),
        packing("lines that end in CR LF", &[("fault", "crlf")]),
        packing("comments", &[("fault", "comments")]),
        packing("late headers", &[("headers", "late")]),
        packing("the finish apart", &[("fault", "finish-apart")]),
        packing("usage in the finish", &[("fault", "usage-in-finish")]),
    ]
}

#[test]
fn completions_are_told_as_they_were() {
    every_packing(Dialect::OpenaiCompletions);
}

#[test]
fn chats_are_told_as_they_were() {
    every_packing(Dialect::OpenaiChat);
}

fn every_packing(dialect: Dialect) {
    let sim = Sim::scripted(SCRIPT);
    let mut client = sim.client(REQUESTS);
    for packing in packings() {
        for stream in [true, false] {
            println!("{dialect}, {}, streamed: {stream}", packing.name);
            let asked = Questions {
                dialect,
                stream,
                tokens: TOKENS,
                extra: extra(&packing, stream),
                ..Questions::default()
            }
            .wishing(object(&packing.wishes));
            let far = (0..TRIES).map(|_| carry_and_check(&sim, &mut client, &asked, &packing));
            let far: Vec<_> = far.take_while(|far| !far.is_empty()).collect();
            assert!(far.len() < TRIES, "off at every try: {far:?}");
        }
    }
}

/// Carries the load of one case. What it counts must be right; gives the spans
/// whose median is not near.
fn carry_and_check(
    sim: &Sim,
    client: &mut Client,
    asked: &Questions,
    packing: &Packing,
) -> Vec<(usize, Nanos)> {
    sim.forget();
    let pace = open(&every(APART_MS, REQUESTS as i64), None);
    let finished = carry(client, &asked.prepare(&sim.address, pace));
    let truths = sim.truths(REQUESTS);
    assert_eq!(finished.instrument.reads_unstamped, 0);
    check(&finished.sink, &truths, asked, packing)
}

/// Only streams may be asked for evidence as they go.
fn extra(packing: &Packing, stream: bool) -> Value {
    match stream {
        true => packing.extra.clone(),
        false => json!({}),
    }
}

fn check(
    kept: &Kept,
    truths: &Truths,
    asked: &Questions,
    packing: &Packing,
) -> Vec<(usize, Nanos)> {
    assert_eq!((kept.len(), truths.len()), (REQUESTS, REQUESTS));
    let pairs: Vec<_> =
        kept.iter().map(|(record, chunks)| (record, chunks, &truths[&asked.id(record)])).collect();
    let mut spans = Vec::new();
    for (record, chunks, truth) in pairs {
        check_record(record, truth, asked);
        let by_write = if asked.stream {
            let by_write = chunks_by_write(chunks, truth, packing);
            check_tokens(record, &by_write, truth, packing);
            by_write
        } else {
            assert_eq!(record.token_rule, TokenRule::Told);
            vec![bearing(chunks)]
        };
        spans.push(distances(record, &by_write, truth));
    }
    (0..spans[0].len())
        .map(|place| (place, median(spans.iter().map(|spans| spans[place]).collect())))
        .filter(|(_, median)| *median >= NEAR)
        .collect()
}

/// Counts, outcome, text and the order of instants.
fn check_record(record: &Record, truth: &Truth, asked: &Questions) {
    assert_eq!((record.outcome, truth.outcome), (Outcome::Ok, Outcome::Ok), "{record:?}");
    assert_eq!((record.error.as_deref(), record.status), (None, Some(200)));
    assert_eq!(record.finish_reason.as_deref(), Some("length"));
    assert_eq!((record.streamed, record.phase), (asked.stream, Phase::Measure));
    assert_eq!((record.reused, record.connect), (true, None));
    assert_eq!(record.input.server, truth.prompt_tokens);
    assert_eq!(record.output.server, Some(truth.output_tokens));
    assert_eq!(words::count(&record.text), TOKENS as usize, "{}", record.text);
    assert!(truth.arrival_stamped);
    // One clock, so these hold to the nanosecond however busy the machine is.
    let [Some(start), Some(sent), Some(written)] = [record.send_start, record.sent, record.written]
    else {
        panic!("not sent: {record:?}")
    };
    let [Some(last), Some(end)] = [record.last, record.end] else { panic!("no end: {record:?}") };
    assert!(record.intended <= start && start <= sent && sent <= written, "{record:?}");
    assert!(sent <= Nanos(truth.arrival_ns), "it arrived before it was sent");
    assert!(record.first.unwrap_or(last) <= last && last <= end, "{record:?}");
    assert_eq!(record.first.is_some(), asked.stream);
    assert_eq!(record.first_answer, record.first);
}

/// The chunks with tokens, by the write that brought each. There must be as
/// many as were written, and none may have come before it was.
fn chunks_by_write<'a>(
    chunks: &'a [Chunk],
    truth: &Truth,
    packing: &Packing,
) -> Vec<Vec<&'a Chunk>> {
    let mut bearing = bearing(chunks).into_iter();
    let mut most = packing.first_chunk;
    let mut by_write = Vec::new();
    for &(written, tokens) in &truth.writes {
        let first = most.min(tokens);
        let count = 1 + (tokens - first).div_ceil(packing.chunk);
        let those: Vec<_> = bearing.by_ref().take(count as usize).collect();
        assert_eq!(those.len(), count as usize, "chunks are missing");
        for chunk in &those {
            assert!(chunk.received >= Nanos(written), "it came before it was written");
            assert_eq!(chunk.stamp, StampSource::Kernel);
        }
        by_write.push(those);
        most = packing.chunk;
    }
    assert_eq!(bearing.count(), 0, "more chunks came than were written");
    by_write
}

/// The tokens of each chunk, where they can be known at all.
fn check_tokens(record: &Record, by_write: &[Vec<&Chunk>], truth: &Truth, packing: &Packing) {
    assert_eq!(record.token_rule, packing.rule);
    assert_eq!(truth.output_tokens, TOKENS);
    for (those, (_, tokens)) in by_write.iter().zip(&truth.writes) {
        let told: Option<u32> = those.iter().map(|chunk| chunk.tokens).sum();
        let known = packing.rule != TokenRule::Unknown;
        assert_eq!(told, known.then_some(*tokens));
    }
    let bytes: u32 = by_write.iter().flatten().map(|chunk| chunk.text_bytes).sum();
    assert_eq!(bytes as usize, record.text.len());
}

/// How far each span of a request lies from the truth: first the time to the
/// first token, then each gap between writes.
fn distances(record: &Record, by_write: &[Vec<&Chunk>], truth: &Truth) -> Vec<Nanos> {
    let sent = record.sent.unwrap();
    let came: Vec<Nanos> = by_write.iter().map(|chunks| chunks.last().unwrap().received).collect();
    let left: Vec<Nanos> = truth.writes.iter().map(|&(at, _)| Nanos(at)).collect();
    assert_eq!(came.len(), left.len());
    if record.streamed {
        assert_eq!(record.first, by_write[0].first().map(|chunk| chunk.received));
    }
    assert_eq!(record.last, came.last().copied());
    let gaps = came.windows(2).zip(left.windows(2));
    let gaps = gaps.map(|(came, left)| distance(came[1] - came[0], left[1] - left[0]));
    let first = distance(came[0] - sent, left[0] - Nanos(truth.arrival_ns));
    std::iter::once(first).chain(gaps).collect()
}

#[test]
fn token_ids_reach_the_engine_as_they_are() {
    use tokenometer_core::{OutputLength, Prompt, Request, Schedule};
    use tokenometer_load::{Rendering, prepare};

    let sim = Sim::scripted("ttft=2ms gap=1ms");
    let asked = Questions::default();
    let output = OutputLength { tokens: 4, exact: true };
    let ids = |length| Prompt::TokenIds((0..length).collect());
    let request = |length| Request::new(ids(length), Some(length), output);
    let schedule = Schedule { requests: [3, 700, 9000].map(request).to_vec(), pace: closed(1, 3) };
    let target = asked.target(&sim.address);
    let prepared = prepare(schedule, &target, &Rendering::default()).unwrap();
    let finished = carry(&mut sim.client(1), &prepared);
    let truths = sim.truths(3);
    for record in in_order(&finished.sink) {
        let counts = (record.input.asked, record.input.server);
        assert_eq!(counts.0, counts.1);
        assert_eq!(counts.1, truths[&asked.id(record)].prompt_tokens);
        assert_eq!(record.outcome, Outcome::Ok);
    }
}

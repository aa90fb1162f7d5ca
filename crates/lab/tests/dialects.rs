//! What the load client says of answers over servers' own routes, held against
//! what the embedded engine did: healthy ones however they are packed, and
//! whatever befalls them.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::print_stdout, reason = "where a test fails, it names the case")]

mod support;

use serde_json::json;
use support::{Questions, Sim, bearing, carry, closed};
use tokenometer_core::{Chunk, Dialect, Outcome, Record, TokenRule};
use tokenometer_sim::{Truth, words};

const SCRIPT: &str = "ttft=4ms gap=1ms";
const TOKENS: u32 = 10;
const OWN: [Dialect; 3] = [Dialect::SglangGenerate, Dialect::TritonGenerateStream, Dialect::Tgi];

/// Packings and faults that no client may be misled by.
const HARMLESS: [&str; 10] = [
    "",
    "tokens-per-chunk=3",
    "chunks-per-write=3",
    "tokens-per-chunk=2 chunks-per-write=2",
    "gap=0s",
    "headers=late",
    "fault=split",
    "fault=crlf",
    "fault=comments,finish-apart",
    "fault=bundled-first:4",
];

/// Faults of which the engine says itself what must be concluded.
const FAULTS: [&str; 28] = [
    "error-after:3",
    "error-after:0",
    "error-after:10",
    "error-text-after:3",
    "cut-after:3",
    "cut-after:0",
    "reset-after:3",
    "half-close",
    "no-finish",
    "no-done",
    "slow-headers:20ms",
    "status:429",
    "status:500:text",
    "bad-utf8:1",
    "bad-utf8:4",
    "huge-event:100000",
    "wrong-usage:+2",
    "wrong-usage:-2",
    "bundled-first:4",
    "no-usage",
    "usage-in-finish",
    "empty:cut",
    "empty:bare",
    "empty:finished",
    "stop-at:3",
    "stop-at:0",
    "overrun:2",
    "split,crlf,comments,finish-apart",
];

#[test]
fn healthy_answers_are_told_as_they_were() {
    let sim = Sim::scripted(SCRIPT);
    let mut client = sim.client(2);
    for dialect in OWN {
        for packing in HARMLESS {
            for stream in [true, false] {
                println!("{dialect}, {packing}, streamed: {stream}");
                sim.forget();
                let wishes: serde_json::Map<_, _> = packing
                    .split_whitespace()
                    .map(|word| word.split_once('=').unwrap())
                    .map(|(key, value)| (key.to_owned(), json!(value)))
                    .collect();
                let asked = Questions { dialect, stream, tokens: TOKENS, ..Questions::default() };
                let asked = asked.wishing(json!(wishes));
                let finished = carry(&mut client, &asked.prepare(&sim.address, closed(2, 4)));
                let truths = sim.truths(4);
                for (record, chunks) in &finished.sink {
                    agrees(dialect, record, chunks, &truths[&asked.id(record)]);
                }
            }
        }
    }
}

/// A record and its chunks tell what the engine did.
fn agrees(dialect: Dialect, record: &Record, chunks: &[Chunk], truth: &Truth) {
    assert_eq!((record.outcome, truth.outcome), (Outcome::Ok, Outcome::Ok), "{record:?}");
    assert_eq!(truth.dialect.to_string(), dialect.name());
    assert_eq!(words::count(&record.text), TOKENS as usize, "{record:?}");
    let text: usize = chunks.iter().map(|chunk| chunk.text_bytes as usize).sum();
    assert_eq!(text, record.text.len());
    if dialect == Dialect::TritonGenerateStream {
        assert_eq!((record.input.server, record.output.server), (None, None));
        return;
    }
    assert_eq!(record.output.server, Some(TOKENS));
    // Of a whole answer, one of them says nothing about the prompt.
    if dialect == Dialect::SglangGenerate || record.streamed {
        assert_eq!(record.input.server, truth.prompt_tokens);
    }
    assert_eq!(record.token_rule, TokenRule::Told);
    if record.streamed {
        let told: u32 = bearing(chunks).iter().filter_map(|chunk| chunk.tokens).sum();
        assert_eq!(told, TOKENS);
    }
}

#[test]
fn whatever_befalls_them_is_told_for_what_it_is() {
    let sim = Sim::scripted(SCRIPT);
    let mut client = sim.client(1);
    for dialect in OWN {
        for fault in FAULTS {
            for stream in [true, false] {
                sim.forget();
                let asked = Questions { dialect, stream, tokens: TOKENS, ..Questions::default() };
                let faulty = asked.wishing(json!({"fault": fault.split(',').collect::<Vec<_>>()}));
                let (faulty, healthy) = (faulty.named("faulty-"), asked.named("healthy-"));
                let befallen = carry(&mut client, &faulty.prepare(&sim.address, closed(1, 1)));
                let after = carry(&mut client, &healthy.prepare(&sim.address, closed(1, 1)));
                let truths = sim.truths(2);
                let (record, chunks) = &befallen.sink[0];
                let truth = &truths[&faulty.id(record)];
                let name = format!("{dialect}, {fault}, streamed: {stream}: {record:?}");
                assert_eq!(record.outcome, truth.outcome, "{name}");
                if record.outcome == Outcome::Ok {
                    assert_eq!(record.error, None, "{name}");
                }
                if stream && dialect == Dialect::Tgi && truth.outcome != Outcome::StreamError {
                    let came = bearing(chunks).len();
                    assert_eq!(came, truth.output_tokens as usize, "{name}");
                }
                assert_eq!(after.sink[0].0.outcome, Outcome::Ok, "after {name}");
            }
        }
    }
}

#[test]
fn a_model_that_accumulates_is_understood() {
    let sim = Sim::scripted("ttft=4ms gap=1ms tokens-per-chunk=2");
    let mut client = sim.client(1);
    let asked = Questions {
        dialect: Dialect::TritonGenerateStream,
        tokens: TOKENS,
        ..Questions::default()
    };
    let route = "/v2/models/tensorrt_llm_bls/generate_stream";
    let prepared = asked.prepare_at(&sim.address, closed(1, 1), route);
    let finished = carry(&mut client, &prepared);
    let (record, chunks) = &finished.sink[0];
    assert_eq!(record.outcome, Outcome::Ok, "{record:?}");
    assert_eq!(words::count(&record.text), TOKENS as usize, "{record:?}");
    assert_eq!(bearing(chunks).len(), 5);
}

//! Small trials, drawn from a seed and kept in a run folder as any other.

use std::collections::BTreeMap;

use serde_json::json;
use tokenometer_core::summary::Summariser;
use tokenometer_core::{
    Chunk, ChunkKind, Counts, Nanos, Outcome, Phase, Record, Sink as _, StampSource, TokenRule,
    Window,
};
use tokenometer_results::{Run, Trial, TrialId};

/// When the window opens, and how long it is.
pub const OPENS: Nanos = Nanos(1_786_530_667_123_456_789);
const LENGTH: Nanos = Nanos::from_millis(9_973);

/// A trial with its rows.
pub struct Made {
    pub trial: Trial,
    pub rows: Vec<(Record, Vec<Chunk>)>,
}

/// The measured window of every trial.
pub fn window() -> Window {
    Window { opens: OPENS, closes: OPENS + LENGTH }
}

/// The trial of a block.
pub fn id(block: u32) -> TrialId {
    TrialId { block, arm: "one".to_owned(), scenario: "chat".to_owned() }
}

/// Numbers that depend on nothing but their seed (SplitMix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` up to and without `high`.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low).unsigned_abs()).cast_signed()
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }
}

/// A trial of so many requests.
pub fn made(id: &TrialId, seed: u64, requests: u32) -> Made {
    let mut draws = Draws(seed);
    let rules = [TokenRule::Told, TokenRule::OneEach, TokenRule::Unknown];
    let rule = rules[draws.between(0, 3) as usize];
    let rows: Vec<_> = (0..requests).map(|request| request_of(&mut draws, rule, request)).collect();
    let mut summariser = Summariser::new(window());
    rows.iter().for_each(|(record, chunks)| summariser.add(record, chunks));
    let span = json!({ "start_ns": OPENS.0, "end_ns": (OPENS + LENGTH).0 });
    let trial = json!({
        "schema_version": 1,
        "tool": { "name": "tokenometer", "version": "1", "build": null },
        "block": id.block, "arm": id.arm, "scenario": id.scenario, "blocks": 3,
        "simulated": true, "interrupted": false, "started_ns": OPENS.0,
        "target": { "address": "http://127.0.0.1:1", "dialect": "openai-completions",
                    "model": "made up", "engine": null },
        "workload": { "name": "w", "dataset": "random", "requests": requests,
                      "input_tokens": null, "output_tokens": null, "exact": false },
        "workload_sha256": "ab", "wire_sha256": "cd",
        "load": { "traffic": { "closed": { "concurrency": 8 } },
                  "extent": { "duration_s": 10.0 }, "streamed": true, "connections": 8,
                  "drain_limit_s": 60.0 },
        "seeds": {}, "tokenizer": null,
        "phases": { "warm_up": null, "ramp_in": null, "measure": span, "drain": null },
        "instrument": tokenometer_core::Instrument::default(),
        "summary": summariser.finish(),
        "validity": { "standing": "valid", "gates": [] },
        "failures": [], "finish_reasons": {}, "warnings": [], "files": {},
    });
    Made { trial: serde_json::from_value(trial).unwrap(), rows }
}

/// A request of any phase, of which a few fail, and a few don't come as a stream.
fn request_of(draws: &mut Draws, rule: TokenRule, request: u32) -> (Record, Vec<Chunk>) {
    let intended = OPENS + Nanos(draws.between(-2 * LENGTH.0 / 10, LENGTH.0 * 12 / 10));
    let phase = match intended {
        _ if draws.one_in(20) => Phase::WarmUp,
        early if early < OPENS => Phase::RampIn,
        inside if window().contains(inside) => Phase::Measure,
        _ => Phase::Drain,
    };
    let mut record = Record::due(request, request % 50, phase, intended);
    if draws.one_in(30) {
        return (record, Vec::new());
    }
    let sent = intended + Nanos(draws.between(1_000, 900_000));
    record.sent = Some(sent);
    record.streamed = !draws.one_in(15);
    record.input = Counts { server: Some(100 + request % 7), ..Counts::default() };
    record.text = format!("the answer to {request}: {}", "é".repeat(300));
    let chunks = if record.streamed { stream(draws, rule, sent) } else { Vec::new() };
    let arrived = |chunk: &&Chunk| chunk.kind == ChunkKind::Text;
    record.first = chunks.iter().find(arrived).map(|chunk| chunk.received);
    let last = chunks.iter().rfind(arrived).map(|chunk| chunk.received);
    record.last = last.or(Some(sent + Nanos(draws.between(1_000_000, 800_000_000))));
    record.token_rule = if record.streamed { rule } else { TokenRule::Unknown };
    record.output.server = Some(match rule {
        _ if !record.streamed => 9,
        // One that is counted and never shown.
        TokenRule::Told => 1 + chunks.iter().filter_map(|chunk| chunk.tokens).sum::<u32>(),
        _ => chunks.iter().filter(arrived).count() as u32,
    });
    if draws.one_in(12) {
        record.outcome = Outcome::Reset;
        record.error = Some("the connection was reset".to_owned());
        record.end = record.last.filter(|_| draws.one_in(2));
    } else {
        record.outcome = Outcome::Ok;
        record.end = record.last.map(|last| last + Nanos(40_000));
    }
    (record, chunks)
}

/// Who speaks, some text, and the end.
fn stream(draws: &mut Draws, rule: TokenRule, sent: Nanos) -> Vec<Chunk> {
    let pieces = draws.between(1, 20) as u32;
    let mut instant = sent + Nanos(draws.between(5_000_000, 700_000_000));
    let mut chunks = vec![chunk(ChunkKind::Role, 0, instant, None)];
    for read in 1..=pieces {
        instant += Nanos(draws.between(1, 60_000_000));
        let tokens = match rule {
            TokenRule::Told => Some(draws.between(1, 4) as u32),
            TokenRule::OneEach => Some(1),
            _ => None,
        };
        chunks.push(chunk(ChunkKind::Text, read, instant, tokens));
    }
    chunks.push(chunk(ChunkKind::Done, pieces + 1, instant + Nanos(30_000), None));
    chunks
}

fn chunk(kind: ChunkKind, read: u32, received: Nanos, tokens: Option<u32>) -> Chunk {
    Chunk {
        kind,
        received,
        stamp: StampSource::Kernel,
        read,
        previous_read: received,
        bytes: 200,
        tokens,
        text_bytes: if kind == ChunkKind::Text { 4 } else { 0 },
        has_choices: true,
    }
}

/// A new run folder.
pub fn new_run() -> (tempfile::TempDir, Run) {
    let folder = tempfile::tempdir().unwrap();
    let study = BTreeMap::from([("name", "made up")]);
    let run = Run::create(&folder.path().join("run"), &study).unwrap();
    (folder, run)
}

/// Keeps a trial in a run.
pub fn keep(run: &Run, made: &Made) {
    let folder = run.create_trial(&id(made.trial.block)).unwrap();
    let mut writer = folder.writer().unwrap();
    for (record, chunks) in &made.rows {
        writer.keep(record, chunks).unwrap();
    }
    writer.finish(|_, _| ()).unwrap();
    folder.write(&made.trial).unwrap();
}

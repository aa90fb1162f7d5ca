//! Things to keep.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use tokenometer_core::{
    Chunk, ChunkKind, Counts, Dialect, Instrument, Nanos, Outcome, Phase, Record, StampSource,
    Standing, Summary, TokenRule, Validity,
};
use tokenometer_results::{
    Extent, Load, PhaseSpan, Phases, Run, SCHEMA_VERSION, Span, TargetSeen, Tool, Traffic, Trial,
    TrialFolder, TrialId, WorkloadSeen,
};

/// The trial that most tests write.
pub fn id() -> TrialId {
    TrialId { block: 1, arm: "batched".into(), scenario: "chat".into() }
}

/// A new run with one trial in a folder of its own.
pub fn new_trial() -> (tempfile::TempDir, Run, TrialFolder) {
    let folder = tempfile::tempdir().unwrap();
    let study = BTreeMap::from([("name", "test")]);
    let run = Run::create(&folder.path().join("runs/first"), &study).unwrap();
    let trial = run.create_trial(&id()).unwrap();
    (folder, run, trial)
}

/// A record of a short request, with its chunks.
pub fn record(request: u32) -> (Record, Vec<Chunk>) {
    let at = |micros: i64| Nanos(1_700_000_000_000_000_000 + micros * 1000);
    let chunk = |kind, seq: u32, tokens, text_bytes| Chunk {
        kind,
        received: at(20_000 + i64::from(seq) * 10_000),
        stamp: StampSource::Kernel,
        read: seq,
        previous_read: at(10_000 + i64::from(seq) * 10_000),
        bytes: 200,
        tokens,
        text_bytes,
        has_choices: true,
    };
    let chunks = vec![
        chunk(ChunkKind::Role, 0, Some(0), 0),
        chunk(ChunkKind::Text, 1, Some(2), 5),
        chunk(ChunkKind::Text, 2, Some(1), 6),
        chunk(ChunkKind::Done, 3, None, 0),
    ];
    let record = Record {
        request,
        row: request % 7,
        phase: Phase::Measure,
        outcome: Outcome::Ok,
        error: None,
        intended: at(0),
        send_start: Some(at(1)),
        sent: Some(at(2)),
        written: Some(at(3)),
        first: Some(at(30_000)),
        first_answer: Some(at(30_000)),
        last: Some(at(40_000)),
        end: Some(at(50_000)),
        connect: None,
        reused: true,
        streamed: true,
        status: Some(200),
        input: Counts { asked: Some(12), server: Some(12), counted: None },
        output: Counts { asked: Some(3), server: Some(3), counted: None },
        exact: true,
        cached_tokens: Some(0),
        reasoning_tokens: None,
        token_rule: TokenRule::Told,
        finish_reason: Some("length".into()),
        text: "Hello world".into(),
    };
    (record, chunks)
}

/// What `trial.json` of a healthy trial may hold.
pub fn trial() -> Trial {
    let outcomes = Outcome::ALL.map(|outcome| (outcome.name().to_owned(), 0));
    let summary = Summary {
        outcomes: BTreeMap::from(outcomes),
        requests: 2,
        duration_s: 1.5,
        request_throughput: Some(1.25),
        ..Summary::default()
    };
    Trial {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "tokenometer".into(), version: "0.1.0".into(), build: None },
        block: 1,
        arm: "batched".into(),
        scenario: "chat".into(),
        blocks: 1,
        simulated: true,
        simulation: None,
        interrupted: false,
        started_ns: 1_700_000_000_000_000_000,
        pass: 1,
        target: TargetSeen {
            address: "http://127.0.0.1:8000".into(),
            dialect: Dialect::OpenaiChat,
            model: "a, \"quoted\" model".into(),
            engine: None,
        },
        workload: WorkloadSeen {
            name: "chat".into(),
            dataset: "builtin".into(),
            requests: 2,
            input_tokens: Some(Span { min: 10, mean: 15.5, max: 21 }),
            output_tokens: None,
            exact: false,
        },
        workload_sha256: "ab".repeat(32),
        wire_sha256: "cd".repeat(32),
        load: Load {
            traffic: Traffic::Closed { concurrency: 2 },
            extent: Extent::Requests(2),
            streamed: true,
            connections: 2,
            drain_limit_s: 60.0,
        },
        seeds: BTreeMap::from([("arrival".into(), u64::MAX)]),
        tokenizer: None,
        phases: Phases {
            measure: Some(PhaseSpan::between(Nanos(5), Nanos(9))),
            ..Phases::default()
        },
        instrument: Instrument::default(),
        summary,
        validity: Validity { standing: Standing::Valid, gates: Vec::new() },
        failures: Vec::new(),
        finish_reasons: BTreeMap::new(),
        invocation: Default::default(),
        server_info: None,
        options: BTreeMap::new(),
        serving: Default::default(),
        warnings: Vec::new(),
        files: BTreeMap::new(),
    }
}

/// Any instant at all.
fn nanos() -> impl Strategy<Value = Nanos> {
    any::<i64>().prop_map(Nanos)
}

/// Any chunk at all.
fn any_chunk() -> impl Strategy<Value = Chunk> {
    let stamps = [StampSource::Kernel, StampSource::User].to_vec();
    let times = (nanos(), nanos(), select(stamps));
    let sizes = (any::<u32>(), any::<u32>(), of(any::<u32>()), any::<u32>());
    (select(ChunkKind::ALL.to_vec()), times, sizes, any::<bool>()).prop_map(
        |(kind, (received, previous_read, stamp), sizes, has_choices)| {
            let (read, bytes, tokens, text_bytes) = sizes;
            Chunk {
                kind,
                received,
                stamp,
                read,
                previous_read,
                bytes,
                tokens,
                text_bytes,
                has_choices,
            }
        },
    )
}

/// Any count, told in any of three ways.
fn counts() -> impl Strategy<Value = Counts> {
    let count = || of(any::<u32>());
    (count(), count(), count()).prop_map(|(asked, server, counted)| Counts {
        asked,
        server,
        counted,
    })
}

/// Any record at all, but for its number.
fn any_record() -> impl Strategy<Value = Record> {
    let words = (of(".{0,20}"), of("[a-z_]{0,8}"), ".{0,60}");
    let kinds = (
        select(Phase::ALL.to_vec()),
        select(Outcome::ALL.to_vec()),
        select(TokenRule::ALL.to_vec()),
    );
    let instants = (nanos(), vec(of(nanos()), 8));
    let numbers =
        (any::<u32>(), of(any::<u16>()), counts(), counts(), of(any::<u32>()), of(any::<u32>()));
    let flags = any::<[bool; 3]>();
    (words, kinds, instants, numbers, flags).prop_map(|(words, kinds, instants, numbers, flags)| {
        let (intended, mut more) = instants;
        let mut instant = || more.pop().flatten();
        Record {
            request: 0,
            row: numbers.0,
            phase: kinds.0,
            outcome: kinds.1,
            error: words.0,
            intended,
            send_start: instant(),
            sent: instant(),
            written: instant(),
            first: instant(),
            first_answer: instant(),
            last: instant(),
            end: instant(),
            connect: instant(),
            reused: flags[0],
            streamed: flags[1],
            status: numbers.1,
            input: numbers.2,
            output: numbers.3,
            exact: flags[2],
            cached_tokens: numbers.4,
            reasoning_tokens: numbers.5,
            token_rule: kinds.2,
            finish_reason: words.1,
            text: words.2,
        }
    })
}

/// Any trial's records: numbered apart, each with any chunks.
pub fn any_records() -> impl Strategy<Value = Vec<(Record, Vec<Chunk>)>> {
    vec((any_record(), vec(any_chunk(), 0..12)), 0..20).prop_map(|mut records| {
        for (request, (record, _)) in (0..).zip(&mut records) {
            record.request = request;
        }
        records
    })
}

//! What other tools would have shown: the same bytes, with the eyes of each.

use serde_json::Value;
use tokenometer_core::{
    Chunk, ChunkKind, Counts, Dialect, Nanos, Outcome, Phase, Record, Rules, StampSource,
};
use tokenometer_report::{Figure, Mode, Shown, View, ViewOptions, view};
use tokenometer_results::{EngineSeen, Invocation, RampUp, Traffic, Trial};

use crate::sample;

/// When the window of every sample opens.
fn opens() -> Nanos {
    Nanos(sample::healthy().phases.measure.unwrap().start_ns)
}

/// A trial of this engine, by this dialect.
fn trial(engine: &str, dialect: Dialect) -> Trial {
    let mut trial = sample::healthy();
    trial.target.engine = Some(EngineSeen { name: engine.into(), version: None });
    trial.target.dialect = dialect;
    trial
}

/// One event of a stream, so many milliseconds after the window opened.
fn chunk(kind: ChunkKind, at: f64) -> Chunk {
    let received = opens() + Nanos::from_secs_f64(at / 1e3);
    let speaks = matches!(kind, ChunkKind::Text | ChunkKind::Reasoning | ChunkKind::ToolCall);
    let frames = [ChunkKind::Usage, ChunkKind::Error, ChunkKind::Comment, ChunkKind::Done];
    Chunk {
        kind,
        received,
        stamp: StampSource::Kernel,
        read: 0,
        previous_read: received,
        bytes: 100,
        tokens: None,
        text_bytes: if speaks { 2 } else { 0 },
        has_choices: !frames.contains(&kind),
    }
}

/// The text of so many events of text, ` x` each.
fn text(events: usize) -> String {
    " x".repeat(events)
}

/// A request that is sent when the window opens, and its answer.
fn answered(outcome: Outcome, told: u32, chunks: Vec<Chunk>) -> (Record, Vec<Chunk>) {
    let opens = opens();
    let spoken = chunks.iter().filter(|chunk| chunk.text_bytes > 0).count();
    let record = Record {
        outcome,
        send_start: Some(opens),
        sent: Some(opens),
        end: chunks.last().map(|chunk| chunk.received),
        status: Some(200),
        streamed: true,
        input: Counts { asked: Some(30), server: Some(31), counted: None },
        output: Counts { asked: Some(24), server: Some(told), counted: None },
        finish_reason: outcome.is_ok().then(|| "length".to_owned()),
        text: text(spoken),
        ..Record::due(0, 0, Phase::Measure, opens)
    };
    (record, chunks)
}

/// A role at 40 ms, then these, then the counts 15 ms after the last of them
/// and `[DONE]` a millisecond later.
fn stream(kinds: impl IntoIterator<Item = (ChunkKind, f64)>) -> Vec<Chunk> {
    let mut chunks = vec![chunk(ChunkKind::Role, 40.0)];
    chunks.extend(kinds.into_iter().map(|(kind, at)| chunk(kind, at)));
    let last = (chunks.last().unwrap().received - opens()).as_millis_f64();
    chunks.push(chunk(ChunkKind::Usage, last + 15.0));
    chunks.push(chunk(ChunkKind::Done, last + 16.0));
    chunks
}

/// Texts from `first` on, `gap` apart, in milliseconds.
fn texts(count: u32, first: f64, gap: f64) -> impl Iterator<Item = (ChunkKind, f64)> {
    (0..count).map(move |index| (ChunkKind::Text, first + gap * f64::from(index)))
}

fn see(tool: View, trial: &Trial, records: &[(Record, Vec<Chunk>)]) -> Shown {
    view(tool, trial, records.iter().cloned(), &ViewOptions::default())
}

/// What the tool would have written. Its numbers that are none become nulls.
fn object(shown: &Shown) -> Value {
    let json = shown.json.replace(": Infinity", ": null").replace(": NaN", ": null");
    serde_json::from_str(&json).unwrap()
}

/// A figure of that.
fn figure(shown: &Shown, key: &str) -> f64 {
    let object = object(shown);
    object[key].as_f64().unwrap_or_else(|| panic!("{key} is {}", object[key]))
}

/// That a figure is this one, to a microsecond.
fn assert_is(shown: &Shown, key: &str, expected: f64) {
    let found = figure(shown, key);
    assert!((found - expected).abs() < 1e-3, "{key} is {found}, not {expected}");
}

#[test]
fn every_view_has_the_name_of_its_rules() {
    for tool in View::ALL {
        assert_eq!(View::from_name(tool.name()), Some(tool));
        assert_eq!(View::of_rules(tool.rules()), Some(tool));
        assert_eq!(tool.to_string(), tool.rules().name());
    }
    assert_eq!(View::of_rules(Rules::VllmThroughput07Dstack), None);
}

/// A token every 10 ms from 100 ms on. The tools that were fed such a stream
/// said: vLLM 0.33 TTFT 101, TPOT 10.0, E2E 332; SGLang 0.5.23 102, 10.7, 350.
#[test]
fn a_steady_stream_ends_where_each_tool_says() {
    let trial = trial("vllm", Dialect::OpenaiChat);
    let records = [answered(Outcome::Ok, 24, stream(texts(24, 100.0, 10.0)))];
    let new = see(View::Vllm033, &trial, &records);
    assert_is(&new, "mean_ttft_ms", 100.0);
    assert_is(&new, "mean_tpot_ms", 10.0);
    assert_is(&new, "total_input_tokens", 31.0);
    let sglang = see(View::Sglang0523, &trial, &records);
    assert_is(&sglang, "mean_ttft_ms", 100.0);
    assert_is(&sglang, "mean_tpot_ms", 246.0 / 23.0);
    assert_is(&sglang, "mean_e2e_latency_ms", 346.0);
    assert_is(&sglang, "mean_itl_ms", 10.0);
    assert_is(&sglang, "total_input_tokens", 30.0);
    // The old one takes the role for a token, and the counts for the end.
    let old = see(View::Vllm084, &trial, &records);
    assert_is(&old, "mean_ttft_ms", 40.0);
    assert_is(&old, "mean_tpot_ms", 305.0 / 23.0);
    assert_is(&old, "mean_itl_ms", 290.0 / 24.0);
    // So does the one that counts lines; ours it had asked for no counts.
    let lines = see(View::LlmInfraBench, &trial, &records);
    let object = object(&lines);
    assert_eq!(object["per_request"][0]["output_tokens"], 25);
    assert_eq!(object["per_request"][0]["e2e_ms"], 330.0);
}

/// Eight tokens in a chunk, 80 ms apart, and a chunk without text that says why
/// it ended: vLLM's completions said ITL 53.6, all others 80.
#[test]
fn an_empty_last_chunk_is_a_token_to_some() {
    let with_end = texts(3, 100.0, 80.0).chain([(ChunkKind::Finish, 260.0)]);
    let chunks: Vec<Chunk> = stream(with_end).into_iter().skip(1).collect();
    let records = [answered(Outcome::Ok, 24, chunks)];
    let completions = trial("vllm", Dialect::OpenaiCompletions);
    assert_is(&see(View::Vllm033, &completions, &records), "mean_itl_ms", 160.0 / 3.0);
    assert_is(&see(View::Vllm084, &completions, &records), "mean_itl_ms", 160.0 / 3.0);
    assert_is(&see(View::Sglang045, &completions, &records), "mean_itl_ms", 80.0);
    let of_vllm = trial("vllm", Dialect::OpenaiChat);
    assert_is(&see(View::Vllm033, &of_vllm, &records), "mean_itl_ms", 160.0 / 3.0);
    let of_sglang = trial("sglang", Dialect::OpenaiChat);
    assert_is(&see(View::Vllm033, &of_sglang, &records), "mean_itl_ms", 80.0);
}

/// Where the server decodes speculatively, SGLang's newest shares a gap out.
#[test]
fn gaps_are_shared_out_under_speculation() {
    let mut trial = trial("sglang", Dialect::OpenaiChat);
    let state = serde_json::json!({"internal_states": [{"avg_spec_accept_length": 3.0}]});
    trial.server_info = Some(state);
    let mut chunks = stream(texts(3, 100.0, 80.0));
    for chunk in &mut chunks[1..4] {
        chunk.tokens = Some(8);
    }
    let told = [answered(Outcome::Ok, 24, chunks.clone())];
    let shown = see(View::Sglang0523, &trial, &told);
    assert_is(&shown, "mean_itl_ms", 10.0);
    assert_is(&shown, "accept_length", 3.0);
    assert!(shown.console.contains("Accept length:                           3.00      "));
    // What a chunk holds must be known for that.
    chunks[2].tokens = None;
    let untold = see(View::Sglang0523, &trial, &[answered(Outcome::Ok, 24, chunks)]);
    assert!(untold.console.contains("Mean ITL (ms):                           n/a       "));
    let why = untold.explained.iter().find(|one| one.key == "mean_itl_ms").unwrap();
    assert_eq!(why.theirs, Figure::NotMeasurable);
}

/// Reasoning first: SGLang's tool counts it, vLLM's only in vLLM's own field.
#[test]
fn reasoning_counts_for_some() {
    let thinking = (0..3).map(|i| (ChunkKind::Reasoning, 200.0 + 40.0 * f64::from(i)));
    let records = [answered(Outcome::Ok, 24, stream(thinking.chain(texts(3, 320.0, 40.0))))];
    let of_sglang = trial("sglang", Dialect::OpenaiChat);
    assert_is(&see(View::Vllm033, &of_sglang, &records), "mean_ttft_ms", 320.0);
    assert_is(&see(View::Vllm033, &of_sglang, &records), "mean_tpot_ms", 80.0 / 23.0);
    assert_is(&see(View::Sglang0523, &of_sglang, &records), "mean_ttft_ms", 200.0);
    assert_is(&see(View::Sglang0523, &of_sglang, &records), "mean_tpot_ms", 216.0 / 23.0);
    let of_vllm = trial("vllm", Dialect::OpenaiChat);
    assert_is(&see(View::Vllm033, &of_vllm, &records), "mean_ttft_ms", 200.0);
}

/// What an answer with nothing but an error in it is, and one that breaks off
/// with one.
#[test]
fn errors_are_successes_to_some() {
    let only = answered(
        Outcome::StreamError,
        0,
        vec![chunk(ChunkKind::Error, 50.0), chunk(ChunkKind::Done, 51.0)],
    );
    let mut chunks = stream(texts(6, 100.0, 10.0));
    chunks.insert(7, chunk(ChunkKind::Error, 155.0));
    let late = answered(Outcome::StreamError, 6, chunks);
    let chat = trial("vllm", Dialect::OpenaiChat);
    let completions = trial("vllm", Dialect::OpenaiCompletions);
    let alone = |tool, trial: &Trial, one: &(Record, Vec<Chunk>)| {
        figure(&see(tool, trial, std::slice::from_ref(one)), "completed")
    };
    assert_eq!(alone(View::Vllm033, &chat, &only), 0.0);
    assert_eq!(alone(View::Sglang0523, &chat, &only), 1.0);
    assert_eq!(alone(View::Vllm033, &chat, &late), 1.0);
    assert_eq!(alone(View::Sglang0523, &chat, &late), 1.0);
    assert_eq!(alone(View::Vllm084, &completions, &late), 1.0);
    // A frame without choices is none that it can read.
    let failed =
        view(View::Sglang045, &completions, [late.clone()].into_iter(), &Default::default());
    assert!(failed.json.contains(r#""completed": 0"#), "{}", failed.json);
    assert!(failed.json.contains(r#""mean_e2e_latency_ms": NaN"#), "{}", failed.json);
    let zero = see(View::Sglang0523, &chat, &[only]);
    assert_is(&zero, "mean_ttft_ms", 0.0);
    assert_is(&zero, "total_output_tokens", 24.0);
    let why = &zero.explained.iter().find(|one| one.key == "mean_ttft_ms").unwrap().why;
    assert!(why.contains("without a token, 1 here, count as 0 ms"), "{why}");
}

/// A comment is broken JSON to the older ones.
#[test]
fn comments_break_the_older_tools() {
    let mut chunks = stream(texts(6, 100.0, 10.0));
    chunks.insert(3, chunk(ChunkKind::Comment, 105.0));
    let records = [answered(Outcome::Ok, 6, chunks)];
    let trial = trial("vllm", Dialect::OpenaiChat);
    for (tool, completed) in [
        (View::Vllm084, "\"completed\": 0"),
        (View::Vllm033, "\"completed\": 1"),
        (View::Sglang0523, "\"completed\": 0"),
    ] {
        let shown = see(tool, &trial, &records);
        assert!(shown.json.contains(completed), "{tool}: {}", shown.json);
    }
}

/// Which endings HTTP itself complains of.
#[test]
fn a_cut_answer_fails_and_one_without_a_reason_does_not() {
    let cut = |error: &str| {
        let chunks = stream(texts(6, 100.0, 10.0)).into_iter().take(7).collect();
        let (record, chunks) = answered(Outcome::Truncated, 6, chunks);
        (Record { error: Some(error.to_owned()), ..record }, chunks)
    };
    let trial = trial("vllm", Dialect::OpenaiChat);
    let inside = [cut("the connection was closed inside the answer")];
    let after = [cut("the answer ended without a finish reason")];
    for tool in [View::Vllm033, View::Sglang0523] {
        assert!(see(tool, &trial, &inside).json.contains("\"completed\": 0"), "{tool}");
        assert!(see(tool, &trial, &after).json.contains("\"completed\": 1"), "{tool}");
    }
}

/// Warm-up, ramp-in and drain are no part of what a tool would have sent, and
/// the order of the records is none of the tool's.
#[test]
fn only_the_window_counts_in_the_order_of_sending() {
    let trial = trial("vllm", Dialect::OpenaiCompletions);
    let make = |request: u32, phase, at: f64| {
        let (record, mut chunks) = answered(Outcome::Ok, 2, stream(texts(2, at, 10.0)));
        chunks.remove(0);
        (Record { request, phase, ..record }, chunks)
    };
    let records = [
        make(0, Phase::WarmUp, 500.0),
        make(3, Phase::Measure, 300.0),
        make(1, Phase::RampIn, 700.0),
        make(2, Phase::Measure, 100.0),
        make(4, Phase::Drain, 900.0),
    ];
    let shown = see(View::Vllm084, &trial, &records);
    let object = object(&shown);
    assert_eq!(object["completed"], 2);
    assert_eq!(object["ttfts"], serde_json::json!([0.1, 0.3]));
    assert_eq!(object["generated_texts"], serde_json::json!([text(2), text(2)]));
    assert_is(&shown, "duration", 0.326);
}

/// A connection that a request had to open is part of what the tools wait for.
#[test]
fn the_clock_starts_before_the_connection() {
    let trial = trial("vllm", Dialect::OpenaiCompletions);
    let (record, chunks) = answered(Outcome::Ok, 2, stream(texts(2, 100.0, 10.0)));
    let connect = Some(Nanos::from_millis(5));
    let shown = see(View::Sglang045, &trial, &[(Record { connect, ..record }, chunks)]);
    assert_is(&shown, "mean_ttft_ms", 105.0);
}

/// What is asked for stands in the tool's own words.
#[test]
fn arguments_are_shown_as_they_were_given() {
    let mut trial = trial("sglang", Dialect::OpenaiCompletions);
    trial.load.traffic = Traffic::Open { rate: Some(2.5), burstiness: None, cap: None };
    let records = [answered(Outcome::Ok, 24, stream(texts(24, 100.0, 10.0)))];
    let lines = see(View::Vllm033, &trial, &records).console;
    assert!(lines.starts_with(
        "Traffic request rate: 2.5\nBurstiness factor: inf (Gamma distribution)\n\
         Maximum request concurrency: None\n"
    ));
    let own = see(View::Sglang045, &trial, &records);
    assert!(own.console.contains("Backend:                                 sglang-oai"));
    trial.invocation = Invocation {
        rules: Some(Rules::Sglang045),
        backend: "lmdeploy".into(),
        dataset_name: "sharegpt".into(),
        num_prompts: Some(500),
        ramp_up: Some(RampUp { strategy: "linear".into(), start_rps: 1.0, end_rps: 2.0 }),
        burstiness: Some(1.0),
        ..Invocation::default()
    };
    let theirs = see(View::Sglang0214, &trial, &records);
    assert!(theirs.console.contains("Backend:                                 lmdeploy"));
    assert!(theirs.console.contains("Traffic request rate:                    inf"));
    assert_eq!(theirs.files[0].name, "lmdeploy_0812_500_sharegpt.jsonl");
    assert_eq!(theirs.files[0].mode, Mode::Append { to_new: vec![], to_old: vec![] });
    // A tool of another family has other names for the same route.
    let foreign = see(View::Vllm033, &trial, &records);
    assert!(foreign.console.starts_with("Traffic ramp-up strategy: linear.\n"));
    assert!(foreign.json.contains(r#""backend": "openai""#));
}

/// What can't be known is nowhere a number.
#[test]
fn what_is_not_measurable_is_no_number() {
    let trial = trial("sglang", Dialect::OpenaiChat);
    let (mut record, chunks) = answered(Outcome::Ok, 24, stream(texts(24, 100.0, 10.0)));
    record.input = Counts::default();
    record.output = Counts { asked: Some(24), ..Counts::default() };
    let records = [(record, chunks)];
    let shown = see(View::Vllm033, &trial, &records);
    for label in ["Total input tokens:", "Total generated tokens:", "Mean TPOT (ms):"] {
        assert!(shown.console.contains(&format!("{label:<40} n/a       \n")), "{}", shown.console);
    }
    for key in ["total_input_tokens", "total_output_tokens", "mean_tpot_ms"] {
        assert!(shown.json.contains(&format!("\"{key}\": null")), "{}", shown.json);
        let why = shown.explained.iter().find(|one| one.key == key).unwrap();
        assert_eq!(why.theirs, Figure::NotMeasurable);
        assert!(why.why.contains("--tokenizer"), "{}", why.why);
    }
    // For SGLang this one makes its latencies of tokens up.
    let made_up = see(View::LlmInfraBench, &trial, &records);
    let object = object(&made_up);
    assert_eq!(object["summary"]["ttft_mean_ms"], Value::Null);
    assert_eq!(object["gpu"]["power_mean_watts"], Value::Null);
    assert!(object["summary"]["e2e_mean_ms"].is_number());
    assert!(made_up.console.contains("TTFT (ms):      Mean: n/a | P99: n/a"));
}

/// The whole of one view, as people and programs see it.
#[test]
fn llm_infra_bench_in_full() {
    let trial = trial("vllm", Dialect::OpenaiChat);
    let make = |request: u32, first: f64| {
        let (record, chunks) = answered(Outcome::Ok, 5, stream(texts(5, first, 10.0)));
        (Record { request, row: request + 7, ..record }, chunks)
    };
    let shown = see(View::LlmInfraBench, &trial, &[make(0, 100.0), make(1, 133.333)]);
    let mut all = shown.console.clone();
    for file in &shown.files {
        let header = match &file.mode {
            Mode::Create => "",
            Mode::Append { to_new, .. } => std::str::from_utf8(to_new).unwrap(),
        };
        all.push_str(&format!("--- {}\n{header}", file.name));
        all.push_str(std::str::from_utf8(&file.bytes).unwrap());
        all.push('\n');
    }
    insta::assert_snapshot!("llm_infra_bench", all.replace('\r', "␍"));
}

/// Every reason that can be given, in plain words.
#[test]
fn reasons_are_told() {
    let mut all = String::new();
    let mut chunks = stream(texts(20, 100.0, 10.0));
    chunks[1].text_bytes = 0;
    chunks[1].kind = ChunkKind::Empty;
    let short = answered(Outcome::Short, 19, chunks);
    let records = [short, answered(Outcome::Ok, 24, stream(texts(24, 100.0, 10.0)))];
    for tool in View::ALL {
        let trial = trial("vllm", Dialect::OpenaiChat);
        let shown = see(tool, &trial, &records);
        all.push_str(&format!("{tool}\n"));
        let mut last = "";
        for one in &shown.explained {
            let ours = one.ours.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let why = if one.why == last { "(likewise)" } else { &one.why };
            all.push_str(&format!("  {} = {} | {ours} | {why}\n", one.key, one.theirs));
            last = &one.why;
        }
    }
    insta::assert_snapshot!("reasons", all);
}

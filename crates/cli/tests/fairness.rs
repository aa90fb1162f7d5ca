//! Faults of published comparisons, committed again against the embedded engine: what
//! this program says where another tool would have said something else. The page about
//! fairness names these tests.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::study::Study;
use support::{Ran, Test};

/// The gate of this id in a trial.
fn gate<'t>(trial: &'t Value, id: &str) -> &'t Value {
    let gates = trial["validity"]["gates"].as_array().unwrap();
    gates.iter().find(|gate| gate["id"] == id).unwrap()
}

/// What a study had to say.
fn verdict(study: &Study, ran: &Ran) -> Value {
    let text = fs::read_to_string(study.path("run/verdict.json"));
    serde_json::from_str(&text.unwrap_or_else(|_| panic!("no verdict: {ran}"))).unwrap()
}

/// What was said of an arm.
fn comparison<'v>(verdict: &'v Value, arm: &str) -> &'v Value {
    let comparisons = verdict["comparisons"].as_array().unwrap();
    comparisons.iter().find(|comparison| comparison["arm"] == arm).unwrap()
}

/// Why an arm is not comparable; nothing where it is.
fn refusals(comparison: &Value) -> Vec<&str> {
    let reasons = comparison["answer"]["reasons"].as_array().into_iter().flatten();
    reasons.map(|reason| reason.as_str().unwrap()).collect()
}

/// The fields in which an arm differs.
fn fields(differences: &Value) -> Vec<&str> {
    let differences = differences.as_array().unwrap().iter();
    differences.map(|difference| difference["field"].as_str().unwrap()).collect()
}

#[test]
fn arms_are_sent_the_same_and_blocks_are_not() {
    let study = Study::new(
        "\
name: bytes
arms:
  one: { engine: sim, options: { ttft: 1ms, gap: 1ms } }
  other: { engine: sim, options: { ttft: 2ms, gap: 1ms } }
workloads:
  chat: { output-len: 2, requests: 4 }
scenarios:
  - { workload: chat, concurrency: [1, 2] }
blocks: 2
warm-up: 0
rehearsal: true
",
    );
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    let committed = study.committed();
    let sent = |name: String| committed.trial(&name)["workload_sha256"].clone();
    for cell in ["chat-c1", "chat-c2"] {
        let [first, second] = [1, 2].map(|block| {
            let sent = ["one", "other"].map(|arm| sent(format!("{block}-{arm}-{cell}")));
            assert!(sent[0].is_string() && sent[0] == sent[1], "{cell}, block {block}\n{ran}");
            sent[0].clone()
        });
        assert_ne!(first, second, "{cell}: a block has prompts of its own");
    }
}

#[test]
fn an_engine_that_stops_early_is_credited_what_it_made() {
    let test = Test::new();
    let ran = test.run(
        "bench --num-prompts 20 --max-concurrency 3 --dataset-name random-ids --ignore-eos \
         --random-input-len 20 --random-output-len 16 --out run --json \
         -- --ttft 3ms --gap 1ms --seed 5 --fault stop-at:5=0.4",
    );
    let trial = ran.json();
    let count = |outcome: &str| trial["outcomes"][outcome].as_u64().unwrap();
    let (ok, short) = (count("ok"), count("short"));
    assert!(ok > 0 && short > 0 && ok + short == 20, "{ran}");
    assert_eq!(trial["output_tokens"], 16 * ok, "what was asked for is no evidence");
    assert_eq!(gate(&trial, "A4")["status"], "failed");
    assert_ne!(trial["validity"]["standing"], "valid");

    // The tool that credits what was asked for sees twenty successes of sixteen tokens.
    let view = test.run("report run --view sglang-0.4.5 --format json").stdout;
    for theirs in [r#""completed": 20,"#, r#""total_output_tokens": 320,"#] {
        assert!(view.contains(theirs), "{view}");
    }
}

#[test]
fn a_chunk_is_no_token() {
    let test = Test::new();
    let bench = |out: &str, body: &str| {
        let arguments = format!(
            "bench --num-prompts 12 --max-concurrency 3 --dataset-name random-ids --ignore-eos \
             --random-input-len 20 --random-output-len 24 --extra-request-body {body} --out {out} \
             --json -- --ttft 3ms --gap 20ms --tokens-per-chunk 8"
        );
        test.run(&arguments).json()
    };
    let n = |trial: &Value, metric: &str| trial[metric]["n"].as_u64().unwrap();

    let told = bench("told", r#"{"return_token_ids":true}"#);
    assert_eq!((&told["token_rule"], &told["output_tokens"]), (&"told".into(), &(12 * 24).into()));
    let (gaps, tokens) = (n(&told, "icl_ms"), n(&told, "itl_ms"));
    assert!(gaps > 0 && tokens >= 8 * gaps, "{tokens} tokens in {gaps} gaps");

    // Where nobody tells what a chunk holds, no gap is called a token's.
    let untold = bench("untold", "{}");
    assert_eq!((&untold["token_rule"], n(&untold, "itl_ms")), (&"unknown".into(), 0));
    assert!(n(&untold, "icl_ms") > 0);
    assert!(untold["itl_ms"]["withheld"]["all"].as_str().unwrap().contains("unknown"));
}

#[test]
fn arms_that_do_different_jobs_are_not_ranked() {
    // The same engine throughout: asked over another route, counting prompts otherwise,
    // saying something else, and merely slower.
    let study = Study::new(
        "\
name: jobs
arms:
  plain: { engine: sim, dialect: openai-completions }
  generates: { engine: sim, dialect: sglang-generate }
  counts: { engine: sim, dialect: openai-completions, args: [--prompt-count-offset, '3'] }
  says: { engine: sim, dialect: openai-completions, options: { seed: 7 } }
  slower: { engine: sim, dialect: openai-completions, options: { gap: 12ms } }
workloads:
  few: { output-len: 8, requests: 6, ignore-eos: true }
scenarios:
  - { workload: few, concurrency: 2 }
reference: plain
blocks: 1
warm-up: 0
rehearsal: true
",
    );
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    let verdict = verdict(&study, &ran);
    for (arm, field) in [("generates", "route: "), ("counts", "prompt-tokens: ")] {
        let comparison = comparison(&verdict, arm);
        let reasons = refusals(comparison);
        assert_eq!(comparison["answer"]["word"], "not_comparable", "{arm}\n{ran}");
        assert!(reasons.iter().any(|why| why.starts_with(field)), "{arm}: {reasons:?}");
        assert_eq!(comparison["effect"], Value::Null, "nothing is hinted at");
    }
    // These two may be ranked; how far they say the same stands beside that.
    for (arm, same) in [("says", 0), ("slower", 6)] {
        let comparison = comparison(&verdict, arm);
        assert_eq!(refusals(comparison), [""; 0], "{arm}\n{ran}");
        assert_eq!(comparison["agreement"], json!({ "same": same, "of": 6 }), "{arm}\n{ran}");
    }
}

#[test]
fn a_burst_is_about_throughput() {
    let study = Study::new(
        "\
name: loads
arms:
  one: { engine: sim, options: { ttft: 1ms, gap: 1ms } }
  other: { engine: sim, options: { ttft: 2ms, gap: 1ms } }
workloads:
  few: { output-len: 2, requests: 4 }
scenarios:
  - { name: burst, workload: few, rate: inf }
  - { name: rate, workload: few, rate: 100 }
blocks: 1
warm-up: 0
rehearsal: true
",
    );
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    let verdict = verdict(&study, &ran);
    let asked = |scenario: &str| {
        let comparisons = verdict["comparisons"].as_array().unwrap().iter();
        let of = comparisons.filter(|comparison| comparison["scenario"] == scenario);
        of.map(|comparison| comparison["metric"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(asked("burst"), ["output_throughput"], "{ran}");
    assert_eq!(asked("rate"), ["ttft_p50", "tpot_p50"], "{ran}");
}

/// A simulated machine, and what published comparisons gave one side alone.
const GIVEN: &str = "\
name: given
arms:
  plain: { engine: sim, machine: h100, model: llama-3.1-8b }
  small: { engine: sim, machine: h100, model: llama-3.1-8b, options: { kv-tokens: 20000 } }
  short: { engine: sim, machine: h100, model: llama-3.1-8b, options: { max-model-len: 4096 } }
  capped: { engine: sim, machine: h100, model: llama-3.1-8b, options: { max-num-seqs: 4 } }
workloads:
  few: { output-len: 4, requests: 4, ignore-eos: true }
scenarios:
  - { workload: few, concurrency: 2 }
reference: plain
blocks: 1
warm-up: 0
rehearsal: true
";

#[test]
fn what_arms_are_given_is_refused_or_printed() {
    let study = Study::new(GIVEN);
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    let verdict = verdict(&study, &ran);
    for (arm, field) in [("small", "kv-capacity: "), ("short", "context: ")] {
        let reasons = refusals(comparison(&verdict, arm));
        assert!(reasons.len() == 1 && reasons[0].starts_with(field), "{arm}: {reasons:?}\n{ran}");
        assert!(reasons[0].contains("or declare `differs: ["), "{reasons:?}");
    }
    let capped = comparison(&verdict, "capped");
    assert_eq!((refusals(capped).len(), fields(&capped["strategy"])), (0, vec!["max-num-seqs"]));
}

#[test]
fn what_arms_are_given_may_be_declared_and_must_match_where_it_is_asked() {
    let study = Study::new(&format!("{GIVEN}differs: [context, kv-capacity]\ntrack: matched\n"));
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    let verdict = verdict(&study, &ran);
    for (arm, field) in [("small", "kv-capacity"), ("short", "context")] {
        let comparison = comparison(&verdict, arm);
        assert_eq!(refusals(comparison), [""; 0], "{arm}\n{ran}");
        assert_eq!(fields(&comparison["declared"]), [field]);
        let sentence = comparison["sentence"].as_str().unwrap();
        assert!(sentence.contains(&format!("as declared: {field} ")), "{sentence}");
    }
    let reasons = refusals(comparison(&verdict, "capped"));
    assert!(reasons.len() == 1 && reasons[0].starts_with("max-num-seqs: "), "{reasons:?}\n{ran}");
}

#[test]
fn a_cache_that_a_run_before_left_warm_is_seen() {
    let test = Test::new();
    let sim = test.sim("--machine h100 --model llama-3.1-8b --prefix-cache on --time-scale 20");
    let measured = |out: &str| {
        let arguments = format!(
            "bench --base-url {} --num-prompts 12 --max-concurrency 2 --ignore-eos --output-len 4 \
             --seed 3 --out {out} --json",
            sim.address
        );
        test.run(&arguments).json()
    };
    let (first, again) = (measured("first"), measured("again"));
    assert_eq!(gate(&first, "W3")["status"], "passed");
    let warm = gate(&again, "W3");
    assert_eq!(warm["status"], "failed", "{warm}");
    let withheld = warm["withholds"].as_array().unwrap();
    assert!(withheld.contains(&"ttft_ms".into()) && !withheld.contains(&"tpot_ms".into()));
}

//! `tokenometer run --rehearse`: a study of real engines on a machine that has none of
//! them; and studies of simulated machines.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use serde_json::Value;
use support::Test;
use support::study::{Study, summary_rows};

const STUDY: &str = "\
name: engines
models:
  llama: { path: meta-llama/Llama-3.1-8B-Instruct, tokenizer: meta-llama/Llama-3.1-8B-Instruct }
arms:
  vllm:
    engine: vllm
    version: \"0.6.0\"
    model: llama
    machine: a100
    options: { max-num-seqs: 64, eager: true }
    args: [--swap-space, \"4\"]
  sglang: { engine: sglang, model: llama, headers: { Authorization: $NOT_SET_HERE } }
workloads:
  chat: { dataset: builtin, output-len: 100, requests: 40 }
  long: { dataset: random, input-len: 600, output-len: 300, duration: 60s }
scenarios:
  - { workload: chat, rate: 10 }
  - { workload: long, concurrency: [1, 4], warm-up: 0 }
blocks: { from: 3, at-most: 5 }
reference: vllm
price: { per-hour: 2, currency: EUR }
";

/// How the study is rehearsed.
const REHEARSE: &str = "--rehearse --machine h100";

#[test]
fn a_study_of_real_engines_is_rehearsed_on_simulated_ones() {
    let study = Study::new(STUDY);
    let ran = study.run(REHEARSE);
    assert_eq!(ran.code(), 0, "{ran}");
    let committed = study.committed();
    assert_eq!((committed.trials.len(), committed.failures.len()), (6, 0), "{ran}");
    let trial = committed.trial("1-vllm-long-c4");
    assert_eq!(trial["simulated"], true);
    assert_eq!(
        trial["simulation"],
        serde_json::json!({
            "machine": "a100", "gpus": 1, "model": "llama-3.1-8b",
            "calibration": "vllm-0.6.0", "calibrated": true, "time_scale": 50.0,
        })
    );
    assert_eq!(trial["load"]["extent"], serde_json::json!({ "requests": 8 }));
    assert_eq!(trial["workload"]["output_tokens"]["max"], 64);
    // What vLLM was to be told is told to the simulation, and found in force there.
    assert_eq!(trial["server_info"]["options"]["max-num-seqs"], 64);
    let other = committed.trial("1-sglang-long-c4");
    assert_eq!(trial["workload_sha256"], other["workload_sha256"]);
    assert_eq!(other["simulation"]["machine"], "h100");

    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[1].starts_with("REHEARSAL of engines:"), "{ran}");
    assert!(lines.contains(&"What engines would take  estimate, simulated"), "{ran}");
    assert_eq!(study.test.run("report run").stdout, ran.stdout);
    let csv = fs::read_to_string(study.path("run/summary.csv")).unwrap();
    assert_eq!(summary_rows(&study.path("run")).len(), 6);
    assert!(csv.contains(",true,h100,llama-3.1-8b,"), "{csv}");
    let json = study.test.run("report run --json").json();
    assert_eq!(json["rehearsal_of"]["study"], "engines");
    assert_eq!(json["trials"][0]["simulation"]["model"], "llama-3.1-8b");
    assert_eq!(json["estimate"]["most"]["blocks"], 5);

    // It goes on as what it was, and as nothing else.
    let again = study.run(&format!("{REHEARSE} --resume"));
    assert_eq!((again.code(), &again.stdout), (0, &ran.stdout), "{again}");
    assert_eq!(study.run(&format!("{REHEARSE}x2 --resume")).code(), 2);
}

#[test]
fn a_dry_rehearsal_says_what_the_study_would_take_and_starts_nothing() {
    let test = Test::new();
    test.file("study.yaml", STUDY);
    let dry = format!("run study.yaml {REHEARSE} --dry-run");
    let told = test.run(&dry);
    assert_eq!(told.code(), 0, "{told}");
    assert!(told.stdout.contains("What engines would take  estimate, simulated"), "{told}");
    assert!(!test.path().join("runs").exists());
    let estimate = test.run(&format!("{dry} --json --price-per-gpu-hour 2.5")).json();
    assert_eq!(estimate["currency"], "EUR");
    let [vllm, _] = estimate["arms"].as_array().unwrap().as_slice() else { panic!("{estimate}") };
    let number = |value: &Value| value.as_f64().unwrap();
    // Two windows of a minute each, over at least three blocks.
    assert!(number(&vllm["block"]["loads_s"]) > 120.0, "{vllm}");
    assert!(number(&vllm["least"]["duration_s"]) > 360.0, "{vllm}");
    let by_hours = 2.5 * number(&vllm["least"]["gpu_hours"]);
    assert!((number(&vllm["least"]["cost"]) - by_hours).abs() < 1e-9, "{vllm}");
}

#[test]
fn what_no_rehearsal_can_play_is_told_at_once() {
    let test = Test::new();
    let study = STUDY.replace("machine: a100", "machine: b900").replace("llama-3.1-8B", "other");
    test.file("study.yaml", &study.replace("meta-llama/Llama-3.1-8B-Instruct", "some/model"));
    let told = test.run("run study.yaml --rehearse --price-per-gpu-hour much");
    assert_eq!((told.code(), told.stdout.as_str()), (2, ""), "{told}");
    for words in [
        "`arms.vllm.machine` is `b900`, which no rehearsal knows",
        "`arms.vllm.model` is some/model, whose shape no rehearsal knows",
        "`arms.sglang.machine` isn't said, and a rehearsal simulates a machine",
        "--price-per-gpu-hour much: is no price",
    ] {
        assert!(told.stderr.contains(words), "{words}: {told}");
    }
    let alone = test.run("run study.yaml --machine h100");
    assert_eq!(alone.code(), 2);
    assert!(alone.stderr.contains("--rehearse"), "{alone}");
}

#[test]
fn an_arm_may_say_what_it_is_meant_for_and_a_real_engine_is_not_told() {
    let test = Test::new();
    test.file("study.yaml", &STUDY.replace(", headers: { Authorization: $NOT_SET_HERE }", ""));
    let plan = test.run("run study.yaml --dry-run --json").json();
    assert_eq!(plan["arms"][0]["machine"], "a100", "{plan}");
    assert_eq!(plan["arms"][0]["options"].get("machine"), None);
    assert_eq!(plan["arms"][0].get("simulates"), None);
}

#[test]
fn the_quickstart_simulates_a_machine() {
    let test = Test::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../studies/quickstart.yaml");
    test.file("study.yaml", &fs::read_to_string(path).unwrap());
    let told = test.run("run study.yaml --dry-run");
    assert_eq!(told.code(), 0, "{told}");
    insta::assert_snapshot!(told.stdout);
}

#[test]
fn a_bench_keeps_what_a_running_server_simulates() {
    let test = Test::new();
    let sim = test.sim("--machine h100x2 --model llama-3.1-8b --time-scale 20");
    let bench = format!(
        "bench --base-url {} --num-prompts 4 --max-concurrency 2 --warmup-requests 0 \
         --out run --json",
        sim.address
    );
    let trial = test.run(&bench).json();
    assert_eq!(trial["simulation"]["machine"], "h100", "{trial}");
    assert_eq!(trial["simulation"]["gpus"], 2);
    assert_eq!(trial["simulation"]["time_scale"], 20.0);
    let page = test.run("report run").stdout;
    let said = "SIMULATED: llama-3.1-8b on h100x2, uncalibrated, at 20 times the clock";
    assert!(page.contains(said), "{page}");
}

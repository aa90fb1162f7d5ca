//! Gates that look at an engine's own counters, on a simulated machine, whose
//! counters are true.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use serde_json::Value;
use support::Test;
use support::study::Study;

/// Prompts that begin alike and prompts that don't, with the prefix cache and
/// without.
const STUDY: &str = "\
name: prefixes
arms:
  with:    { engine: sim, machine: a100, model: llama-3.1-8b, options: { prefix-cache: true, time-scale: 20 } }
  without: { engine: sim, machine: a100, model: llama-3.1-8b, options: { prefix-cache: false, time-scale: 20 } }
workloads:
  alike: { dataset: random, input-len: 256, output-len: 8, prefix-len: 256, ignore-eos: true, requests: 40 }
  apart: { dataset: random, input-len: 256, output-len: 8, ignore-eos: true, requests: 40 }
scenarios:
  - { workload: alike, concurrency: 2 }
  - { workload: apart, concurrency: 2 }
blocks: 1
warm-up: 4
reference: without
rehearsal: true
";

/// A gate of a trial.
fn gate<'t>(trial: &'t Value, id: &str) -> &'t Value {
    let gates = trial["validity"]["gates"].as_array().unwrap();
    gates.iter().find(|gate| gate["id"] == id).unwrap()
}

/// What W3 found, and the share of prompt tokens that came from the cache.
fn cache(trial: &Value) -> (&str, f64) {
    let gate = gate(trial, "W3");
    let saw = gate["saw"].as_str().unwrap();
    let share = saw.split_once(" %").unwrap_or_else(|| panic!("{saw}")).0.parse().unwrap();
    (gate["status"].as_str().unwrap(), share)
}

#[test]
fn what_prompts_share_is_found_in_a_cache_and_nowhere_else() {
    let study = Study::new(STUDY);
    let ran = study.run("");
    let committed = study.committed();
    assert_eq!(committed.trials.len(), 4, "{ran}");
    for (name, shared) in [
        ("1-with-alike-c2", 40.0..60.0),
        ("1-with-apart-c2", 0.0..1.0),
        ("1-without-alike-c2", 0.0..1.0),
        ("1-without-apart-c2", 0.0..1.0),
    ] {
        let trial = committed.trial(name);
        let (status, share) = cache(&trial);
        assert_eq!(status, "passed", "{name}: {}", gate(&trial, "W3")["saw"]);
        assert!(shared.contains(&share), "{name}: {share} %");
        check_engine_and_machine(&trial);
    }
}

/// An engine of ours, and the machine that it runs on, are seen.
fn check_engine_and_machine(trial: &Value) {
    let alive = gate(trial, "A1")["saw"].as_str().unwrap();
    assert_eq!(
        alive,
        "it answers after the load, and its process and its start time are unchanged"
    );
    // How busy a machine is that runs tests is nobody's promise; that it is ours to see is.
    let others = gate(trial, "E5")["saw"].as_str().unwrap();
    assert!(!others.contains("not ours to see"), "{others}");
    let machine = gate(trial, "E6")["saw"].as_str().unwrap();
    assert!(machine.starts_with("boot, kernel and governor as when the block began"), "{machine}");
}

#[test]
fn prompts_that_an_earlier_run_has_left_in_the_cache_are_noticed() {
    let test = Test::new();
    let sim = test.sim("--machine a100 --model llama-3.1-8b --prefix-cache on --time-scale 20");
    let run = |out: &str| -> Value {
        let flags = "--dataset-name random --random-input-len 256 --random-output-len 8 \
                     --num-prompts 30 --max-concurrency 2 --seed 7 --warmup-requests 4";
        let ran = test.run(&format!("bench --base-url {} {flags} --out {out}", sim.address));
        let trial = test.path().join(out).join("trials/1-target-bench/trial.json");
        let text = std::fs::read_to_string(&trial).unwrap_or_else(|why| panic!("{why}: {ran}"));
        serde_json::from_str(&text).unwrap()
    };
    let first = run("first");
    assert_eq!(cache(&first).0, "passed", "{}", gate(&first, "W3")["saw"]);
    let again = run("again");
    let (status, share) = cache(&again);
    assert_eq!(status, "failed", "{}", gate(&again, "W3")["saw"]);
    assert!(share > 80.0, "{share} %");
    let withheld = gate(&again, "W3")["withholds"].as_array().unwrap();
    assert!(withheld.iter().any(|metric| metric == "ttft_ms"));
}

#[test]
fn a_server_that_dies_fails_however_late_and_unsent_that_makes_the_rest() {
    let test = Test::new();
    let sim = test.sim("--die-after 12");
    let flags = "--dataset-name random --random-input-len 16 --random-output-len 4 \
                 --num-prompts 60 --request-rate 40 --seed 7 --warmup-requests 0";
    let ran = test.run(&format!("bench --base-url {} {flags} --out run", sim.address));
    let trial = test.path().join("run/trials/1-target-bench/trial.json");
    let text = std::fs::read_to_string(&trial).unwrap_or_else(|why| panic!("{why}: {ran}"));
    let trial: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(gate(&trial, "A1")["status"], "failed", "{}", gate(&trial, "A1")["saw"]);
    assert_eq!(trial["validity"]["standing"], "failed", "{ran}");
}

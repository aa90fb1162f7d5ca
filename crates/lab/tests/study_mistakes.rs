//! A study full of mistakes, and what is said of them.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;

use tokenometer_lab::study::{Plan, World, read};

/// What is said of a study with mistakes in it.
fn told(text: &str) -> String {
    let world = World {
        folder: Path::new("/nowhere"),
        datasets: None,
        hub_caches: &[],
        variable: &|name| (name == "SET").then(|| "tulip".to_owned()),
    };
    let mistakes = read("study.yaml", text, world.folder)
        .and_then(|written| Plan::make(&written, &world))
        .err()
        .expect("something is wrong with it");
    let told: Vec<String> =
        mistakes.iter().map(|mistake| without_lists(mistake.to_string())).collect();
    told.join("\n")
}

/// A mistake without what the profiles hold, which grows.
fn without_lists(mut told: String) -> String {
    for list in ["known are ", "(there are ", " there are ", " it has ", " it changes at "] {
        if let Some(at) = told.find(list) {
            told.truncate(at + list.len());
            told.push('…');
        }
    }
    told
}

#[test]
fn slips_of_form_and_names_that_lead_nowhere_are_told_together() {
    insta::assert_snapshot!(told(
        r#"
name: 7
arms:
  one: { engine: sim, optoins: { seed: 1 } }
  two words: { engine: sim }
  three: { engine: [sim], version: 0.10, mode: oflline, cpus: 3-x }
  four: { engine: sim, model: llama-8c }
models:
  llama-8b: { revision: main }
workloads:
  chat: { dataset: sharegtp, output-len: 0, duration: 5 parsecs, ignore-eos: yes }
scenarios:
  - { workload: caht, concurrency: [0, 8], skip: [oen] }
  - { workload: chat, rate: fast, warm-up: setled }
  - { workload: chat, concurrency: [1, 1], options: { five: {} } }
  - concurrency: 3
blocks: { from: 3, at-mots: 5 }
reference: won
compare: [[one, tow]]
objectives: { ttft: 500, attain: 130% }
passes: { run: 0, keep: lst }
margin: 3
seed: -1
"#
    ));
}

#[test]
fn what_cant_be_meant_is_told_together() {
    insta::assert_snapshot!(told(
        r#"
name: mistakes
arms:
  one: { engine: vlm, model: m }
  two: { engine: vllm, version: "0.0.1", model: ./gone }
  three: { engine: sim, machine: a100, dialect: openai-chat, options: { sede: 3 } }
  four: { engine: sim, dialect: tgi, headers: { Authorization: $UNSET, Other: $SET } }
  five: { engine: transformers, dialect: tgi, cpus: 1-2 }
  six: { engine: sim, machine: a1000, model: lama-8b, options: { calibration: guessed } }
  seven: { engine: sim, machine: h100, model: llama-3.1-8b, options: { num-speculative-tokens: 3 } }
models:
  m: { path: /gone/model }
workloads:
  chat: { path: builtin, input-len: 5, requests: 5, duration: 5s }
  shares: { dataset: sharegpt, path: gone.json }
  poem: { dataset: sonnet, input-len: 10, prefix-len: 20 }
  idle: {}
scenarios:
  - { workload: chat, concurrency: 8 }
  - { workload: chat, concurrency: 8, output-len: 5 }
  - { workload: shares, rate: 4, ramp: { from: 1, to: 2 }, requests: 3, duration: 1m }
  - { workload: shares, rate: inf, duration: 1m, name: burst }
  - { workload: shares, concurrency: 3, name: none, skip: [one, two, three, four, five, six, seven] }
  - { workload: poem, burstiness: 0.001, concurrency: 1 }
blocks: { from: 5, at-most: 3 }
compare: reference
objectives: { attain: 99% }
limits: { connect: 0s }
cpus: { client: "0-1", engine: 1 }
"#
    ));
}

#[test]
fn a_study_without_mistakes_has_none() {
    let text = "name: small\narms: { a: { engine: sim }, b: { engine: sim, options: { seed: 2 } } }\n\
                workloads: { chat: { duration: 5s } }\n\
                scenarios: [{ workload: chat, concurrency: [1, 8] }]\nblocks: 3\n";
    let world =
        World { folder: Path::new("."), datasets: None, hub_caches: &[], variable: &|_| None };
    let plan = Plan::make(&read("small.yaml", text, world.folder).unwrap(), &world).unwrap();
    let names: Vec<&str> = plan.cells.iter().map(|cell| cell.name.as_str()).collect();
    assert_eq!(names, ["chat-c1", "chat-c8"]);
    for block in &plan.blocks {
        let starts = [plan.starts(block, 0), plan.starts(block, 1)];
        assert_eq!(starts[0].len(), 1);
        assert_eq!(starts[0][0].steps, starts[1][0].steps);
        let seeds = |arm: usize| -> Vec<u64> {
            let steps = starts[arm][0].steps.iter();
            steps.map(|step| plan.trial(block, arm, *step).workload.seed).collect()
        };
        // The same bytes for all arms, others in each scenario.
        assert_eq!(seeds(0), seeds(1));
        assert_ne!(seeds(0)[0], seeds(0)[1]);
        let step = starts[0][0].steps[0];
        let (one, other) = (plan.trial(block, 0, step).load, plan.trial(block, 1, step).load);
        assert_eq!(one.pool, other.pool);
        assert!(one.pool.is_some());
    }
    let seeds: Vec<u64> = plan.blocks.iter().map(|block| block.seed).collect();
    assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2]);
    let lock = serde_json::to_value(plan.lock()).unwrap();
    assert_eq!(lock["study"]["margin"], 0.02);
    assert_eq!(lock["blocks"][2]["number"], 3);
    let program = std::env::current_exe().unwrap();
    let origin = plan.origin(&program).unwrap();
    assert_eq!((origin.study.len(), origin.profiles.len()), (64, 1));
    let other = plan.origin(std::path::Path::new("Cargo.toml")).unwrap();
    assert_eq!(origin.changes(&other), [tokenometer_results::Change::Program]);
}

#[test]
fn options_that_differ_need_another_start() {
    let text = "name: options\narms: { a: { engine: sim }, b: { engine: sim } }\n\
                workloads: { chat: { seed: fixed } }\n\
                scenarios:\n\
                - { workload: chat, concurrency: 1, vary: { gap: [1ms, 2ms] } }\n\
                - { workload: chat, concurrency: 2 }\n\
                - { workload: chat, concurrency: 4, options: { a: { ttft: 3ms } } }\n\
                blocks: 2\n";
    let world =
        World { folder: Path::new("."), datasets: None, hub_caches: &[], variable: &|_| None };
    let plan = Plan::make(&read("options.yaml", text, world.folder).unwrap(), &world).unwrap();
    let names: Vec<&str> = plan.cells.iter().map(|cell| cell.name.as_str()).collect();
    assert_eq!(names, ["chat-c1-gap-1ms", "chat-c1-gap-2ms", "chat-c2", "chat-c4"]);
    for block in &plan.blocks {
        assert_eq!(plan.starts(block, 0).len(), 4);
        assert!([3, 4].contains(&plan.starts(block, 1).len()));
        // What only differs in the engines' options is sent the same bytes.
        let step = |cell| tokenometer_lab::study::Step { cell, pass: 1, counts: true };
        let seed = |cell| plan.trial(block, 0, step(cell)).workload.seed;
        assert_eq!(seed(0), seed(1));
        assert_ne!(seed(1), seed(2));
        // And a workload that is fixed, in each block.
        assert_eq!(seed(2), plan.trial(&plan.blocks[0], 0, step(2)).workload.seed);
    }
}

#[test]
fn arms_that_take_prompts_of_different_kinds_cannot_be_sent_the_same() {
    let text = "name: mixed\narms:\n\
                \u{20}  chat: { engine: sim, dialect: openai-chat }\n\
                \u{20}  text: { engine: sim }\n\
                workloads: { w: {} }\n\
                scenarios: [{ workload: w, concurrency: 1 }, { workload: w, rate: 1, arms: [chat] }]\n";
    let world =
        World { folder: Path::new("."), datasets: None, hub_caches: &[], variable: &|_| None };
    let mistakes = Plan::make(&read("mixed.yaml", text, world.folder).unwrap(), &world).err();
    let told: Vec<String> = mistakes.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["mixed.yaml:4:4: `arms.text` takes text where chat takes messages: they can't be sent \
          the same; give both one dialect, or each a scenario of its own by `arms`"]
    );
}

//! Run folders whose every number is made up, and what is concluded from them.

// Clippy's leave to unwrap in tests covers test functions, but not what they call.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use serde_json::{Value, json};
use tokenometer_core::verdict::{Answer, Verdict};
use tokenometer_core::{Nanos, Outcome, Phase, Record, Sink as _, Summary};
use tokenometer_lab::conclude::conclude;
use tokenometer_results::{Run, Tool, Trial, TrialId};

/// The lock of a study of arms `a` and `b` in one closed loop, and what is changed in it.
fn lock(blocks: u32, change: impl Fn(&mut Value)) -> Value {
    let arm = json!({ "engine": "vllm", "model": "tiny", "revision": "1", "options": {} });
    let sent = json!({ "temperature": 0.0, "extra-request-body": {}, "exact": true });
    let words = json!({ "engine": "vllm", "model": "tiny" });
    let numbers: Vec<Value> = (1..=blocks).map(|number| json!({ "number": number })).collect();
    let mut lock = json!({
        "name": "made up",
        "study": {
            "name": "made up",
            "arms": { "a": words, "b": { "engine": "sglang", "model": "tiny" } },
            "workloads": { "chat": { "dataset": "random" } },
            "scenarios": [{ "workload": "chat", "concurrency": 8 }],
            "blocks": blocks,
            "reference": "a",
        },
        "arms": { "a": arm, "b": arm },
        "cells": [{
            "name": "chat-c8",
            "load": { "concurrency": 8 },
            "arms": { "a": sent, "b": sent },
        }],
        "blocks": numbers,
    });
    change(&mut lock);
    lock
}

/// A run folder in the making.
struct Folder {
    run: Run,
    _dir: tempfile::TempDir,
}

impl Folder {
    fn of(lock: &Value) -> Folder {
        let dir = tempfile::tempdir().unwrap();
        let run = Run::create(&dir.path().join("run"), lock).unwrap();
        Folder { run, _dir: dir }
    }

    /// Keeps a trial of an arm with so many output tokens a second.
    fn trial(&self, block: u32, arm: &str, throughput: f64, change: impl Fn(&mut Made)) {
        let id = TrialId { block, arm: arm.to_owned(), scenario: "chat-c8".to_owned() };
        let mut made = Made::of(&id, throughput);
        change(&mut made);
        let folder = self.run.create_trial(&id).unwrap();
        let mut writer = folder.writer().unwrap();
        for record in &made.records {
            writer.keep(record, &[]).unwrap();
        }
        let files = writer.finish(|_, _| ()).unwrap();
        folder.write(&Trial { files, ..made.trial }).unwrap();
    }

    fn conclude(&self) -> Verdict {
        conclude(&self.run).unwrap().unwrap()
    }

    fn only(&self) -> (Answer, Verdict) {
        let verdict = self.conclude();
        assert_eq!(verdict.comparisons.len(), 1);
        (verdict.comparisons[0].answer.clone(), verdict)
    }
}

/// A trial with its records.
struct Made {
    trial: Trial,
    records: Vec<Record>,
}

impl Made {
    fn of(id: &TrialId, throughput: f64) -> Made {
        let summary = Summary {
            output_throughput: Some(throughput),
            output_source: Some(tokenometer_core::metric::counts::CountSource::Server),
            ..Summary::default()
        };
        let span = json!({ "start_ns": 0, "end_ns": 1_000_000_000_i64 });
        let trial = json!({
            "schema_version": 1,
            "tool": Tool { name: "tokenometer".to_owned(), version: "1".to_owned(), build: None },
            "block": id.block, "arm": id.arm, "scenario": id.scenario, "blocks": 3,
            "simulated": false, "interrupted": false, "started_ns": 0,
            "target": { "address": "http://127.0.0.1:1", "dialect": "openai-completions",
                        "model": "tiny", "engine": null },
            "workload": { "name": "w", "dataset": "random", "requests": 4, "input_tokens": null,
                          "output_tokens": null, "exact": true },
            "workload_sha256": "ab", "wire_sha256": "cd",
            "load": { "traffic": { "closed": { "concurrency": 8 } },
                      "extent": { "duration_s": 5.0 }, "streamed": true, "connections": 8,
                      "drain_limit_s": 60.0 },
            "seeds": {}, "tokenizer": null,
            "phases": { "warm_up": null, "ramp_in": null, "measure": span, "drain": null },
            "instrument": tokenometer_core::Instrument::default(),
            "summary": summary,
            "validity": { "standing": "valid", "gates": [] },
            "failures": [], "finish_reasons": {}, "warnings": [], "files": {},
        });
        let records = (0..4).map(record).collect();
        Made { trial: serde_json::from_value(trial).unwrap(), records }
    }
}

/// A request that was answered.
fn record(row: u32) -> Record {
    let mut record = Record::due(row, row, Phase::Measure, Nanos(i64::from(row)));
    record.outcome = Outcome::Ok;
    record.input.server = Some(100 + row);
    record.text = format!("the answer to {row}");
    record
}

/// Three blocks in which `b` is a fifth faster.
fn faster(folder: &Folder) {
    for (block, noise) in [(1, 0.0), (2, 4.0), (3, -3.0)] {
        folder.trial(block, "a", 1000.0, |_| ());
        folder.trial(block, "b", 1200.0 + noise, |_| ());
    }
}

#[test]
fn a_faster_arm_is_better_and_its_answers_are_compared() {
    let folder = Folder::of(&lock(3, |_| ()));
    faster(&folder);
    let (answer, verdict) = folder.only();
    assert_eq!(answer, Answer::Better);
    let comparison = &verdict.comparisons[0];
    assert_eq!((comparison.arm.as_str(), comparison.reference.as_str()), ("b", "a"));
    let agreement = comparison.agreement.unwrap();
    assert_eq!((agreement.same, agreement.of), (12, 12));
    assert!((comparison.effect.unwrap() - 1.2).abs() < 0.01);
    // What nobody told is said not to be known.
    assert!(comparison.unverified.iter().any(|field| field == "kv-capacity"));
}

#[test]
fn the_file_says_what_was_concluded() {
    let folder = Folder::of(&lock(3, |_| ()));
    faster(&folder);
    let verdict = folder.conclude();
    folder.run.write_verdict(verdict.clone()).unwrap();
    assert_eq!(folder.run.verdict().unwrap(), Some(verdict));
    folder.run.discard_verdict().unwrap();
    assert_eq!(folder.run.verdict().unwrap(), None);
    folder.run.discard_verdict().unwrap();
}

#[test]
fn prompts_that_a_server_counts_otherwise_are_no_equal_work() {
    let folder = Folder::of(&lock(3, |_| ()));
    for block in 1..=3 {
        folder.trial(block, "a", 1000.0, |_| ());
        folder.trial(block, "b", 1200.0, |made| made.records[2].input.server = Some(999));
    }
    let (answer, _) = folder.only();
    let Answer::NotComparable { reasons } = answer else { panic!("{answer:?}") };
    assert!(reasons[0].starts_with("prompt-tokens: "), "{reasons:?}");
}

#[test]
fn tokens_that_a_server_is_declared_to_add_are_no_difference() {
    let declared = |lock: &mut Value| lock["study"]["arms"]["b"]["prompt-offset"] = json!(1);
    let folder = Folder::of(&lock(3, declared));
    let one_more = |made: &mut Made| {
        for record in &mut made.records {
            record.input.server = record.input.server.map(|counted| counted + 1);
        }
    };
    for block in 1..=3 {
        folder.trial(block, "a", 1000.0 + f64::from(block), |_| ());
        folder.trial(block, "b", 1200.0, one_more);
    }
    let (answer, verdict) = folder.only();
    assert_eq!(answer, Answer::Better, "{verdict:?}");
    assert_eq!(verdict.comparisons[0].remarks, ["b counts +1 tokens in every prompt, as declared"]);
    // Declared and not found is as little equal work.
    let folder = Folder::of(&lock(3, declared));
    for block in 1..=3 {
        folder.trial(block, "a", 1000.0, |_| ());
        folder.trial(block, "b", 1200.0, |_| ());
    }
    assert!(matches!(folder.only().0, Answer::NotComparable { .. }));
}

#[test]
fn only_requests_that_all_arms_answered_are_compared() {
    let folder = Folder::of(&lock(3, |_| ()));
    for block in 1..=3 {
        folder.trial(block, "a", 1000.0 + f64::from(block), |made| drop(made.records.pop()));
        folder.trial(block, "b", 1200.0, |made| {
            made.records[3].input.server = Some(999);
            made.records[0].text = "something else".to_owned();
        });
    }
    let (answer, verdict) = folder.only();
    assert_eq!(answer, Answer::Better);
    let agreement = verdict.comparisons[0].agreement.unwrap();
    assert_eq!((agreement.same, agreement.of), (6, 9));
}

#[test]
fn a_capacity_must_be_declared_to_differ() {
    let with = |change: fn(&mut Value)| {
        let folder = Folder::of(&lock(3, change));
        for block in 1..=3 {
            let held = |tokens: f64| {
                move |made: &mut Made| {
                    let around = made.trial.serving.counters.entry("measure".to_owned());
                    let values = &mut around.or_default().after.values;
                    values.insert("kv_capacity".to_owned(), tokens);
                }
            };
            folder.trial(block, "a", 1000.0 + f64::from(block), held(50_000.0));
            folder.trial(block, "b", 1200.0, held(500_000.0));
        }
        folder.only()
    };
    let (refused, _) = with(|_| ());
    assert!(matches!(refused, Answer::NotComparable { .. }));
    let (allowed, verdict) = with(|lock| lock["study"]["differs"] = json!(["kv-capacity"]));
    assert_eq!(allowed, Answer::Better);
    assert!(verdict.comparisons[0].sentence.contains("as declared: kv-capacity"));
    let (_, idle) = with(|lock| lock["study"]["differs"] = json!(["kv-capacity", "precision"]));
    assert!(idle.idle_declarations.is_empty(), "precision isn't known, so it isn't idle");
}

#[test]
fn a_study_is_looked_at_when_it_is_whole() {
    let folder = Folder::of(&lock(5, |_| ()));
    faster(&folder);
    let (answer, _) = folder.only();
    let Answer::NoVerdict { reason } = answer else { panic!("{answer:?}") };
    assert!(reason.contains("4 of 10 trials are missing"), "{reason}");
    let looks = |lock: &mut Value| {
        lock["study"]["blocks"] = json!({ "from": 3, "at-most": 5 });
    };
    let folder = Folder::of(&lock(5, looks));
    faster(&folder);
    assert_eq!(folder.only().0, Answer::Better, "this plan looks after each block");
}

#[test]
fn an_arm_written_twice_is_a_twin() {
    let twice = |lock: &mut Value| {
        lock["study"]["arms"]["again"] = lock["study"]["arms"]["a"].clone();
        lock["arms"]["again"] = lock["arms"]["a"].clone();
        lock["cells"][0]["arms"]["again"] = lock["cells"][0]["arms"]["a"].clone();
    };
    let folder = Folder::of(&lock(3, twice));
    faster(&folder);
    for (block, throughput) in [(1, 1001.0), (2, 999.0), (3, 1000.0)] {
        folder.trial(block, "again", throughput, |_| ());
    }
    let (answer, verdict) = folder.only();
    assert_eq!(answer, Answer::Better);
    let twins = verdict.twins.unwrap();
    assert_eq!(twins.arms, ["a", "again"]);
    assert_eq!(twins.noise, tokenometer_core::verdict::Noise::Clean);
}

#[test]
fn a_bench_compares_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path: &Path = &dir.path().join("run");
    let run = Run::create(path, &json!({ "name": "bench", "scenarios": [{}] })).unwrap();
    assert!(conclude(&run).unwrap().is_none());
}

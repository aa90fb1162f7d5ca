//! Studies carried out to their verdicts. Whether trials count depends on how busy this
//! machine is, so that what is asserted here holds of any: which words may come, and that
//! page, file and exit code say the same.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use serde_json::Value;
use support::study::{PROGRAM, Study};

/// Two arms of which one is far faster, twins of the reference, and few blocks.
const STUDY: &str = "\
name: tiny
arms:
  slow:  { engine: sim, options: { ttft: 20ms, gap: 8ms } }
  fast:  { engine: sim, options: { ttft: 5ms, gap: 2ms } }
  again: { engine: sim, options: { ttft: 20ms, gap: 8ms } }
workloads:
  chat: { dataset: random, input-len: 16, output-len: 8, ignore-eos: true, requests: 12 }
scenarios:
  - { workload: chat, concurrency: 2 }
blocks: 3
reference: slow
warm-up: 0
rehearsal: true
reruns: 0
";

fn verdict(study: &Study) -> Value {
    let text = std::fs::read_to_string(study.path("run/verdict.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_study_ends_in_words_that_its_file_and_its_exit_code_repeat() {
    let study = Study::new(STUDY);
    let ran = study.run("");
    assert!([0, 4].contains(&ran.code()), "{ran}");
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    let verdict = verdict(&study);
    // The twin of the reference belongs to no comparison.
    assert_eq!(verdict["comparisons"].as_array().unwrap().len(), 1);
    assert_eq!(verdict["twins"]["arms"], serde_json::json!(["slow", "again"]));
    let comparison = &verdict["comparisons"][0];
    assert_eq!((&comparison["arm"], &comparison["reference"]), (&"fast".into(), &"slow".into()));
    let word = comparison["answer"]["word"].as_str().unwrap();
    assert!(["better", "invalid", "no_verdict"].contains(&word), "{ran}");
    let sentence = comparison["sentence"].as_str().unwrap();
    let page = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(sentence), "{sentence}\n{page}");
    // The same prompts got the same answers.
    assert_eq!(comparison["agreement"]["same"], comparison["agreement"]["of"]);
    assert!(comparison["agreement"]["of"].as_u64().unwrap() >= 36);
    // What people look at lies in the folder, and is the same from the folder alone.
    let report = std::fs::read_to_string(study.path("run/report.html")).unwrap();
    assert!(report.contains("<!DOCTYPE html>") && report.contains("tiny"));
    assert!(study.path("run/plots/verdicts.svg").exists() || word != "better", "{ran}");
    assert!(study.path("run/plots/summary_table.png").exists(), "{ran}");
    let program = study.path(PROGRAM);
    let again = study.command_of(program.to_str().unwrap(), "report run --format html").run();
    assert!(again.stdout == report, "the report isn't the same again");
    // The page is the same again from the folder alone.
    let program = study.path(PROGRAM);
    let again = || study.command_of(program.to_str().unwrap(), "report run").run().stdout;
    assert_eq!(again(), ran.stdout);
    // What the folder holds is shown, and concluded from the trials where it holds nothing.
    let file = study.path("run/verdict.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"slow\"", "\"slowest\"")).unwrap();
    assert!(again().contains("slowest"), "{}", again());
    std::fs::remove_file(&file).unwrap();
    assert_eq!(again(), ran.stdout);
    assert!(!file.exists(), "a report writes no verdict");
}

#[test]
fn few_blocks_ask_for_no_verdict() {
    let study = Study::new(&STUDY.replace("blocks: 3", "blocks: 2"));
    let ran = study.run("");
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    assert!(
        ran.stdout.contains("a verdict needs 3 blocks at least, and two were planned"),
        "{ran}"
    );
    assert!(!study.path("run/noise-floor.json").exists(), "nothing needs it");
}

#[test]
fn objectives_that_no_arm_meets_are_a_limit_that_is_crossed() {
    let few = STUDY.replace("blocks: 3", "blocks: 1");
    for (ttft, code) in [("1ms", 1), ("10s", 0)] {
        let study = Study::new(&format!("{few}objectives: {{ ttft: {ttft}, attain: 99% }}\n"));
        let ran = study.run("");
        assert_eq!(ran.code(), study.expected_code(), "{ran}");
        let objectives = verdict(&study)["objectives"].as_array().unwrap().clone();
        assert_eq!(objectives.len(), 3, "each arm meets them by itself");
        // A busy machine voids trials, of whose arms it isn't known then.
        if objectives.iter().all(|one| !one["met"].is_null()) {
            assert_eq!(ran.code(), code, "{ran}");
        }
    }
}

#[test]
fn a_plan_that_looks_after_every_block_ends_when_everything_is_decided() {
    let study = Study::new(&STUDY.replace("blocks: 3", "blocks: { from: 3, at-most: 5 }"));
    let ran = study.run("");
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    let verdict = verdict(&study);
    let blocks = verdict["rule"]["blocks"].as_u64().unwrap();
    let decided = verdict["comparisons"][0]["answer"]["word"] == "better";
    assert!(if decided { blocks <= 5 } else { blocks == 5 }, "{ran}");
    assert!(!ran.stdout.contains("INTERRUPTED"), "{ran}");
    if blocks < 5 {
        assert!(ran.stderr.contains("everything is decided after block"), "{ran}");
    }
    // Gone on with, it is at its end.
    let before = study.committed();
    let again = study.run("--resume");
    assert_eq!(again.code(), ran.code(), "{again}");
    assert!(study.committed() == before, "nothing was measured again");
}

#[test]
fn names_that_lead_nowhere_are_told_with_their_nearest() {
    let study = Study::new(&format!("{STUDY}differs: [kv-capacty]\nprimary: [ttft_p50, speed]\n"));
    let ran = study.run("");
    assert_eq!(ran.code(), 2, "{ran}");
    insta::assert_snapshot!(ran.stderr);
}

//! `tokenometer run`: what people see of a plan, of a study with mistakes, and of
//! one that was carried out.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::process::{Command, Output};

const STUDY: &str = "\
name: quickstart
arms:
  plain: { engine: sim }
  slow: { engine: sim, options: { gap: 20ms } }
workloads:
  chat: { output-len: 32, duration: 5s }
scenarios:
  - { workload: chat, concurrency: [1, 8] }
blocks: 3
reference: plain
rehearsal: true
reruns: 0
";

/// Runs the program on a study.
fn run(study: &str, flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("study.yaml"), study).unwrap();
    Command::new(env!("CARGO_BIN_EXE_tokenometer"))
        .args(["run", "study.yaml"])
        .args(flags)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn a_dry_run_says_what_would_be_measured() {
    let told = run(STUDY, &["--dry-run"]);
    assert_eq!(told.status.code(), Some(0));
    insta::assert_snapshot!(String::from_utf8(told.stdout).unwrap());
}

#[test]
fn a_dry_run_is_json_too() {
    let told = run(STUDY, &["--dry-run", "--json"]);
    let plan: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(plan["trials"], 12);
    assert_eq!(plan["cells"][1]["name"], "chat-c8");
    assert_eq!(plan["blocks"].as_array().unwrap().len(), 3);
}

#[test]
fn mistakes_end_it_before_anything_starts() {
    let study = STUDY.replace("plain }", "plian }").replace("reference: plain", "reference: plian");
    let told = run(&study.replace("blocks: 3", "bloks: 3"), &["--dry-run"]);
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(told.stdout, b"");
    insta::assert_snapshot!(String::from_utf8(told.stderr).unwrap());
}

#[test]
fn a_study_is_reported_again_from_its_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let tokenometer = |arguments: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokenometer"));
        command.args(arguments.split(' ')).current_dir(folder.path());
        let told = command.output().unwrap();
        String::from_utf8(told.stdout).unwrap()
    };
    let study = "name: small\n\
                 arms: { one: { engine: sim, options: { ttft: 1ms, gap: 1ms } }, two: { engine: sim } }\n\
                 workloads: { few: { output-len: 2, requests: 4 } }\n\
                 scenarios: [{ workload: few, concurrency: 2 }]\n\
                 blocks: 1\nwarm-up: 0\n";
    fs::write(folder.path().join("study.yaml"), study).unwrap();
    let table = tokenometer("run study.yaml --out run");
    assert!(table.contains("few-c2  closed loop · 2 requests in flight · 4 requests"), "{table}");
    fs::remove_file(folder.path().join("study.yaml")).unwrap();
    assert_eq!(tokenometer("report run"), table);
    let line: serde_json::Value = serde_json::from_str(&tokenometer("report run --json")).unwrap();
    assert_eq!((&line["name"], line["trials"].as_array().unwrap().len()), (&"small".into(), 2));
    let trials = tokenometer("report run --trials");
    for arm in ["one", "two"] {
        assert!(trials.contains(&format!("few-c2 on {arm}, block 1")), "{trials}");
    }
}

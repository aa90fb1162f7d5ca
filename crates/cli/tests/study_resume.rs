//! A study that was broken off goes on as what it was, or says why it can't.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use support::study::{Committed, PROGRAM, Study, names_in, summary_rows};

const STUDY: &str = "\
name: again
arms:
  one: { engine: sim, options: { ttft: 1ms, gap: 1ms } }
  two: { engine: ./fast.yaml, options: { ttft: 2ms } }
workloads:
  chat: { dataset: custom, path: prompts.jsonl, output-len: 4, requests: 3 }
scenarios:
  - { workload: chat, concurrency: 1 }
blocks: 2
warm-up: 0
reference: one
rehearsal: true
reruns: 0
";

const PROFILE: &str = "name: fast\nextends: sim\nfixed: { options: { gap: 1ms } }\n";

fn prompts(last: &str) -> String {
    let line = |prompt: &str| format!("{}\n", json!({ "prompt": prompt, "completion": "Well." }));
    ["How are you?", "What is a tree?", "Why?", last].map(line).concat()
}

/// A study that was carried out.
fn carried_out() -> Study {
    let study = Study::new(STUDY);
    study.test.file("prompts.jsonl", &prompts("Who?")).file("fast.yaml", PROFILE);
    let ran = study.run("");
    assert_eq!(study.committed().trials.len(), 4, "{ran}");
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    study
}

/// Goes on in vain, and gives what is said of it.
fn refusal(study: &Study) -> String {
    let (before, starts) = (study.committed(), study.starts());
    let ran = study.run("--resume");
    assert_eq!(ran.code(), 2, "{ran}");
    assert!(study.committed() == before && study.starts() == starts, "something was done: {ran}");
    ran.stderr
}

/// Goes on, up to the end.
fn goes_on(study: &Study) -> String {
    let ran = study.run("--resume");
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    study.is_gone_soon().unwrap();
    ran.stderr
}

#[test]
fn what_changed_is_named() {
    let study = carried_out();
    let said = |what: &str, said: String| format!("# {what}\n{said}");
    let mut told = Vec::new();

    study.test.file("study.yaml", &STUDY.replace("requests: 3", "requests: 4"));
    told.push(said("the study", refusal(&study)));
    study.test.file("study.yaml", STUDY);

    study.test.file("prompts.jsonl", &prompts("When?"));
    told.push(said("a file of a workload", refusal(&study)));
    study.test.file("prompts.jsonl", &prompts("Who?"));

    study.test.file("fast.yaml", &PROFILE.replace("1ms", "2ms"));
    told.push(said("a profile", refusal(&study)));
    study.test.file("fast.yaml", PROFILE);

    let (own, other) = (study.path(PROGRAM), study.path("other"));
    fs::copy(&own, &other).unwrap();
    File::options().append(true).open(&other).unwrap().write_all(b"x").unwrap();
    fs::rename(&own, study.path("former")).unwrap();
    fs::rename(&other, &own).unwrap();
    told.push(said("the program", refusal(&study)));
    study.test.file("study.yaml", &STUDY.replace("requests: 3", "requests: 4"));
    study.test.file("prompts.jsonl", &prompts("When?"));
    told.push(said("all at once", refusal(&study)));

    study.test.file("study.yaml", STUDY).file("prompts.jsonl", &prompts("Who?"));
    fs::rename(study.path("former"), &own).unwrap();
    assert_eq!(goes_on(&study), "");
    insta::assert_snapshot!(told.join("\n").replace(study.test.path().to_str().unwrap(), "[DIR]"));
}

#[test]
fn a_run_is_not_begun_where_one_is() {
    let study = carried_out();
    let before = study.committed();
    let ran = study.run("");
    assert_eq!(ran.code(), 2, "{ran}");
    assert!(study.committed() == before);
    insta::assert_snapshot!(ran);
}

#[test]
fn a_trial_that_was_removed_is_run_again_alone() {
    let study = carried_out();
    let (run, before) = (study.path("run"), study.committed());
    fs::remove_dir_all(run.join("trials/1-two-chat-c1")).unwrap();
    let told = goes_on(&study);
    let now = study.committed();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_eq!(now.trials.keys().collect::<Vec<_>>(), before.trials.keys().collect::<Vec<_>>());
    for (name, trial) in &before.trials {
        assert_eq!(now.trials[name] == *trial, name != "1-two-chat-c1", "{name}");
    }
    assert_eq!(study.starts(), ["1-one", "1-two", "1-two@2", "2-one", "2-two"]);
}

/// Changes a block's conditions as they are kept.
fn change_block(run: &Path, block: u32, change: impl FnOnce(&mut Value)) {
    let path = run.join(format!("blocks/{block}.json"));
    let mut kept: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut kept);
    fs::write(path, kept.to_string()).unwrap();
}

#[test]
fn a_block_under_other_conditions_is_void_and_run_again_whole() {
    let study = carried_out();
    let (run, before) = (study.path("run"), study.committed());
    // Block 2 was broken off before its last trial, and then the machine was
    // started anew with another kernel. Block 1 was over, and stays as it is.
    fs::remove_dir_all(run.join("trials/2-two-chat-c1")).unwrap();
    change_block(&run, 1, |kept| kept["boot_id"] = json!("another boot"));
    change_block(&run, 2, |kept| {
        kept["finished_ns"] = Value::Null;
        kept["boot_id"] = json!("another boot");
        kept["environment"]["governor"] = json!("another governor");
    });
    let told = goes_on(&study);
    let now = study.committed();
    assert_eq!(now.trials.len(), 4);
    for (name, trial) in &before.trials {
        assert_eq!(now.trials[name] == *trial, name.starts_with("1-"), "{name}");
    }
    let rows = ["1-one-chat-c1", "1-two-chat-c1", "2-one-chat-c1", "2-two-chat-c1"];
    assert_eq!(summary_rows(&run), rows);

    let void = run.join("void/2-1");
    assert_eq!(names_in(&run.join("void")), ["2-1"]);
    assert_eq!(names_in(&void), ["block.json", "engines", "trials", "void.json"]);
    assert_eq!(names_in(&void.join("engines")), ["2-one", "2-two"]);
    let kept = Committed::of(&void);
    assert_eq!(kept.trials.len(), 1);
    assert_eq!(kept.trials["2-one-chat-c1"], before.trials["2-one-chat-c1"]);
    assert_eq!(study.starts(), ["1-one", "1-two", "2-one", "2-two"]);
    let why: Value =
        serde_json::from_str(&fs::read_to_string(void.join("void.json")).unwrap()).unwrap();
    let first = &why["why"][0];
    assert_eq!(first, "the machine was started anew");
    assert!(why["why"][1].as_str().unwrap().starts_with("governor was another governor, is "));
    let note = told.lines().next().unwrap();
    assert!(
        note.starts_with("block 2 is void and run again: the machine was started anew"),
        "{told}"
    );
    assert_eq!(goes_on(&study), "", "it is void once");
}

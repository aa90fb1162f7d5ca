//! The folder and its documents.

use std::collections::BTreeMap;
use std::fs;

use tokenometer_core::{Message, Nanos, OutputLength, Prompt, Request};
use tokenometer_results::{
    CountersAround, CountersSeen, End, Leftover, LogRange, MeasuredRows, ResultsError, Run,
    Serving, Software, Start, Trial, TrialId, Watched,
};

use crate::sample::{new_trial, trial};

#[test]
fn a_run_is_made_once_and_opened_often() {
    let (guard, run, _) = new_trial();
    let again = Run::open(run.path()).unwrap();
    assert_eq!(again.study().unwrap()["name"], "test");
    let error = Run::create(run.path(), &BTreeMap::from([("name", "other")])).unwrap_err();
    assert!(matches!(error, ResultsError::Occupied { .. }), "{error}");
    let error = Run::open(guard.path()).unwrap_err();
    assert!(matches!(error, ResultsError::NotARun { .. }), "{error}");
}

#[test]
fn a_trial_comes_back_and_is_listed_in_order() {
    let (_guard, run, folder) = new_trial();
    let trial = trial();
    assert!(!folder.is_finished());
    folder.write(&trial).unwrap();
    assert!(folder.is_finished());
    assert_eq!(folder.read().unwrap(), trial);
    for block in [10, 2] {
        let id = TrialId { block, arm: "batched".into(), scenario: "chat".into() };
        run.create_trial(&id).unwrap();
    }
    let names: Vec<_> = run
        .trials()
        .unwrap()
        .iter()
        .map(|trial| trial.path().file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["1-batched-chat", "2-batched-chat", "10-batched-chat"]);
}

#[test]
fn the_summary_has_a_field_for_every_column() {
    let (_guard, run, folder) = new_trial();
    folder.write(&trial()).unwrap();
    run.write_summary().unwrap();
    let text = fs::read_to_string(run.path().join("summary.csv")).unwrap();
    insta::assert_snapshot!(text);
    let (header, row) = text.split_once('\n').unwrap();
    // One field of the row is quoted and holds a comma.
    assert_eq!(row.matches(',').count(), header.matches(',').count() + 1);
}

#[test]
fn names_that_are_no_folders_are_refused() {
    let (_guard, run, _) = new_trial();
    for arm in ["", "a/b", "..", "-x", "two words", "ü"] {
        let id = TrialId { block: 1, arm: arm.into(), scenario: "chat".into() };
        let error = run.create_trial(&id).unwrap_err();
        assert!(matches!(error, ResultsError::Name { what: "arm", .. }), "{error}");
    }
}

#[test]
fn a_damaged_document_is_named_with_its_line() {
    let (_guard, _, folder) = new_trial();
    folder.write(&trial()).unwrap();
    let path = folder.path().join("trial.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"block\": 1", "\"block\": \"one\"")).unwrap();
    let error = folder.read().unwrap_err();
    assert!(matches!(error, ResultsError::Document { line: Some(8), .. }), "{error}");
    fs::write(&path, &text[..40]).unwrap();
    assert!(matches!(folder.read().unwrap_err(), ResultsError::Document { .. }));
}

#[test]
fn what_a_newer_program_wrote_is_refused_as_that() {
    let (_guard, run, folder) = new_trial();
    let path = folder.path().join("trial.json");
    fs::write(&path, r#"{"schema_version": 99, "something": "new"}"#).unwrap();
    let error = folder.read().unwrap_err();
    assert!(matches!(error, ResultsError::Newer { found: 99, .. }), "{error}");
    fs::write(run.path().join("study.lock.yaml"), "schema_version: 99\n").unwrap();
    let error = Run::open(run.path()).unwrap_err();
    assert!(matches!(error, ResultsError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn what_a_break_leaves_is_named() {
    let (_guard, run, folder) = new_trial();
    assert_eq!(run.leftovers().unwrap(), []);
    let path = folder.path().join("requests.parquet.tmp");
    fs::write(&path, "half").unwrap();
    drop(folder.writer().unwrap());
    let leftovers = run.leftovers().unwrap();
    assert_eq!(leftovers, [Leftover::Draft(path), Leftover::Journal(folder)]);
}

#[test]
fn a_workload_comes_back_in_every_shape() {
    let (_guard, run, _) = new_trial();
    let output = OutputLength { tokens: 16, exact: true };
    let message = Message { role: "user".into(), content: "Why?".into() };
    let prompts = [
        Prompt::Text("Once \"upon\"\na time".into()),
        Prompt::Messages(vec![message]),
        Prompt::TokenIds(vec![0, 7, u32::MAX]),
    ];
    let requests = prompts.map(|prompt| Request::new(prompt, Some(3), output));
    let offsets = [Some(Nanos(0)), Some(Nanos(5)), None];
    let measured = MeasuredRows { rows: 2, opens: Nanos(3) };
    run.write_workload("chat", "abc", measured, requests.iter().zip(offsets)).unwrap();
    let workload = run.workload("chat").unwrap();
    assert_eq!((workload.sha256.as_str(), workload.measured), ("abc", Some(measured)));
    for ((row, request), offset) in workload.rows.iter().zip(&requests).zip(offsets) {
        assert_eq!((&row.request, row.offset), (request, offset));
    }
    assert_eq!(workload.rows.len(), 3);
}

#[test]
fn an_engine_has_a_log_and_a_start() {
    let (_guard, run, _) = new_trial();
    let folder = run.create_engine(1, "batched").unwrap();
    let start = Start::new(["serve".to_owned()], [], Vec::new());
    folder.write_start(&start).unwrap();
    assert_eq!(folder.start().unwrap(), start);
    assert!(folder.log().ends_with("engines/1-batched/engine.log"));
}

#[test]
fn what_the_first_versions_wrote_is_still_read() {
    let (_guard, run, folder) = new_trial();
    folder.write(&trial()).unwrap();
    let path = folder.path().join("trial.json");
    let mut old: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for new in ["pass", "serving"] {
        old.as_object_mut().unwrap().remove(new).unwrap();
    }
    fs::write(&path, old.to_string()).unwrap();
    assert_eq!(folder.read().unwrap(), trial());
    let engine = run.create_engine(1, "batched").unwrap();
    let old = r#"{"schema_version": 1, "command": ["serve"], "environment": {}, "stages": []}"#;
    fs::write(engine.path().join("start.json"), old).unwrap();
    assert_eq!(engine.start().unwrap(), Start::new(["serve".to_owned()], [], Vec::new()));
}

#[test]
fn an_engine_that_was_started_says_how_it_served() {
    let (_guard, run, folder) = new_trial();
    let engine = run.create_engine_for(&crate::sample::id()).unwrap();
    assert!(engine.path().ends_with("engines/1-batched-chat"));
    let software = Software {
        profile: "vllm".into(),
        version: Some("0.32.0".into()),
        provision: "environment".into(),
        place: Some("/opt/venv".into()),
    };
    let end = End { exit: None, signal: Some("SIGKILL".into()), how: "it outlived SIGTERM".into() };
    let start = Start {
        software: Some(software),
        cores: Some("0-3".into()),
        pid: Some(7),
        end: Some(end),
        error_lines: vec!["ERROR".into()],
        ..Start::new(["serve".to_owned()], [], Vec::new())
    };
    engine.write_start(&start).unwrap();
    assert_eq!(engine.start().unwrap(), start);
    engine.write_packages("vllm==0.32.0\n").unwrap();
    assert_eq!(fs::read_to_string(engine.packages()).unwrap(), "vllm==0.32.0\n");
    let values = BTreeMap::from([("running".to_owned(), 2.0)]);
    let seen = CountersSeen { time_ns: Some(5), values, failure: None };
    let around = CountersAround { before: seen, ..CountersAround::default() };
    let serving = Serving {
        counters: BTreeMap::from([("measure".to_owned(), around)]),
        watched: Some(Watched { scrapes: 9, gaps: 1, first_gap: Some("no answer".into()) }),
        engine_log: Some(LogRange { engine: "engines/1-batched".into(), from: 3, to: 9 }),
        cache: Some("flushed".into()),
    };
    let trial = Trial { serving, pass: 2, ..trial() };
    folder.write(&trial).unwrap();
    assert_eq!(folder.read().unwrap(), trial);
}

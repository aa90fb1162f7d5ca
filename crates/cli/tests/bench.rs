//! `bench` and `report`, against the embedded engine.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;
use support::Test;

/// A script that is over soon.
const FAST: &str = "-- --ttft 5ms --gap 3ms";

/// The exit code that belongs to a trial. Which one that is depends on how busy
/// this machine is, since its gates watch the machine, too.
fn expected_code(trial: &Value) -> i32 {
    match (trial["interrupted"].as_bool().unwrap(), trial["validity"]["standing"].as_str().unwrap())
    {
        (true, _) => 5,
        (_, "failed") => 3,
        (_, "invalid") => 4,
        (_, "valid" | "saturated") => 0,
        (_, other) => panic!("no such standing: {other}"),
    }
}

/// How many requests had each outcome, without those that none had.
fn outcomes(trial: &Value) -> BTreeMap<String, u64> {
    let all: BTreeMap<String, u64> = serde_json::from_value(trial["outcomes"].clone()).unwrap();
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// Whether records have begun to be written.
fn has_records(folder: &Path) -> bool {
    let journal = folder.join("run/trials/1-target-bench/records.journal");
    fs::metadata(journal).is_ok_and(|file| file.len() > 2000)
}

#[test]
fn all_that_a_file_holds_is_counted_when_it_has_been_read() {
    let test = Test::new();
    let prompt = |id| format!(r#"{{"id": "{id}", "prompt": "Say it.", "max_output_tokens": 3}}"#);
    test.file("prompts.json", &format!("[{}, {}]", prompt("a"), prompt("b")));
    let bench = "bench --rules llm-infra-bench --dataset-path prompts.json --out run --json";
    assert_eq!(test.run(&format!("{bench} {FAST}")).json()["requests"], 2);
    let kept = test.path().join("run/trials/1-target-bench/trial.json");
    let trial: Value = serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap();
    assert_eq!(trial["load"]["extent"], serde_json::json!({ "requests": 2 }));
    assert_eq!(trial["invocation"]["num_prompts"], Value::Null);
    let report = test.run("report run");
    assert!(report.stdout.contains("· 2 requests"), "{report}");
}

#[test]
fn the_embedded_engine_is_measured_and_reported_again() {
    let test = Test::new();
    let ran = test.run(&format!(
        "bench --num-prompts 24 --max-concurrency 4 --dataset-name random-ids --ignore-eos \
         --random-input-len 30 --random-output-len 16 --out run --json {FAST}"
    ));
    let trial = ran.json();
    assert_eq!(ran.code(), expected_code(&trial), "{ran}");
    assert_eq!(ran.stderr, "kept in run\n");
    assert_eq!(outcomes(&trial), BTreeMap::from([("ok".to_owned(), 24)]));
    assert_eq!(trial["requests"], 24);
    assert_eq!(trial["input_tokens"], 24 * 30);
    assert_eq!(trial["output_tokens"], 24 * 16);
    assert_eq!(trial["ttft_ms"]["n"], 24);
    // Chunks that come together with the first have no gap.
    assert!((1..=24 * 15).contains(&trial["itl_ms"]["n"].as_u64().unwrap()));
    assert_eq!(trial["simulated"], true);
    assert!(trial["duration_s"].as_f64().unwrap() > 0.0);
    for key in ["request_throughput", "output_throughput"] {
        let withheld = trial["withheld"].get(key).is_some();
        assert_eq!(trial[key].as_f64().is_none_or(|rate| rate <= 0.0), withheld, "{key}: {ran}");
    }
    for key in ["ttft_ms", "tpot_ms", "itl_ms", "icl_ms", "e2e_ms", "lateness_ms"] {
        for statistic in ["mean", "std", "p50", "p90", "p95", "p99", "max", "n"] {
            assert!(trial[key].as_object().unwrap().contains_key(statistic), "{key}.{statistic}");
        }
    }

    let again = test.run("report run --json");
    assert_eq!((again.code(), again.stderr.as_str()), (0, ""));
    assert_eq!(again.stdout, ran.stdout);
    let page = test.run("report run");
    assert!(page.stdout.contains("SIMULATED"), "{page}");
    assert!(!page.stdout.contains('\u{1b}'), "no colour into a pipe: {page}");
}

#[test]
fn a_running_server_says_the_same_as_its_truth() {
    let test = Test::new();
    let sim = test.sim("--ttft 2ms --gap 1ms --fault error-after:3=0.3 --seed 5");
    let ran = test.run(&format!(
        "bench --base-url {} --backend openai-chat --num-prompts 30 --random-output-len 8 \
         --out run --json",
        sim.address
    ));
    let trial = ran.json();
    let truth = std::net::TcpStream::connect(sim.address.trim_start_matches("http://"));
    let mut truth = truth.unwrap();
    let ask = "GET /truth HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\r\n";
    std::io::Write::write_all(&mut truth, ask.as_bytes()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut truth, &mut text).unwrap();
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["request"].as_str().unwrap().contains("-8002-") {
            *told.entry(line["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(outcomes(&trial), told, "{ran}");
    assert!(told["stream_error"] > 0, "{told:?}");
    let gates = trial["validity"]["gates"].as_array().unwrap();
    assert!(gates.iter().any(|gate| gate["id"] == "A2" && gate["status"] == "failed"), "{ran}");
    assert_eq!(ran.code(), expected_code(&trial), "{ran}");
    sim.running.signal(Signal::TERM);
    let ended = sim.running.finish();
    assert_eq!(ended.code(), 0);
    assert!(ended.stderr.contains("\nserved "), "{ended}");
}

#[test]
fn an_engine_that_refuses_everything_has_failed() {
    let test = Test::new();
    let sim = test.sim("--fault silence-after:0");
    let ran = test.run(&format!(
        "bench --base-url {} --num-prompts 3 --first-timeout 50ms --idle-timeout 50ms --out run --json",
        sim.address
    ));
    assert_eq!((ran.code(), ran.stdout.as_str()), (3, ""), "{ran}");
    assert!(ran.stderr.starts_with("error: "), "{ran}");
}

#[test]
fn ctrl_c_once_keeps_what_there_is() {
    let test = Test::new();
    let bench = "bench --duration 60s --warmup-requests 0 --out run --json";
    let mut running = test.command(bench).and(FAST).start();
    running.wait_until("there are records", has_records);
    running.signal(Signal::INT);
    let ran = running.finish();
    let trial = ran.json();
    assert_eq!(ran.code(), 5);
    assert_eq!(trial["interrupted"], true);
    assert!(outcomes(&trial)["ok"] > 0);
    assert!(!outcomes(&trial).contains_key("cancelled"), "what was in flight may end: {ran}");
    assert!(ran.stderr.starts_with("finishing what is in flight; press Ctrl-C again"), "{ran}");
    assert_eq!(test.run("report run --json").stdout, ran.stdout);
}

#[test]
fn ctrl_c_twice_stops_at_once_and_keeps_what_there_is() {
    let test = Test::new();
    // One answer in five never ends by itself.
    let bench = "bench --duration 60s --warmup-requests 0 --out run --json";
    let script = "-- --ttft 2ms --gap 1ms --fault silence-after:3=0.2 --seed 3";
    let mut running = test.command(bench).and(script).start();
    running.wait_until("there are records", has_records);
    running.signal(Signal::INT);
    std::thread::sleep(std::time::Duration::from_millis(100));
    running.signal(Signal::INT);
    let ran = running.finish();
    let trial = ran.json();
    assert_eq!(ran.code(), 5);
    assert!(outcomes(&trial)["cancelled"] > 0, "{ran}");
    assert!(ran.stderr.contains("stopping at once"), "{ran}");
}

#[test]
fn ctrl_c_before_the_window_leaves_no_numbers() {
    let test = Test::new();
    let mut running = test.command("bench --out run --json").and(FAST).start();
    running.wait_until("the engine has started", |folder| {
        folder.join("run/engines/1-target/start.json").exists()
    });
    std::thread::sleep(std::time::Duration::from_millis(200));
    running.signal(Signal::INT);
    let ran = running.finish();
    assert_eq!((ran.code(), ran.stdout.as_str()), (5, ""));
    assert!(ran.stderr.ends_with("error: stopped before anything was measured\n"), "{ran}");
}

#[test]
fn a_run_that_was_killed_says_what_it_has() {
    let test = Test::new();
    let bench = "bench --duration 60s --warmup-requests 0 --out run";
    let mut running = test.command(bench).and(FAST).start();
    running.wait_until("there are records", has_records);
    running.signal(Signal::KILL);
    running.child.wait().unwrap();
    insta::assert_snapshot!(test.run("report run"));
    let log = fs::read_to_string(test.path().join("run/engines/1-target/engine.log")).unwrap();
    let address = log.split_once("http://").unwrap().1.split_once(';').unwrap().0;
    support::eventually("the embedded engine has ended, too", || {
        std::net::TcpStream::connect(address).is_err()
    });
}

#[test]
fn a_terminal_shows_progress() {
    let test = Test::new();
    let bench =
        "bench --num-prompts 8 --random-output-len 100 --max-concurrency 4 --out run --json";
    let (ran, shown) = test.command(bench).and(FAST).run_on_terminal();
    assert_eq!(ran.json()["requests"], 8);
    for words in
        ["starting the embedded engine", "measuring", " of 8 done", "in flight", "chunks/s"]
    {
        assert!(shown.contains(words), "{words:?} is missing: {shown}");
    }
}

#[test]
fn without_a_terminal_there_is_no_progress() {
    let test = Test::new();
    let ran = test.run(&format!("bench --num-prompts 4 --random-output-len 4 --out run {FAST}"));
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.contains("Kept in"), "{ran}");
}

#[test]
fn secrets_are_sent_and_never_written() {
    let test = Test::new();
    let sim = test.sim("--ttft 1ms --gap 0");
    let ran = test
        .command("bench --num-prompts 3 --random-output-len 4 --out run --base-url")
        .and(&sim.address)
        .and("--header x-team=tulip-secret")
        .env("OPENAI_API_KEY", "sk-rose-secret")
        .run();
    assert!(ran.stdout.contains("Kept in"), "{ran}");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("secret"), "{ran}");
    let mut folders = vec![test.path().join("run")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let held = bytes.windows(6).any(|window| window == b"secret");
            assert!(!held, "a secret lies in {}", path.display());
        }
    }
}

#[test]
fn a_folder_is_named_where_none_was() {
    let test = Test::new();
    let ran = test.run(&format!("bench --num-prompts 2 --random-output-len 4 --json {FAST}"));
    let run = ran.json()["run"].as_str().unwrap().to_owned();
    assert!(run.starts_with("runs/20"), "{run}");
    assert!(test.path().join(run).join("study.lock.yaml").exists());
}

//! Run folders for comparisons: measured once by the embedded engine, then copied, and
//! given a standing and numbers that don't depend on this machine.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::support::Test;

/// Two arms, one scenario, three blocks, as quick as can be.
const STUDY: &str = "\
name: quick
arms:
  one: { engine: sim, options: { ttft: 1ms, gap: 1ms } }
  two: { engine: sim, options: { ttft: 1ms, gap: 2ms } }
workloads: { few: { output-len: 2, requests: 4 } }
scenarios: [{ workload: few, concurrency: 2 }]
blocks: 3
warm-up: 0
rehearsal: true
";

/// What an arm does in three blocks, in tokens a second.
pub const STEADY: [f64; 3] = [1000.0, 1002.0, 998.0];

/// What only a verdict may say.
pub const VERDICT_WORDS: [&str; 6] =
    ["better", "worse", "faster", "slower", "equivalent", "undecided"];

/// A folder with run folders in it.
pub struct Crafted {
    pub test: Test,
}

/// The run that all are copies of.
fn measured() -> &'static Path {
    static MEASURED: OnceLock<Test> = OnceLock::new();
    let test = MEASURED.get_or_init(|| {
        let test = Test::new();
        test.file("study.yaml", STUDY);
        // It may well end in 4: its trials are too short to count.
        let ran = test.run("run study.yaml --out run --no-progress");
        assert!([0, 4].contains(&ran.code()), "{ran}");
        test
    });
    test.path()
}

impl Crafted {
    /// An empty folder.
    pub fn new() -> Crafted {
        Crafted { test: Test::new() }
    }

    /// A run in this folder, whose trials count and whose output tokens a second are
    /// these, block by block; all latencies follow from them.
    pub fn run(&self, name: &str, tokens: &[f64; 3]) {
        copy(&measured().join("run"), &self.test.path().join(name));
        let _ = fs::remove_file(self.test.path().join(name).join("verdict.json"));
        self.each_trial(name, |trial| {
            let block = usize::try_from(trial["block"].as_u64().unwrap()).unwrap();
            let value = tokens[block - 1];
            trial["started_ns"] = (1_770_000_000_000_000_000_i64 + block as i64).into();
            trial["instrument"]["reads_unstamped"] = 0.into();
            counts(trial);
            let summary = &mut trial["summary"];
            for name in ["total_throughput", "input_throughput", "request_throughput"] {
                summary[name] = Value::Null;
            }
            summary["output_throughput"] = value.into();
            for (name, ms) in [("ttft_ms", 5000.0), ("tpot_ms", 2000.0), ("e2e_ms", 20000.0)] {
                summary[name]["mean"] = Value::Null;
                let at = json!({ "at": ms / value });
                summary["ranked"][name] = json!({
                    "p50": at, "p90": "withheld", "p95": "withheld", "p99": "withheld",
                    "kaplan_meier": {},
                });
            }
            summary["itl_ms"]["mean"] = Value::Null;
        });
    }

    /// Puts beside a run's trials what the run that it is a copy of came to.
    pub fn with_verdict(&self, name: &str) {
        let to = self.test.path().join(name).join("verdict.json");
        fs::copy(measured().join("run/verdict.json"), to).unwrap();
    }

    /// What a run came to.
    pub fn verdict(&self, name: &str) -> Value {
        let path = self.test.path().join(name).join("verdict.json");
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// Changes every `trial.json` of a run.
    pub fn each_trial(&self, run: &str, change: impl Fn(&mut Value)) {
        let trials = self.test.path().join(run).join("trials");
        for folder in fs::read_dir(trials).unwrap() {
            let path = folder.unwrap().path().join("trial.json");
            let mut trial: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            change(&mut trial);
            fs::write(path, trial.to_string()).unwrap();
        }
    }

    /// Gives a scenario of a run another name: in its lock, its trials, and their folders.
    pub fn rename(&self, run: &str, old: &str, new: &str) {
        let folder = self.test.path().join(run);
        let lock = folder.join("study.lock.yaml");
        let text = fs::read_to_string(&lock).unwrap().replace(old, new);
        fs::write(lock, text).unwrap();
        self.each_trial(run, |trial| trial["scenario"] = new.into());
        let trials: Vec<PathBuf> =
            fs::read_dir(folder.join("trials")).unwrap().map(|one| one.unwrap().path()).collect();
        for path in trials {
            let name = path.file_name().unwrap().to_str().unwrap().replace(old, new);
            fs::rename(&path, path.with_file_name(name)).unwrap();
        }
    }
}

/// Has a trial count, and nothing of it withheld.
pub fn counts(trial: &mut Value) {
    trial["validity"]["standing"] = "valid".into();
    for gate in trial["validity"]["gates"].as_array_mut().unwrap() {
        if gate["status"] == "failed" {
            gate["status"] = "passed".into();
            gate["withholds"] = json!([]);
        }
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let path = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &path);
        } else {
            fs::copy(entry.path(), path).unwrap();
        }
    }
}

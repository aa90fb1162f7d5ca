//! Studies carried out by the program, each in a folder of its own, and a look at
//! what they leave: in the folder, and among the processes of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Invocation, Ran, Running, Test};

/// The variable by which all processes of a study are found.
const MARK: &str = "TOKENOMETER_STUDY_TEST";
/// How long after us anything of an engine may live.
const AFTER_US: Duration = Duration::from_secs(5);

/// The program, in the folder of each study: a study goes on only with the program
/// that began it, so a test may replace it, and whoever builds meanwhile may not.
pub const PROGRAM: &str = "tokenometer";

/// A study in a folder of its own.
pub struct Study {
    pub test: Test,
    mark: String,
}

impl Study {
    /// A folder with this in `study.yaml`.
    pub fn new(yaml: &str) -> Study {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let test = Test::new();
        test.file("study.yaml", yaml);
        let study = Study { test, mark };
        let (built, own) = (env!("CARGO_BIN_EXE_tokenometer"), study.path(PROGRAM));
        fs::hard_link(built, &own).or_else(|_| fs::copy(built, &own).map(drop)).unwrap();
        study
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.test.path().join(name)
    }

    /// The study into the folder `run`, with these flags.
    pub fn command(&self, flags: &str) -> Invocation<'_> {
        let program = self.path(PROGRAM);
        self.command_of(program.to_str().unwrap(), "run study.yaml --out run").and(flags)
    }

    /// A program in the folder, whose processes are this study's.
    pub fn command_of(&self, program: &str, arguments: &str) -> Invocation<'_> {
        let mut invocation = self.test.command("").env(MARK, &self.mark);
        let mut command = Command::new(program);
        command.current_dir(self.test.path());
        for (name, value) in invocation.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        invocation.command = command;
        invocation.and(arguments)
    }

    /// Carries it out.
    pub fn run(&self, flags: &str) -> Ran {
        self.command(flags).run()
    }

    /// Begins to carry it out.
    pub fn start(&self, flags: &str) -> Running {
        self.command(flags).start()
    }

    /// The numbers of its processes that live: ours, keepers and engines. A zombie
    /// has no environment.
    pub fn living(&self) -> Vec<u32> {
        let wanted = format!("{MARK}={}", self.mark);
        let holds = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
        };
        let files = fs::read_dir("/proc").unwrap().flatten();
        files.filter_map(|file| file.file_name().to_str()?.parse().ok()).filter(holds).collect()
    }

    /// Waits until nothing of it lives, which may take five seconds.
    pub fn is_gone_soon(&self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let living = self.living();
            if living.is_empty() {
                return Ok(());
            }
            if began.elapsed() > AFTER_US {
                let who = living.iter().map(|pid| fs::read_to_string(format!("/proc/{pid}/comm")));
                return Err(format!("these live on: {living:?} {:?}", who.collect::<Vec<_>>()));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The exit code of the study, come to its end as it stands.
    pub fn expected_code(&self) -> i32 {
        self.committed().expected_code(&self.path("run"))
    }

    /// What is committed in `run`.
    pub fn committed(&self) -> Committed {
        Committed::of(&self.path("run"))
    }

    /// The folders of engines that were started for `run`.
    pub fn starts(&self) -> Vec<String> {
        names_in(&self.path("run/engines"))
    }
}

impl Drop for Study {
    fn drop(&mut self) {
        // Only what a failed test has left running.
        for pid in self.living() {
            let _ = kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL);
        }
    }
}

/// The names in a folder, in order; none where there is no folder.
pub fn names_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        files.map(|file| file.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a run has committed: byte for byte each `trial.json` and `failure.json`,
/// by the name of the trial's folder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Trials with numbers.
    pub trials: BTreeMap<String, String>,
    /// Trials without.
    pub failures: BTreeMap<String, String>,
}

impl Committed {
    /// What is committed in this run folder.
    pub fn of(run: &Path) -> Committed {
        let trials = run.join("trials");
        let read = |file: &str| {
            let text = |name: String| {
                let text = fs::read_to_string(trials.join(&name).join(file)).ok()?;
                Some((name, text))
            };
            names_in(&trials).into_iter().filter_map(text).collect()
        };
        Committed { trials: read("trial.json"), failures: read("failure.json") }
    }

    /// Whether all of `before` is here still, as it was.
    pub fn keeps(&self, before: &Committed) -> Result<(), String> {
        for (then, now) in [(&before.trials, &self.trials), (&before.failures, &self.failures)] {
            if let Some((name, _)) = then.iter().find(|(name, text)| now.get(*name) != Some(text)) {
                return Err(format!("{name} was committed, and is another now"));
            }
        }
        Ok(())
    }

    /// The trial in this folder.
    pub fn trial(&self, name: &str) -> Value {
        serde_json::from_str(self.trials.get(name).unwrap_or_else(|| panic!("no {name}"))).unwrap()
    }

    /// The failure in this folder.
    pub fn failure(&self, name: &str) -> Result<Value, String> {
        let text = self.failures.get(name).ok_or(format!("{name} has not failed"))?;
        Ok(serde_json::from_str(text).unwrap())
    }

    /// The exit code of a study that came to its end with this. Whether a trial
    /// counts depends on how busy this machine is, since its gates watch the
    /// machine, too. Then the answers are missing that the study asked for.
    fn expected_code(&self, run: &Path) -> i32 {
        let standing = |name: &String| self.trial(name)["validity"]["standing"].clone();
        let standings: Vec<Value> = self.trials.keys().map(standing).collect();
        let has = |wanted: &str| standings.iter().any(|standing| standing == wanted);
        match () {
            () if has("valid") || has("saturated") => code_of_verdict(run),
            () if has("invalid") => 4,
            () => 3,
        }
    }
}

/// The exit code by what the study in this run folder has to say.
fn code_of_verdict(run: &Path) -> i32 {
    let Ok(text) = fs::read_to_string(run.join("verdict.json")) else { return 0 };
    let verdict: Value = serde_json::from_str(&text).unwrap();
    let comparisons = verdict["comparisons"].as_array().unwrap();
    let has = |wanted: &[&str]| {
        comparisons.iter().any(|one| wanted.contains(&one["answer"]["word"].as_str().unwrap()))
    };
    let asks = verdict["rule"]["at_most"].as_u64().unwrap() >= 3;
    match () {
        () if asks && has(&["failed"]) => 3,
        () if asks && has(&["not_comparable", "invalid", "no_verdict"]) => 4,
        () if is_out_of_reach(&verdict) => 1,
        () => 0,
    }
}

/// Whether no arm has met the objectives of some scenario.
fn is_out_of_reach(verdict: &Value) -> bool {
    let attained = verdict["objectives"].as_array().cloned().unwrap_or_default();
    let scenarios: BTreeSet<&str> =
        attained.iter().map(|one| one["scenario"].as_str().unwrap()).collect();
    let missed = |one: &Value| one["met"] == false;
    scenarios
        .into_iter()
        .any(|name| attained.iter().filter(|one| one["scenario"] == name).all(missed))
}

/// The rows of `summary.csv` in this run folder as `block-arm-scenario`, in order.
pub fn summary_rows(run: &Path) -> Vec<String> {
    let text = fs::read_to_string(run.join("summary.csv")).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[1..4].join("-")
    };
    let mut rows: Vec<String> = text.lines().skip(1).map(row).collect();
    rows.sort();
    rows
}

//! What an engine does wrong costs its own arm, and nobody else: each fault with a
//! fake engine of its own, in a study beside an arm that does what it should.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use support::study::{Study, names_in, summary_rows};
use support::{Ran, failures};

/// Requests of a trial.
const REQUESTS: u32 = 6;

/// A study with an arm that is good and one that is not, in two scenarios.
fn study(bad: &str, more: &str) -> String {
    format!(
        "\
name: faults
arms:
  good: {{ engine: sim, options: {{ ttft: 1ms, gap: 1ms }} }}
  bad: {bad}
workloads:
  chat: {{ output-len: 4, requests: {REQUESTS} }}
scenarios:
  - {{ workload: chat, concurrency: [1, 2] }}
blocks: 1
reference: good
rehearsal: true
reruns: 0
{more}
"
    )
}

/// An engine that is a shell script, and what else its profile says.
fn script(script: &str, more: &str) -> String {
    let command = json!(["sh", "-c", script]);
    format!("name: fake\nextends: sim\ncommand: {command}\n{more}\n")
}

/// One way in which an engine fails.
struct Fault {
    name: &'static str,
    /// The profile of the arm, `fake.yaml`.
    profile: String,
    /// The arm.
    arm: &'static str,
    /// Further keys of the study.
    more: &'static str,
    /// The step at which its trials fail.
    step: &'static str,
    /// What is said of it.
    why: &'static str,
    /// The last line of its log; none where no log was begun.
    last: Option<&'static str>,
}

const FAKE: &str = "{ engine: ./fake.yaml }";
const SIM: &str = "exec {executable} sim --listen {host}:{port}";

impl Fault {
    fn new(name: &'static str, profile: String, step: &'static str, why: &'static str) -> Fault {
        let more = "warm-up: 0";
        Fault { name, profile, arm: FAKE, more, step, why, last: None }
    }

    fn saying(self, last: &'static str) -> Fault {
        Fault { last: Some(last), ..self }
    }

    fn arm(self, arm: &'static str) -> Fault {
        Fault { arm, ..self }
    }

    fn more(self, more: &'static str) -> Fault {
        Fault { more, ..self }
    }
}

fn faults() -> Vec<Fault> {
    let died = "it was told to die after";
    vec![
        Fault::new(
            "it is not there",
            "name: fake\nextends: sim\ncommand: [python, -m, engine]\n\
             provision: { environment: /nowhere }\n"
                .to_owned(),
            "provision",
            "/nowhere",
        ),
        Fault::new(
            "it dies at its start",
            script("echo loading; echo no memory left >&2; exit 7", ""),
            "start",
            "it ended (exit code 7)",
        )
        .saying("no memory left"),
        Fault::new(
            "it is killed at its start",
            script("echo loading; kill -KILL $$", ""),
            "start",
            "it ended (signal 9",
        )
        .saying("loading"),
        Fault::new(
            "it never listens",
            script("echo loading; exec sleep 1000", ""),
            "start",
            "not listening",
        )
        .more("warm-up: 0\nlimits: { ready: 2s }")
        .saying("loading"),
        Fault::new(
            "it listens and is never ready",
            script(SIM, "ready: { route: /never }"),
            "start",
            "not healthy",
        )
        .more("warm-up: 0\nlimits: { ready: 2s }")
        .saying("press Ctrl-C to stop"),
        Fault::new(
            "it says that it is lost and lives on",
            script("echo the core has died; exec sleep 1000", "log: { fatal: [has died] }"),
            "start",
            "its log says `the core has died`",
        )
        .saying("the core has died"),
        Fault::new(
            "it serves another model",
            script(&format!("{SIM} --model another"), ""),
            "meet",
            "does not serve `wanted`; it serves another",
        )
        .arm("{ engine: ./fake.yaml, model: wanted }")
        .saying("press Ctrl-C to stop"),
        Fault::new(
            "it is ready and answers nothing",
            script(&format!("{SIM} --fault slow-headers:1000s"), ""),
            "meet",
            "",
        )
        .more("warm-up: 0\nlimits: { first: 2s }")
        .saying("press Ctrl-C to stop"),
        Fault::new(
            "it dies of its first request",
            script(&format!("{SIM} --die-after 1"), ""),
            "meet",
            "the engine ended: exit code 3",
        )
        .saying(died),
        Fault::new(
            "it dies in the warm-up",
            script(&format!("{SIM} --die-after 3"), ""),
            "warm_up",
            "the engine ended: exit code 3",
        )
        .more("warm-up: 4")
        .saying(died),
        Fault::new(
            "it dies in the window",
            script(&format!("{SIM} --die-after 9"), ""),
            "measure",
            "the engine ended: exit code 3",
        )
        .more("warm-up: 4")
        .saying(died),
    ]
}

/// What is the other arm's stays the other arm's: its trials have their numbers.
fn good_has_numbers(study: &Study) -> Result<(), String> {
    let committed = study.committed();
    for name in ["1-good-chat-c1", "1-good-chat-c2"] {
        let ok = &committed.trial(name)["summary"]["outcomes"]["ok"];
        if *ok != REQUESTS {
            return Err(format!("{name} has {ok} answers"));
        }
    }
    Ok(())
}

/// Nothing is done again when the study is gone on with.
fn is_settled(study: &Study, ran: &Ran) -> Result<(), String> {
    let (before, starts) = (study.committed(), study.starts());
    let again = study.run("--resume");
    let now = study.committed();
    now.keeps(&before)?;
    if (again.code(), now == before, study.starts()) != (ran.code(), true, starts) {
        return Err(format!("it was not over: {again}"));
    }
    match again.stderr.is_empty() {
        true => Ok(()),
        false => Err(format!("it does something: {again}")),
    }
}

/// Checks one fault, and gives what people see of the arm that has it.
fn check(fault: &Fault) -> Result<String, String> {
    let study = Study::new(&study(fault.arm, fault.more));
    study.test.file("fake.yaml", &fault.profile);
    let ran = study.run("");
    study.is_gone_soon()?;
    good_has_numbers(&study)?;
    let committed = study.committed();
    if ran.code() != study.expected_code() {
        return Err(format!("{ran}"));
    }
    for name in ["1-bad-chat-c1", "1-bad-chat-c2"] {
        let failure = committed.failure(name)?;
        let (step, why) = (failure["step"].as_str().unwrap(), failure["why"].as_str().unwrap());
        if step != fault.step || !why.contains(fault.why) {
            return Err(format!("{name} failed in {step}: {why}"));
        }
        let last = failure["last_lines"].as_array().unwrap().last();
        let last = last.map(|line| line.as_str().unwrap());
        if last.is_some() != fault.last.is_some()
            || !last.unwrap_or_default().contains(fault.last.unwrap_or_default())
        {
            return Err(format!("{name} says last: {last:?}"));
        }
    }
    let rows = ["1-bad-chat-c1", "1-bad-chat-c2", "1-good-chat-c1", "1-good-chat-c2"];
    if summary_rows(&study.path("run")) != rows {
        return Err("summary.csv lacks rows".to_owned());
    }
    is_settled(&study, &ran)?;
    Ok(seen_of_bad(&ran))
}

/// What is seen of the arm `bad`, without what differs from run to run.
fn seen_of_bad(ran: &Ran) -> String {
    let shown = ran.to_string();
    let failed = shown.lines().skip_while(|line| !line.starts_with("Failures"));
    let failed = failed.take_while(|line| !line.is_empty()).map(without_times);
    let lines: Vec<String> = told_of_bad(ran).into_iter().chain(failed).collect();
    lines.join("\n")
}

/// What is told of the arm `bad` while the study runs.
fn told_of_bad(ran: &Ran) -> Vec<String> {
    let shown = ran.to_string();
    let (_, stderr) = shown.split_once("--- stderr").unwrap();
    let told = stderr.lines().filter(|line| line.contains(" on bad") || line.starts_with("  |"));
    told.map(without_times).collect()
}

/// A line without times, numbers of processes and ports, and the path of this test.
fn without_times(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    for index in 1..words.len() {
        let is_number = words[index].starts_with(|c: char| c.is_ascii_digit());
        match words[index - 1] {
            "after" if is_number && words[index].contains('.') => words[index] = "[TIME]",
            "process" if is_number => words[index] = "[PID]",
            "port" if is_number => words[index] = "[PORT]",
            "[PID]" => words[index] = "([PROGRAM]);",
            _ => {}
        }
    }
    words.join(" ")
}

#[test]
fn an_engine_that_fails_costs_its_own_arm_alone() {
    let seen = Mutex::new(BTreeMap::new());
    let failures = failures(&faults(), |fault| {
        let shown = check(fault).map_err(|why| format!("{}: {why}", fault.name))?;
        seen.lock().unwrap().insert(fault.name, shown);
        Ok(())
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    let seen = seen.into_inner().unwrap();
    let pages: Vec<String> =
        seen.iter().map(|(name, shown)| format!("# {name}\n{shown}")).collect();
    insta::assert_snapshot!(pages.join("\n\n"));
}

#[test]
fn an_engine_that_falls_silent_in_its_answers_fails_by_its_gates() {
    let bad = format!("{{ engine: sim, args: {} }}", json!(["--fault", "silence-after:1"]));
    let study = Study::new(&study(&bad, "warm-up: 0\nlimits: { idle: 1s }"));
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    good_has_numbers(&study).unwrap();
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    for name in ["1-bad-chat-c1", "1-bad-chat-c2"] {
        let trial = study.committed().trial(name);
        assert_eq!(trial["summary"]["outcomes"]["timeout"], REQUESTS);
        assert_ne!(trial["validity"]["standing"], "valid");
        let gates = trial["validity"]["gates"].as_array().unwrap();
        let alive = gates.iter().find(|gate| gate["id"] == "A1").unwrap();
        assert_eq!(alive["status"], "failed");
        assert_eq!(alive["saw"], "6 streams fell silent until the idle limit (limit 0)");
    }
    is_settled(&study, &ran).unwrap();
}

#[test]
fn an_engine_that_dies_once_costs_one_trial() {
    // Every start but the first one serves.
    let script_once = format!("[ -e died ] && {SIM}; : > died; {SIM} --die-after 3");
    let study = Study::new(&study(FAKE, "warm-up: 0").replace("blocks: 1", "blocks: 2"));
    study.test.file("fake.yaml", &script(&script_once, ""));
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    let committed = study.committed();
    assert_eq!((committed.trials.len(), committed.failures.len()), (7, 1), "{ran}");
    assert_eq!(study.starts(), ["1-bad", "1-bad@2", "1-good", "2-bad", "2-good"]);
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    is_settled(&study, &ran).unwrap();
}

#[test]
fn a_study_of_nothing_but_failures_says_so() {
    let both =
        study(FAKE, "warm-up: 0").replace("engine: sim, options", "engine: ./fake.yaml, options");
    let study = Study::new(&both);
    study.test.file("fake.yaml", &script("exit 1", ""));
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    assert_eq!(ran.code(), 3, "{ran}");
    assert_eq!(study.committed().failures.len(), 4);
    is_settled(&study, &ran).unwrap();
}

#[test]
fn what_an_engine_forks_ends_with_it() {
    // A child of the shell's that ends once that is the engine, which never asks
    // for it and so has a zombie; and an orphan in a session of its own that
    // heeds nothing.
    let forks = format!(
        "sh -c 'while grep -q sh /proc/$PPID/comm; do sleep 0.01; done' & echo $! > zombie
         (setsid sh -c \"trap '' TERM INT HUP; : > orphan; while :; do sleep 1000; done\" &)
         while [ ! -e orphan ]; do sleep 0.01; done
         {SIM} --gap 50ms"
    );
    let study = Study::new(&study(FAKE, "warm-up: 0"));
    study.test.file("fake.yaml", &script(&forks, ""));
    let zombie = || {
        let pid = fs::read_to_string(study.path("zombie")).unwrap_or_default();
        let status = fs::read_to_string(format!("/proc/{}/status", pid.trim()));
        status.unwrap_or_default().contains("State:\tZ")
    };
    let mut running = study.start("");
    running.wait_until("the engine has a zombie", |_| zombie());
    let ran = running.finish();
    study.is_gone_soon().unwrap();
    assert!(!zombie());
    good_has_numbers(&study).unwrap();
    assert_eq!(study.committed().trials.len(), 4, "{ran}");
    let start = fs::read_to_string(study.path("run/engines/1-bad/start.json")).unwrap();
    let start: Value = serde_json::from_str(&start).unwrap();
    let how = start["end"]["how"].as_str().unwrap();
    assert!(how.contains("of its processes had to be killed"), "{how}");
    is_settled(&study, &ran).unwrap();
}

#[test]
fn an_engine_whose_port_is_taken_says_by_whom() {
    // It tells its port, and begins to listen only when somebody else does.
    let late = format!("echo {{port}} > port; while [ ! -e taken ]; do sleep 0.01; done; {SIM}");
    let study = Study::new(&study(FAKE, "warm-up: 0"));
    study.test.file("fake.yaml", &script(&late, ""));
    let (port_file, taken) = (study.path("port"), study.path("taken"));
    thread::spawn(move || {
        let told = || fs::read_to_string(&port_file).ok()?.trim().parse::<u16>().ok();
        let port = loop {
            match told() {
                Some(port) => break port,
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        fs::write(taken, "").unwrap();
        // Whoever comes is sent away.
        listener.incoming().for_each(drop);
    });
    let ran = study.run("");
    study.is_gone_soon().unwrap();
    good_has_numbers(&study).unwrap();
    let failure = study.committed().failure("1-bad-chat-c1").unwrap();
    let why = failure["why"].as_str().unwrap();
    let us = format!("is taken by process {} (", std::process::id());
    assert!(why.contains(&us), "{why}");
    assert_eq!(failure["step"], "start");
    assert_eq!(names_in(&study.path("run/engines")), ["1-bad", "1-good"]);
    is_settled(&study, &ran).unwrap();
    insta::assert_snapshot!(told_of_bad(&ran).join("\n"));
}

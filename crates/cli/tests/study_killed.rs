//! Whatever ends us in the middle of a study: nothing of an engine lives on,
//! nothing that was committed is lost or measured again, and the study goes on.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use support::eventually;
use support::study::{Committed, Study, summary_rows};

/// Two arms, two scenarios, three blocks: twelve trials, each of a few
/// milliseconds.
const TINY: &str = "\
name: tiny
arms:
  one: { engine: sim, options: { ttft: 1ms, gap: 1ms } }
  two: { engine: sim, options: { ttft: 2ms, gap: 1ms } }
workloads:
  chat: { output-len: 4, requests: 6 }
scenarios:
  - { workload: chat, concurrency: [1, 2] }
blocks: 3
warm-up: 0
reference: one
rehearsal: true
reruns: 0
";

/// How often the program is killed.
const KILLS: u32 = 50;
/// How long it is let live at most: about half of what the whole study takes.
const LONGEST_LIFE: u64 = 900;

/// Every planned trial.
fn all_trials() -> Vec<String> {
    let mut names = Vec::new();
    for block in 1..=3 {
        for arm in ["one", "two"] {
            names.extend([1, 2].map(|load| format!("{block}-{arm}-chat-c{load}")));
        }
    }
    names
}

/// Numbers that are the same in every run of this test.
struct Draws(u64);

impl Draws {
    /// One below `end` (Knuth's MMIX generator, whose high bits are good).
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % end
    }
}

/// Whether a study that came to its end has all of its trials, each once.
fn is_complete(run: &Path) -> Committed {
    let committed = Committed::of(run);
    assert_eq!(committed.trials.keys().cloned().collect::<Vec<_>>(), all_trials());
    assert!(committed.failures.is_empty());
    for name in all_trials() {
        let trial = committed.trial(&name);
        assert_eq!(trial["summary"]["outcomes"]["ok"], 6, "{name}");
    }
    assert_eq!(summary_rows(run), all_trials());
    assert!(!run.join("void").exists());
    committed
}

#[test]
fn killed_at_any_instant_it_loses_nothing_and_counts_nothing_twice() {
    let study = Study::new(TINY);
    let run = study.path("run");
    let mut draws = Draws(1);
    let (mut kills, mut ended) = (0, 0);
    let mut before = Committed::default();
    while kills < KILLS {
        let mut running = study.start("--resume");
        thread::sleep(Duration::from_millis(draws.below(LONGEST_LIFE)));
        if running.child.try_wait().unwrap().is_none() {
            running.signal(Signal::KILL);
        }
        let ran = running.finish();
        let now = Committed::of(&run);
        now.keeps(&before).unwrap();
        if ran.status.signal() == Some(9) {
            kills += 1;
            study.is_gone_soon().unwrap();
            before = now;
        } else {
            assert_eq!(ran.code(), study.expected_code(), "{ran}");
            is_complete(&run);
            fs::rename(&run, study.path(&format!("run-{ended}"))).unwrap();
            ended += 1;
            before = Committed::default();
        }
    }
    let ran = study.run("--resume");
    let now = is_complete(&run);
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    now.keeps(&before).unwrap();
    study.is_gone_soon().unwrap();
}

/// The study, when it has committed its first trial and measures another.
fn in_the_middle() -> (Study, support::Running) {
    // Each answer takes long enough that a signal comes within it.
    let study = Study::new(&TINY.replace("gap: 1ms", "gap: 40ms"));
    let mut running = study.start("");
    let has_journal = |trial: fs::DirEntry| trial.path().join("records.journal").exists();
    running.wait_until("a trial is measured after another", |folder| {
        let trials = fs::read_dir(folder.join("run/trials"));
        !Committed::of(&folder.join("run")).trials.is_empty()
            && trials.into_iter().flatten().flatten().any(has_journal)
    });
    assert!(study.living().len() >= 3, "the program, a keeper and an engine");
    (study, running)
}

#[test]
fn two_programs_never_work_in_one_folder() {
    let (study, running) = in_the_middle();
    let before = study.committed();
    let second = study.run("--resume");
    assert_eq!(second.code(), 2, "{second}");
    study.committed().keeps(&before).unwrap();
    let ran = running.finish();
    is_complete(&study.path("run"));
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    insta::assert_snapshot!(second.stderr);
}

/// Goes on with a study that was broken off, up to its end.
fn goes_on(study: &Study, before: &Committed) {
    let ran = study.run("--resume");
    let now = is_complete(&study.path("run"));
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    now.keeps(before).unwrap();
    study.is_gone_soon().unwrap();
}

#[test]
fn signals_that_end_it_at_once_leave_nothing_running() {
    // Killed; aborted, as by a panic that can't unwind; the terminal is gone.
    for (signal, number) in [(Signal::KILL, 9), (Signal::ABORT, 6), (Signal::HUP, 1)] {
        let (study, running) = in_the_middle();
        running.signal(signal);
        let ran = running.finish();
        study.is_gone_soon().unwrap();
        assert_eq!(ran.status.signal(), Some(number), "{ran}");
        goes_on(&study, &study.committed());
    }
}

#[test]
fn interrupted_it_says_how_to_go_on() {
    for signal in [Signal::INT, Signal::TERM] {
        let (study, running) = in_the_middle();
        running.signal(signal);
        let ran = running.finish();
        study.is_gone_soon().unwrap();
        assert_eq!(ran.code(), 5, "{ran}");
        assert!(ran.stderr.contains("finishing what is in flight"), "{ran}");
        assert!(ran.stdout.contains("INTERRUPTED"), "{ran}");
        assert!(ran.stdout.contains("--resume goes on"), "{ran}");
        goes_on(&study, &study.committed());
    }
}

#[test]
fn interrupted_three_times_it_leaves_at_once_and_nothing_runs_on() {
    let (study, running) = in_the_middle();
    for _ in 0..3 {
        running.signal(Signal::INT);
        // Signals that come together are one.
        thread::sleep(Duration::from_millis(50));
    }
    let ran = running.finish();
    study.is_gone_soon().unwrap();
    assert_eq!(ran.code(), 5, "{ran}");
    goes_on(&study, &study.committed());
}

#[test]
fn interrupted_while_an_engine_starts_it_does_not_wait_for_it() {
    let study = Study::new(&TINY.replace("one: { engine: sim", "one: { engine: ./slow.yaml"));
    study.test.file(
        "slow.yaml",
        "name: slow\nextends: sim\ncommand: [sh, -c, \": > up; exec sleep 1000\"]\n",
    );
    let running = study.start("");
    eventually("the engine starts", || study.path("up").exists());
    running.signal(Signal::INT);
    let ran = running.finish();
    study.is_gone_soon().unwrap();
    assert_eq!(ran.code(), 5, "{ran}");
    assert!(study.committed().failures.is_empty(), "what was stopped has not failed");
}

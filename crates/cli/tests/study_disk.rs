//! A disk that is full in the middle of a study: what was measured is kept, nothing
//! of an engine is left, and the study goes on where there is room.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::Ran;
use support::study::{PROGRAM, Study, summary_rows};

const STUDY: &str = "\
name: large
arms:
  one: { engine: sim, options: { ttft: 1ms, gap: 0ms } }
  two: { engine: sim, options: { ttft: 2ms, gap: 0ms } }
workloads:
  chat: { output-len: 128, requests: 30 }
scenarios:
  - { workload: chat, concurrency: [1, 2] }
blocks: 3
warm-up: 0
reference: one
rehearsal: true
reruns: 0
";

/// How many trials are planned.
const TRIALS: usize = 12;

/// Whether a file system can be mounted here, in a world of one's own.
fn can_mount() -> bool {
    let mut probe = Command::new("unshare");
    probe.args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    let probe = probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// Goes on with what is in `run`, and has the whole study then.
fn goes_on(study: &Study) {
    let before = study.committed();
    let ran = study.run("--resume");
    let now = study.committed();
    now.keeps(&before).unwrap();
    assert_eq!((now.trials.len(), now.failures.len()), (TRIALS, 0), "{ran}");
    assert_eq!(ran.code(), study.expected_code(), "{ran}");
    assert_eq!(summary_rows(&study.path("run")).len(), TRIALS);
    study.is_gone_soon().unwrap();
}

/// The study has ended with an error that tells of a file in its folder; says how
/// many trials it has.
fn has_stopped(study: &Study, ran: &Ran, folder: &str) -> usize {
    study.is_gone_soon().unwrap();
    assert_eq!(ran.code(), 2, "{ran}");
    assert!(ran.stderr.contains(&format!("failed to write {folder}/")), "{ran}");
    assert!(ran.stderr.contains(&format!("--out {folder} --resume goes on")), "{ran}");
    assert!(!ran.stderr.contains("failed: "), "no arm has failed: {ran}");
    let committed = study.committed();
    assert!(committed.failures.is_empty(), "{ran}");
    committed.trials.len()
}

#[test]
fn a_full_disk_ends_a_study_that_goes_on_on_a_larger_one() {
    if !can_mount() {
        // Then the test below is all that can be seen of it here.
        return;
    }
    let study = Study::new(STUDY);
    fs::create_dir(study.path("disk")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=700k tmpfs disk
         ./{PROGRAM} run study.yaml --out disk/run
         code=$?
         cp -a disk/run run
         exit $code"
    );
    let ran = study.command_of("unshare", "-rm sh -c").arg(&script).run();
    let kept = has_stopped(&study, &ran, "disk/run");
    assert!((1..TRIALS).contains(&kept), "{kept}: {ran}");
    assert!(ran.stderr.contains("the disk is full."), "{ran}");
    assert!(ran.stderr.contains("Free some space, or use a folder on another disk"), "{ran}");
    goes_on(&study);
}

#[test]
fn a_file_that_may_not_grow_ends_a_study_that_goes_on_where_it_may() {
    // 150 kB, in blocks of 512 bytes: less than the records of any trial.
    let study = Study::new(STUDY);
    let limited = format!("trap '' XFSZ; ulimit -f 300; exec ./{PROGRAM} run study.yaml --out run");
    let ran = study.command_of("sh", "-c").arg(&limited).run();
    assert_eq!(has_stopped(&study, &ran, "run"), 0, "{ran}");
    assert!(ran.stderr.contains("File too large"), "{ran}");
    goes_on(&study);
}

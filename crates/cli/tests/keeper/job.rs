//! What an engine is given, and what is said where it can't be.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokenometer_engine::process::{Ended, Process};

use crate::fake::{Fake, keeper, parent};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn it_runs_where_and_as_it_is_told() {
    let mut fake =
        Fake::new("cat; pwd -P; echo \"$GREETING\"; grep -E 'SigIgn|SigBlk' /proc/self/status; up");
    fake.job.environment.insert("GREETING".to_owned(), "how do you do".to_owned());
    let process = fake.start();
    assert_eq!(process.wait(LONG), Some(Ended::Code(0)));
    let log = fake.log();
    let lines: Vec<&str> = log.lines().collect();
    let folder = fs::canonicalize(fake.path(".")).unwrap();
    assert_eq!(lines[..2], [folder.to_str().unwrap(), "how do you do"]);
    // It can be asked to end: nothing is blocked, and no signal that the keeper
    // itself outlives is ignored.
    for line in &lines[2..] {
        let mask = u64::from_str_radix(line.split_once('\t').unwrap().1, 16).unwrap();
        let of = |signal: u32| 1_u64 << (signal - 1);
        assert_eq!(mask & (of(1) | of(2) | of(3) | of(15)), 0, "{line}");
    }
    assert_eq!(lines.len(), 4, "{log}");
}

#[test]
fn its_log_is_appended_to() {
    let fake = Fake::new("echo new; up");
    fs::write(&fake.job.log, "old\n").unwrap();
    assert_eq!(fake.start().wait(LONG), Some(Ended::Code(0)));
    assert_eq!(fake.log(), "old\nnew\n");
}

#[test]
fn it_is_bound_to_its_processors() {
    let all = fs::read_to_string("/proc/self/status").unwrap();
    let all = all.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let last: usize = all.trim().rsplit([',', '-']).next().unwrap().parse().unwrap();
    let mut fake = Fake::new("sh -c 'grep Cpus_allowed_list /proc/self/status'; up");
    fake.job.cores = vec![last];
    assert_eq!(fake.start().wait(LONG), Some(Ended::Code(0)));
    assert_eq!(fake.log(), format!("Cpus_allowed_list:\t{last}\n"));

    fake.job.cores = vec![last, 1000];
    let why = Process::start(keeper(), &fake.job).unwrap_err().to_string();
    assert!(why.contains("processor 1000, which may not be used"), "{why}");
    assert_eq!(fake.alive(), 0);
}

#[test]
fn no_secret_stands_in_a_command_line_or_in_the_keepers_environment() {
    let mut fake = Fake::new("up; sleep 1000");
    fake.job.environment.insert("SESAME".to_owned(), "open-sesame".to_owned());
    let process = fake.start();
    let keeper_pid = parent(process.pid());
    let line = fs::read(format!("/proc/{keeper_pid}/cmdline")).unwrap();
    let words: Vec<_> = line.split(|&byte| byte == 0).map(String::from_utf8_lossy).collect();
    assert_eq!(words, [keeper().to_str().unwrap(), "keep", ""]);
    let environment = fs::read(format!("/proc/{keeper_pid}/environ")).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("sesame"));
}

#[test]
fn what_can_not_be_started_says_why() {
    let mut fake = Fake::new("up");
    let whole = fake.job.clone();
    let why = |fake: &Fake| Process::start(keeper(), &fake.job).unwrap_err().to_string();

    fake.job.command = vec!["no-such-engine".to_owned(), "--port".to_owned()];
    let said = why(&fake);
    assert!(said.contains("`no-such-engine` can't be run: No such file"), "{said}");

    fake.job.command = Vec::new();
    assert!(why(&fake).contains("its command is empty"));

    fake.job = whole.clone();
    fake.job.folder = Some(fake.path("nowhere"));
    assert!(why(&fake).contains("there is no folder"));

    fake.job = whole.clone();
    fake.job.log = fake.path("nowhere/engine.log");
    assert!(why(&fake).contains("failed to open the engine's log"));

    fake.job = whole;
    let error = Process::start(&fake.path("no-keeper"), &fake.job).unwrap_err().to_string();
    assert!(error.contains("as the keeper of an engine"), "{error}");
    let error = Process::start("/bin/true".as_ref(), &fake.job).unwrap_err().to_string();
    assert!(error.contains("ended before the engine ran"), "{error}");
}

#[test]
fn commands_for_the_end_are_carried_out_once_nothing_lives() {
    let mut fake = Fake::new("trap '' TERM; up; while :; do sleep 1000; done");
    let mark = fake.mark();
    let count =
        format!("cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c '^{mark}$' > alive; true");
    let commands = [
        vec!["sh", "-c", &count],
        vec!["sh", "-c", "echo gone wrong; (setsid sleep 1000 &); exit 4"],
        vec!["no-such-command"],
    ];
    let words = |words: &Vec<&str>| words.iter().map(|&word| word.to_owned()).collect();
    fake.job.afterwards = commands.iter().map(words).collect();
    let stopped = fake.start().stop();
    assert_eq!(fs::read_to_string(fake.path("alive")).unwrap(), "0\n");
    assert_eq!(stopped.troubles.len(), 2, "{stopped:?}");
    assert!(stopped.troubles[0].contains("exit code 4"), "{stopped:?}");
    assert!(stopped.troubles[1].contains("`no-such-command`: "), "{stopped:?}");
    assert!(fake.log().contains("gone wrong"));
    assert_eq!(fake.alive(), 0);
}

#[test]
fn a_keeper_without_a_job_says_who_starts_it() {
    let child = Command::new(keeper())
        .arg("keep")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ran = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2));
    assert!(said.contains("a keeper is started by tokenometer itself"), "{said}");
    assert!(ran.stdout.is_empty());
}

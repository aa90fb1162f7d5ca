//! How engines end, and what they leave.

use std::fs;
use std::time::Duration;

use tokenometer_engine::process::{Ended, LogPatterns, LogWatch, Process, StopSignal};

use crate::fake::{Fake, eventually, keeper, parent};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn one_that_heeds_the_signal_is_not_killed() {
    let mut fake = Fake::new("trap 'echo heard; exit 3' INT; up; while :; do sleep 0.02; done");
    fake.job.stop = StopSignal::Int;
    fake.job.grace = LONG;
    let process = fake.start();
    assert_eq!(process.ended(), None);
    let stopped = process.stop();
    assert_eq!((stopped.ended, stopped.killed), (Some(Ended::Code(3)), 0));
    assert!(stopped.left.is_empty() && stopped.troubles.is_empty(), "{stopped:?}");
    assert_eq!(fake.log(), "heard\n");
    assert_eq!(fake.alive(), 0);
}

#[test]
fn one_that_heeds_nothing_is_killed() {
    let fake = Fake::new("trap '' TERM; up; while :; do sleep 1000; done");
    let stopped = fake.start().stop();
    assert_eq!((stopped.ended, stopped.killed), (Some(Ended::Signal(9)), 2));
    assert_eq!(fake.alive(), 0);
}

#[test]
fn a_grace_can_be_cut_short() {
    let mut fake = Fake::new("trap '' TERM; up; while :; do sleep 1000; done");
    fake.job.grace = Duration::from_secs(100_000);
    let stopped = fake.start().stop_within(Duration::ZERO);
    assert_eq!(stopped.ended, Some(Ended::Signal(9)));
    fake.job.grace = Duration::from_secs(100_000);
    drop(fake.start());
    assert_eq!(fake.alive(), 0);
}

#[test]
fn sessions_of_its_own_do_not_help_it() {
    let fake = Fake::new(
        "(setsid sh -c '(setsid sh -c \": > deep; sleep 1000\" &) ; sleep 1000' &)
         while [ ! -e deep ]; do sleep 0.01; done; up; sleep 1000",
    );
    let process = fake.start();
    assert!(fake.alive() >= 4);
    let stopped = process.stop();
    assert_eq!((stopped.ended, fake.alive()), (Some(Ended::Signal(15)), 0));
    assert_eq!(stopped.killed, 0, "every process is asked first");
}

#[test]
fn one_that_goes_on_forking_is_ended() {
    let fake = Fake::new(
        "trap '' TERM; up; while :; do (setsid sh -c 'sleep 0.1; sleep 1000' &); sleep 0.01; done",
    );
    let process = fake.start();
    eventually("it has forked", || fake.alive() > 10);
    let stopped = process.stop();
    assert_eq!((stopped.ended, fake.alive()), (Some(Ended::Signal(9)), 0));
    assert!(stopped.left.is_empty(), "{stopped:?}");
}

#[test]
fn one_that_is_never_the_same_process_is_ended() {
    // Each process forks the next and ends, faster than anybody can look.
    let fake = Fake::new("trap '' TERM; next() { : > forked; next & }; next; up; exit 0");
    let process = fake.start();
    eventually("it has forked", || fake.path("forked").exists());
    let stopped = process.stop();
    assert_eq!(fake.alive(), 0);
    assert!(stopped.left.is_empty(), "{stopped:?}");
}

#[test]
fn its_zombies_are_reaped() {
    // What the shell started is a child of `sleep`, which waits for nobody.
    let fake = Fake::new(
        "sh -c 'until grep -q sleep /proc/$PPID/comm; do sleep 0.01; done; echo $$ > zombie' &
         up; exec sleep 1000",
    );
    let process = fake.start();
    let zombie = || fs::read_to_string(fake.path("zombie")).unwrap_or_default().trim().to_owned();
    let state = || fs::read_to_string(format!("/proc/{}/status", zombie())).unwrap_or_default();
    eventually("there is a zombie", || state().contains("State:\tZ"));
    let stopped = process.stop();
    assert_eq!((stopped.ended, stopped.killed), (Some(Ended::Signal(15)), 0));
    assert!(!state().contains("State:\tZ"));
}

#[test]
fn orphans_that_end_do_not_heap_up() {
    let fake = Fake::new("(sh -c 'echo $$ > orphan' &); up; exec sleep 1000");
    let process = fake.start();
    let orphan = || fs::read_to_string(fake.path("orphan")).unwrap_or_default().trim().to_owned();
    eventually("the orphan was reaped", || {
        !orphan().is_empty() && !fs::exists(format!("/proc/{}", orphan())).unwrap()
    });
    assert_eq!(process.stop().ended, Some(Ended::Signal(15)));
}

#[test]
fn one_that_dies_at_once_says_how() {
    let fake = Fake::new("up; echo no such model >&2; exit 7");
    let process = fake.start();
    assert_eq!(process.wait(LONG), Some(Ended::Code(7)));
    let stopped = process.stop();
    assert_eq!((stopped.ended, stopped.killed), (Some(Ended::Code(7)), 0));
    assert_eq!(fake.log(), "no such model\n");
}

#[test]
fn one_that_is_killed_says_so() {
    let fake = Fake::new("up; kill -SEGV $$");
    let ended = fake.start().wait(LONG).unwrap();
    assert_eq!((ended, ended.to_string().as_str()), (Ended::Signal(11), "signal 11, SIGSEGV"));
}

#[test]
fn what_it_left_behind_is_ended_without_being_told() {
    let fake = Fake::new("trap '' TERM; (setsid sleep 1000 &); up; exit 0");
    let process = fake.start();
    assert_eq!(process.wait(LONG), Some(Ended::Code(0)));
    fake.is_gone_soon();
    assert_eq!(process.stop().killed, 1);
}

#[test]
fn of_two_engines_the_other_lives_on() {
    let fakes = [0, 1].map(|_| Fake::new("up; sleep 1000"));
    let [first, second] = [fakes[0].start(), fakes[1].start()];
    // The end of the pipe alone ends the first: nobody else holds it open.
    drop(first);
    fakes[0].is_gone_soon();
    assert!(fakes[1].alive() > 0);
    assert_eq!(second.ended(), None);
    assert_eq!(second.stop().ended, Some(Ended::Signal(15)));
}

#[test]
fn no_other_child_of_ours_holds_an_engine() {
    let fake = Fake::new("up; sleep 1000");
    let process = fake.start();
    let mut other = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let files = |pid: u32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).collect::<Vec<_>>()
    };
    let lifeline = fs::read_link(format!("/proc/{}/fd/0", parent(process.pid()))).unwrap();
    assert!(lifeline.to_str().unwrap().starts_with("pipe:"), "{lifeline:?}");
    assert!(files(std::process::id()).contains(&lifeline));
    assert!(!files(other.id()).contains(&lifeline));
    assert!(!files(process.pid()).contains(&lifeline));
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(process.stop().ended, Some(Ended::Signal(15)));
}

#[test]
fn a_full_disk_wedges_nothing() {
    let mut fake = Fake::new("up; while :; do echo to a full disk; sleep 0.01; done");
    fake.job.log = "/dev/full".into();
    let process = Process::start(keeper(), &fake.job).unwrap();
    eventually("it is up", || fake.path("up").exists());
    let mut watch = LogWatch::new(&fake.job.log, LogPatterns::none());
    assert_eq!(watch.look().unwrap().to, 0);
    process.stop();
    assert_eq!(fake.alive(), 0);
}

#[test]
fn a_line_without_an_end_wedges_nothing() {
    let fake =
        Fake::new("head -c 5000000 /dev/zero | tr '\\0' x; up; echo; echo ERROR x; sleep 1000");
    let mut watch =
        LogWatch::new(&fake.job.log, LogPatterns::new(&[], &["^ERROR".to_owned()]).unwrap());
    let process = fake.start();
    let mut errors = Vec::new();
    eventually("the error after it is seen", || {
        errors.extend(watch.look().unwrap().errors.first);
        !errors.is_empty()
    });
    assert_eq!((errors[0].at, errors[0].text.as_str()), (5_000_001, "ERROR x"));
    process.stop();
}

//! Whatever happens to us, nothing of an engine is left.

use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use serde_json::Value;
use tokenometer_engine::process::{Ended, Process};

use crate::fake::{Fake, TOLD, eventually, keeper, parent};

/// It forks twice and opens a session each time, so that neither its group nor
/// its session nor its first process leads to what it has brought forth; and
/// nothing of it heeds a signal.
const STUBBORN: &str = r#"
    trap '' TERM INT HUP
    (setsid sh -c '(setsid sh -c ": > deep; sleep 1000" &) ; : > middle; sleep 1000' &)
    while [ ! -e deep ] || [ ! -e middle ]; do sleep 0.01; done
    up
    while :; do sleep 1000; done"#;

/// The process that is to die: started by the others, it starts an engine and
/// does what it is told.
#[test]
#[ignore = "the tests beside it run it"]
fn of_us() {
    let told: Value = serde_json::from_str(&std::env::var(TOLD).unwrap()).unwrap();
    let job = serde_json::from_value(told["job"].clone()).unwrap();
    let process = Process::start(keeper(), &job).unwrap();
    let up = job.folder.unwrap().join("up");
    eventually("the engine is up", || up.exists());
    match told["then"].as_str().unwrap() {
        "panic" => panic!("as told, with the engine {}", process.pid()),
        "abort" => std::process::abort(),
        "return" => {}
        _ => thread::sleep(Duration::from_secs(1000)),
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

#[test]
fn killed() {
    let fake = Fake::new(STUBBORN);
    let mut us = fake.start_elsewhere("wait");
    assert!(fake.alive() >= 3);
    us.kill().unwrap();
    fake.is_gone_soon();
    assert_eq!(us.wait().unwrap().signal(), Some(9));
}

#[test]
fn killed_with_a_command_for_the_end() {
    let mut fake = Fake::new(STUBBORN);
    let command = ["sh", "-c", ": > removed"];
    fake.job.afterwards = vec![command.map(str::to_owned).into()];
    let mut us = fake.start_elsewhere("wait");
    us.kill().unwrap();
    fake.is_gone_soon();
    eventually("the command for the end was carried out", || fake.path("removed").exists());
    us.wait().unwrap();
}

#[test]
fn panicked() {
    let fake = Fake::new(STUBBORN);
    let mut us = fake.start_elsewhere("panic");
    fake.is_gone_soon();
    assert_eq!(us.wait().unwrap().code(), Some(101));
}

#[test]
fn aborted() {
    let fake = Fake::new(STUBBORN);
    let mut us = fake.start_elsewhere("abort");
    fake.is_gone_soon();
    assert_eq!(us.wait().unwrap().signal(), Some(6));
}

#[test]
fn left_without_a_word() {
    let fake = Fake::new(STUBBORN);
    let mut us = fake.start_elsewhere("return");
    fake.is_gone_soon();
    assert_eq!(us.wait().unwrap().code(), Some(0));
}

#[test]
fn interrupted_as_a_terminal_does_it() {
    // Ctrl-C reaches the whole group of the program in the foreground. The
    // keeper is in none that a terminal knows.
    let fake = Fake::new(STUBBORN);
    let mut us = fake.start_elsewhere("wait");
    let keeper_pid = fake.living().into_iter().map(parent).find(|&pid| parent(pid) == us.id());
    let keeper_pid = Pid::from_raw(keeper_pid.unwrap().cast_signed()).unwrap();
    assert_eq!(rustix::process::getsid(Some(keeper_pid)).unwrap(), keeper_pid);
    for signal in [Signal::INT, Signal::HUP, Signal::TERM, Signal::QUIT] {
        kill_process(keeper_pid, signal).unwrap();
    }
    thread::sleep(Duration::from_millis(100));
    assert!(fake.alive() >= 3, "the keeper heeds what a terminal sends");
    kill_process(pid(&us), Signal::INT).unwrap();
    fake.is_gone_soon();
    assert_eq!(us.wait().unwrap().signal(), Some(2));
}

#[test]
fn of_the_keeper_is_noticed_and_leaves_nothing() {
    let fake = Fake::new(STUBBORN);
    let process = fake.start();
    let keeper_pid = Pid::from_raw(parent(process.pid()).cast_signed()).unwrap();
    kill_process(keeper_pid, Signal::KILL).unwrap();
    assert_eq!(process.wait(Duration::from_secs(60)), Some(Ended::KeeperLost));
    fake.is_gone_soon();
    let stopped = process.stop();
    assert_eq!(stopped.ended, Some(Ended::KeeperLost));
    assert_eq!(stopped.left, []);
    assert!(stopped.troubles[0].contains("kept the engine was killed"), "{stopped:?}");
}

#[test]
fn of_the_keeper_while_we_can_not_look_ends_the_engine() {
    let fake = Fake::new("up; exec sleep 1000");
    let mut us = fake.start_elsewhere("wait");
    kill_process(pid(&us), Signal::STOP).unwrap();
    let keeper_pid = parent(fake.living()[0]);
    kill_process(Pid::from_raw(keeper_pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
    fake.is_gone_soon();
    us.kill().unwrap();
    us.wait().unwrap();
}

#[test]
fn of_the_keeper_leaves_nothing_without_a_mark_either() {
    let fake = Fake::new("env -i sh -c 'echo $$ > bare; exec sleep 1000' & up; wait");
    let process = fake.start();
    let bare = || std::fs::read_to_string(fake.path("bare")).unwrap_or_default();
    eventually("it runs", || bare().ends_with('\n'));
    let bare = Pid::from_raw(bare().trim().parse().unwrap()).unwrap();
    let keeper_pid = Pid::from_raw(parent(process.pid()).cast_signed()).unwrap();
    kill_process(keeper_pid, Signal::KILL).unwrap();
    eventually("it is gone", || test_kill_process(bare).is_err());
}

#[test]
fn of_the_keepers_whole_session_is_noticed_too() {
    let fake = Fake::new(STUBBORN);
    let process = fake.start();
    let keeper_pid = Pid::from_raw(parent(process.pid()).cast_signed()).unwrap();
    kill_process_group(keeper_pid, Signal::KILL).unwrap();
    fake.is_gone_soon();
    assert_eq!(process.stop().ended, Some(Ended::KeeperLost));
}

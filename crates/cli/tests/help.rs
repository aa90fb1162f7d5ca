//! What the program says of itself.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use support::Test;

#[test]
fn help_of_the_program() {
    insta::assert_snapshot!(Test::new().run("--help"));
}

#[test]
fn help_of_bench() {
    insta::assert_snapshot!(Test::new().run("bench --help"));
}

#[test]
fn help_of_report() {
    insta::assert_snapshot!(Test::new().run("report --help"));
}

#[test]
fn help_of_sim() {
    insta::assert_snapshot!(Test::new().run("sim --help"));
}

#[test]
fn help_of_doctor() {
    insta::assert_snapshot!(Test::new().run("doctor --help"));
}

#[test]
fn no_command_shows_the_help_on_stderr() {
    let ran = Test::new().run("");
    assert_eq!((ran.code(), ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("Commands:"), "{ran}");
}

#[test]
fn the_version_is_one_line() {
    let ran = Test::new().run("--version");
    assert_eq!(ran.code(), 0);
    assert!(ran.stdout.starts_with(concat!("tokenometer ", env!("CARGO_PKG_VERSION"))), "{ran}");
    assert_eq!(ran.stdout.lines().count(), 1);
}

#[test]
fn a_reader_who_hangs_up_is_no_error() {
    let test = Test::new();
    let mut running = test.command("bench --help").start();
    drop(running.child.stdout.take());
    let ran = running.finish();
    assert_eq!((ran.code(), ran.stderr.as_str()), (0, ""));
}

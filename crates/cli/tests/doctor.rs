//! `doctor`, on whatever machine this is.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::collections::BTreeSet;

use support::Test;

#[test]
fn everything_is_looked_at_and_told_to_programs() {
    let ran = Test::new().run("doctor --json");
    assert_eq!((ran.code(), ran.stderr.as_str()), (0, ""));
    let told = ran.json();
    let checks = told["checks"].as_array().unwrap();
    let names: BTreeSet<&str> = checks.iter().map(|c| c["name"].as_str().unwrap()).collect();
    for name in [
        "kernel stamps",
        "clock steps",
        "wake-up",
        "open files",
        "ports",
        "CPU governor",
        "noise floor",
    ] {
        assert!(names.contains(name), "{name} is missing");
    }
    assert!(told["noise_floor"]["requests"].as_u64().unwrap() > 90, "{told}");
    for check in checks {
        let mended = matches!(check["status"].as_str().unwrap(), "good" | "unknown");
        assert_eq!(check["fix"].is_null(), mended, "{check}");
        assert!(!check["means"].as_str().unwrap().is_empty(), "{check}");
    }
}

#[test]
fn everything_is_told_to_people() {
    let ran = Test::new().run("doctor");
    assert_eq!(ran.code(), 0);
    assert!(ran.stdout.contains(" kernel stamps "), "{ran}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{ran}");
}

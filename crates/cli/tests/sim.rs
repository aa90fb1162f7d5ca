//! `tokenometer sim` with a simulated machine: what it says of itself.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use rustix::process::Signal;
use support::Test;

/// What a server says on stderr between its start and its end.
fn said(arguments: &str) -> String {
    let sim = Test::new().sim(arguments);
    sim.running.signal(Signal::INT);
    sim.running.finish().stderr
}

#[test]
fn what_is_simulated_is_said_in_one_line() {
    let options = "--kv-tokens 40000 --seed 3 --time-scale 50";
    let machine = "--machine h100x2 --model llama-3.1-8b";
    let text = said(&format!("{machine} {options}"));
    let line = text.lines().next().unwrap();
    assert_eq!(
        line,
        "simulated: llama-3.1-8b on 2 × NVIDIA H100 SXM, 80 GB, by the calibration `ideal`, which \
         is uncalibrated; a KV cache of 40000 tokens; noise by the seed 3; 50 times as fast as \
         real time"
    );
    let real = said("--machine h100 --model llama-3.1-8b");
    assert!(real.starts_with("simulated: ") && !real.contains("as fast as"), "{real}");
    assert!(!said("").contains("simulated"), "a script simulates no machine");
}

#[test]
fn every_start_has_noise_of_its_own() {
    let seed = || {
        let text = said("--machine h100 --model llama-3.1-8b");
        let after = text.split("noise by the seed ").nth(1).unwrap().to_owned();
        after.split_whitespace().next().unwrap().to_owned()
    };
    assert_ne!(seed(), seed());
}

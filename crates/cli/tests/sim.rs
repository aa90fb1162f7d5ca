//! `tokenometer sim` with a simulated machine: what it says of itself.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Sim, Test};
use tokenometer_core::roofline::{Admission, Policy};
use tokenometer_engine::profile::{InForce, ProfileFile, Wanted};

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

/// What a server says of itself.
fn server_info(sim: &Sim) -> Value {
    let mut stream = TcpStream::connect(sim.address.trim_start_matches("http://")).unwrap();
    write!(stream, "GET /server_info HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn all_that_its_profile_declares_is_told_as_declared() {
    let sim = ProfileFile::find("sim", Path::new("")).unwrap().at(None).unwrap();
    let given = json!({
        "machine": "mi300xx2", "model": "llama-3.1-8b", "calibration": "vllm-0.6.0",
        "max-model-len": 4096, "time-scale": 12.5, "max-num-seqs": 17,
        "max-num-batched-tokens": 2048, "policy": "whole-prompt", "admission": "prompt-and-half",
        "block-size": 32, "kv-tokens": 65_536, "memory-share": 0.75, "prefix-cache": false,
        "stream-interval": 2, "decode-steps": 1, "num-speculative-tokens": 3, "acceptance": 0.6,
        "step-noise": 0.05, "start-noise": 0, "seed": 11,
    });
    let options = given.as_object().unwrap().clone();
    let shown = sim.options.iter().filter(|(_, option)| option.shown.is_some());
    assert!(shown.clone().all(|(name, _)| options.contains_key(name)), "one has no value here");
    let wanted = Wanted {
        options,
        host: "127.0.0.1".to_owned(),
        executable: Some("tokenometer".into()),
        ..Wanted::default()
    };
    let launch = sim.launch(&wanted).unwrap();
    // The program, its command and where it listens are those of the test.
    let server = Test::new().sim(&launch.command[4..].join(" "));
    let info = server_info(&server);
    let told: Vec<_> = launch.declared.iter().filter(|declared| declared.shown.is_some()).collect();
    assert_eq!(told.len(), shown.count());
    for declared in told {
        assert_eq!(declared.in_force(&info), InForce::AsDeclared, "{}", declared.option);
    }
    assert_eq!(
        (&info["simulated"]["machine"], &info["simulated"]["gpus"]),
        (&json!("mi300x"), &json!(2))
    );
}

#[test]
fn its_profile_has_every_choice() {
    let sim = ProfileFile::find("sim", Path::new("")).unwrap().at(None).unwrap();
    let choices = |name: &str| -> BTreeSet<String> {
        let choices = sim.options[name].choices.iter();
        choices.inspect(|(word, own)| assert_eq!(word, own)).map(|(word, _)| word.clone()).collect()
    };
    let policies = Policy::ALL.into_iter().map(|policy| policy.name().to_owned());
    assert_eq!(choices("policy"), policies.collect());
    let rules = Admission::ALL.into_iter().map(|rule| rule.name().to_owned());
    assert_eq!(choices("admission"), rules.collect());
}

#[test]
fn a_simulated_model_is_served_by_its_name_or_another() {
    let served = |words: &str| {
        let sim = Test::new().sim(words);
        server_info(&sim)["served_model_name"].as_str().unwrap().to_owned()
    };
    let simulated = "--machine h100 --model llama-3.1-8b";
    assert_eq!(served(simulated), "llama-3.1-8b");
    assert_eq!(served(&format!("{simulated} --served-name llama")), "llama");
    assert_eq!(
        [served(""), served("--model a"), served("--model a --served-name b")],
        ["sim", "a", "b"]
    );
}

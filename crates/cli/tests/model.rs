//! `tokenometer model`: a tiny model is made, and nobody's is overwritten.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use serde_json::Value;
use support::Test;

#[test]
fn help_of_model_make() {
    insta::assert_snapshot!(Test::new().run("model make --help"));
}

/// The hashes in this snapshot are what a seed means: they may not change.
#[test]
fn the_same_seed_gives_the_same_files_everywhere() {
    let test = Test::new();
    insta::assert_snapshot!(test.run("model make tiny --gguf"));
    let ran = test.run("model make other --seed 1 --json");
    let told = ran.json();
    assert_eq!(told["folder"], "other", "{ran}");
    assert_eq!(told["files"].as_array().unwrap().len(), 5, "{ran}");
    let weights =
        |folder: &str| fs::read(test.path().join(folder).join("model.safetensors")).unwrap();
    assert!(weights("tiny") != weights("other"));
    assert_eq!(weights("tiny").len(), weights("other").len());
}

#[test]
fn our_own_tokenizer_comes_with_it() {
    let test = Test::new();
    assert_eq!(test.run("model make tiny").code(), 0);
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(test.path().join("tiny").join(name)).unwrap()).unwrap()
    };
    let vocabulary = read("tokenizer.json")["model"]["vocab"].as_object().unwrap().len();
    assert_eq!(read("config.json")["vocab_size"], vocabulary);
    assert!(read("tokenizer_config.json")["chat_template"].is_string());
    assert!(!test.path().join("tiny/model.gguf").exists());
}

#[test]
fn another_model_is_not_overwritten() {
    let test = Test::new();
    assert_eq!(test.run("model make tiny").code(), 0);
    insta::assert_snapshot!(test.run("model make tiny --seed 1"));
    insta::assert_snapshot!("a_seed_that_is_no_number", test.run("model make tiny --seed one"));
}

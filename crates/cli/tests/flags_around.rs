//! Every flag that acts around what is sent acts: a run with it differs from
//! the same run without it in the place where it should.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use support::{Ran, Test};

/// A tokenizer whose tokens are words, as the embedded engine's are.
const WORDS: &str = r#"{"version": "1.0", "added_tokens": [],
    "pre_tokenizer": {"type": "WhitespaceSplit"},
    "model": {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}}"#;

/// A bench that refuses a server of another tokenizer than this one.
fn strictly(test: &Test, server: &str, tokenizer: &str) -> Ran {
    test.file("words.json", WORDS);
    test.run(&format!(
        "bench --base-url {server} --num-prompts 3 --output-len 4 --tokenizer {tokenizer} \
         --strict-tokenizer --out run --json"
    ))
}

#[test]
fn a_server_that_counts_as_the_tokenizer_does_is_measured() {
    let test = Test::new();
    let sim = test.sim("--ttft 1ms --gap 0");
    let ran = strictly(&test, &sim.address, "words.json");
    assert_eq!(ran.json()["outcomes"]["ok"], 3, "{ran}");
}

#[test]
fn a_server_that_counts_otherwise_is_refused_before_anything_is_kept() {
    let test = Test::new();
    let (plain, one_more) = (test.sim("--ttft 1ms"), test.sim("--prompt-count-offset 1"));
    for (server, tokenizer) in [(plain.address, "builtin"), (one_more.address, "words.json")] {
        let ran = strictly(&test, &server, tokenizer);
        assert_eq!(ran.code(), 2, "{ran}");
        assert!(ran.stderr.contains("the server has another tokenizer"), "{ran}");
        assert!(!test.path().join("run").exists());
        // Without the flag it is measured.
        let bench = "bench --num-prompts 3 --output-len 4 --out run --json";
        let ran = test.run(&format!("{bench} --base-url {server} --tokenizer {tokenizer}"));
        assert_eq!(ran.json()["outcomes"]["ok"], 3, "{ran}");
        fs::remove_dir_all(test.path().join("run")).unwrap();
    }
}

#[test]
fn what_there_is_nothing_to_undo_of_is_told() {
    let bench = "bench --num-prompts 3 --disable-ignore-eos --skip-chat-template";
    insta::assert_snapshot!(Test::new().run(bench));
}

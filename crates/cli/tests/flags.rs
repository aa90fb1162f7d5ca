//! Every flag that says what is sent, when, or what is kept acts: a run with it
//! differs from the same run without it in the place where it should.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use serde_json::Value;
use support::{Test, failures};

/// A script that is over at once.
const ENGINE: &str = "-- --ttft 1ms --gap 0ms";

/// One flag, and where it is seen.
struct Row {
    /// What both runs have.
    base: &'static str,
    /// What only the second has.
    with: &'static str,
    /// Where in `trial.json` they differ.
    seen: &'static str,
}

const fn row(base: &'static str, with: &'static str, seen: &'static str) -> Row {
    Row { base, with, seen }
}

const WORK: &str = "/workload_sha256";
const WIRE: &str = "/wire_sha256";
const OWN: &str = "--num-prompts 3";
const RANDOM: &str = "--num-prompts 3 --tokenizer builtin --dataset-name random --random-input-len \
                      40 --random-output-len 4";
const SHAREGPT: &str = "--num-prompts 3 --tokenizer builtin --dataset-name sharegpt --dataset-path \
                        builtin --sharegpt-output-len 4";
const GSP: &str = "--num-prompts 6 --tokenizer builtin --dataset-name generated-shared-prefix \
                   --gsp-num-groups 3 --gsp-prompts-per-group 2 --gsp-system-prompt-len 20 \
                   --gsp-question-len 10 --gsp-output-len 4";
const REPETITION: &str = "--num-prompts 4 --tokenizer builtin --dataset-name prefix-repetition \
                          --prefix-repetition-prefix-len 20 --prefix-repetition-suffix-len 10 \
                          --prefix-repetition-num-prefixes 2 --prefix-repetition-output-len 4";
const CUSTOM: &str = "--num-prompts 2 --dataset-name custom --dataset-path prompts.jsonl";
const SONNET: &str = "--num-prompts 2 --tokenizer builtin --dataset-name sonnet --dataset-path \
                      poem.txt --sonnet-input-len 90 --sonnet-output-len 4 --sonnet-prefix-len 30";
const SGLANG: &str = "--rules sglang-0.5.23 --backend vllm --num-prompts 3 --dataset-name random \
                      --dataset-path builtin --random-input-len 40 --random-output-len 4";
const SGLANG_SHAREGPT: &str = "--rules sglang-0.5.23 --backend vllm --num-prompts 3 --dataset-name \
                               sharegpt --dataset-path builtin --sharegpt-output-len 4";
const SGLANG_GSP: &str = "--rules sglang-0.5.23 --backend vllm --dataset-name \
                          generated-shared-prefix --gsp-num-groups 3 --gsp-prompts-per-group 2 \
                          --gsp-system-prompt-len 20 --gsp-question-len 10 --gsp-output-len 4";
const SGLANG_NATIVE: &str = "--rules sglang-0.5.23 --num-prompts 3 --dataset-name random \
                             --dataset-path builtin --random-input-len 40 --random-output-len 4";
const VLLM: &str = "--rules vllm-0.33 --num-prompts 3 --random-input-len 40 --random-output-len 4";
const VLLM_SHAREGPT: &str = "--rules vllm-0.33 --num-prompts 3 --dataset-name sharegpt \
                             --dataset-path builtin --sharegpt-output-len 4";
const VLLM_CUSTOM: &str = "--rules vllm-0.33 --num-prompts 2 --dataset-name custom --dataset-path \
                           prompts.jsonl --custom-output-len 4";

const ROWS: &[Row] = &[
    row(OWN, "--seed 7", WORK),
    row(OWN, "--ignore-eos", WORK),
    row(OWN, "--random-output-len 5", WORK),
    row(OWN, "--output-len 5", WORK),
    row(OWN, "--temperature 0.5", WIRE),
    row(OWN, "--top-p 0.5", WIRE),
    row(OWN, "--top-k 5", WIRE),
    row(OWN, "--min-p 0.5", WIRE),
    row(OWN, "--frequency-penalty 0.5", WIRE),
    row(OWN, "--presence-penalty 0.5", WIRE),
    row(OWN, "--repetition-penalty 1.5", WIRE),
    row(OWN, "--logprobs 1", WIRE),
    row(OWN, "--extra-request-body {\"top_p\":0.5}", WIRE),
    row(OWN, "--extra-body {\"top_p\":0.5}", WIRE),
    row(OWN, "--disable-stream", WIRE),
    row(OWN, "--backend openai-chat", "/target/dialect"),
    row(OWN, "--backend sglang", "/target/dialect"),
    row(OWN, "--backend tgi", "/target/dialect"),
    row(OWN, "--backend trt", "/target/dialect"),
    row(OWN, "--tokenizer builtin", "/tokenizer"),
    row(OWN, "--tokenizer builtin --tokenize-prompt", WIRE),
    row("--num-prompts 3 --tokenizer builtin", "--apply-chat-template", WIRE),
    row("--duration 200ms --warmup-requests 0", "--duration 300ms", "/load/extent"),
    row(OWN, "--num-prompts 4", "/load/extent"),
    row(OWN, "--max-concurrency 2", "/load/traffic"),
    row(OWN, "--request-rate 500", "/load/traffic"),
    row("--num-prompts 3 --request-rate 500", "--burstiness 2", "/load/traffic"),
    row(
        OWN,
        "--ramp-up-strategy linear --ramp-up-start-rps 100 --ramp-up-end-rps 900",
        "/load/traffic",
    ),
    row(OWN, "--warmup-requests 2", "/phases/warm_up"),
    row(OWN, "--drain-limit 7s", "/load/drain_limit_s"),
    row(OWN, "--goodput ttft:500 e2el:5000", "/summary/goodput"),
    row(OWN, "--tag a", "/invocation/tag"),
    row(RANDOM, "--random-input-len 50", WORK),
    row(RANDOM, "--random-output-len 5", WORK),
    row(RANDOM, "--random-range-ratio 0.5", WORK),
    row(RANDOM, "--random-range-ratio {\"input\":0.5,\"output\":0}", WORK),
    row(RANDOM, "--random-prefix-len 5", WORK),
    row(SHAREGPT, "--sharegpt-output-len 5", WORK),
    row(SHAREGPT, "--sharegpt-context-len 60", WORK),
    row(SHAREGPT, "--prompt-suffix !", WORK),
    row(SHAREGPT, "--disable-shuffle", WORK),
    row(GSP, "--gsp-num-groups 2", WORK),
    row(GSP, "--gsp-prompts-per-group 3", WORK),
    row(GSP, "--gsp-system-prompt-len 30", WORK),
    row(GSP, "--gsp-question-len 20", WORK),
    row(GSP, "--gsp-output-len 5", WORK),
    row(GSP, "--gsp-range-ratio 0.5", WORK),
    row(GSP, "--gsp-ordered", WORK),
    row(GSP, "--gsp-group-distribution zipf", WORK),
    row(
        "--num-prompts 40 --tokenizer builtin --dataset-name generated-shared-prefix \
         --gsp-num-groups 9 --gsp-prompts-per-group 5 --gsp-system-prompt-len 20 \
         --gsp-question-len 10 --gsp-output-len 4 --gsp-group-distribution zipf",
        "--gsp-zipf-alpha 3",
        WORK,
    ),
    row(REPETITION, "--prefix-repetition-prefix-len 30", WORK),
    row(REPETITION, "--prefix-repetition-suffix-len 20", WORK),
    row(REPETITION, "--prefix-repetition-num-prefixes 4", WORK),
    row(REPETITION, "--prefix-repetition-output-len 5", WORK),
    row(CUSTOM, "--custom-output-len 5", WORK),
    row(SONNET, "--sonnet-input-len 60", WORK),
    row(SONNET, "--sonnet-output-len 5", WORK),
    row(SONNET, "--sonnet-prefix-len 50", WORK),
    row(SGLANG, "--disable-ignore-eos", WIRE),
    row(SGLANG, "--random-range-ratio 1", WORK),
    row(SGLANG_SHAREGPT, "--apply-chat-template", WORK),
    row(SGLANG_NATIVE, "--tokenize-prompt", WIRE),
    row(SGLANG_NATIVE, "--return-logprob", WIRE),
    row(SGLANG_NATIVE, "--top-p 0.5", WIRE),
    row(SGLANG, "--max-concurrency 2", "/load/traffic"),
    row(SGLANG, "--request-rate 300", "/load/traffic"),
    row(SGLANG, "--warmup-requests 0", "/phases/warm_up"),
    row(SGLANG_GSP, "--gsp-ordered", WORK),
    row(SGLANG_GSP, "--gsp-group-distribution zipf", WORK),
    row(VLLM, "--ignore-eos --dataset-name sharegpt --dataset-path builtin", WORK),
    row(VLLM, "--random-prefix-len 9", WORK),
    row(VLLM, "--num-warmups 1", "/phases/warm_up"),
    row(VLLM, "--logprobs 2", WIRE),
    row(VLLM, "--frequency-penalty 0.5", WIRE),
    row(VLLM, "--input-len 30 --output-len 3", WORK),
    row(
        VLLM,
        "--ramp-up-strategy exponential --ramp-up-start-rps 100 --ramp-up-end-rps 900",
        "/load/traffic",
    ),
    row(VLLM_SHAREGPT, "--disable-shuffle", WORK),
    row(VLLM_CUSTOM, "--skip-chat-template", WORK),
    row(VLLM_CUSTOM, "--custom-output-len -1", WORK),
];

/// A folder with what the rows name.
fn furnished() -> Test {
    let test = Test::new();
    test.file(
        "prompts.jsonl",
        "{\"prompt\": \"Say one thing.\", \"output_tokens\": 3}\n\
         {\"prompt\": \"Say another.\", \"output_tokens\": 2}\n",
    );
    let lines = (0..40).map(|n| format!("The {n}th of many lines of this long poem is here\n"));
    test.file("poem.txt", &lines.collect::<String>());
    test
}

/// What a run with these flags keeps of itself.
fn trial(test: &Test, flags: &str, out: &str) -> Value {
    let ran = test.run(&format!("bench {flags} --out {out} --json {ENGINE}"));
    // Whether the trial counts is not asked here: it depends on how busy this
    // machine is, and on the embedded engine having words for tokens.
    assert!([0, 3, 4].contains(&ran.code()), "{flags}: {ran}");
    let path = test.path().join(out).join("trials/1-target-bench/trial.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn check(row: &Row) -> Result<(), String> {
    let test = furnished();
    let base = trial(&test, row.base, "without");
    let with = trial(&test, &format!("{} {}", row.base, row.with), "with");
    let (before, after) = (base.pointer(row.seen), with.pointer(row.seen));
    if before == after {
        return Err(format!("{}: nothing is seen at {}: {after:?}", row.with, row.seen));
    }
    Ok(())
}

#[test]
fn every_flag_acts() {
    let failures = failures(ROWS, check);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A run says the same of itself twice, or the differences above would mean
/// nothing.
#[test]
fn without_a_flag_nothing_differs() {
    let test = furnished();
    for (n, base) in [OWN, RANDOM, SHAREGPT, GSP, SGLANG, VLLM].into_iter().enumerate() {
        let one = trial(&test, base, &format!("{n}-a"));
        let other = trial(&test, base, &format!("{n}-b"));
        for seen in [WORK, WIRE, "/load/traffic", "/load/extent", "/target/dialect"] {
            assert_eq!(one.pointer(seen), other.pointer(seen), "{base}: {seen}");
        }
    }
}

//! `tokenometer compare` with result files of other tools: of vLLM's and SGLang's, in
//! every layout, beside one another and beside a run folder.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod compared;
mod support;

use compared::{Crafted, VERDICT_WORDS, counts};
use serde_json::Value;

/// The tools whose files are read.
const TOOLS: [&str; 5] =
    ["vllm-0.8.4", "vllm-0.33", "sglang-0.2.14", "sglang-0.4.5", "sglang-0.5.23"];

/// A folder with a bench in `run`, whose trial counts, and in one file for each tool what
/// that would have written of it.
fn seen_by_all() -> Crafted {
    let runs = Crafted::new();
    runs.test.run(
        "bench --num-prompts 8 --max-concurrency 4 --dataset-name random-ids --ignore-eos \
         --random-input-len 30 --random-output-len 6 --warmup-requests 0 --out run -- --ttft 5ms",
    );
    runs.each_trial("run", counts);
    for tool in TOOLS {
        let ran = runs.test.run(&format!("report run --view {tool} --json"));
        runs.test.file(tool, &ran.stdout);
    }
    runs
}

fn figures(comparison: &Value) -> Vec<Value> {
    let scenario = &comparison["pairs"][0]["scenarios"][0];
    assert_eq!(scenario["refusals"], Value::Array(Vec::new()), "{comparison}");
    scenario["figures"].as_array().unwrap().clone()
}

#[test]
fn a_run_through_a_tools_eyes_is_what_the_tool_has_written() {
    let runs = seen_by_all();
    for tool in TOOLS {
        let seen = runs.test.run(&format!("compare run {tool} --json")).json();
        let both: Vec<Value> = figures(&seen)
            .into_iter()
            .filter(|figure| !figure["reference"].as_array().unwrap().is_empty())
            .filter(|figure| !figure["compared"].as_array().unwrap().is_empty())
            .collect();
        assert!(both.len() >= 3, "{tool}: {seen}");
        for figure in both {
            // A file keeps every digit.
            assert_eq!(figure["effect"], 1.0, "{tool}: {figure}");
            assert_eq!(figure["interval"], Value::Null, "{tool}: {figure}");
        }
        assert_eq!(seen["pairs"][0]["definitions"], Value::Array(Vec::new()), "{tool}");
    }
}

#[test]
fn tools_that_mean_different_things_are_told_apart() {
    let runs = seen_by_all();
    let seen = runs.test.run("compare vllm-0.33 sglang-0.5.23 --json").json();
    let figures = figures(&seen);
    let otherwise = |metric: &str| {
        let figure = figures.iter().find(|figure| figure["metric"] == metric).unwrap();
        figure["defined_otherwise"] == true
    };
    assert!(otherwise("ttft_p50") && otherwise("request_throughput") && !otherwise("itl_mean"));
    let limit = "--fail-if-slower 3% --numbers-only --metric";
    for (files, metric, code) in [
        ("vllm-0.33 sglang-0.5.23", "ttft_p50", 4),
        ("vllm-0.33 sglang-0.5.23", "itl_mean", 0),
        ("vllm-0.33 vllm-0.8.4", "output_throughput", 0),
        // The newer one has the server count the prompts.
        ("vllm-0.33 vllm-0.8.4", "total_throughput", 4),
    ] {
        let ran = runs.test.run(&format!("compare {files} {limit} {metric}"));
        assert_eq!(ran.code(), code, "{files} {metric}: {ran}");
    }
}

/// What vLLM 0.8.4 would have written of a row that is published in the saved results of
/// <https://github.com/simon-mo/vLLM-Benchmark> (eight H200, 16 April 2025).
fn published(tokens: f64, ttft: f64, tpot: f64) -> String {
    format!(
        "{{\"date\": \"20250416-163803\", \"backend\": \"vllm\", \"model_id\": \
         \"deepseek-ai/DeepSeek-R1\", \"tokenizer_id\": \"deepseek-ai/DeepSeek-R1\", \
         \"num_prompts\": 50, \"request_rate\": 10.0, \"burstiness\": 1.0, \"max_concurrency\": \
         null, \"duration\": 108.426, \"completed\": 50, \"total_input_tokens\": 50000, \
         \"total_output_tokens\": 100000, \"request_goodput:\": null, \"output_throughput\": \
         {tokens}, \"median_ttft_ms\": {ttft}, \"median_tpot_ms\": {tpot}}}"
    )
}

#[test]
fn published_results_are_numbers_only() {
    let runs = Crafted::new();
    runs.test.file("sglang.json", &published(922.2884, 3174.27, 51.65));
    runs.test.file("vllm.json", &published(1092.3095, 770.60, 44.21));
    let ran = runs.test.run("compare sglang.json vllm.json --fail-if-slower 5%");
    assert_eq!(ran.code(), 4, "{ran}");
    for word in VERDICT_WORDS {
        assert!(!ran.stdout.contains(word), "{word}: {ran}");
    }
    insta::assert_snapshot!(ran);
}

#[test]
fn one_value_a_side_is_held_against_a_limit_only_where_that_is_asked() {
    let runs = Crafted::new();
    runs.test.file("a.json", &published(1000.0, 3000.0, 50.0));
    runs.test.file("b.json", &published(950.0, 3000.0, 50.0));
    let code = |limit: &str, more: &str| {
        let command = "compare a.json b.json --metric output_throughput --fail-if-slower";
        runs.test.run(&format!("{command} {limit} {more}")).code()
    };
    assert_eq!(code("3%", ""), 4);
    assert_eq!(code("3%", "--numbers-only"), 1);
    assert_eq!(code("6%", "--numbers-only"), 0);
}

#[test]
fn what_was_sent_otherwise_is_not_compared() {
    let runs = Crafted::new();
    let reference = published(1000.0, 3000.0, 50.0);
    runs.test.file("a.json", &reference);
    for (from, to, words) in [
        ("10.0", "\"inf\"", "load differs: all requests due at once against the reference's 10"),
        ("\"max_concurrency\": null", "\"max_concurrency\": 8", "load differs: 10 requests/s · at"),
        ("\"num_prompts\": 50", "\"num_prompts\": 60", "workload differs: 60 requests"),
        ("50000", "60000", "prompt-tokens differs: 60000 against the reference's 50000"),
        ("\"model_id\": \"deepseek-ai", "\"model_id\": \"other", "model differs: other/Deep"),
    ] {
        runs.test.file("b.json", &reference.replacen(from, to, 1));
        let ran = runs.test.run("compare a.json b.json");
        assert_eq!(ran.code(), 4, "{ran}");
        let text = ran.stdout.replace("\n    ", " ");
        assert!(text.contains(words), "{words}: {ran}");
    }
    // Longer answers take longer, whichever engine gives them; their tokens don't.
    let longer = reference
        .replace("100000", "120000")
        .replace("\"duration\"", "\"p99_e2el_ms\": 9, \"duration\"");
    runs.test.file("b.json", &longer);
    runs.test
        .file("a.json", &reference.replace("\"duration\"", "\"p99_e2el_ms\": 9, \"duration\""));
    let seen = runs.test.run("compare a.json b.json --json").json();
    for figure in figures(&seen) {
        assert_eq!(figure["effect"].is_null(), figure["metric"] == "e2e_p99", "{figure}");
    }
}

#[test]
fn a_file_of_several_runs_is_read_line_by_line() {
    let runs = Crafted::new();
    let slow = published(900.0, 3500.0, 60.0);
    let other = published(2000.0, 9000.0, 90.0).replace("10.0", "20.0");
    let lines =
        |rows: &[&String]| -> String { rows.iter().map(|row| format!("{row}\n")).collect() };
    runs.test.file("a.jsonl", &lines(&[&slow, &other]));
    runs.test.file("b.jsonl", &lines(&[&other, &slow]));
    let ran = runs.test.run("compare a.jsonl b.jsonl");
    assert!(ran.stdout.contains("line 1 (line 2)  10 requests/s · 50 requests"), "{ran}");
    assert!(ran.stdout.contains("line 2 (line 1)  20 requests/s · 50 requests"), "{ran}");
    // Passes of the same: nobody but the reader knows which of them counts.
    runs.test.file("b.jsonl", &lines(&[&slow, &slow, &other]));
    let ran = runs.test.run("compare a.jsonl b.jsonl");
    assert_eq!(ran.code(), 2, "{ran}");
    assert!(ran.stderr.contains("line 1 and line 2 were sent alike"), "{ran}");
    let ran = runs.test.run("compare a.jsonl:1 b.jsonl:2");
    assert_eq!(ran.code(), 0, "{ran}");
    let ran = runs.test.run("compare a.jsonl:7 b.jsonl");
    assert!(ran.stderr.contains("name one of a.jsonl:1, a.jsonl:2"), "{ran}");
}

#[test]
fn a_run_is_only_seen_with_eyes_that_are_known() {
    let runs = seen_by_all();
    let between = published(1000.0, 3000.0, 50.0).replace("request_goodput:", "request_goodput");
    runs.test.file("between.json", &between);
    let ran = runs.test.run("compare run between.json");
    assert_eq!(ran.code(), 2, "{ran}");
    assert!(ran.stderr.contains("known are vllm-0.8.4, vllm-0.33, sglang-0.2.14"), "{ran}");
    // What a tool has written of something else is not what the run was sent.
    runs.test.file("other.json", &published(1000.0, 3000.0, 50.0));
    let ran = runs.test.run("compare run other.json");
    assert_eq!(ran.code(), 4, "{ran}");
    assert!(ran.stdout.contains("not comparable, because load differs: 10 requests/s"), "{ran}");
}

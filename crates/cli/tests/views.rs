//! `report --view`: what another tool would have shown, and what it writes.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use serde_json::Value;
use support::{Test, files_below};

#[test]
fn every_tool_would_have_said_something() {
    let test = Test::with_bench();
    for (tool, label, count) in [
        ("vllm-0.8.4", "Successful requests:", "8"),
        ("vllm-0.33", "Failed requests:", "0"),
        ("sglang-0.2.14", "Total generated tokens:", "48"),
        ("sglang-0.4.5", "Max reqeuest concurrency:", "4"),
        ("sglang-0.5.23", "Total input text tokens:", "240"),
    ] {
        let ran = test.run(&format!("report run --view {tool}"));
        assert_eq!((ran.code(), ran.stderr.as_str()), (0, ""), "{ran}");
        let line = format!("{label:<40} {count:<10}\n");
        assert!(ran.stdout.contains(&line), "{tool} lacks {line}{ran}");
        assert!(ran.stdout.ends_with(&format!("{}\n", "=".repeat(50))), "{ran}");
    }
    let short = test.run("report run --view llm-infra-bench");
    assert!(short.stdout.contains("\nTotal Requests: 8\n"), "{short}");
}

#[test]
fn a_program_reads_the_tools_own_object() {
    let test = Test::with_bench();
    let object = |arguments: &str| -> Value {
        let ran = test.run(&format!("report run --view vllm-0.33 {arguments}"));
        assert_eq!(ran.stdout.lines().count(), 1, "{ran}");
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let plain = object("--json");
    assert_eq!(plain["completed"], 8);
    assert!(plain.get("ttfts").is_none() && plain.get("p90_ttft_ms").is_none());
    let more = object("--format json --save-detailed --metric-percentiles 90,99.9");
    assert_eq!(more["ttfts"].as_array().unwrap().len(), 8);
    assert!(more["p90_ttft_ms"].is_number() && more["p99.9_itl_ms"].is_number());
    let one = object("--json --percentile-metrics e2el");
    assert!(one["mean_e2el_ms"].is_number() && one.get("mean_ttft_ms").is_none());
    let table = test.run("report run --view sglang-0.5.23 --format csv");
    let rows: Vec<Vec<&str>> =
        table.stdout.lines().map(|line| line.trim_end().split(',').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (2, rows[1].len()), "{table}");
    let completed = rows[0].iter().position(|&name| name == "completed").unwrap();
    assert_eq!(rows[1][completed], "8");
}

#[test]
fn differences_are_explained() {
    let test = Test::with_bench();
    let ran = test.run("report run --view sglang-0.4.5 --explain");
    let (_, table) = ran.stdout.split_once("\n\nfigure").unwrap();
    let line = |key: &str| {
        let found = table.lines().find(|line| line.starts_with(key));
        found.unwrap_or_else(|| panic!("{key} is not explained: {ran}"))
    };
    let retokenized = line("total_output_tokens_retokenized");
    assert!(retokenized.contains("not measurable") && retokenized.contains("--tokenizer"), "{ran}");
    assert!(line("p99_ttft_ms").contains("ours is withheld"), "{ran}");
}

#[test]
fn files_lie_where_the_tool_would_have_put_them() {
    let test = Test::with_bench();
    let out = test.path().join("out");
    let twice = |tool: &str| {
        for _ in 0..2 {
            let ran = test.run(&format!("report run --view {tool} --out out"));
            assert_eq!(ran.code(), 0, "{ran}");
            assert!(ran.stderr.starts_with("written to out/"), "{ran}");
        }
        let written = files_below(&out);
        let texts = written.iter().map(|name| fs::read_to_string(out.join(name)).unwrap());
        let lines: Vec<usize> = texts.map(|text| text.lines().count()).collect();
        fs::remove_dir_all(&out).unwrap();
        (written, lines)
    };
    let (names, lines) = twice("sglang-0.5.23");
    assert!(names[0].ends_with("_8_30_6.jsonl"), "{names:?}");
    assert_eq!(lines, [2], "a line more for each run");
    let (names, lines) = twice("vllm-0.8.4");
    assert!(names[0].starts_with("vllm-infqps-concurrency4-sim-"), "{names:?}");
    assert_eq!(lines, [1], "the second replaces the first");
    let (names, lines) = twice("llm-infra-bench");
    assert_eq!((names.len(), lines[0]), (3, 3), "a header and a row for each run: {names:?}");
    assert!(names[0].ends_with("/benchmark_summary.csv"), "{names:?}");
}

#[test]
fn what_only_a_view_has_needs_one() {
    let test = Test::with_bench();
    let ran = test.run("report run --explain --out x --save-detailed --format csv");
    assert_eq!(ran.code(), 2);
    insta::assert_snapshot!("needs_a_view", ran.stderr);
    let ran = test.run(
        "report run --view vllm-0.33 --json --explain --percentile-metrics ttft,speed \
         --metric-percentiles 50,101,x",
    );
    assert_eq!(ran.code(), 2);
    insta::assert_snapshot!("mistakes_of_a_view", ran.stderr);
    assert!(test.run("report run --view vllm").stderr.contains("vllm-0.8.4"));
}

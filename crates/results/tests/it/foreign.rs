//! Result files are read as the tools themselves have written them: every layout by the
//! tools' own code, and files of real runs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenometer_results::{ForeignTool, parse_foreign, read_foreign};

/// Where what other tools wrote is kept.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../report/tests/golden")
}

#[test]
fn every_layout_that_the_tools_write_is_known() {
    let text = fs::read_to_string(golden().join("layouts.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 20);
    for case in cases {
        let (view, file) = (case["view"].as_str().unwrap(), case["file"].as_str().unwrap());
        let results = parse_foreign("file", file).unwrap_or_else(|why| panic!("{view}: {why:?}"));
        let [result] = results.as_slice() else { panic!("{view}: {results:?}") };
        assert_eq!(result.rules.map(|rules| rules.name()), Some(view));
        let asked = &case["asked"];
        let rate = asked["request_rate"].as_f64().unwrap_or(f64::INFINITY);
        assert_eq!(result.asked.rate, rate, "{view}: {asked}");
        if view != "sglang-0.2.14" && !asked["max_concurrency"].is_null() {
            assert_eq!(result.asked.max_concurrency, asked["max_concurrency"].as_u64(), "{view}");
        }
        assert_eq!(result.asked.ramp.is_some(), asked.get("ramp_up").is_some(), "{view}: {asked}");
        assert_eq!(result.figures["duration"], case["duration"].as_f64().unwrap(), "{view}");
    }
}

#[test]
fn files_of_real_runs_are_read() {
    for (name, tool, rules, completed, ttft) in [
        ("vllm-chat.json", ForeignTool::Vllm, "vllm-0.33", 50, 23.248_570_999_953_7),
        ("vllm-completions.json", ForeignTool::Vllm, "vllm-0.33", 100, 9.538_517_000_009_96),
        ("sglang-native.jsonl", ForeignTool::Sglang, "sglang-0.5.23", 40, 15.340_216_999_902_623),
        (
            "sglang-against-vllm.jsonl",
            ForeignTool::Sglang,
            "sglang-0.5.23",
            40,
            16.013_931_500_083_345,
        ),
    ] {
        let results = read_foreign(&golden().join("captured").join(name)).unwrap();
        let [result] = results.as_slice() else { panic!("{name}: {results:?}") };
        assert_eq!((result.tool, result.completed), (tool, completed), "{name}");
        assert_eq!(result.rules.map(|rules| rules.name()), Some(rules), "{name}");
        assert_eq!(result.figures["median_ttft_ms"], ttft, "{name}");
    }
}

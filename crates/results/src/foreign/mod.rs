//! Result files of other tools: what `vllm bench serve --save-result` and SGLang's
//! `bench_serving --output-file` write, in the layouts of several versions.
//!
//! A file is read as it is: every number under the key that the tool gave it. What a
//! number means is not for this room to say, and nothing is worked out of others.

mod layout;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use tokenometer_core::{Mistake, Rules};

/// One result of another tool: what it was asked for, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignResult {
    /// The line of the file on which it begins, from 1.
    pub line: usize,
    /// Whose it is.
    pub tool: ForeignTool,
    /// The version whose layout it has; absent where it is one of those between.
    pub rules: Option<Rules>,
    /// What the tool was asked for.
    pub asked: ForeignAsked,
    /// Requests that the tool takes for successes.
    pub completed: u64,
    /// Requests that failed, where it says so.
    pub failed: Option<u64>,
    /// Every finite number at the top of the object, by its key, in the unit that the
    /// key bears: `mean_ttft_ms`, `output_throughput` …
    pub figures: BTreeMap<String, f64>,
}

/// A tool that writes result files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignTool {
    /// vLLM's `benchmark_serving.py`, later `vllm bench serve`.
    Vllm,
    /// SGLang's `bench_serving`.
    Sglang,
}

impl fmt::Display for ForeignTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ForeignTool::Vllm => "vLLM's benchmark of a server",
            ForeignTool::Sglang => "SGLang's bench_serving",
        })
    }
}

/// What a tool was asked for, as far as its file keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignAsked {
    /// Whose routes it spoke to.
    pub backend: String,
    /// The model, by the name under which it was asked for; SGLang's files don't have it.
    pub model: Option<String>,
    /// The dataset, by its name; vLLM's files don't have it.
    pub dataset: Option<String>,
    /// How many requests; SGLang's files don't have it.
    pub prompts: Option<u64>,
    /// Requests a second; infinite where all were due at once.
    pub rate: f64,
    /// How the rate rises, in words, where it does.
    pub ramp: Option<String>,
    /// The shape of the gaps; SGLang's are Poisson's, and its files don't say so.
    pub burstiness: Option<f64>,
    /// The most requests in flight. The file is silent where there was no limit, and in
    /// the layout of 0.2.14 always.
    pub max_concurrency: Option<u64>,
    /// The lengths of random prompts and answers, and how far they spread, as SGLang's
    /// files have them.
    pub lengths: BTreeMap<String, f64>,
    /// What every request was to meet, as JSON, as SGLang's files have it.
    pub objectives: Option<String>,
}

/// Reads every result in a file: one JSON object, or several after one another.
///
/// # Errors
///
/// Everything that is wrong with the file, with its lines and keys.
pub fn read_foreign(path: &Path) -> Result<Vec<ForeignResult>, Vec<Mistake>> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|why| {
        let problem = format!("can't be read: {why}");
        vec![Mistake::new(&name, problem, "check the path, and that it is a file of text")]
    })?;
    parse_foreign(&name, &text)
}

/// Reads every result in a text, which is called `name` in what is wrong with it.
///
/// # Errors
///
/// As [`read_foreign`].
pub fn parse_foreign(name: &str, text: &str) -> Result<Vec<ForeignResult>, Vec<Mistake>> {
    let (mut results, mut mistakes) = (Vec::new(), Vec::new());
    for (line, object) in text::objects(name, text).map_err(|mistake| vec![mistake])? {
        match layout::result(name, line, &object) {
            Ok(result) => results.push(result),
            Err(more) => mistakes.extend(more),
        }
    }
    if mistakes.is_empty() { Ok(results) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that SkyPilot published for vLLM 0.8.4 on DeepSeek-R1 (8 × H200), in the
    /// layout of that version.
    const VLLM: &str = r#"{"date": "20250416-163803", "backend": "vllm", "model_id": "m",
        "tokenizer_id": "m", "num_prompts": 50, "request_rate": 10.0, "burstiness": 1.0,
        "max_concurrency": null, "duration": 108.426, "completed": 50,
        "total_input_tokens": 50000, "total_output_tokens": 100000,
        "request_throughput": 0.4611, "request_goodput:": null,
        "output_throughput": 922.2884, "total_token_throughput": 1383.4327,
        "itls": [[0.1, 0.2]], "mean_ttft_ms": 3069.96, "p99_itl_ms": 52.85}"#;

    /// Two runs of SGLang 0.4.5, one line each, the first with a rate that is no JSON.
    const SGLANG: &str = concat!(
        r#"{"backend": "sglang", "dataset_name": "random", "request_rate": Infinity, "#,
        r#""max_concurrency": 16, "sharegpt_output_len": null, "random_input_len": 1000, "#,
        r#""random_output_len": 2000, "random_range_ratio": 1.0, "duration": 122.1, "#,
        r#""completed": 200, "total_input_tokens": 200000, "total_output_tokens": 400000, "#,
        r#""output_throughput": 3276.05, "mean_ttft_ms": 301.95, "p95_itl_ms": 56.13, "#,
        r#""mean_e2e_latency_ms": NaN, "accept_length": null}"#,
        "\n",
        r#"{"backend": "sglang \"Infinity\"", "request_rate": 4.0, "sharegpt_output_len": null, "#,
        r#""duration": 1.0, "completed": 1, "total_input_tokens": 1, "#,
        r#""total_output_tokens": 1, "output_throughput": 1.0, "median_ttft_ms": 1.0}"#,
        "\n",
    );

    #[test]
    fn vllms_object_is_read() {
        let results = parse_foreign("v.json", VLLM).unwrap();
        let [result] = results.as_slice() else { panic!("{results:?}") };
        assert_eq!((result.tool, result.rules), (ForeignTool::Vllm, Some(Rules::Vllm084)));
        assert_eq!((result.asked.rate, result.asked.max_concurrency), (10.0, None));
        assert_eq!((result.completed, result.asked.prompts), (50, Some(50)));
        assert_eq!(result.figures["mean_ttft_ms"], 3069.96);
        assert!(!result.figures.contains_key("itls"));
    }

    #[test]
    fn a_goodput_without_its_colon_is_of_another_version() {
        let newer = VLLM.replace("request_goodput:\"", "request_goodput\"");
        assert_eq!(parse_foreign("v.json", &newer).unwrap()[0].rules, None);
        let newest = newer.replace("\"completed\"", "\"failed\": 2, \"completed\"");
        let result = &parse_foreign("v.json", &newest).unwrap()[0];
        assert_eq!((result.rules, result.failed), (Some(Rules::Vllm033), Some(2)));
    }

    #[test]
    fn every_line_of_sglangs_is_a_result() {
        let results = parse_foreign("s.jsonl", SGLANG).unwrap();
        let [first, second] = results.as_slice() else { panic!("{results:?}") };
        assert_eq!((first.line, first.rules), (1, Some(Rules::Sglang045)));
        assert!(
            first.asked.rate.is_infinite() && first.asked.lengths["random_input_len"] == 1000.0
        );
        // What isn't a number isn't there.
        assert!(!first.figures.contains_key("mean_e2e_latency_ms"));
        assert_eq!((second.line, second.rules), (2, Some(Rules::Sglang0214)));
        assert_eq!(second.asked.backend, "sglang \"Infinity\"");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = VLLM.replace("\"duration\": 108.426, ", "").replace("50,\n", "\"many\",\n");
        let broken = format!("{text}\n{{\"elapsed_time\": 1}}");
        let told = parse_foreign("v.json", &broken).unwrap_err();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        for (text, words) in [
            ("", "it is empty"),
            ("\n\n{\"a\": }", "v.json, line 3"),
            ("[1, 2]", "no JSON object"),
            ("Backend: vllm", "no JSON"),
        ] {
            let told = parse_foreign("v.json", text).unwrap_err();
            let told = told[0].to_string();
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}

//! The built-in profiles of the engines beside vLLM and SGLang: what they start
//! is what was published, and what a version lacks is refused.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;

use serde_json::{Map, Value, json};
use tokenometer_engine::profile::{Launch, ProfileFile, Wanted, builtin_names};

fn profile(name: &str) -> ProfileFile {
    ProfileFile::find(name, Path::new(".")).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn options(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn wanted(model: &str, options: Map<String, Value>) -> Wanted {
    Wanted {
        model: Some(model.to_owned()),
        options,
        host: "127.0.0.1".to_owned(),
        port: 8000,
        place: "test".to_owned(),
        ..Wanted::default()
    }
}

/// What starts an engine with these options.
fn launch(engine: &str, version: &str, wanted: &Wanted) -> Launch {
    let profile = profile(engine).at(Some(version)).unwrap();
    profile.launch(wanted).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn told(launch: &Launch) -> String {
    let mut told = launch.command.join(" ");
    for (name, value) in &launch.environment {
        told = format!("{name}={value} {told}");
    }
    for file in &launch.files {
        let contents: Value = serde_json::from_str(&file.contents).unwrap();
        told = format!("{told}\n{}: {contents}", file.name);
    }
    told
}

#[test]
fn every_version_says_where_its_flags_were_read() {
    for name in builtin_names() {
        let file = profile(name);
        for version in file.versions() {
            let profile = file.at(Some(version.text())).unwrap();
            assert!(profile.source.is_some(), "{name} {version} has no source");
        }
    }
}

#[test]
fn every_pattern_of_a_log_is_a_regular_expression() {
    for name in builtin_names() {
        let log = profile(name).at(None).unwrap().log;
        for pattern in log.fatal.iter().chain(&log.error) {
            assert!(regex::Regex::new(pattern).is_ok(), "{name}: {pattern}");
        }
    }
}

#[test]
fn tensorrt_llm_starts_as_it_was_published() {
    let settings = json!({ "pytorch_backend_config": {
        "enable_overlap_scheduler": true, "use_cuda_graph": true,
        "cuda_graph_max_batch_size": 256, "cuda_graph_padding_enabled": true } });
    let deepseek = wanted(
        "/DeepSeek-R1",
        options(json!({
            "backend": "pytorch", "tensor-parallel": 8, "expert-parallel": 8,
            "max-num-batched-tokens": 11000, "memory-share": 0.8,
            "trust-remote-code": true, "extra-options": settings })),
    );
    let h200 = wanted(
        "deepseek",
        options(json!({
            "backend": "pytorch", "max-num-seqs": 512, "max-num-batched-tokens": 16384,
            "max-model-len": 16384, "tensor-parallel": 8, "expert-parallel": 4,
            "pipeline-parallel": 1 })),
    );
    insta::assert_snapshot!(format!(
        "{}\n{}",
        told(&launch("trtllm", "0.19.0rc0", &deepseek)),
        told(&launch("trtllm", "0.17.post1.dev", &h200))
    ));
}

#[test]
fn tensorrt_llm_knows_what_its_releases_lack() {
    for version in ["0.17.0", "0.17.0.post1", "0.18.2"] {
        let profile = profile("trtllm").at(Some(version)).unwrap();
        let asked = wanted("m", options(json!({ "expert-parallel": 4 })));
        assert!(profile.launch(&asked).is_err(), "{version}");
    }
}

#[test]
fn tensorrt_llm_has_all_of_its_cache_in_the_file() {
    let asked = wanted(
        "m",
        options(json!({
            "memory-share": 0.8, "kv-precision": "fp8", "prefix-cache": false,
            "chunked-prefill": true })),
    );
    insta::assert_snapshot!(told(&launch("trtllm", "1.2.1", &asked)));
}

#[test]
fn llama_cpp_starts_as_it_was_published() {
    let asked = wanted(
        "Meta-Llama-3-8B-Instruct-F16.gguf",
        options(json!({
            "max-model-len": 8192, "gpu-layers": 999, "max-num-seqs": 32,
            "continuous-batching": true, "flash-attention": true, "metrics": null })),
    );
    insta::assert_snapshot!(format!(
        "{}\n{}",
        told(&launch("llamacpp", "b2886", &asked)),
        told(&launch("llamacpp", "b10573", &asked))
    ));
}

/// The engines whose command is looked at here.
const ENGINES: [&str; 7] =
    ["llama-cpp-python", "llamacpp", "lmdeploy", "tgi", "transformers", "trtllm", "trtllm-triton"];

#[test]
fn a_prefix_cache_is_switched_off_in_each_engines_own_way() {
    let mut lines = Vec::new();
    for name in ENGINES {
        let profile = profile(name).at(None).unwrap();
        let asked = wanted("m", options(json!({ "prefix-cache": false })));
        let line = match profile.launch(&asked) {
            Ok(launch) => told(&launch),
            Err(mistakes) => mistakes[0].problem.clone(),
        };
        lines.push(format!("{name}: {line}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

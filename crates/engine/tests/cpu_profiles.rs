//! The profiles of `studies/profiles`: each is sound, and starts its engine as it
//! was started when it was tried.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tokenometer_engine::profile::{ProfileFile, Wanted};

/// Where the studies lie.
fn studies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies").canonicalize().unwrap()
}

/// What a profile makes of a model and some options: how the engine is had, its
/// environment and its command.
fn told(name: &str, options: Value) -> String {
    let studies = studies();
    let file = ProfileFile::find(&format!("profiles/{name}.yaml"), &studies).unwrap();
    let profile = file.at(None).unwrap();
    assert_eq!(profile.name, name);
    let options: Map<String, Value> = serde_json::from_value(options).unwrap();
    let wanted = Wanted {
        model: Some("tiny-model".to_owned()),
        options,
        host: "127.0.0.1".to_owned(),
        port: 8000,
        ..Wanted::default()
    };
    let launch = profile.launch(&wanted).unwrap();
    assert!(launch.files.is_empty());
    let mut lines = vec![
        format!("provision: {}", serde_json::to_string(&profile.provision).unwrap()),
        format!("note: {}", profile.note.as_deref().unwrap_or("none")),
    ];
    lines.extend(launch.environment.iter().map(|(name, value)| format!("{name}={value}")));
    lines.push(launch.command.join(" "));
    lines.join("\n").replace(&studies.display().to_string(), "STUDIES")
}

#[test]
fn vllm_starts_on_a_processor() {
    let options = json!({ "served-name": "tiny", "max-model-len": 2048, "max-num-seqs": 16 });
    insta::assert_snapshot!(told("vllm-cpu", options));
}

#[test]
fn sglang_starts_on_a_processor_and_says_with_what() {
    let options = json!({ "served-name": "tiny", "max-model-len": 2048, "max-num-seqs": 16 });
    insta::assert_snapshot!(told("sglang-cpu", options));
}

#[test]
fn llama_cpp_starts_on_a_processor() {
    let options = json!({ "served-name": "tiny", "max-model-len": 2048 });
    insta::assert_snapshot!(told("llamacpp-cpu", options));
}

#[test]
fn transformers_starts_on_a_processor() {
    insta::assert_snapshot!(told("transformers-cpu", json!({})));
}

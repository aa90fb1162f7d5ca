//! What vLLM's own clients send, and when, against what we send by their rules.
//!
//! `golden/vllm.json` is written by `golden/make_vllm.py`, which runs the
//! clients themselves.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokenometer_core::{Pace, Prompt, Rules, Schedule};
use tokenometer_workload::{
    ConversationSettings, DatasetSettings, Extent, LoadSettings, Pattern, PrefixRepetitionSettings,
    PromptShape, Ramp, RampShape, RandomSettings, SonnetSettings, Source, Tokenizer, Workload,
    WorkloadSettings, drawn_lengths, write_builtin_conversations,
};

#[derive(Deserialize)]
struct Case {
    rules: Rules,
    flags: Flags,
    requests: usize,
    prompts_sha256: String,
    input_tokens: Vec<u32>,
    output_tokens: Vec<u32>,
    arrivals_ns: Vec<i64>,
}

/// The command line that the client was given.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Flags(BTreeMap<String, Value>);

impl Flags {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            Value::String(text) => text.parse().ok(),
            number => number.as_f64(),
        }
    }

    fn count(&self, name: &str, default: u32) -> u32 {
        self.number(name).map_or(default, |number| number as u32)
    }

    fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// The folder of the golden files, with another for those made from ours.
struct Files {
    made: tempfile::TempDir,
}

impl Files {
    fn path(&self, name: &str) -> PathBuf {
        match name.strip_prefix("conversations:") {
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name),
            Some(count) => {
                let path = self.made.path().join(count);
                let file = File::create(&path).unwrap();
                write_builtin_conversations(file, count.parse().unwrap()).unwrap();
                path
            }
        }
    }
}

fn dataset(flags: &Flags, files: &Files) -> DatasetSettings {
    let path = flags.text("dataset-path").map(|name| files.path(name));
    match flags.text("dataset-name").unwrap() {
        "sharegpt" => DatasetSettings::ShareGpt(ConversationSettings {
            source: Source::File(path.unwrap()),
            context_tokens: None,
            prompt_suffix: String::new(),
            shuffle: !flags.is_set("disable-shuffle"),
            oversample: !flags.is_set("no-oversample"),
        }),
        "random" => DatasetSettings::Random(random(flags)),
        "prefix_repetition" => DatasetSettings::PrefixRepetition(PrefixRepetitionSettings {
            prefix_tokens: flags.count("prefix-repetition-prefix-len", 256),
            suffix_tokens: flags.count("prefix-repetition-suffix-len", 256),
            prefixes: flags.count("prefix-repetition-num-prefixes", 10),
            output_tokens: flags.count("prefix-repetition-output-len", 128),
        }),
        "sonnet" => DatasetSettings::Sonnet(SonnetSettings {
            path: path.unwrap(),
            input_tokens: flags.count("sonnet-input-len", 550),
            output_tokens: flags.count("sonnet-output-len", 150),
            prefix_tokens: flags.count("sonnet-prefix-len", 200),
        }),
        "custom" => DatasetSettings::Custom { path: path.unwrap() },
        other => panic!("no dataset {other}"),
    }
}

fn random(flags: &Flags) -> RandomSettings {
    let ratios = flags.text("random-range-ratio").map(|json| {
        let both: BTreeMap<String, f64> = serde_json::from_str(json).unwrap();
        (both["input"], both["output"])
    });
    let one = flags.number("random-range-ratio").unwrap_or(0.0);
    let (input_ratio, output_ratio) = ratios.unwrap_or((one, one));
    RandomSettings {
        input_ratio,
        output_ratio,
        prefix_tokens: flags.count("random-prefix-len", 0),
        ..RandomSettings::fixed(
            flags.count("random-input-len", 1024),
            flags.count("random-output-len", 128),
        )
    }
}

fn settings(case: &Case, files: &Files) -> WorkloadSettings {
    let flags = &case.flags;
    let chat = flags.text("backend") == Some("openai-chat");
    let shape = if chat { PromptShape::Messages } else { PromptShape::Text };
    let output_tokens = match flags.text("dataset-name").unwrap() {
        "sharegpt" => flags.number("sharegpt-output-len"),
        "custom" => Some(flags.number("custom-output-len").unwrap_or(256.0)),
        _ => None,
    };
    WorkloadSettings {
        rules: Some(case.rules),
        seed: flags.number("seed").unwrap() as u64,
        output_tokens: output_tokens.filter(|&tokens| tokens >= 0.0).map(|tokens| tokens as u32),
        chat_template: !flags.is_set("skip-chat-template"),
        ..WorkloadSettings::new(dataset(flags, files), shape)
    }
}

fn load(flags: &Flags) -> LoadSettings {
    let burstiness = flags.number("burstiness").unwrap_or(1.0);
    let rate = flags.number("request-rate").unwrap_or(f64::INFINITY);
    let pattern = match flags.text("ramp-up-strategy") {
        None => Pattern::Open { rate, burstiness, cap: None },
        Some(shape) => Pattern::Ramp(Ramp {
            from: flags.number("ramp-up-start-rps").unwrap(),
            to: flags.number("ramp-up-end-rps").unwrap(),
            shape: if shape == "linear" { RampShape::Linear } else { RampShape::Exponential },
            burstiness,
            cap: None,
        }),
    };
    LoadSettings {
        pattern,
        extent: Extent::Requests(flags.count("num-prompts", 1000)),
        drain_limit: None,
        warm_up_requests: None,
        pool: None,
    }
}

/// Every prompt as its length in eight bytes, lowest first, and its text.
fn prompts_sha256(schedule: &Schedule) -> String {
    let mut digest = Sha256::new();
    for request in &schedule.requests {
        let text = match &request.prompt {
            Prompt::Text(text) => text,
            Prompt::Messages(messages) => &messages[0].content,
            Prompt::TokenIds(_) => panic!("vLLM's client sends text"),
        };
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn arrivals_ns(schedule: &Schedule) -> Vec<i64> {
    let Pace::Open { arrivals, .. } = &schedule.pace else { panic!("an open loop was asked for") };
    arrivals.iter().map(|arrival| arrival.offset.0).collect()
}

#[test]
fn every_workload_is_vllms_to_the_bit() {
    let golden = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/vllm.json"));
    let cases: Vec<Case> = serde_json::from_reader(golden.unwrap()).unwrap();
    assert_eq!(cases.len(), 51, "cases were lost");
    let files = Files { made: tempfile::tempdir().unwrap() };
    let tokenizer = Arc::new(Tokenizer::builtin());
    for case in cases {
        let what = format!("{} {:?}", case.rules, case.flags);
        let settings = settings(&case, &files);
        let workload = Workload::open(&settings, Some(tokenizer.clone())).unwrap();
        let schedule = workload.schedule(&load(&case.flags), None).expect(&what);
        let requests = &schedule.requests;
        assert_eq!(requests.len(), case.requests, "{what}");
        let inputs: Vec<u32> = requests.iter().map(|r| r.input_tokens.unwrap()).collect();
        assert_eq!(inputs, case.input_tokens, "{what}");
        let outputs: Vec<u32> = requests.iter().map(|r| r.output.tokens).collect();
        assert_eq!(outputs, case.output_tokens, "{what}");
        let drawn = drawn_lengths(&settings, case.requests as u32, Some(&tokenizer)).unwrap();
        // The texts of 0.33's prompts needn't come out as long as was drawn.
        if let (Rules::Vllm084, Some(drawn)) = (case.rules, drawn) {
            assert!(drawn.into_iter().eq(inputs.into_iter().zip(outputs)), "{what}");
        }
        assert_eq!(prompts_sha256(&schedule), case.prompts_sha256, "{what}");
        assert_eq!(arrivals_ns(&schedule), case.arrivals_ns, "{what}");
    }
}

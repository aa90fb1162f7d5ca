//! Every dataset by our own rules, from its settings to a schedule.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tokenometer_core::{Prompt, Request};
use tokenometer_workload::{
    ConversationSettings, DatasetSettings, Extent, GroupDistribution, LoadSettings, Pattern,
    PrefixRepetitionSettings, PromptShape, RandomSettings, SharedPrefixSettings, SonnetSettings,
    Source, Tokenizer, Workload, WorkloadError, WorkloadSettings, workload_sha256,
};

/// How many requests are measured.
const COUNT: u32 = 60;

fn every_dataset(home: &Path) -> Vec<DatasetSettings> {
    let poem = home.join("poem.txt");
    fs::write(&poem, "The river carried the stone,\nthe garden kept the letter;\n").unwrap();
    let bodies = home.join("bodies.jsonl");
    let body = r#"{"messages": [{"role": "user", "content": "Why does it rain?"}], "max_tokens": 9, "top_p": 0.5}"#;
    fs::write(&bodies, body).unwrap();
    let conversations = home.join("sharegpt.json");
    let file = fs::File::create(&conversations).unwrap();
    tokenometer_workload::write_builtin_conversations(file, 200).unwrap();
    vec![
        DatasetSettings::Builtin,
        DatasetSettings::ShareGpt(ConversationSettings {
            source: Source::File(conversations),
            context_tokens: None,
            prompt_suffix: String::new(),
            shuffle: true,
            oversample: true,
        }),
        DatasetSettings::Random(RandomSettings {
            prefix_tokens: 20,
            input_ratio: 0.5,
            ..RandomSettings::fixed(100, 20)
        }),
        DatasetSettings::SharedPrefix(SharedPrefixSettings {
            groups: 4,
            prompts_per_group: 15,
            system_tokens: 64,
            question_tokens: 16,
            output_tokens: 8,
            range_ratio: 0.5,
            ordered: false,
            distribution: GroupDistribution::Zipf { alpha: 1.1 },
        }),
        DatasetSettings::PrefixRepetition(PrefixRepetitionSettings {
            prefix_tokens: 64,
            suffix_tokens: 16,
            prefixes: 3,
            output_tokens: 8,
        }),
        DatasetSettings::Sonnet(SonnetSettings {
            path: poem,
            input_tokens: 150,
            output_tokens: 8,
            prefix_tokens: 40,
        }),
        DatasetSettings::OpenAi { path: bodies },
    ]
}

fn load() -> LoadSettings {
    LoadSettings {
        pattern: Pattern::Closed { concurrency: 4 },
        extent: Extent::Requests(COUNT),
        drain_limit: None,
        warm_up_requests: None,
        pool: None,
    }
}

fn opened(dataset: &DatasetSettings, shape: PromptShape) -> Workload {
    let settings = WorkloadSettings::new(dataset.clone(), shape);
    Workload::open(&settings, Some(Arc::new(Tokenizer::builtin()))).unwrap()
}

fn counted(request: &Request) -> u32 {
    let tokenizer = Tokenizer::builtin();
    match &request.prompt {
        Prompt::Text(text) => tokenizer.count(text).unwrap() + tokenizer.added_tokens(),
        Prompt::Messages(turns) => {
            turns.iter().map(|turn| tokenizer.count(&turn.content).unwrap()).sum()
        }
        Prompt::TokenIds(ids) => ids.len() as u32,
    }
}

/// If this test fails, published seeds have lost their meaning: restore what a
/// dataset draws instead of the numbers.
#[test]
fn a_seed_gives_the_same_workload_for_ever() {
    let home = tempfile::tempdir().unwrap();
    let hashes: Vec<String> = every_dataset(home.path())
        .iter()
        .map(|dataset| {
            let schedule = opened(dataset, PromptShape::Messages).schedule(&load(), None).unwrap();
            format!("{}: {}", dataset.name(), workload_sha256(&schedule))
        })
        .collect();
    insta::assert_snapshot!(hashes.join("\n"));
}

#[test]
fn every_prompt_has_the_length_it_says() {
    let home = tempfile::tempdir().unwrap();
    for dataset in every_dataset(home.path()) {
        for shape in [PromptShape::Text, PromptShape::Messages, PromptShape::TokenIds] {
            if matches!(dataset, DatasetSettings::OpenAi { .. }) && shape != PromptShape::Messages {
                continue;
            }
            let workload = opened(&dataset, shape);
            for request in workload.requests(20).unwrap() {
                let request = request.unwrap();
                assert_eq!(request.input_tokens, Some(counted(&request)), "{}", dataset.name());
                assert!(request.output.tokens >= 1);
            }
        }
    }
}

#[test]
fn the_warm_up_sends_no_measured_prompt() {
    let home = tempfile::tempdir().unwrap();
    for dataset in every_dataset(home.path()) {
        let workload = opened(&dataset, PromptShape::Messages);
        let prompts_of = |requests: &[Request]| -> BTreeSet<String> {
            let prompts = requests.iter().map(|request| match &request.prompt {
                Prompt::Messages(turns) => turns[0].content.clone(),
                other => panic!("messages were asked for, not {other:?}"),
            });
            prompts.collect()
        };
        let measured = prompts_of(&workload.schedule(&load(), None).unwrap().requests);
        let warm_up = workload.warm_up(&load(), 0).unwrap().unwrap();
        let warming = prompts_of(&warm_up.requests);
        if !matches!(dataset, DatasetSettings::OpenAi { .. }) {
            assert!(measured.is_disjoint(&warming), "{}", dataset.name());
        }
    }
}

#[test]
fn a_chat_template_is_asked_for_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let [(name, tokenizer), _] = Tokenizer::builtin_files();
    fs::write(home.path().join(name), tokenizer).unwrap();
    let tokenizer = Arc::new(Tokenizer::load(home.path()).unwrap());
    let settings = WorkloadSettings {
        chat_template: true,
        ..WorkloadSettings::new(DatasetSettings::Builtin, PromptShape::Text)
    };
    let error = Workload::open(&settings, Some(tokenizer)).unwrap_err();
    assert!(matches!(error, WorkloadError::NoChatTemplate { .. }), "{error}");
}

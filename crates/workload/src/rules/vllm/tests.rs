//! What the golden workloads don't show: the draws over a large vocabulary,
//! lengths without a text, and what is refused.

use std::fmt::Write;
use std::path::Path;

use tokenometer_core::{Prompt, Rules};

use super::super::Order;
use super::{draw, lengths};
use crate::{
    ConversationSettings, DatasetSettings, PrefixRepetitionSettings, PromptShape, RandomSettings,
    SonnetSettings, Source, Tokenizer, WorkloadError, WorkloadSettings, testing,
};

fn settings(dataset: DatasetSettings) -> WorkloadSettings {
    WorkloadSettings::new(dataset, PromptShape::Text)
}

/// A tokenizer of `size` words, each of which is the number of its token behind
/// a letter; `config` is its `tokenizer_config.json`.
fn numbered(size: u32, config: &str) -> Tokenizer {
    let mut vocabulary = String::new();
    for id in 0..size {
        write!(vocabulary, "{}\"w{id}\":{id}", if id == 0 { "" } else { "," }).unwrap();
    }
    let json = format!(
        r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
        "pre_tokenizer":{{"type":"WhitespaceSplit"}},"post_processor":null,"decoder":null,
        "model":{{"type":"WordLevel","vocab":{{{vocabulary}}},"unk_token":"w0"}}}}"#
    );
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("tokenizer.json"), json).unwrap();
    std::fs::write(home.path().join("tokenizer_config.json"), config).unwrap();
    Tokenizer::load(home.path()).unwrap()
}

/// The first ids of the prompts of `random`, from seed 0, with nothing else to
/// draw before the offsets.
fn first_ids(rules: Rules, count: u32, tokenizer: &Tokenizer) -> Vec<u32> {
    let settings = settings(DatasetSettings::Random(RandomSettings::fixed(2, 1)));
    let order = Order { rules, settings: &settings, count, tokenizer: Some(tokenizer) };
    let first = |prompt: &Prompt| {
        let Prompt::Text(text) = prompt else { panic!("vLLM's client sends text") };
        text.split(' ').next().unwrap()[1..].parse().unwrap()
    };
    draw(order).unwrap().requests.iter().map(|request| first(&request.prompt)).collect()
}

/// The offsets as numpy draws them; request i begins i further on.
#[test]
fn offsets_are_numpys() {
    let tokenizer = numbered(128_000, "{}");
    let old = first_ids(Rules::Vllm084, 50, &tokenizer);
    assert_eq!(old[..5], [68268, 43567 + 1, 42613 + 2, 117952 + 3, 45891 + 4]);
    let tokenizer = numbered(128_256, "{}");
    let new = first_ids(Rules::Vllm033, 5, &tokenizer);
    assert_eq!(new, [109097, 81694 + 1, 65556 + 2, 34601 + 3, 39480 + 4]);
}

/// 0.33 leaves out the tokens that the model's configuration names, wherever in
/// the vocabulary they are; 0.8.4 doesn't.
#[test]
fn named_special_tokens_are_left_out() {
    let ids = |rules, config| first_ids(rules, 40, &numbered(8, config));
    let named = r#"{"eos_token": "w3", "additional_special_tokens": ["w0", "w5"]}"#;
    let all = ids(Rules::Vllm033, "{}");
    assert!((0..8).all(|id| all.contains(&id)), "{all:?}");
    let ordinary = ids(Rules::Vllm033, named);
    assert!((0..8).all(|id| ordinary.contains(&id) != [0, 3, 5].contains(&id)), "{ordinary:?}");
    assert_eq!(ids(Rules::Vllm084, named), ids(Rules::Vllm084, "{}"));
}

#[test]
fn lengths_are_known_without_a_text() {
    let random = RandomSettings {
        input_ratio: 0.25,
        output_ratio: 0.25,
        prefix_tokens: 3,
        ..RandomSettings::fixed(40, 8)
    };
    let tokenizer = testing::tokenizer();
    let of = |rules, dataset: DatasetSettings, tokenizer| {
        let settings = settings(dataset);
        lengths(Order { rules, settings: &settings, count: 500, tokenizer })
    };
    let dataset = DatasetSettings::Random(random.clone());
    let old = of(Rules::Vllm084, dataset.clone(), Some(&tokenizer)).unwrap().unwrap();
    let settings = settings(dataset.clone());
    let order =
        |rules| Order { rules, settings: &settings, count: 500, tokenizer: Some(&tokenizer) };
    let drawn = draw(order(Rules::Vllm084)).unwrap().requests;
    assert!(
        old.iter().copied().eq(drawn.iter().map(|r| (r.input_tokens.unwrap(), r.output.tokens)))
    );
    // One token is taken off for the one that the tokenizer adds: 39 ± 9.75.
    let new = of(Rules::Vllm033, dataset.clone(), Some(&tokenizer)).unwrap().unwrap();
    assert_eq!(new.iter().map(|lengths| lengths.0).min(), Some(3 + 29));
    assert_eq!(new.iter().map(|lengths| lengths.0).max(), Some(3 + 49));
    for rules in [Rules::Vllm084, Rules::Vllm033] {
        let error = of(rules, dataset.clone(), None).unwrap_err().to_string();
        assert!(error.contains("--tokenizer"), "{error}");
    }
    let plain = DatasetSettings::Random(RandomSettings { prefix_tokens: 0, ..random });
    assert_eq!(of(Rules::Vllm084, plain, None).unwrap().unwrap().len(), 500);
    let texts = DatasetSettings::Custom { path: "prompts.jsonl".into() };
    assert_eq!(of(Rules::Vllm033, texts, None).unwrap(), None);
}

/// What is wrong, by the rules of a version.
fn told(rules: Rules, settings: &WorkloadSettings) -> String {
    let tokenizer = testing::tokenizer();
    let order = Order { rules, settings, count: 20, tokenizer: Some(&tokenizer) };
    match draw(order).unwrap_err() {
        WorkloadError::Mistakes(mistakes) => {
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

#[test]
fn what_the_tool_refuses_is_told() {
    let conversations = ConversationSettings {
        source: Source::Builtin,
        context_tokens: Some(5),
        prompt_suffix: "!".to_owned(),
        shuffle: false,
        oversample: false,
    };
    let random = |input_tokens, input_ratio, output_ratio| {
        let fixed = RandomSettings::fixed(input_tokens, 8);
        settings(DatasetSettings::Random(RandomSettings { input_ratio, output_ratio, ..fixed }))
    };
    let repetition = |prefixes| {
        settings(DatasetSettings::PrefixRepetition(PrefixRepetitionSettings {
            prefix_tokens: 1,
            suffix_tokens: 1,
            prefixes,
            output_tokens: 1,
        }))
    };
    let conversations = settings(DatasetSettings::ShareGpt(conversations));
    let seeded = WorkloadSettings { seed: 1 << 32, ..random(8, 0.0, 0.0) };
    let ids = WorkloadSettings { prompt_shape: PromptShape::TokenIds, ..random(8, 0.0, 0.0) };
    let all = [
        (Rules::Vllm084, conversations.clone()),
        (Rules::Vllm033, conversations),
        (Rules::Vllm084, random(8, 0.1, 0.2)),
        (Rules::Vllm084, random(8, 1.0, 1.0)),
        (Rules::Vllm084, random(8, -0.5, -0.5)),
        (Rules::Vllm033, random(8, 0.5, 1.0)),
        (Rules::Vllm033, random(8, f64::NAN, 0.0)),
        (Rules::Vllm033, random(2, 0.5, 0.0)),
        (Rules::Vllm033, repetition(0)),
        (Rules::Vllm033, repetition(21)),
        (Rules::Vllm084, repetition(1)),
        (Rules::Vllm033, settings(DatasetSettings::Builtin)),
        (Rules::Vllm084, seeded),
        (Rules::Vllm033, ids),
    ];
    let told: Vec<String> = all.iter().map(|(rules, settings)| told(*rules, settings)).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn faulty_files_are_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("file");
    let custom = settings(DatasetSettings::Custom { path: path.clone() });
    let sonnet = |input_tokens| {
        settings(DatasetSettings::Sonnet(SonnetSettings {
            path: path.clone(),
            input_tokens,
            output_tokens: 1,
            prefix_tokens: 60,
        }))
    };
    let mut all = Vec::new();
    let mut tell = |rules, settings: &WorkloadSettings, contents: Option<&str>| {
        contents.into_iter().for_each(|contents| std::fs::write(&path, contents).unwrap());
        all.push(without(home.path(), told(rules, settings)));
    };
    tell(Rules::Vllm033, &custom, None);
    tell(Rules::Vllm033, &custom, Some("[1]\n\n{\"prompt\": 5}\n{\"promt\": \"\"}\nhello\n"));
    let lines = "{\"prompt\": \"a\"}\n{\"prompt\": \"b\", \"output_tokens\": \"5\"}\n\
                 {\"prompt\": \"c\", \"output_tokens\": -1}\n{\"prompt\": \"d\", \"output_tokens\": 1.9}";
    tell(Rules::Vllm033, &custom, Some(lines));
    tell(Rules::Vllm084, &sonnet(500), Some(""));
    let poem = "O\nand on and on and on and on and on and on and on and on and on and on it went\n";
    tell(Rules::Vllm084, &sonnet(10), Some(poem));
    // With its prefix alone every prompt is too long.
    tell(Rules::Vllm084, &sonnet(61), Some(&poem[2..].replace("it", "and on and on and on it")));
    insta::assert_snapshot!(all.join("\n"));
}

fn without(home: &Path, told: String) -> String {
    told.replace(&home.display().to_string(), "HOME")
}

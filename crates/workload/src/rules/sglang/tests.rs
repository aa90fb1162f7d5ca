//! What SGLang's tools refuse, or fall over, or have no flag for.

use std::path::Path;

use tokenometer_core::Rules;

use super::super::{Order, draw};
use crate::{
    ConversationSettings, DatasetSettings, GroupDistribution, PromptShape, RandomSettings,
    SharedPrefixSettings, Source, WorkloadSettings, testing,
};

fn conversations() -> ConversationSettings {
    ConversationSettings {
        source: Source::Builtin,
        context_tokens: None,
        prompt_suffix: String::new(),
        shuffle: true,
        oversample: true,
    }
}

fn shared_prefix() -> SharedPrefixSettings {
    SharedPrefixSettings {
        groups: 2,
        prompts_per_group: 2,
        system_tokens: 3,
        question_tokens: 3,
        output_tokens: 3,
        range_ratio: 1.0,
        ordered: false,
        distribution: GroupDistribution::Uniform,
    }
}

fn settings(dataset: DatasetSettings) -> WorkloadSettings {
    WorkloadSettings::new(dataset, PromptShape::Text)
}

/// What is told about settings that a tool can't follow.
fn told(rules: Rules, settings: &WorkloadSettings) -> String {
    let tokenizer = testing::tokenizer();
    let order = Order { rules, settings, count: 20_000, tokenizer: Some(&tokenizer) };
    draw(order).unwrap_err().to_string()
}

#[test]
fn a_version_has_its_own_datasets_and_flags() {
    let strange = ConversationSettings {
        context_tokens: Some(9),
        prompt_suffix: "?".into(),
        shuffle: false,
        ..conversations()
    };
    let mut all = settings(DatasetSettings::ShareGpt(strange));
    all.chat_template = true;
    all.prompt_shape = PromptShape::TokenIds;
    let ids = settings(DatasetSettings::RandomIds(RandomSettings::fixed(5, 5)));
    let mut prefixed = RandomSettings::fixed(5, 5);
    prefixed.prefix_tokens = 3;
    let grouped = SharedPrefixSettings {
        range_ratio: 0.5,
        ordered: true,
        distribution: GroupDistribution::Zipf { alpha: 1.0 },
        ..shared_prefix()
    };
    let custom = settings(DatasetSettings::Custom { path: "prompts.jsonl".into() });
    let mut shaped = settings(DatasetSettings::ShareGpt(conversations()));
    shaped.prompt_shape = PromptShape::TokenIds;
    let told = [
        told(Rules::Sglang0214, &all),
        told(Rules::Sglang0214, &ids),
        told(Rules::Sglang045, &settings(DatasetSettings::Random(prefixed))),
        told(Rules::Sglang045, &settings(DatasetSettings::SharedPrefix(grouped))),
        told(Rules::Sglang045, &custom),
        told(Rules::Sglang0523, &shaped),
        told(Rules::Sglang0523, &settings(DatasetSettings::Builtin)),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_the_tool_falls_over_is_told() {
    let random = |input, output, ratio| {
        let lengths = RandomSettings::fixed(input, output);
        let source = Some(Source::Builtin);
        settings(DatasetSettings::Random(RandomSettings {
            input_ratio: ratio,
            output_ratio: ratio,
            source,
            ..lengths
        }))
    };
    let without = RandomSettings::fixed(5, 5);
    let mut short = settings(DatasetSettings::ShareGpt(conversations()));
    short.output_tokens = Some(3);
    let mut large_seed = random(5, 5, 0.0);
    large_seed.seed = 1 << 32;
    let zipf = SharedPrefixSettings {
        distribution: GroupDistribution::Zipf { alpha: 0.0 },
        ..shared_prefix()
    };
    let told = [
        told(Rules::Sglang0214, &random(1, 1, 1.0)),
        told(Rules::Sglang045, &random(0, 5, 0.0)),
        told(Rules::Sglang0523, &random(5, 5, 1.5)),
        told(Rules::Sglang0523, &settings(DatasetSettings::Random(without))),
        told(Rules::Sglang0523, &short),
        told(Rules::Sglang0523, &large_seed),
        told(Rules::Sglang0523, &settings(DatasetSettings::SharedPrefix(zipf))),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_faulty_line_is_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lines.jsonl");
    let write = |contents: &str| std::fs::write(&path, contents).unwrap();
    let told = |dataset: fn(&Path) -> DatasetSettings| {
        let told = told(Rules::Sglang0523, &settings(dataset(&path)));
        told.replace(&home.path().display().to_string(), "HOME")
    };
    write(
        "[1]\n{\"conversations\": [1, 2]}\n{\"conversation\": 3}\n{\"conversations\": [{\"value\": null}, {}]}\n",
    );
    let custom = told(|path| DatasetSettings::Custom { path: path.into() });
    write(
        "7\n{\"messages\": 1}\n{\"messages\": [{\"role\": \"user\", \"content\": []}]}\n{\"messages\": \
         [{\"role\": \"user\", \"content\": \"a\", \"name\": \"b\"}]}\n{\"messages\": [{\"role\": \
         \"user\", \"content\": \"a\"}], \"max_tokens\": null}\n",
    );
    let openai = told(|path| DatasetSettings::OpenAi { path: path.into() });
    let missing = told(|path| DatasetSettings::OpenAi { path: path.with_extension("none") });
    insta::assert_snapshot!([custom, openai, missing].join("\n"));
}

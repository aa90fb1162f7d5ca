//! What is sent.

use tokenometer_core::Dialect;
use tokenometer_workload::{DatasetSettings, PromptShape, RandomSettings, WorkloadSettings};

use super::Mistakes;
use crate::args::{BenchArgs, DatasetName};

/// The length of a prompt of random-ids, in tokens, as in vLLM and SGLang.
const INPUT_TOKENS: u32 = 1024;
/// The length of an answer to one, likewise.
const OUTPUT_TOKENS: u32 = 128;

/// The workload. Where the embedded engine is measured, `vocabulary_size` says
/// which token ids it knows.
pub(super) fn workload(
    args: &BenchArgs,
    vocabulary_size: Option<u32>,
    mistakes: &mut Mistakes,
) -> WorkloadSettings {
    let random_ids = args.dataset_name == DatasetName::RandomIds;
    let output_tokens = mistakes.take("--random-output-len", args.random_output_len.clone());
    let dataset = match args.dataset_name {
        DatasetName::Builtin => DatasetSettings::Builtin,
        DatasetName::RandomIds => {
            let ratio = mistakes.take("--random-range-ratio", args.random_range_ratio.clone());
            DatasetSettings::RandomIds(RandomSettings {
                input_tokens: mistakes
                    .take("--random-input-len", args.random_input_len.clone())
                    .unwrap_or(INPUT_TOKENS),
                output_tokens: output_tokens.unwrap_or(OUTPUT_TOKENS),
                input_ratio: ratio.unwrap_or(0.0),
                output_ratio: ratio.unwrap_or(0.0),
                prefix_tokens: 0,
                vocabulary_size,
                source: None,
            })
        }
        DatasetName::Custom => {
            DatasetSettings::Custom { path: args.dataset_path.clone().unwrap_or_default() }
        }
    };
    combinations(args, mistakes);
    let workload = WorkloadSettings {
        rules: None,
        dataset,
        seed: mistakes.take("--seed", Some(args.seed.clone())).unwrap_or_default(),
        exact: args.ignore_eos,
        output_tokens: output_tokens.filter(|_| !random_ids),
        prompt_shape: match (args.backend.0, random_ids) {
            (Dialect::OpenaiChat, _) => PromptShape::Messages,
            (_, true) => PromptShape::TokenIds,
            (_, false) => PromptShape::Text,
        },
        chat_template: false,
    };
    mistakes.extend(workload.mistakes(args.tokenizer.is_some()));
    workload
}

/// Flags that belong to another dataset.
fn combinations(args: &BenchArgs, mistakes: &mut Mistakes) {
    if args.dataset_name != DatasetName::RandomIds {
        const OTHER: &str = "only random-ids draws lengths";
        const CURE: &str = "add --dataset-name random-ids, or leave the flag out";
        mistakes.idle("--random-input-len", &args.random_input_len, OTHER, CURE);
        mistakes.idle("--random-range-ratio", &args.random_range_ratio, OTHER, CURE);
    }
    match (args.dataset_name, &args.dataset_path) {
        (DatasetName::Custom, None) => {
            mistakes.add("--dataset-name custom", "no file is named", "name it with --dataset-path")
        }
        (DatasetName::Builtin | DatasetName::RandomIds, Some(path)) => mistakes.add(
            format_args!("--dataset-path {}", path.display()),
            "only a custom dataset is read from a file",
            "add --dataset-name custom, or leave the path out",
        ),
        _ => {}
    }
}

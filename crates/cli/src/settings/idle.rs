//! Flags that would do nothing for the dataset that is sent.

use super::Mistakes;
use crate::args::DatasetName::{
    self, Builtin, Custom, Frozen, GeneratedSharedPrefix as Gsp, Openai,
    PrefixRepetition as Repetition, Random, RandomIds, Sharegpt, Sonnet,
};
use crate::args::{DatasetArgs, WorkloadArgs};

/// A flag, what tells whether it was given, and the datasets that it says
/// something of.
type Belonging = (&'static str, fn(&WorkloadArgs) -> bool, &'static [DatasetName]);

// The datasets that the general flags belong to: lengths drawn, lengths told,
// answers of a given length, a file read, a chat template filled in.
const DRAWN: &[DatasetName] = &[Random, RandomIds];
const LENGTHS: &[DatasetName] = &[Random, RandomIds, Builtin, Openai];
const ANSWERS: &[DatasetName] = &[Random, RandomIds, Builtin, Openai, Sharegpt, Custom, Repetition];
const FILES: &[DatasetName] = &[Sharegpt, Sonnet, Custom, Openai, Frozen];
const TEMPLATES: &[DatasetName] = &[Builtin, Sharegpt, Custom, Random];

/// Every flag that belongs to some datasets alone.
const BELONGINGS: [Belonging; 30] = [
    ("--dataset-path", |a| a.dataset_path.is_some(), FILES),
    ("--input-len", |a| a.input_len.is_some(), DRAWN),
    ("--output-len", |a| a.output_len.is_some(), ANSWERS),
    ("--apply-chat-template", |a| a.apply_chat_template, TEMPLATES),
    ("--random-input-len", |a| a.datasets.random_input_len.is_some(), DRAWN),
    ("--random-output-len", |a| a.datasets.random_output_len.is_some(), LENGTHS),
    ("--random-range-ratio", |a| a.datasets.random_range_ratio.is_some(), DRAWN),
    ("--random-prefix-len", |a| a.datasets.random_prefix_len.is_some(), &[Random]),
    ("--sharegpt-output-len", |a| a.datasets.sharegpt_output_len.is_some(), &[Sharegpt]),
    ("--sharegpt-context-len", |a| a.datasets.sharegpt_context_len.is_some(), &[Sharegpt]),
    ("--prompt-suffix", |a| a.datasets.prompt_suffix.is_some(), &[Sharegpt]),
    ("--custom-output-len", |a| a.datasets.custom_output_len.is_some(), &[Custom]),
    ("--no-oversample", |a| a.datasets.no_oversample, &[Sharegpt]),
    ("--disable-shuffle", |a| a.datasets.disable_shuffle, &[Sharegpt]),
    ("--gsp-num-groups", |a| a.datasets.gsp_num_groups.is_some(), &[Gsp]),
    ("--gsp-prompts-per-group", |a| a.datasets.gsp_prompts_per_group.is_some(), &[Gsp]),
    ("--gsp-system-prompt-len", |a| a.datasets.gsp_system_prompt_len.is_some(), &[Gsp]),
    ("--gsp-question-len", |a| a.datasets.gsp_question_len.is_some(), &[Gsp]),
    ("--gsp-output-len", |a| a.datasets.gsp_output_len.is_some(), &[Gsp]),
    ("--gsp-range-ratio", |a| a.datasets.gsp_range_ratio.is_some(), &[Gsp]),
    ("--gsp-ordered", |a| a.datasets.gsp_ordered, &[Gsp]),
    ("--gsp-group-distribution", |a| a.datasets.gsp_group_distribution.is_some(), &[Gsp]),
    ("--gsp-zipf-alpha", |a| a.datasets.gsp_zipf_alpha.is_some(), &[Gsp]),
    (
        "--prefix-repetition-prefix-len",
        |a| a.datasets.prefix_repetition_prefix_len.is_some(),
        &[Repetition],
    ),
    (
        "--prefix-repetition-suffix-len",
        |a| a.datasets.prefix_repetition_suffix_len.is_some(),
        &[Repetition],
    ),
    (
        "--prefix-repetition-num-prefixes",
        |a| a.datasets.prefix_repetition_num_prefixes.is_some(),
        &[Repetition],
    ),
    (
        "--prefix-repetition-output-len",
        |a| a.datasets.prefix_repetition_output_len.is_some(),
        &[Repetition],
    ),
    ("--sonnet-input-len", |a| a.datasets.sonnet_input_len.is_some(), &[Sonnet]),
    ("--sonnet-output-len", |a| a.datasets.sonnet_output_len.is_some(), &[Sonnet]),
    ("--sonnet-prefix-len", |a| a.datasets.sonnet_prefix_len.is_some(), &[Sonnet]),
];

/// A flag, what tells whether it was given, and why it does nothing.
type Undoing = (&'static str, fn(&WorkloadArgs) -> bool, &'static str);

/// Flags that undo what tools do and we never do unasked, and why.
pub(crate) const UNDOING: [Undoing; 2] = [
    (
        "--disable-ignore-eos",
        |a| a.disable_ignore_eos,
        "by our own rules the model ends where it wants unless --ignore-eos is given",
    ),
    (
        "--skip-chat-template",
        |a| a.datasets.skip_chat_template,
        "by our own rules prompts are sent as they are unless --apply-chat-template is given",
    ),
];

/// Flags that belong to another dataset than the one that is sent, or to
/// another tool's rules.
pub(super) fn idle_flags(args: &WorkloadArgs, name: DatasetName, mistakes: &mut Mistakes) {
    for (flag, given, datasets) in BELONGINGS {
        if given(args) && !datasets.contains(&name) {
            let owners: Vec<String> = datasets.iter().map(|dataset| dataset.name()).collect();
            mistakes.add(
                flag,
                format_args!("it says nothing of {}", name.name()),
                &format!("use it with --dataset-name {}, or leave it out", owners.join(", ")),
            );
        }
    }
    for (flag, _, why) in UNDOING.into_iter().filter(|(_, given, _)| given(args)) {
        mistakes.add(flag, why, "leave it out, or follow a tool's --rules");
    }
}

/// Flags that a tool has for conversations of any file, and that are followed
/// for ShareGPT's alone.
pub(super) fn unfollowed(args: &WorkloadArgs, name: DatasetName, mistakes: &mut Mistakes) {
    let DatasetArgs { sharegpt_context_len, prompt_suffix, .. } = &args.datasets;
    let given = [
        ("--sharegpt-context-len", sharegpt_context_len.is_some()),
        ("--prompt-suffix", prompt_suffix.is_some()),
        ("--disable-shuffle", args.datasets.disable_shuffle),
        ("--no-oversample", args.datasets.no_oversample),
    ];
    for (flag, _) in given.into_iter().filter(|(_, given)| *given) {
        mistakes.add(
            flag,
            format_args!("it isn't followed here for {}, only for sharegpt", name.name()),
            "leave it out, or make the file with what it would do",
        );
    }
}

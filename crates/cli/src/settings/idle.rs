//! Flags that would do nothing for the dataset that is sent.

use super::Mistakes;
use crate::args::{DatasetArgs, DatasetName, WorkloadArgs};

/// A flag, whether it was given, and the datasets that it says something of.
type Belonging<'a> = (&'static str, bool, &'a [DatasetName]);

/// Flags that belong to another dataset than the one that is sent.
pub(super) fn idle_flags(args: &WorkloadArgs, name: DatasetName, mistakes: &mut Mistakes) {
    use DatasetName::{
        Builtin, Custom, Frozen, GeneratedSharedPrefix as Gsp, Openai,
        PrefixRepetition as Repetition, Random, RandomIds, Sharegpt, Sonnet,
    };
    let DatasetArgs { random_input_len, random_output_len, random_range_ratio, .. } =
        &args.datasets;
    let own = &args.datasets;
    let drawn: &[DatasetName] = &[Random, RandomIds];
    let lengths: &[DatasetName] = &[Random, RandomIds, Builtin, Openai];
    let files: &[DatasetName] = &[Sharegpt, Sonnet, Custom, Openai, Frozen];
    let belongings: [Belonging<'_>; 29] = [
        ("--dataset-path", args.dataset_path.is_some(), files),
        ("--input-len", args.input_len.is_some(), drawn),
        (
            "--output-len",
            args.output_len.is_some(),
            &[Random, RandomIds, Builtin, Openai, Sharegpt, Custom, Repetition],
        ),
        ("--apply-chat-template", args.apply_chat_template, &[Builtin, Sharegpt, Custom, Random]),
        ("--random-input-len", random_input_len.is_some(), drawn),
        ("--random-output-len", random_output_len.is_some(), lengths),
        ("--random-range-ratio", random_range_ratio.is_some(), drawn),
        ("--random-prefix-len", own.random_prefix_len.is_some(), &[Random]),
        ("--sharegpt-output-len", own.sharegpt_output_len.is_some(), &[Sharegpt]),
        ("--sharegpt-context-len", own.sharegpt_context_len.is_some(), &[Sharegpt]),
        ("--prompt-suffix", own.prompt_suffix.is_some(), &[Sharegpt]),
        ("--custom-output-len", own.custom_output_len.is_some(), &[Custom]),
        ("--skip-chat-template", own.skip_chat_template, &[]),
        ("--no-oversample", own.no_oversample, &[Sharegpt]),
        ("--disable-shuffle", own.disable_shuffle, &[Sharegpt]),
        ("--gsp-num-groups", own.gsp_num_groups.is_some(), &[Gsp]),
        ("--gsp-prompts-per-group", own.gsp_prompts_per_group.is_some(), &[Gsp]),
        ("--gsp-system-prompt-len", own.gsp_system_prompt_len.is_some(), &[Gsp]),
        ("--gsp-question-len", own.gsp_question_len.is_some(), &[Gsp]),
        ("--gsp-output-len", own.gsp_output_len.is_some(), &[Gsp]),
        ("--gsp-range-ratio", own.gsp_range_ratio.is_some(), &[Gsp]),
        ("--gsp-ordered", own.gsp_ordered, &[Gsp]),
        ("--gsp-group-distribution", own.gsp_group_distribution.is_some(), &[Gsp]),
        ("--gsp-zipf-alpha", own.gsp_zipf_alpha.is_some(), &[Gsp]),
        (
            "--prefix-repetition-prefix-len",
            own.prefix_repetition_prefix_len.is_some(),
            &[Repetition],
        ),
        (
            "--prefix-repetition-suffix-len",
            own.prefix_repetition_suffix_len.is_some(),
            &[Repetition],
        ),
        (
            "--prefix-repetition-num-prefixes",
            own.prefix_repetition_num_prefixes.is_some(),
            &[Repetition],
        ),
        (
            "--prefix-repetition-output-len",
            own.prefix_repetition_output_len.is_some(),
            &[Repetition],
        ),
        (
            "--sonnet-input-len, --sonnet-output-len or --sonnet-prefix-len",
            own.sonnet_input_len.is_some()
                || own.sonnet_output_len.is_some()
                || own.sonnet_prefix_len.is_some(),
            &[Sonnet],
        ),
    ];
    for (flag, given, datasets) in belongings {
        if given && !datasets.contains(&name) {
            let owners: Vec<String> = datasets.iter().map(|dataset| dataset.name()).collect();
            let cure = match owners.as_slice() {
                [] => "leave the flag out".to_owned(),
                owners => {
                    format!("use it with --dataset-name {}, or leave it out", owners.join(", "))
                }
            };
            mistakes.add(flag, format_args!("it says nothing of {}", name.name()), &cure);
        }
    }
    if args.disable_ignore_eos {
        mistakes.add(
            "--disable-ignore-eos",
            "by our own rules the model ends where it wants unless --ignore-eos is given",
            "leave it out, or follow a tool's --rules",
        );
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

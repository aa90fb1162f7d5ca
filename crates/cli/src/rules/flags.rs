//! Which of the flags that act here each tool has: one that it hasn't would
//! make a load that it could never have sent.

use tokenometer_core::Rules;

/// Flags that say how we measure or what we show, and not what is sent: they
/// act under any rules.
const ALWAYS: &[&str] = &[
    "rules",
    "base-url",
    "host",
    "port",
    "backend",
    "model",
    "served-model-name",
    "tokenizer",
    "strict-tokenizer",
    "header",
    "dataset-name",
    "dataset-path",
    "num-prompts",
    "seed",
    "extra-request-body",
    "connect-timeout",
    "first-timeout",
    "idle-timeout",
    "total-timeout",
    "drain-limit",
    "out",
    "json",
    "view",
    "explain",
    "tag",
    "label",
    "metadata",
    "save-result",
    "save-detailed",
    "append-result",
    "result-dir",
    "result-filename",
    "output-file",
    "percentile-metrics",
    "metric-percentiles",
    "goodput",
    "disable-tqdm",
    "ready-check-timeout-sec",
    "flush-cache",
    "profile",
    "lengths-only",
    "engine",
    "format",
    "from-server",
    "categories",
    "per-category",
];

const SGLANG_0_2: &[&str] = &[
    "sharegpt-output-len",
    "random-input-len",
    "random-output-len",
    "random-range-ratio",
    "request-rate",
    "disable-stream",
    "disable-ignore-eos",
];

const SGLANG_0_4: &[&str] = &[
    "sharegpt-output-len",
    "sharegpt-context-len",
    "prompt-suffix",
    "apply-chat-template",
    "random-input-len",
    "random-output-len",
    "random-range-ratio",
    "gsp-num-groups",
    "gsp-prompts-per-group",
    "gsp-system-prompt-len",
    "gsp-question-len",
    "gsp-output-len",
    "request-rate",
    "max-concurrency",
    "warmup-requests",
    "disable-stream",
    "disable-ignore-eos",
    "return-logprob",
];

const SGLANG_0_5: &[&str] = &[
    "sharegpt-output-len",
    "sharegpt-context-len",
    "prompt-suffix",
    "apply-chat-template",
    "tokenize-prompt",
    "random-input-len",
    "random-output-len",
    "random-range-ratio",
    "gsp-num-groups",
    "gsp-prompts-per-group",
    "gsp-system-prompt-len",
    "gsp-question-len",
    "gsp-output-len",
    "gsp-range-ratio",
    "gsp-ordered",
    "gsp-group-distribution",
    "gsp-zipf-alpha",
    "request-rate",
    "max-concurrency",
    "warmup-requests",
    "disable-stream",
    "disable-ignore-eos",
    "return-logprob",
    "temperature",
    "top-p",
];

const VLLM_0_8: &[&str] = &[
    "endpoint",
    "sharegpt-output-len",
    "random-input-len",
    "random-output-len",
    "random-range-ratio",
    "random-prefix-len",
    "sonnet-input-len",
    "sonnet-output-len",
    "sonnet-prefix-len",
    "request-rate",
    "burstiness",
    "max-concurrency",
    "ignore-eos",
    "logprobs",
    "temperature",
    "top-p",
    "top-k",
    "min-p",
];

const VLLM_0_33: &[&str] = &[
    "endpoint",
    "input-len",
    "output-len",
    "sharegpt-output-len",
    "custom-output-len",
    "skip-chat-template",
    "no-oversample",
    "disable-shuffle",
    "random-input-len",
    "random-output-len",
    "random-range-ratio",
    "random-prefix-len",
    "prefix-repetition-prefix-len",
    "prefix-repetition-suffix-len",
    "prefix-repetition-num-prefixes",
    "prefix-repetition-output-len",
    "request-rate",
    "burstiness",
    "ramp-up-strategy",
    "ramp-up-start-rps",
    "ramp-up-end-rps",
    "max-concurrency",
    "warmup-requests",
    "ignore-eos",
    "logprobs",
    "temperature",
    "top-p",
    "top-k",
    "min-p",
    "frequency-penalty",
    "presence-penalty",
    "repetition-penalty",
];

const THROUGHPUT: &[&str] = &["input-len", "output-len"];

const LLM_INFRA_BENCH: &[&str] = &["max-concurrency"];

/// The flags of one tool that say what is sent.
const fn own(rules: Rules) -> &'static [&'static str] {
    match rules {
        Rules::Sglang0214 => SGLANG_0_2,
        Rules::Sglang045 => SGLANG_0_4,
        Rules::Sglang0523 => SGLANG_0_5,
        Rules::Vllm084 => VLLM_0_8,
        Rules::Vllm033 => VLLM_0_33,
        Rules::VllmThroughput07Dstack => THROUGHPUT,
        Rules::LlmInfraBench => LLM_INFRA_BENCH,
    }
}

/// Every flag that some of the tools have and others lack, in order.
#[cfg(test)]
pub(crate) fn of_some() -> std::collections::BTreeSet<&'static str> {
    Rules::ALL.into_iter().flat_map(own).copied().collect()
}

/// Whether a tool has no such flag. `flag` is the name without dashes before
/// it.
pub(crate) fn lacks(rules: Rules, flag: &str) -> bool {
    !own(rules).contains(&flag) && !ALWAYS.contains(&flag)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    /// The flags of a command, by the names under which they are given.
    fn flags_of(path: &[&str]) -> Vec<String> {
        let mut command = &Cli::command();
        for name in path {
            command = command.find_subcommand(name).unwrap();
        }
        let flags = command.get_arguments().filter(|argument| argument.get_long().is_some());
        flags
            .map(|flag| {
                let id = flag.get_id().as_str().replace('_', "-");
                // What was given is told by its id, and refused by that name.
                assert_eq!(flag.get_long(), Some(id.as_str()), "{path:?}");
                id
            })
            .collect()
    }

    #[test]
    fn a_flag_is_some_tools_or_ours_under_any_rules() {
        let foreign = |path: &[&str]| {
            let mut flags = flags_of(path);
            flags.retain(|flag| Rules::ALL.into_iter().all(|rules| lacks(rules, flag)));
            flags
        };
        // These tools send a number of requests, and never for a time.
        assert_eq!(foreign(&["bench"]), ["duration"]);
        for made in ["show", "make"] {
            assert_eq!(foreign(&["dataset", made]), Vec::<String>::new(), "{made}");
        }
    }
}

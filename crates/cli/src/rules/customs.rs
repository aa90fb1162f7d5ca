//! The defaults of each tool: what holds for every flag that isn't given.

use tokenometer_core::Rules;

use crate::args::DatasetName;

/// What holds where a flag isn't given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Customs {
    /// `--backend`.
    pub(crate) backend: &'static str,
    /// `--host`; none by our own rules, where every server is named.
    pub(crate) host: Option<&'static str>,
    /// `--dataset-name`.
    pub(crate) dataset: DatasetName,
    /// `--num-prompts`; none where a duration is measured.
    pub(crate) num_prompts: Option<u32>,
    /// `--seed`.
    pub(crate) seed: u64,
    /// `--random-input-len`, in tokens.
    pub(crate) input_tokens: u32,
    /// `--random-output-len`, in tokens.
    pub(crate) output_tokens: u32,
    /// `--random-range-ratio`.
    pub(crate) range_ratio: f64,
    /// `--max-concurrency`, where neither it nor a rate is given.
    pub(crate) concurrency: Option<u32>,
    /// `--temperature`; none leaves it to the server.
    pub(crate) temperature: Option<f64>,
    /// Whether the model goes on past its own end.
    pub(crate) end_of_sequence: EndOfSequence,
    /// `--warmup-requests`; none where our own rules decide.
    pub(crate) warm_up: Option<u32>,
    /// `--custom-output-len`, in tokens; none takes each line's own.
    pub(crate) custom_output_tokens: Option<u32>,
    /// `--ready-check-timeout-sec`.
    pub(crate) ready_check_seconds: u32,
}

/// Whether the model is made to go on past its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndOfSequence {
    /// Unless `--disable-ignore-eos` is given.
    Ignored,
    /// Only with `--ignore-eos`.
    Heeded,
    /// Only with `--ignore-eos` or where lengths are drawn.
    IgnoredWhereDrawn,
}

/// Every prompt of the file: more than any file holds, and no more than a
/// workload may.
pub(crate) const ALL_PROMPTS: u32 = 10_000_000;

const OURS: Customs = Customs {
    backend: "openai-completions",
    host: None,
    dataset: DatasetName::Builtin,
    num_prompts: None,
    seed: 1,
    input_tokens: 1024,
    output_tokens: 128,
    range_ratio: 0.0,
    concurrency: Some(8),
    temperature: Some(0.0),
    end_of_sequence: EndOfSequence::Heeded,
    warm_up: None,
    custom_output_tokens: None,
    ready_check_seconds: 0,
};

const SGLANG_0_2: Customs = Customs {
    backend: "sglang",
    host: Some("0.0.0.0"),
    dataset: DatasetName::Sharegpt,
    num_prompts: Some(1000),
    concurrency: None,
    end_of_sequence: EndOfSequence::Ignored,
    warm_up: Some(1),
    ..OURS
};

const SGLANG_0_4: Customs = Customs { output_tokens: 1024, ..SGLANG_0_2 };

const SGLANG_0_5: Customs = Customs { seed: 42, ready_check_seconds: 60, ..SGLANG_0_4 };

const VLLM_0_8: Customs = Customs {
    backend: "vllm",
    host: Some("127.0.0.1"),
    dataset: DatasetName::Sharegpt,
    num_prompts: Some(1000),
    seed: 0,
    concurrency: None,
    warm_up: Some(1),
    ..OURS
};

const VLLM_0_33: Customs = Customs {
    backend: "openai",
    dataset: DatasetName::Random,
    temperature: None,
    end_of_sequence: EndOfSequence::IgnoredWhereDrawn,
    warm_up: Some(0),
    custom_output_tokens: Some(256),
    ..VLLM_0_8
};

const THROUGHPUT: Customs = Customs {
    backend: "vllm",
    host: Some("127.0.0.1"),
    dataset: DatasetName::Random,
    num_prompts: Some(1000),
    seed: 0,
    concurrency: None,
    temperature: Some(1.0),
    end_of_sequence: EndOfSequence::Ignored,
    warm_up: Some(0),
    ..OURS
};

const LLM_INFRA_BENCH: Customs = Customs {
    backend: "vllm",
    host: Some("localhost"),
    dataset: DatasetName::Custom,
    num_prompts: Some(ALL_PROMPTS),
    concurrency: Some(10),
    warm_up: Some(0),
    ..OURS
};

impl Customs {
    /// Those of a tool, or ours.
    pub(crate) fn of(rules: Option<Rules>) -> &'static Customs {
        match rules {
            None => &OURS,
            Some(Rules::Sglang0214) => &SGLANG_0_2,
            Some(Rules::Sglang045) => &SGLANG_0_4,
            Some(Rules::Sglang0523) => &SGLANG_0_5,
            Some(Rules::Vllm084) => &VLLM_0_8,
            Some(Rules::Vllm033) => &VLLM_0_33,
            Some(Rules::VllmThroughput07Dstack) => &THROUGHPUT,
            Some(Rules::LlmInfraBench) => &LLM_INFRA_BENCH,
        }
    }
}

//! The defaults of each tool: what holds for every flag of a bench, and every
//! key of a study, that isn't given. Data alone.

use tokenometer_core::Rules;

use crate::study::grammar::DatasetKind;

/// The file of conversations that SGLang's tools download where none is named.
pub const SHAREGPT_FILE: &str = "ShareGPT_V3_unfiltered_cleaned_split.json";
/// The poem that vLLM's tool reads.
pub const SONNET_FILE: &str = "sonnet.txt";
/// The file that llm_infra_bench reads where none is named.
pub const LLM_INFRA_BENCH_FILE: &str = "sharegpt_data.json";

/// What holds where a flag isn't given.
#[derive(Clone, Copy, Debug)]
pub struct Customs {
    /// `--backend`.
    pub backend: &'static str,
    /// `--host`; none by our own rules, where every server is named.
    pub host: Option<&'static str>,
    /// `--dataset-name`.
    pub dataset: DatasetKind,
    /// `--num-prompts`; none where a duration is measured.
    pub num_prompts: Option<u32>,
    /// `--seed`.
    pub seed: u64,
    /// `--random-input-len`, in tokens.
    pub input_tokens: u32,
    /// `--random-output-len`, in tokens.
    pub output_tokens: u32,
    /// `--random-range-ratio`.
    pub range_ratio: f64,
    /// `--max-concurrency`, where neither it nor a rate is given.
    pub concurrency: Option<u32>,
    /// `--temperature`; none leaves it to the server.
    pub temperature: Option<f64>,
    /// Whether the model goes on past its own end.
    pub end_of_sequence: EndOfSequence,
    /// `--warmup-requests`; none where our own rules decide.
    pub warm_up: Option<u32>,
    /// `--custom-output-len`, in tokens; none takes each line's own.
    pub custom_output_tokens: Option<u32>,
    /// `--ready-check-timeout-sec`.
    pub ready_check_seconds: u32,
}

/// Whether the model is made to go on past its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfSequence {
    /// Unless `--disable-ignore-eos` is given.
    Ignored,
    /// Only with `--ignore-eos`.
    Heeded,
    /// Only with `--ignore-eos` or where lengths are drawn.
    IgnoredWhereDrawn,
}

/// Every prompt of the file: more than any file holds, and no more than a
/// workload may.
pub const ALL_PROMPTS: u32 = 10_000_000;

const OURS: Customs = Customs {
    backend: "openai-completions",
    host: None,
    dataset: DatasetKind::Builtin,
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
    dataset: DatasetKind::Sharegpt,
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
    dataset: DatasetKind::Sharegpt,
    num_prompts: Some(1000),
    seed: 0,
    concurrency: None,
    warm_up: Some(1),
    ..OURS
};

const VLLM_0_33: Customs = Customs {
    backend: "openai",
    dataset: DatasetKind::Random,
    temperature: None,
    end_of_sequence: EndOfSequence::IgnoredWhereDrawn,
    warm_up: Some(0),
    custom_output_tokens: Some(256),
    ..VLLM_0_8
};

const THROUGHPUT: Customs = Customs {
    backend: "vllm",
    host: Some("127.0.0.1"),
    dataset: DatasetKind::Random,
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
    dataset: DatasetKind::Custom,
    num_prompts: Some(ALL_PROMPTS),
    concurrency: Some(10),
    warm_up: Some(0),
    ..OURS
};

impl Customs {
    /// Those of a tool, or ours.
    pub fn of(rules: Option<Rules>) -> &'static Customs {
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

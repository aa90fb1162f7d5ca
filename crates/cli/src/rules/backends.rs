//! The names that tools have for what they speak to: which dialect each means,
//! and where such a server listens unless it is told otherwise.

use tokenometer_core::Dialect::{
    OpenaiChat, OpenaiCompletions, SglangGenerate, Tgi, TritonGenerateStream,
};
use tokenometer_core::{Dialect, Rules};

/// A name for what is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backend {
    /// The name.
    pub(crate) name: &'static str,
    /// The dialect.
    pub(crate) dialect: Dialect,
    /// The port where such a server is looked for; none by our own rules,
    /// where every server is named.
    pub(crate) port: Option<u16>,
}

/// SGLang's usual port.
const SGLANG: Option<u16> = Some(30_000);
/// vLLM's, and that of most others.
const VLLM: Option<u16> = Some(8000);
/// LMDeploy's.
const LMDEPLOY: Option<u16> = Some(23_333);

const fn backend(name: &'static str, dialect: Dialect, port: Option<u16>) -> Backend {
    Backend { name, dialect, port }
}

/// Ours: the dialects, and every name that has one meaning in all tools, or the
/// newest one.
const OURS: &[Backend] = &[
    backend("openai-completions", OpenaiCompletions, None),
    backend("openai-chat", OpenaiChat, None),
    backend("sglang-generate", SglangGenerate, None),
    backend("triton-generate-stream", TritonGenerateStream, None),
    backend("tgi", Tgi, None),
    backend("openai", OpenaiCompletions, None),
    backend("vllm", OpenaiCompletions, None),
    backend("sglang-oai", OpenaiCompletions, None),
    backend("lmdeploy", OpenaiCompletions, None),
    backend("scalellm", OpenaiCompletions, None),
    backend("trt-torch-flow", OpenaiCompletions, None),
    backend("vllm-chat", OpenaiChat, None),
    backend("sglang-oai-chat", OpenaiChat, None),
    backend("lmdeploy-chat", OpenaiChat, None),
    backend("sglang", SglangGenerate, None),
    backend("sglang-native", SglangGenerate, None),
    backend("trt", TritonGenerateStream, None),
    backend("tensorrt-llm", TritonGenerateStream, None),
];

const SGLANG_0_2: &[Backend] = &[
    backend("sglang", OpenaiCompletions, SGLANG),
    backend("vllm", OpenaiCompletions, VLLM),
    backend("lmdeploy", OpenaiCompletions, LMDEPLOY),
    backend("trt", TritonGenerateStream, VLLM),
];

const SGLANG_0_4: &[Backend] = &[
    backend("sglang", SglangGenerate, SGLANG),
    backend("sglang-native", SglangGenerate, SGLANG),
    backend("sglang-oai", OpenaiCompletions, SGLANG),
    backend("vllm", OpenaiCompletions, VLLM),
    backend("lmdeploy", OpenaiCompletions, LMDEPLOY),
    backend("trt", TritonGenerateStream, VLLM),
    // dstack's fork has this one.
    backend("trt-torch-flow", OpenaiCompletions, VLLM),
];

const SGLANG_0_5: &[Backend] = &[
    backend("sglang", SglangGenerate, SGLANG),
    backend("sglang-native", SglangGenerate, SGLANG),
    backend("sglang-oai", OpenaiCompletions, SGLANG),
    backend("sglang-oai-chat", OpenaiChat, SGLANG),
    backend("vllm", OpenaiCompletions, VLLM),
    backend("vllm-chat", OpenaiChat, VLLM),
    backend("lmdeploy", OpenaiCompletions, LMDEPLOY),
    backend("lmdeploy-chat", OpenaiChat, LMDEPLOY),
    backend("trt", TritonGenerateStream, VLLM),
];

const VLLM_0_8: &[Backend] = &[
    backend("vllm", OpenaiCompletions, VLLM),
    backend("openai", OpenaiCompletions, VLLM),
    backend("openai-chat", OpenaiChat, VLLM),
    backend("sglang", OpenaiCompletions, VLLM),
    backend("lmdeploy", OpenaiCompletions, VLLM),
    backend("scalellm", OpenaiCompletions, VLLM),
    backend("tgi", Tgi, VLLM),
    backend("tensorrt-llm", TritonGenerateStream, VLLM),
];

const VLLM_0_33: &[Backend] = &[
    backend("openai", OpenaiCompletions, VLLM),
    backend("vllm", OpenaiCompletions, VLLM),
    backend("openai-chat", OpenaiChat, VLLM),
];

/// That tool runs engines in its own process; here their servers are sent what
/// it would have given them.
const THROUGHPUT: &[Backend] =
    &[backend("vllm", OpenaiCompletions, VLLM), backend("sglang", OpenaiCompletions, SGLANG)];

/// That tool sends to vLLM; SGLang it runs in its own process.
const LLM_INFRA_BENCH: &[Backend] =
    &[backend("vllm", OpenaiChat, VLLM), backend("llamacpp", OpenaiChat, Some(8080))];

impl Backend {
    /// All names under these rules; the dialects' own names are known under
    /// none but ours.
    pub(crate) fn all(rules: Option<Rules>) -> &'static [Backend] {
        match rules {
            None => OURS,
            Some(Rules::Sglang0214) => SGLANG_0_2,
            Some(Rules::Sglang045) => SGLANG_0_4,
            Some(Rules::Sglang0523) => SGLANG_0_5,
            Some(Rules::Vllm084) => VLLM_0_8,
            Some(Rules::Vllm033) => VLLM_0_33,
            Some(Rules::VllmThroughput07Dstack) => THROUGHPUT,
            Some(Rules::LlmInfraBench) => LLM_INFRA_BENCH,
        }
    }

    /// What a name means under these rules.
    pub(crate) fn named(name: &str, rules: Option<Rules>) -> Option<Backend> {
        Backend::all(rules).iter().copied().find(|backend| backend.name == name)
    }
}

//! The names of options that mean the same in every engine that has them, and
//! what each of them means.

/// An option's common name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommonName {
    /// How it is written in a study.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn common(name: &'static str, meaning: &'static str) -> CommonName {
    CommonName { name, meaning }
}

/// The common names, in the order of the documentation.
pub const COMMON: [CommonName; 20] = [
    common("tensor-parallel", "devices that share each layer"),
    common("pipeline-parallel", "groups of layers, each on devices of its own"),
    common("data-parallel", "copies of the model behind one address"),
    common("expert-parallel", "devices that a layer's experts are spread over"),
    common("max-model-len", "tokens that prompt and answer may have together"),
    common("memory-share", "the share of a device's memory to use"),
    common("max-num-seqs", "sequences that are worked on at once"),
    common("max-num-batched-tokens", "tokens that one step of the model may take"),
    common("precision", "the type of weights and activations"),
    common("kv-precision", "the type of the KV cache"),
    common("quantization", "how the weights are quantised"),
    common("prefix-cache", "whether common beginnings of prompts are computed once"),
    common("chunked-prefill", "whether a long prompt is computed in several steps"),
    common("speculation", "how tokens are drafted, to be checked together"),
    common("dummy-weights", "random weights instead of the model's"),
    common("seed", "from which the engine draws"),
    common("trust-remote-code", "whether code that comes with the model is run"),
    common("eager", "no captured graphs: every kernel is launched by itself"),
    common("revision", "which commit, tag or branch of the model's repository"),
    common("served-name", "what the model is called in requests"),
];

/// The meaning of a common name.
pub fn common_meaning(name: &str) -> Option<&'static str> {
    COMMON.iter().find(|common| common.name == name).map(|common| common.meaning)
}

//! The profiles that come with the program.

/// Each built-in profile: its name, and the text of its file.
const BUILTIN: &[(&str, &str)] = &[
    ("llama-cpp-python", include_str!("../../profiles/llama-cpp-python.yaml")),
    ("llamacpp", include_str!("../../profiles/llamacpp.yaml")),
    ("lmdeploy", include_str!("../../profiles/lmdeploy.yaml")),
    ("openai", include_str!("../../profiles/openai.yaml")),
    ("sglang", include_str!("../../profiles/sglang.yaml")),
    ("sim", include_str!("../../profiles/sim.yaml")),
    ("tgi", include_str!("../../profiles/tgi.yaml")),
    ("transformers", include_str!("../../profiles/transformers.yaml")),
    ("trtllm", include_str!("../../profiles/trtllm.yaml")),
    ("trtllm-triton", include_str!("../../profiles/trtllm-triton.yaml")),
    ("vllm", include_str!("../../profiles/vllm.yaml")),
];

/// The names of the profiles that come with the program.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|(name, _)| *name)
}

/// The text of a built-in profile.
pub(super) fn text(name: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

//! `config.json` and `generation_config.json`: what the Hugging Face transformers
//! library, and every engine that loads its models, wants to know of one.
//!
//! They are written out of structures, so that their keys keep their order.

use serde::Serialize;

use super::shape;
use super::vocabulary::Vocabulary;

/// `config.json`, in the words of `LlamaConfig`.
#[derive(Serialize)]
struct Config {
    architectures: [&'static str; 1],
    attention_bias: bool,
    attention_dropout: f32,
    bos_token_id: u32,
    eos_token_id: u32,
    head_dim: usize,
    hidden_act: &'static str,
    hidden_size: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    mlp_bias: bool,
    model_type: &'static str,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    num_key_value_heads: usize,
    pad_token_id: u32,
    rms_norm_eps: f64,
    rope_theta: f64,
    tie_word_embeddings: bool,
    /// The word of all versions; the newest also know it as `dtype`.
    torch_dtype: &'static str,
    use_cache: bool,
    vocab_size: usize,
}

/// `generation_config.json`: greedy, unless a request says otherwise.
#[derive(Serialize)]
struct Generation {
    bos_token_id: u32,
    do_sample: bool,
    eos_token_id: u32,
    pad_token_id: u32,
}

/// The contents of `config.json`.
pub(super) fn model(vocabulary: &Vocabulary) -> Vec<u8> {
    lines(&Config {
        architectures: ["LlamaForCausalLM"],
        attention_bias: false,
        attention_dropout: 0.0,
        bos_token_id: vocabulary.begin,
        eos_token_id: vocabulary.end,
        head_dim: shape::HEAD,
        hidden_act: "silu",
        hidden_size: shape::HIDDEN,
        intermediate_size: shape::INTERMEDIATE,
        max_position_embeddings: shape::POSITIONS,
        mlp_bias: false,
        model_type: "llama",
        num_attention_heads: shape::HEADS,
        num_hidden_layers: shape::LAYERS,
        num_key_value_heads: shape::KV_HEADS,
        pad_token_id: vocabulary.end,
        rms_norm_eps: shape::EPSILON,
        rope_theta: shape::ROPE_BASE,
        tie_word_embeddings: false,
        torch_dtype: "bfloat16",
        use_cache: true,
        vocab_size: vocabulary.len(),
    })
}

/// The contents of `generation_config.json`.
pub(super) fn generation(vocabulary: &Vocabulary) -> Vec<u8> {
    lines(&Generation {
        bos_token_id: vocabulary.begin,
        do_sample: false,
        eos_token_id: vocabulary.end,
        pad_token_id: vocabulary.end,
    })
}

fn lines(value: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("numbers and words are JSON");
    text.push(b'\n');
    text
}

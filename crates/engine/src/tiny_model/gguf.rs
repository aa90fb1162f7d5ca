//! The weights as GGUF, the format of llama.cpp: what is known of the model, what
//! is known of its tensors, and the tensors.
//!
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Two
//! things differ from the transformers library. Scales of normalisations are in
//! single precision, which llama.cpp's kernels ask for. And the rows of queries
//! and keys stand in another order: the transformers library turns the first half
//! of a head against the second, llama.cpp each even row against the odd one
//! after it, so the rows of a head go in by turns from its two halves.

use super::shape::{self, Inner, Part};
use super::vocabulary::Vocabulary;
use super::weights::{Tensor, Weights};

/// Every tensor begins at a multiple of this, the usual one.
const ALIGNMENT: usize = 32;

/// The numbers of the format's types.
mod kind {
    pub(super) const UINT32: u32 = 4;
    pub(super) const INT32: u32 = 5;
    pub(super) const FLOAT32: u32 = 6;
    pub(super) const BOOL: u32 = 7;
    pub(super) const STRING: u32 = 8;
    pub(super) const ARRAY: u32 = 9;
    /// Of a tensor in single precision.
    pub(super) const TENSOR_F32: u32 = 0;
    /// Of a tensor in bfloat16.
    pub(super) const TENSOR_BF16: u32 = 30;
    /// Of a file whose tensors are mostly in bfloat16.
    pub(super) const FILE_BF16: u32 = 32;
    /// Of a token that is text.
    pub(super) const NORMAL: i32 = 1;
    /// Of a token that is a mark.
    pub(super) const CONTROL: i32 = 3;
}

/// The whole file.
pub(super) fn bytes(weights: &Weights, vocabulary: &Vocabulary, seed: u64) -> Vec<u8> {
    let known = facts(vocabulary, seed);
    let mut file = b"GGUF".to_vec();
    file.extend(3_u32.to_le_bytes());
    file.extend((weights.tensors.len() as u64).to_le_bytes());
    file.extend(known.count.to_le_bytes());
    file.extend(known.bytes);
    let mut offset = 0;
    for tensor in &weights.tensors {
        describe(&mut file, tensor, offset);
        offset = (offset + data(tensor).len()).next_multiple_of(ALIGNMENT);
    }
    for tensor in &weights.tensors {
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend(data(tensor));
    }
    file
}

/// What is known of the model.
fn facts(vocabulary: &Vocabulary, seed: u64) -> Facts {
    let mut facts = Facts::default();
    facts.text("general.architecture", "llama");
    facts.text("general.name", &format!("tokenometer tiny model, seed {seed}"));
    facts.number("general.file_type", kind::FILE_BF16);
    facts.number("general.alignment", ALIGNMENT as u32);
    facts.number("llama.vocab_size", vocabulary.len() as u32);
    facts.number("llama.context_length", shape::POSITIONS as u32);
    facts.number("llama.embedding_length", shape::HIDDEN as u32);
    facts.number("llama.block_count", shape::LAYERS as u32);
    facts.number("llama.feed_forward_length", shape::INTERMEDIATE as u32);
    facts.number("llama.attention.head_count", shape::HEADS as u32);
    facts.number("llama.attention.head_count_kv", shape::KV_HEADS as u32);
    facts.float("llama.attention.layer_norm_rms_epsilon", shape::EPSILON as f32);
    facts.number("llama.rope.dimension_count", shape::HEAD as u32);
    facts.float("llama.rope.freq_base", shape::ROPE_BASE as f32);
    // Byte-level BPE is `gpt2` there, and the way in which the tokenizers
    // library's ByteLevel splits a text beforehand is `gpt-2`.
    facts.text("tokenizer.ggml.model", "gpt2");
    facts.text("tokenizer.ggml.pre", "gpt-2");
    facts.texts("tokenizer.ggml.tokens", &vocabulary.tokens);
    facts.token_types("tokenizer.ggml.token_type", &vocabulary.special);
    facts.texts("tokenizer.ggml.merges", &vocabulary.merges);
    facts.number("tokenizer.ggml.bos_token_id", vocabulary.begin);
    facts.number("tokenizer.ggml.eos_token_id", vocabulary.end);
    facts.number("tokenizer.ggml.padding_token_id", vocabulary.end);
    facts.truth("tokenizer.ggml.add_bos_token", vocabulary.adds_begin);
    facts.text("tokenizer.chat_template", &vocabulary.chat_template);
    facts
}

/// Keys and values, in the order in which they are written.
#[derive(Default)]
struct Facts {
    count: u64,
    bytes: Vec<u8>,
}

impl Facts {
    fn key(&mut self, key: &str, kind: u32) {
        self.count += 1;
        string(&mut self.bytes, key);
        self.bytes.extend(kind.to_le_bytes());
    }

    fn number(&mut self, key: &str, value: u32) {
        self.key(key, kind::UINT32);
        self.bytes.extend(value.to_le_bytes());
    }

    fn float(&mut self, key: &str, value: f32) {
        self.key(key, kind::FLOAT32);
        self.bytes.extend(value.to_le_bytes());
    }

    fn truth(&mut self, key: &str, value: bool) {
        self.key(key, kind::BOOL);
        self.bytes.push(value.into());
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key, kind::STRING);
        string(&mut self.bytes, value);
    }

    fn list(&mut self, key: &str, kind: u32, length: usize) {
        self.key(key, kind::ARRAY);
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend((length as u64).to_le_bytes());
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        self.list(key, kind::STRING, values.len());
        for value in values {
            string(&mut self.bytes, value);
        }
    }

    fn token_types(&mut self, key: &str, special: &[bool]) {
        self.list(key, kind::INT32, special.len());
        for &special in special {
            let of_token = if special { kind::CONTROL } else { kind::NORMAL };
            self.bytes.extend(of_token.to_le_bytes());
        }
    }
}

/// A string, its length in bytes before it.
fn string(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

/// What is known of a tensor. Its sizes stand with the innermost first.
fn describe(file: &mut Vec<u8>, tensor: &Tensor, offset: usize) {
    let sizes = match tensor.part.is_scale() {
        true => vec![tensor.columns],
        false => vec![tensor.columns, tensor.rows],
    };
    let kind = if tensor.part.is_scale() { kind::TENSOR_F32 } else { kind::TENSOR_BF16 };
    string(file, &tensor.part.gguf_name());
    file.extend((sizes.len() as u32).to_le_bytes());
    file.extend(sizes.into_iter().flat_map(|size| (size as u64).to_le_bytes()));
    file.extend(kind.to_le_bytes());
    file.extend((offset as u64).to_le_bytes());
}

/// A tensor's weights, in the order and precision of this format.
fn data(tensor: &Tensor) -> Vec<u8> {
    let Tensor { part, columns, ref values, .. } = *tensor;
    if part.is_scale() {
        return values.iter().flat_map(|&bits| (u32::from(bits) << 16).to_le_bytes()).collect();
    }
    let bytes = |row: &[u16]| row.iter().flat_map(|bits| bits.to_le_bytes()).collect::<Vec<_>>();
    let rows: Vec<&[u16]> = values.chunks_exact(columns).collect();
    if !matches!(part, Part::Layer(_, Inner::Query | Inner::Key)) {
        return bytes(values);
    }
    let heads = rows.chunks_exact(shape::HEAD);
    let by_turns = heads.flat_map(|head| {
        let (first, second) = head.split_at(shape::HEAD / 2);
        first.iter().zip(second).flat_map(|(&first, &second)| [first, second])
    });
    by_turns.flat_map(bytes).collect()
}

//! The shape of the tiny model: that of Llama, as small as engines' kernels for
//! real models accept.

/// The width of the residual stream.
pub(super) const HIDDEN: usize = 256;
/// The width within a feed-forward block.
pub(super) const INTERMEDIATE: usize = 688;
/// How many layers it has.
pub(super) const LAYERS: usize = 4;
/// How many heads ask.
pub(super) const HEADS: usize = 4;
/// How many heads are asked: each serves two that ask.
pub(super) const KV_HEADS: usize = 2;
/// The width of a head. 64 is the smallest that attention kernels commonly know.
pub(super) const HEAD: usize = 64;
/// The longest text, in tokens.
pub(super) const POSITIONS: usize = 4096;
/// The base of the rotary embedding's wavelengths.
pub(super) const ROPE_BASE: f64 = 10_000.0;
/// What is added under the root when a vector is normalised.
pub(super) const EPSILON: f64 = 1e-5;

/// What a tensor does, by which its weights are drawn and its name is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// From a token to its vector.
    Embedding,
    /// From the last vector to a value a token.
    Head,
    /// The scale of the last normalisation.
    FinalNorm,
    /// A part of one layer.
    Layer(usize, Inner),
}

/// What a tensor does within a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// The scale of the normalisation before attention.
    AttentionNorm,
    /// Queries.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// What attention gives back to the stream.
    Output,
    /// The scale of the normalisation before the feed-forward block.
    FeedNorm,
    /// The gate of the feed-forward block.
    Gate,
    /// The way into the feed-forward block.
    Up,
    /// The way out of it.
    Down,
}

/// All parts of a layer, in the order in which a vector meets them.
const INNER: [Inner; 9] = [
    Inner::AttentionNorm,
    Inner::Query,
    Inner::Key,
    Inner::Value,
    Inner::Output,
    Inner::FeedNorm,
    Inner::Gate,
    Inner::Up,
    Inner::Down,
];

impl Part {
    /// All parts of the model, in the order in which they are written.
    pub(super) fn all() -> impl Iterator<Item = Part> {
        let layers = (0..LAYERS).flat_map(|layer| INNER.map(|inner| Part::Layer(layer, inner)));
        [Part::Embedding].into_iter().chain(layers).chain([Part::FinalNorm, Part::Head])
    }

    /// Rows and columns; a scale has one row. A row holds what makes one output.
    pub(super) fn size(self, vocabulary: usize) -> (usize, usize) {
        match self {
            Part::Embedding | Part::Head => (vocabulary, HIDDEN),
            Part::FinalNorm | Part::Layer(_, Inner::AttentionNorm | Inner::FeedNorm) => (1, HIDDEN),
            Part::Layer(_, Inner::Query) => (HEADS * HEAD, HIDDEN),
            Part::Layer(_, Inner::Key | Inner::Value) => (KV_HEADS * HEAD, HIDDEN),
            Part::Layer(_, Inner::Output) => (HIDDEN, HEADS * HEAD),
            Part::Layer(_, Inner::Gate | Inner::Up) => (INTERMEDIATE, HIDDEN),
            Part::Layer(_, Inner::Down) => (HIDDEN, INTERMEDIATE),
        }
    }

    /// Whether it is the scale of a normalisation.
    pub(super) fn is_scale(self) -> bool {
        matches!(self, Part::FinalNorm | Part::Layer(_, Inner::AttentionNorm | Inner::FeedNorm))
    }

    /// Its name in the Hugging Face transformers library.
    pub(super) fn name(self) -> String {
        let (layer, inner) = match self {
            Part::Embedding => return "model.embed_tokens.weight".to_owned(),
            Part::FinalNorm => return "model.norm.weight".to_owned(),
            Part::Head => return "lm_head.weight".to_owned(),
            Part::Layer(layer, inner) => (layer, inner),
        };
        let inner = match inner {
            Inner::AttentionNorm => "input_layernorm",
            Inner::Query => "self_attn.q_proj",
            Inner::Key => "self_attn.k_proj",
            Inner::Value => "self_attn.v_proj",
            Inner::Output => "self_attn.o_proj",
            Inner::FeedNorm => "post_attention_layernorm",
            Inner::Gate => "mlp.gate_proj",
            Inner::Up => "mlp.up_proj",
            Inner::Down => "mlp.down_proj",
        };
        format!("model.layers.{layer}.{inner}.weight")
    }

    /// Its name in llama.cpp.
    pub(super) fn gguf_name(self) -> String {
        let (layer, inner) = match self {
            Part::Embedding => return "token_embd.weight".to_owned(),
            Part::FinalNorm => return "output_norm.weight".to_owned(),
            Part::Head => return "output.weight".to_owned(),
            Part::Layer(layer, inner) => (layer, inner),
        };
        let inner = match inner {
            Inner::AttentionNorm => "attn_norm",
            Inner::Query => "attn_q",
            Inner::Key => "attn_k",
            Inner::Value => "attn_v",
            Inner::Output => "attn_output",
            Inner::FeedNorm => "ffn_norm",
            Inner::Gate => "ffn_gate",
            Inner::Up => "ffn_up",
            Inner::Down => "ffn_down",
        };
        format!("blk.{layer}.{inner}.weight")
    }
}

//! Models: their shapes, and the counts that a step's time depends on.

use serde::Deserialize;

/// A model's shape. All parameters are counted, and none is trained here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it is called: `llama-3.1-8b`.
    pub name: String,
    /// The names of its weights on the hub, its maker's first.
    pub hub_names: Vec<String>,
    /// Layers (L).
    pub layers: u32,
    /// The width of what passes between them (d).
    pub hidden: u32,
    /// Tokens that it knows (V).
    pub vocabulary: u32,
    /// The most tokens of prompt and output together.
    pub context: u32,
    /// Parameters that every token passes, without embedding and head (N_dense).
    pub dense_parameters: u64,
    /// Whether embedding and head are the same numbers, stored once.
    #[serde(default)]
    pub tied: bool,
    /// Its experts, where it has any.
    #[serde(default)]
    pub experts: Option<Experts>,
    /// How its tokens attend to each other.
    pub attention: Attention,
    /// How its weights are stored.
    pub weights: Weights,
    /// Where the shape was published.
    pub sources: Vec<String>,
}

/// Layers of which every token passes a few parts only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experts {
    /// Layers that have them (L_moe).
    pub layers: u32,
    /// Experts a layer (E), without those that every token passes.
    pub count: u32,
    /// Those that a token passes (k).
    pub per_token: u32,
    /// Parameters of one (p_exp).
    pub parameters: u64,
}

/// How tokens attend to each other, and what is kept of each for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum Attention {
    /// Several heads share a key and a value (Ainslie and others 2023).
    Grouped {
        /// Heads (H).
        heads: u32,
        /// Keys and values (H_kv).
        kv_heads: u32,
        /// The width of a head (d_h).
        head_dim: u32,
    },
    /// Keys and values are made of one latent vector (DeepSeek-AI 2024).
    Latent {
        /// Heads (H).
        heads: u32,
        /// The width of the latent vector (r_kv).
        kv_rank: u32,
        /// The width of the part that knows of positions (d_rope).
        rope_dim: u32,
        /// The width of the part of a key that doesn't (d_nope).
        nope_dim: u32,
        /// The width of a value (d_v).
        value_dim: u32,
    },
}

/// How weights are stored. The embedding and the head have 16 bits in either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// In 16 bits.
    Bf16,
    /// In 8 bits.
    Fp8,
}

impl Weights {
    /// Bytes of one.
    pub fn bytes(self) -> f64 {
        match self {
            Weights::Bf16 => 2.0,
            Weights::Fp8 => 1.0,
        }
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Weights::Bf16 => "bf16",
            Weights::Fp8 => "fp8",
        }
    }
}

/// Bytes of a number of 16 bits: of the cache, of the head, of what passes between
/// layers.
const HALF: f64 = 2.0;

impl Model {
    /// Parameters that a token passes without the head: N_dense + L_moe·k·p_exp.
    pub fn active_parameters(&self) -> f64 {
        let of_experts = self.experts.map_or(0, |experts| {
            u64::from(experts.layers) * u64::from(experts.per_token) * experts.parameters
        });
        (self.dense_parameters + of_experts) as f64
    }

    /// Parameters of the layers that are read where `tokens` pass them: of the
    /// experts those that at least one token is sent to, E·(1 − (1 − k/E)^T) of E
    /// where all are as likely.
    pub fn read_parameters(&self, tokens: u64) -> f64 {
        let of_experts = self.experts.map_or(0.0, |experts| {
            let count = f64::from(experts.count);
            let missed = 1.0 - f64::from(experts.per_token) / count;
            let met = count * (1.0 - missed.powf(tokens as f64));
            f64::from(experts.layers) * met * experts.parameters as f64
        });
        self.dense_parameters as f64 + of_experts
    }

    /// All parameters, with embedding and head.
    pub fn parameters(&self) -> f64 {
        let tables = if self.tied { 1.0 } else { 2.0 };
        self.layer_parameters() + tables * self.head_parameters()
    }

    /// Bytes of all weights.
    pub fn weight_bytes(&self) -> f64 {
        let tables = if self.tied { 1.0 } else { 2.0 };
        self.layer_parameters() * self.weights.bytes() + tables * self.head_bytes()
    }

    /// Parameters of the head: d·V.
    pub fn head_parameters(&self) -> f64 {
        f64::from(self.hidden) * f64::from(self.vocabulary)
    }

    /// Bytes of the head.
    pub(super) fn head_bytes(&self) -> f64 {
        self.head_parameters() * HALF
    }

    fn layer_parameters(&self) -> f64 {
        let of_experts = self.experts.map_or(0, |experts| {
            u64::from(experts.layers) * u64::from(experts.count) * experts.parameters
        });
        (self.dense_parameters + of_experts) as f64
    }

    /// Bytes that the cache keeps of a token (κ): 2·L·H_kv·d_h numbers, or of a latent
    /// vector L·(r_kv + d_rope), of 16 bits each.
    pub fn cache_bytes(&self) -> f64 {
        let numbers = match self.attention {
            Attention::Grouped { kv_heads, head_dim, .. } => {
                2.0 * f64::from(kv_heads) * f64::from(head_dim)
            }
            Attention::Latent { kv_rank, rope_dim, .. } => f64::from(kv_rank) + f64::from(rope_dim),
        };
        f64::from(self.layers) * numbers * HALF
    }

    /// FLOP of a pair of tokens where one is generated (f_d): 4·L·H·d_h, or over the
    /// latent vectors themselves 2·L·H·(2·r_kv + d_rope).
    pub fn decode_flop(&self) -> f64 {
        let layers = f64::from(self.layers);
        match self.attention {
            Attention::Grouped { heads, head_dim, .. } => {
                4.0 * layers * f64::from(heads) * f64::from(head_dim)
            }
            Attention::Latent { heads, kv_rank, rope_dim, .. } => {
                2.0 * layers * f64::from(heads) * (2.0 * f64::from(kv_rank) + f64::from(rope_dim))
            }
        }
    }

    /// FLOP of a pair of tokens of a prompt (f_p): 4·L·H·d_h, or with keys and values
    /// made of the latent vectors 2·L·H·(d_nope + d_rope + d_v).
    pub fn prefill_flop(&self) -> f64 {
        match self.attention {
            Attention::Grouped { .. } => self.decode_flop(),
            Attention::Latent { heads, rope_dim, nope_dim, value_dim, .. } => {
                let width = f64::from(nope_dim) + f64::from(rope_dim) + f64::from(value_dim);
                2.0 * f64::from(self.layers) * f64::from(heads) * width
            }
        }
    }

    /// Over how many of `gpus` devices the cache is shared out (G_kv). Where there are
    /// more devices than keys and values, some hold the same; a latent vector is held
    /// by all.
    pub fn cache_shares(&self, gpus: u32) -> u32 {
        match self.attention {
            Attention::Grouped { kv_heads, .. } => gpus.min(kv_heads),
            Attention::Latent { .. } => 1,
        }
    }
}

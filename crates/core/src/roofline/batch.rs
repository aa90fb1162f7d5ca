//! What one step computes, as the sums that its time depends on.

/// The work of one step: sequences that decode, and chunks of prompts. Only sums
/// are kept, so that a step of a thousand sequences costs nothing to remember.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Batch {
    /// Tokens that go through the layers.
    pub(super) tokens: u64,
    /// Tokens that are sampled: those that the head is computed for.
    pub(super) sampled: u64,
    /// Sequences that decode.
    pub(super) decoding: u64,
    /// What they attend to, once for each sequence: the cache that is read.
    pub(super) read: u64,
    /// What they attend to, once for each of their tokens: the pairs computed.
    pub(super) decode_pairs: u64,
    /// Pairs of tokens that chunks of prompts attend over: P·h + P²/2 for a chunk
    /// of P tokens behind h that are held already.
    pub(super) prefill_pairs: f64,
    /// Chunks of prompts.
    pub(super) chunks: u64,
}

impl Batch {
    /// Adds a sequence that decodes with `context` tokens behind it. `tokens` is 1,
    /// and as many more as there are drafts to be verified.
    pub fn decode(&mut self, context: u32, tokens: u32) {
        let (context, tokens) = (u64::from(context), u64::from(tokens));
        self.tokens += tokens;
        self.sampled += tokens;
        self.decoding += 1;
        self.read += context;
        self.decode_pairs += context * tokens;
    }

    /// Adds a chunk of `new` prompt tokens behind `held` that the cache holds
    /// already; `samples` says whether the chunk ends the prompt, so that a token is
    /// sampled.
    pub fn prefill(&mut self, new: u32, held: u32, samples: bool) {
        let (length, behind) = (f64::from(new), f64::from(held));
        self.tokens += u64::from(new);
        self.sampled += u64::from(samples);
        self.prefill_pairs += length * behind + length * length / 2.0;
        self.chunks += 1;
    }

    /// Tokens that go through the layers.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Whether there is nothing to compute.
    pub fn is_empty(&self) -> bool {
        self.tokens == 0
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        *self = Batch::default();
    }
}

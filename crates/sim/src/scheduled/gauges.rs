//! What the scheduler tells about itself, as engines do in their metrics.

/// The state of an engine at one instant, and what it has done up to then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Sequences that have been admitted and haven't ended.
    pub running: u32,
    /// Sequences that wait to be admitted, for the first time or again.
    pub waiting: u32,
    /// Room in the KV cache that sequences use, in tokens: whole blocks.
    pub kv_used: u64,
    /// Room that holds what nobody uses and others may profit from, in tokens.
    pub kv_cached: u64,
    /// All the room there is, in tokens.
    pub kv_capacity: u64,
    /// Steps that have ended; each of several that were scheduled at once counts.
    pub steps: u64,
    /// How often a sequence had to give up its room.
    pub preemptions: u64,
    /// Tokens of prompts that were looked up in the prefix cache, once for each
    /// sequence.
    pub prefix_queries: u64,
    /// Those of them that were found.
    pub prefix_hits: u64,
    /// How often drafts were verified for a sequence.
    pub drafts: u64,
    /// The drafts in them.
    pub draft_tokens: u64,
    /// Those of them that were accepted.
    pub accepted_tokens: u64,
    /// Tokens of prompts whose first token has come, cached or computed.
    pub prompt_tokens: u64,
    /// Tokens that were computed in prompts, again after a preemption too.
    pub computed_tokens: u64,
    /// Tokens that were generated.
    pub generation_tokens: u64,
    /// Sequences that got all that they asked for.
    pub finished: u64,
    /// Sequences that were given up on request.
    pub aborted: u64,
}

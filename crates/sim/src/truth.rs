//! The account of an answer: when its request came, when which tokens left,
//! and what a correct client must conclude.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::Outcome;

use crate::{Dialect, Fault};

/// One line of `/truth`: an answer that has ended. All instants are
/// nanoseconds since the Unix epoch on `CLOCK_REALTIME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Truth {
    /// The request's `x-request-id`, or a name made up for it (`sim-` and a
    /// number), which the response carries too.
    pub request: String,
    /// When the segment with the request's last byte arrived.
    pub arrival_ns: i64,
    /// Whether the kernel said so. Where it didn't (never on a unix socket),
    /// `arrival_ns` is the time of the read.
    pub arrival_stamped: bool,
    /// How the request was written.
    pub dialect: Dialect,
    /// Tokens of the prompt; absent where the request was refused.
    pub prompt_tokens: Option<u32>,
    /// Tokens that left.
    pub output_tokens: u32,
    /// What went wrong, in the words of [`Fault`].
    pub faults: Vec<Fault>,
    /// For each write that held tokens: the clock just before the system call
    /// that took the write's last byte, and how many tokens' events were
    /// complete with it. Writes without tokens (headers, role, usage, `[DONE]`)
    /// are left out.
    pub writes: Vec<(i64, u32)>,
    /// What a correct client must conclude; `cancelled` where it hung up
    /// before the end.
    pub outcome: Outcome,
}

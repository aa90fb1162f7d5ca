//! What to send, and when: from settings and a seed to a
//! [`Schedule`](tokenometer_core::Schedule).
//!
//! [`Workload::open`] opens a dataset; [`Workload::schedule`] makes the measured
//! requests with what is sent around them; [`Workload::warm_up`] makes what is
//! sent before; [`workload_sha256`] is the number that says two arms were sent
//! the same work. [`Tokenizer`] counts, before a run and after it.
//!
//! Everything random comes from one seed, in streams that have names and don't
//! disturb each other, by rules that are written down to the bit and never
//! change. So a seed gives the same workload on every machine.
//!
//! This room must never know what an engine is, and reads no file but the one
//! that its user named.

mod arrival;
mod chat_template;
mod conversations;
mod dataset;
mod error;
mod generator;
mod hash;
mod lengths;
mod requests;
mod rules;
mod schedule;
mod seed;
mod settings;
#[cfg(test)]
mod testing;
mod tokenizer;
mod warm_up;
mod workload;

pub use conversations::write_builtin_conversations;
pub use error::WorkloadError;
pub use hash::{WorkloadHash, workload_sha256};
pub use requests::Requests;
pub use rules::drawn_lengths;
pub use settings::{
    ConversationSettings, DatasetSettings, Extent, FrozenSettings, GroupDistribution, LoadSettings,
    Pattern, PrefixRepetitionSettings, PromptShape, Ramp, RampShape, RandomSettings, Settled,
    SharedPrefixSettings, SonnetSettings, Source, WorkloadSettings,
};
pub use tokenizer::Tokenizer;
pub use tokenometer_core::Mistake;
pub use workload::Workload;

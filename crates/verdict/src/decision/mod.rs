//! From the numbers of blocks to a verdict: how sure it is that two arms differ, or
//! that they don't, and how many blocks it would take to know.
//!
//! A block is the unit. Whatever was measured within one trial, it gives one number an
//! arm and block; what is compared is their ratio, block by block, so that what all
//! arms of a block share falls out. Everything here is arithmetic on those numbers: no
//! module knows where they come from, what a metric is called, or how a sentence is
//! made of them.

mod aa;
mod family;
mod holm;
mod looks;
mod paired;
mod size;
mod welch;

pub use aa::noise;
pub use family::{Better, Decision, Question, Rule, Word, decide};
pub use holm::{Holm, holm};
pub use looks::Looks;
pub use paired::{LEAST_BLOCKS, Paired};
pub use size::{MoreBlocks, blocks_for, more_blocks, resolvable};
pub use welch::Welch;

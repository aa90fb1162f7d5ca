//! The engine that is simulated: how a serving engine forms its steps, shares
//! out its KV cache, and so decides when each token leaves.
//!
//! A [`Simulation`] says what is simulated. The [`Scheduler`] carries it out as
//! a pure state machine over instants: sequences are submitted, steps begin and
//! end, and tokens are due at the ends of steps. How long a step takes comes
//! from [`tokenometer_core::roofline`]. [`foretell`] drives a scheduler through
//! a whole load in virtual time, which takes no longer than the arithmetic.
//!
//! Within: `pool` counts blocks of the cache and evicts them, `prefix` knows
//! what they hold, `live` is one sequence on its way, `fill` chooses what a step
//! computes, `noise` draws what is left to chance.
//!
//! Nothing here may read a clock or a socket, or know a word of the text: it
//! counts tokens, and is told the instants.

mod fill;
mod foretell;
mod gauges;
mod live;
mod noise;
mod pool;
mod prefix;
mod reading;
mod scheduler;
mod simulation;
#[cfg(test)]
mod tests;

pub use foretell::{Asked, Course, Foretold, Prompt, Told, foretell};
pub use gauges::Gauges;
pub use scheduler::{Emission, Scheduler, Sequence, Step};
pub use simulation::Simulation;

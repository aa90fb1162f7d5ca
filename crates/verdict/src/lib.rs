//! May this trial count, may these arms be compared, and what is the answer? Pure functions
//! of what trials left behind.
//!
//! [`judge`] asks every gate in turn and gives the trial its standing. A gate
//! says what it saw, beside what it allows; if it failed, also what that does
//! to the numbers and how to mend it. What could not be seen is `unknown` and
//! says why: it is never taken for a pass.
//!
//! Whether two arms may be compared is [`comparability`]'s to say, what the numbers of
//! their blocks say [`decision`]'s, and which word follows [`answer`]'s.
//!
//! Every gate, with its threshold and the reason for it, stands in
//! `docs/validity.md`. This room must never read a file or a clock, or print.

pub mod answer;
pub mod comparability;
pub mod decision;
mod evidence;
mod gate;
mod judge;
mod thresholds;
mod trend;
mod warm_up;
mod wording;

pub use evidence::{
    CacheFacts, ConfigurationFacts, EngineFacts, Evidence, Known, Load, MachineFacts, Steadiness,
    TokenizerFacts, WarmUp, WarmUpBatch,
};
pub use judge::judge;
pub use thresholds::Thresholds;
pub use trend::{Trend, mann_kendall};
pub use warm_up::has_settled;

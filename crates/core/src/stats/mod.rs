//! Statistics on plain numbers: quantiles, intervals inside one trial, and
//! tails with failures in them.
//!
//! Nothing here knows what a request's metric means or compares one arm with
//! another: these intervals describe one trial, and no verdict rests on them.

pub mod batch;
pub mod estimate;
pub mod quantile;
pub mod sample;
pub mod student;
pub mod survival;

pub use batch::Batches;
pub use estimate::{Estimate, Withheld};
pub use quantile::Level;
pub use sample::{Sample, Value};
pub use survival::kaplan_meier;

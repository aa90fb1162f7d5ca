//! Joins the rooms: from settings to a run folder.
//!
//! [`bench`] is a study of one arm, one scenario and one block. What a trial
//! is, from the start of an engine to its results, stands in one place,
//! `trial.rs`, and nowhere else.
//!
//! This room must never speak HTTP itself, print, or read the environment.

mod error;
mod settings;

pub use error::{Blame, LabError};
pub use settings::{Bench, Done, Embedded, Host, TargetSettings, WarmUp};

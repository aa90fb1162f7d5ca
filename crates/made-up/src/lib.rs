//! Run folders whose every number is made up, by a formula and a seed: for tests of what
//! reads a run folder, and for looking at a report that no engine was needed for.
//!
//! A folder is written by the same code as that of a real run, and is summarised, judged and
//! concluded by the same rules, so that whatever reads a run reads these. What is made up is
//! only what an engine would have done: when each request was answered, what was read off
//! counters, and how engines started and ended.
//!
//! **Nothing here may ever stand for a measurement.** No number of such a folder may be
//! published, compared with a measured one, or used to calibrate anything. That nobody can
//! mistake one, each says it in every place: the study's name begins with `made up`, the tool
//! is `tokenometer-made-up`, every trial has a warning, every arm is simulated, on a machine
//! that is called made up.
//!
//! Each [`Kind`] is a study that ends in a way of its own. On one platform the same kind is the
//! same folder to the byte, whenever it is made.
//!
//! ```sh
//! cargo run -p tokenometer-made-up --example made-up -- decided runs/decided
//! ```

mod answers;
mod folder;
mod gates;
mod kind;
mod lock;
mod plan;
mod readings;
mod seen;
mod start;
mod story;
mod text;
mod trial;

use std::path::PathBuf;

use thiserror::Error;
use tokenometer_core::SinkError;
use tokenometer_lab::LabError;
use tokenometer_results::ResultsError;

pub use kind::hostile::HOSTILE;
pub use kind::{Kind, make, make_million};

/// Why a folder could not be made.
#[derive(Debug, Error)]
pub enum MadeUpError {
    /// It could not be written or read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// A record of it could not be kept.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Nothing could be concluded from it.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The log of an engine could not be written.
    #[error("failed to write {}", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

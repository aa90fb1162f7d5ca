//! The run folder: everything that a stranger needs to check a claim without
//! the machine that made it.
//!
//! ```text
//! <run>/study.lock.yaml          what was to be measured, every default made explicit
//!       workload/<name>.parquet  every request that could be sent, with its SHA-256
//!       environment.json         the machine and the libraries
//!       engines/<block>-<arm>/   engine.log, start.json
//!       trials/<block>-<arm>-<scenario>/
//!           trial.json           what was done, seen and concluded
//!           requests.parquet     one row a request
//!           chunks.parquet       one row an event of a stream
//!       summary.csv              one row a trial
//! ```
//!
//! A [`Run`] is the folder and a [`TrialFolder`] one trial's part of it. While
//! load runs, a [`TrialWriter`] appends every ended request to a journal; when
//! the load is over the journal becomes the two Parquet files, and a
//! [`TrialReader`] streams them back. Every other file appears whole or not at
//! all. Each file carries [`SCHEMA_VERSION`].
//!
//! This room must never compute a metric: it keeps what it is given, and gives
//! back what it kept.

mod document;
mod draft;
mod engine_folder;
mod environment;
mod error;
mod folder;
mod invocation;
mod journal;
mod records;
mod rows;
mod run;
mod start;
mod summary_csv;
mod table;
mod tally;
mod trial;
mod workload;

pub use engine_folder::EngineFolder;
pub use environment::Environment;
pub use error::ResultsError;
pub use folder::{TrialFolder, TrialId};
pub use invocation::{Invocation, RampUp};
pub use records::{Kept, TrialReader, TrialWriter};
pub use run::{Leftover, Run};
pub use start::{Stage, Start};
pub use tally::{FailureSeen, Tally};
pub use trial::{
    EngineSeen, Extent, Load, PhaseSpan, Phases, Span, TargetSeen, Tool, Traffic, Trial,
    WorkloadSeen,
};
pub use workload::{MeasuredRows, Workload, WorkloadRow, WorkloadWriter, read_workload};

/// The version of the layout and of every file in it. A reader refuses newer
/// ones; a change that an old reader would misread raises it.
pub const SCHEMA_VERSION: u32 = 1;

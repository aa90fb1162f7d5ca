//! The run folder: everything that a stranger needs to check a claim without
//! the machine that made it.
//!
//! ```text
//! <run>/study.lock.yaml          what was to be measured, every default made explicit,
//!                                and the hashes of what it is made of
//!       workload/<name>.parquet  every request that could be sent, with its SHA-256
//!       environment.json         the machine and the libraries
//!       blocks/<n>.json          the conditions of a block
//!       engines/<block>-<arm>/   engine.log, start.json, packages.txt
//!       trials/<block>-<arm>-<scenario>/
//!           trial.json           what was done, seen and concluded
//!           failure.json         or why there is no such
//!           requests.parquet     one row a request
//!           chunks.parquet       one row an event of a stream
//!           telemetry.parquet    one row a reading of what was watched
//!           metrics.parquet      one row a scrape of the engine's counters
//!       void/<block>-<k>/        a block that doesn't count, whole
//!            <trial>~<k>/        a trial that doesn't, and was run again
//!       summary.csv              one row a trial
//!       noise-floor.json         how far the client is off on the study's schedules
//!       verdict.json             what the study has to say
//!       estimate.json            of a rehearsal: what the study itself would take
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

mod block;
mod columns;
mod document;
mod draft;
mod engine_folder;
mod environment;
mod error;
mod estimate;
mod failure;
mod folder;
mod foreign;
mod invocation;
mod journal;
mod noise_floor;
mod origin;
mod planned;
mod records;
mod resume;
mod rows;
mod run;
mod serving;
mod simulation;
mod start;
mod summary_csv;
mod table;
mod tally;
mod telemetry;
mod trial;
mod verdict;
mod void;
mod workload;

pub use block::Block;
pub use columns::{Answered, Timelines};
pub use engine_folder::EngineFolder;
pub use environment::Environment;
pub use error::ResultsError;
pub use estimate::{ArmEstimate, BlockEstimate, Estimate, Taken};
pub use failure::{Failure, Step};
pub use folder::{TrialFolder, TrialId};
pub use foreign::{ForeignAsked, ForeignResult, ForeignTool, parse_foreign, read_foreign};
pub use invocation::{Invocation, RampUp};
pub use noise_floor::{NoiseFloor, ScenarioFloor};
pub use origin::{Change, Origin};
pub use planned::{Planned, Rehearsed};
pub use records::{Kept, TrialReader, TrialWriter};
pub use resume::Cell;
pub use run::{Leftover, Run};
pub use serving::{CountersAround, CountersSeen, LogRange, Serving, Watched};
pub use simulation::SimulationSeen;
pub use start::{End, Software, Stage, Start};
pub use tally::{FailureSeen, Tally};
pub use telemetry::{MetricsWriter, Reading, ScrapeRow};
pub use trial::{
    EngineSeen, Extent, Load, PhaseSpan, Phases, Span, TargetSeen, Tool, Traffic, Trial,
    WorkloadSeen,
};
pub use verdict::VerdictFile;
pub use void::{PutAside, Void};
pub use workload::{MeasuredRows, Workload, WorkloadRow, WorkloadWriter, read_workload};

/// The version of the layout and of every file in it. A reader refuses newer
/// ones; a change that an old reader would misread raises it.
pub const SCHEMA_VERSION: u32 = 1;

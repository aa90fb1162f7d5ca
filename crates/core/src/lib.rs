//! The words that every room speaks, and the pure arithmetic on them.
//!
//! A request is data on a journey: `workload` makes a [`Schedule`] of
//! [`Request`]s, `load` sends them and stamps what comes back into [`Record`]s
//! and [`Chunk`]s, `results` keeps those, and the functions of [`metric`] and
//! [`stats`] say what they mean. This crate holds the nouns and the formulas.
//!
//! It must never read a clock, open a file or a socket, or start a thread: the
//! same input gives the same output, always.

pub mod complaint;
pub mod event;
pub mod instrument;
pub mod metric;
pub mod mistake;
pub mod outcome;
pub mod phase;
pub mod record;
pub mod request;
pub mod roofline;
pub mod rules;
pub mod schedule;
pub mod stats;
pub mod summary;
pub mod target;
pub mod time;
pub mod timeline;
pub mod validity;
pub mod verdict;

pub use complaint::error_text;
pub use event::{Event, Observer, Progress};
pub use instrument::Instrument;
pub use mistake::Mistake;
pub use outcome::Outcome;
pub use phase::Phase;
pub use record::{Chunk, ChunkKind, Counts, Record, Sink, SinkError, StampSource, TokenRule};
pub use request::{Message, OutputLength, Prompt, Request};
pub use rules::Rules;
pub use schedule::{Arrival, Close, Pace, Schedule, Window};
pub use summary::{Distribution, Ranked, Summary, Tail};
pub use target::{Address, AddressError, Dialect, Endpoint, Target};
pub use time::Nanos;
pub use validity::{Gate, GateClass, GateId, GateStatus, Standing, Validity};
pub use verdict::Verdict;

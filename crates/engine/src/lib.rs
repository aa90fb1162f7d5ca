//! Engines, as far as they are running already: is something there, what is
//! it, which models does it serve, does a route work, what do its counters
//! say.
//!
//! The journey of a question through this room: a [`Control`] client carries
//! it over the control plane; [`probe`] asks who is there; [`Probed::choose`]
//! settles the model; [`one_token`] tries the very route that a load is about
//! to use; [`scrape`] reads the engine's own counters.
//!
//! Beside that it is the program's way to the rest of the network: [`download`]
//! fetches one file, and [`ask`] has a model write something.
//!
//! This room must never send load: one token to try a route is the most it
//! generates of what is measured, and what it has written is written before
//! anything is measured. It reads no environment variable, and no file but the
//! one that it is told to fetch; roots of trust and headers come from the
//! caller.

mod ask;
mod counters;
mod download;
mod error;
mod http;
mod identity;
mod metrics;
mod model;
mod one_token;
mod probe;
pub mod process;
pub mod profile;
pub mod provision;
mod ready;
mod scheme;
mod switches;
pub mod tiny_model;
mod unix;

pub use ask::{Question, ask};
pub use counters::{
    Counter, CounterNames, EngineCounters, NamesByCounter, Picked, Series, Values, parse_samples,
    scrape, scrape_named, scrape_raw,
};
pub use download::{
    Download, DownloadError, Downloaded, HashSource, HubFile, Network, Notice, Stated, download,
    is_repository, look,
};
pub use error::EngineError;
pub use http::{Access, Answer, Control};
pub use identity::Identity;
pub use metrics::{MetricsError, Sample, parse_metrics};
pub use model::ServedModel;
pub use one_token::{Ask, OneToken, one_token};
pub use probe::{Probed, probe};
pub use ready::wait_ready;
pub use switches::{Profile, flush_by, flush_cache, profile, server_info};

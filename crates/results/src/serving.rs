//! How the engine served while a trial ran, from its own mouth: part of
//! `trial.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of the engine's side of a trial. Every part may be missing:
/// the first versions kept none of it, and a server that was running already
/// shows no log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Serving {
    /// The engine's counters around each phase, by the phase's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, CountersAround>,
    /// How well it could be watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watched: Option<Watched>,
    /// What it wrote to its log meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_log: Option<LogRange>,
    /// In which state its prefix cache was when the window opened: `flushed`,
    /// `warm`, `as the warm-up left it` …, with what was done for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
}

/// The counters before and after one phase. A counter that the engine doesn't
/// publish is not among them; where they could not be read it is said why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CountersAround {
    /// Read before the phase.
    pub before: CountersSeen,
    /// Read after it.
    pub after: CountersSeen,
}

/// An engine's counters at one time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CountersSeen {
    /// When they were read, in nanoseconds since the Unix epoch.
    pub time_ns: Option<i64>,
    /// Each by its name.
    pub values: BTreeMap<String, f64>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// How often the engine's counters were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Watched {
    /// The scrapes that were due.
    pub scrapes: u64,
    /// Those that brought nothing: each is a gap in the telemetry.
    pub gaps: u64,
    /// Why the first of them did.
    pub first_gap: Option<String>,
}

/// A part of `engine.log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogRange {
    /// The folder of the engine's start, within the run: `engines/1-batched`.
    pub engine: String,
    /// The first byte.
    pub from: u64,
    /// The first byte after it.
    pub to: u64,
}

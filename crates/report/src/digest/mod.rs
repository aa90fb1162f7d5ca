//! What a report shows of a run beyond its tables: of each trial its requests over time, the
//! quantile curves of its latencies, its token gaps and the engine's counters beside the
//! load; of each start its command, stages and software.
//!
//! However many requests a trial had, what is kept of it here is small, and it is had in one
//! pass over the files of rows that holds no more than a batch of them in memory. Where
//! only some requests are shown, it says which and of how many. Nothing is judged here, and
//! no metric that has a name of its own is computed again: those stand in `trial.json`.

mod course;
mod curve;
mod gaps;
mod read;
mod readings;
mod trial;
mod waterfall;

use std::collections::BTreeMap;

use tokenometer_results::{Environment, Start, TrialId};

/// All that a report shows of a run beside its trials' own summaries.
#[derive(Debug, Default)]
pub struct Digest {
    /// Of each trial that has records; of several passes, the one that counts.
    pub trials: BTreeMap<TrialId, TrialDigest>,
    /// Of each start of an engine, in the order of blocks and then of arms.
    pub starts: Vec<StartSeen>,
    /// The machine, where it is known.
    pub environment: Option<Environment>,
    /// Blocks and trials that were void and run again: the folder's name, and why it is
    /// void.
    pub voids: Vec<(String, String)>,
    /// What should have been shown and could not be read, in a sentence each.
    pub troubles: Vec<String>,
}

/// How an engine was started.
#[derive(Debug)]
pub struct StartSeen {
    /// The block, from 1.
    pub block: u32,
    /// The arm.
    pub arm: String,
    /// The scenario, where the engine is started anew for each.
    pub scenario: Option<String>,
    /// What is known of it.
    pub start: Start,
}

/// What is shown of one trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialDigest {
    /// Quantile curves of the cohort's latencies in milliseconds, by metric (`ttft_ms`,
    /// `tpot_ms`, `e2e_ms`, `icl_ms`): pairs of quantile (0 to 1) and value, at most 201 of
    /// each. Only requests that ended well; a metric that `trial.json` withholds altogether
    /// has no curve. Those of `icl_ms` are off by up to 0.12 %, all others exact.
    pub quantiles: BTreeMap<&'static str, Vec<[f64; 2]>>,
    /// How often token gaps of which length occurred; empty where `trial.json` withholds
    /// `icl_ms`.
    pub gaps: GapCounts,
    /// Some of its requests, one by one.
    pub waterfall: Waterfall,
    /// What happened over time, in equal bins of the measured window.
    pub course: Course,
    /// What was read off the engine, the GPUs and the host while it ran.
    pub readings: Vec<Reading>,
    /// The requests of the cohort by outcome, the most frequent first, with an example of the
    /// words of each failure.
    pub outcomes: Vec<OutcomeSeen>,
}

/// Gaps between token arrivals, counted by length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GapCounts {
    /// The borders of the bins in milliseconds, rising; one more than there are counts.
    pub borders_ms: Vec<f64>,
    /// How many gaps lie in each.
    pub counts: Vec<u64>,
}

/// Some requests of a trial, one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waterfall {
    /// The requests shown, at most 200, by the instant at which they were due.
    pub rows: Vec<RequestSeen>,
    /// How many requests the cohort has.
    pub of: u64,
    /// How those shown were chosen: every how-manieth, beginning with the first; 1 where all
    /// are shown.
    pub every: u64,
}

/// One request, in seconds since the measured window opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestSeen {
    /// Its number in the trial.
    pub request: u32,
    /// When it was due.
    pub intended_s: f64,
    /// When it was sent, first answered, last answered, and ended; absent where it never was.
    pub sent_s: Option<f64>,
    /// The first token.
    pub first_s: Option<f64>,
    /// The last token.
    pub last_s: Option<f64>,
    /// The end, however it ended.
    pub end_s: Option<f64>,
    /// How it ended, by the outcome's name.
    pub outcome: String,
    /// What went wrong, in the words of the server or of the operating system.
    pub error: Option<String>,
    /// Prompt tokens, by the best count.
    pub input: Option<u32>,
    /// Generated tokens, by the best count.
    pub output: Option<u32>,
    /// The beginning of what it answered, cut at 200 characters.
    pub text: String,
}

/// What happened over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// How long a bin is, in seconds.
    pub bin_s: f64,
    /// Requests in flight as the client saw it, averaged over each bin.
    pub in_flight: Vec<f64>,
    /// Requests that waited for their first token, averaged over each bin.
    pub waiting_first: Vec<f64>,
    /// Tokens that arrived in each bin, a second; empty where the tokens of some chunk or
    /// answer aren't known.
    pub tokens_per_s: Vec<f64>,
    /// Requests that became due in each bin, a second.
    pub due_per_s: Vec<f64>,
}

/// One thing that was read over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Who told: `engine`, `gpu`, `host` …
    pub source: String,
    /// Which of several alike.
    pub device: Option<String>,
    /// What was read: `running`, `waiting`, `kv_use`, `utilisation`, `power` …
    pub name: String,
    /// What it is counted in.
    pub unit: String,
    /// Seconds since the measured window opened, and value: at most 240, each the mean of
    /// its stretch where there were more.
    pub points: Vec<[f64; 2]>,
    /// The mean of what was read in the measured window; absent where nothing was.
    pub mean: Option<f64>,
    /// The greatest of it, likewise.
    pub max: Option<f64>,
}

/// Requests that ended one way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutcomeSeen {
    /// The outcome's name.
    pub outcome: String,
    /// How many of the cohort.
    pub requests: u64,
    /// What was said of the first of them that anything was said of, cut at 200 characters.
    pub example: Option<String>,
}

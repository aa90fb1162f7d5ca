//! What a trial's records add up to: every metric, with how many values and
//! requests it rests on, how sure it is, and why it is absent where it is.

mod cohort;
mod describe;
mod evidence;
mod finish;
mod flows;
mod latencies;
mod ranked;
mod rhythm;
mod summariser;

pub use summariser::Summariser;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::TokenRule;
use crate::metric::counts::CountSource;

/// The metrics of one trial. Latencies are in milliseconds, rates per second;
/// `None` means absent or withheld, never zero.
///
/// The *cohort* is every request whose intended instant lies in the window.
/// Latencies are over the cohort's `ok` requests; throughput counts what
/// arrived inside the window, from any request (M10, M12).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Requests of the cohort by outcome; every outcome is a key.
    pub outcomes: BTreeMap<String, u64>,
    /// The size of the cohort.
    pub requests: u64,
    /// The length of the window, in seconds.
    pub duration_s: f64,
    /// From the cohort's first send to its last end, in seconds.
    pub makespan_s: Option<f64>,
    /// Prompt tokens of the cohort's `ok` requests, by M4.
    pub input_tokens: Option<u64>,
    /// Whose counts those are.
    pub input_source: Option<CountSource>,
    /// Generated tokens of the cohort's `ok` requests, by M4.
    pub output_tokens: Option<u64>,
    /// Whose counts those are.
    pub output_source: Option<CountSource>,
    /// Requests that ended `ok` inside the window, a second.
    pub request_throughput: Option<f64>,
    /// Prompt tokens a second: each prompt counts when its first token arrives.
    pub input_throughput: Option<f64>,
    /// Generated tokens a second, by arrival inside the window.
    pub output_throughput: Option<f64>,
    /// What it must lie between, where the tokens of some chunks are unknown.
    pub output_throughput_bounds: Option<[f64; 2]>,
    /// Both together.
    pub total_throughput: Option<f64>,
    /// Generated tokens of the cohort over its makespan, a second.
    pub output_throughput_makespan: Option<f64>,
    /// Requests in flight, averaged over the window (M14).
    pub concurrency: Option<f64>,
    /// |N − X·E2E| / N, Little's check on it (M14).
    pub littles_error: Option<f64>,
    /// Σ(L−T) / Σ(n_L−n₁), milliseconds a token (M6).
    pub pace_ms: Option<f64>,
    /// `T − sent`.
    pub ttft_ms: Distribution,
    /// `T − intended`.
    pub ttft_intended_ms: Distribution,
    /// First answer text − sent.
    pub ttfo_ms: Distribution,
    /// `(L−T) / (n_L−n₁)`.
    pub tpot_ms: Distribution,
    /// What the mean of `tpot_ms` must lie between, where the tokens of some
    /// chunks are unknown (M5 d, M6).
    pub tpot_mean_bounds_ms: Option<[f64; 2]>,
    /// The gap before an arrival divided by its tokens, once a token.
    pub itl_ms: Distribution,
    /// The gap before an arrival.
    pub icl_ms: Distribution,
    /// `L − sent`.
    pub e2e_ms: Distribution,
    /// `L − intended`.
    pub e2e_intended_ms: Distribution,
    /// The stream's end − sent.
    pub e2e_stream_ms: Distribution,
    /// `sent − intended`, over every cohort request that was sent.
    pub lateness_ms: Distribution,
    /// The time to open a connection, over the requests that had to.
    pub connect_ms: Distribution,
    /// Tokens an arrival, over the arrivals that `icl_ms` counts (more than 1
    /// under speculation or a stream interval).
    pub tokens_per_arrival: Distribution,
    /// Tail quantiles with every request that failed at +∞ (M12), by metric:
    /// `ttft_ms`, `tpot_ms`, `e2e_ms`.
    pub ranked: BTreeMap<String, Ranked>,
    /// The requests that met every objective, if any was stated (M13).
    pub goodput: Option<Goodput>,
    /// How the tokens of the chunks were found, by streamed `ok` requests.
    pub token_rules: BTreeMap<TokenRule, u64>,
    /// The one rule that ITL and TPOT were computed under: the weakest of
    /// those, where `unknown` counts only if more than 1 % of the requests
    /// that have more than one arrival are so.
    pub token_rule: TokenRule,
    /// The share of token arrivals that held more than one chunk (M2).
    pub coalesced_share: Option<f64>,
    /// p99 of `received − previous read` over those arrivals, in milliseconds.
    pub coalesced_gap_p99_ms: Option<f64>,
    /// The share of the tokens that arrived which had no text (M1), over the
    /// requests whose server told the tokens of each chunk or sent one in each.
    pub textless_share: Option<f64>,
    /// Requests of the cohort that went out on a connection of their own.
    pub connections_opened: u64,
    /// Requests of the cohort whose counts, ours and the server's, differ.
    pub count_disagreements: CountDisagreements,
    /// Why a figure that stands alone is missing, by its name here
    /// (`output_throughput`); distributions say it themselves.
    pub withheld: BTreeMap<String, String>,
}

/// Requests that met every objective (M13).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Goodput {
    /// How many did.
    pub good: Option<u64>,
    /// Their share of the whole cohort, failures included.
    pub attainment: Option<f64>,
    /// How many a second of the window.
    pub per_second: Option<f64>,
    /// Why these are missing, if they are.
    pub withheld: Option<String>,
}

/// Where the three columns of counts disagree, over the cohort's `ok`
/// requests; each number is of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountDisagreements {
    /// Prompt: the server's count differs from what the workload asked.
    pub input_server_asked: u64,
    /// Prompt: the server's count differs from ours.
    pub input_server_counted: u64,
    /// Output: the server's count differs from ours.
    pub output_server_counted: u64,
    /// The server sent no count of the output.
    pub output_server_missing: u64,
}

/// One metric over many requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// The mean.
    pub mean: Option<f64>,
    /// The standard deviation (n−1).
    pub std: Option<f64>,
    /// The median.
    pub p50: Option<f64>,
    /// The 90th percentile.
    pub p90: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
    /// How many values.
    pub n: u64,
    /// How many requests they come from.
    pub requests: u64,
    /// How many requests that could have had a value have none, by reason
    /// (`one_arrival`, `tokens_unknown` …).
    pub absent: BTreeMap<String, u64>,
    /// 95 % intervals inside this trial, by statistic (`mean`, `p50` …). They
    /// describe this one trial; no verdict uses them.
    pub intervals: BTreeMap<String, [f64; 2]>,
    /// Why a statistic or its interval is missing, by name (`p99`,
    /// `p99_interval`); the key `all` speaks for the whole metric.
    pub withheld: BTreeMap<String, String>,
}

/// Quantiles of one metric with failures at +∞.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ranked {
    /// The median.
    pub p50: Tail,
    /// The 90th percentile.
    pub p90: Tail,
    /// The 95th percentile.
    pub p95: Tail,
    /// The 99th percentile.
    pub p99: Tail,
    /// Kaplan–Meier quantiles by name, given where requests were censored.
    pub kaplan_meier: BTreeMap<String, Option<f64>>,
}

/// One ranked quantile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tail {
    /// Too few requests to say.
    #[default]
    Withheld,
    /// So many requests failed that the quantile has no bound.
    Unbounded,
    /// The quantile, in the metric's unit.
    At(f64),
}

//! What was asked for, in the words of whoever asked: what another tool would
//! write beside its numbers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::Rules;

/// The flags that a run was asked for with, as far as other tools show theirs
/// in their reports and files. It holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Invocation {
    /// Whose rules were followed; absent where they were our own.
    pub rules: Option<Rules>,
    /// `--backend`, as it was given or as the rules have it.
    pub backend: String,
    /// `--dataset-name`, likewise.
    pub dataset_name: String,
    /// `--dataset-path`.
    pub dataset_path: Option<String>,
    /// `--tokenizer`, or where it was found without that.
    pub tokenizer: Option<String>,
    /// `--num-prompts`; absent where a duration was asked for, or all that a
    /// file holds.
    pub num_prompts: Option<u64>,
    /// `--request-rate`, in requests a second; absent where it is infinite.
    pub request_rate: Option<f64>,
    /// `--burstiness`; absent where it is infinite.
    pub burstiness: Option<f64>,
    /// `--max-concurrency`.
    pub max_concurrency: Option<u32>,
    /// `--sharegpt-output-len`.
    pub sharegpt_output_len: Option<u32>,
    /// `--random-input-len`, or the rules' default.
    pub random_input_len: Option<u32>,
    /// `--random-output-len`, likewise.
    pub random_output_len: Option<u32>,
    /// `--random-range-ratio`, likewise, in the meaning of the rules.
    pub random_range_ratio: Option<f64>,
    /// `--ramp-up-strategy`, `--ramp-up-start-rps`, `--ramp-up-end-rps`.
    pub ramp_up: Option<RampUp>,
    /// `--tag`.
    pub tag: Option<String>,
    /// `--label`.
    pub label: Option<String>,
    /// `--metadata`, in the order given.
    pub metadata: Vec<(String, String)>,
    /// `--goodput`: the longest spans allowed, in milliseconds, by metric.
    pub goodput: BTreeMap<String, f64>,
    /// `--percentile-metrics`.
    pub percentile_metrics: Option<Vec<String>>,
    /// `--metric-percentiles`.
    pub metric_percentiles: Option<Vec<f64>>,
}

/// A rate that rises over the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RampUp {
    /// `linear` or `exponential`.
    pub strategy: String,
    /// The rate at the beginning, in requests a second.
    pub start_rps: f64,
    /// The rate at the end.
    pub end_rps: f64,
}

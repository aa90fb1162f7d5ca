//! What a tool was asked for, in its own words: what it prints and writes of
//! its arguments.
//!
//! A run that followed a tool's rules was asked in that tool's words, which are
//! kept. Of any other run they are put together from what was done.

use std::collections::BTreeMap;

use tokenometer_results::{RampUp, Traffic, Trial};

use super::eyes::Route;
use super::python::{Value, repr};
use super::{Family, View, ViewOptions};

/// The percentiles of vLLM's tools where none are asked for.
const PERCENTILES: [f64; 1] = [99.0];
/// The metrics of which they are given.
const PERCENTILE_METRICS: [&str; 3] = ["ttft", "tpot", "itl"];

/// What a tool was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) backend: String,
    pub(super) dataset_name: String,
    pub(super) dataset_path: Option<String>,
    pub(super) model: String,
    pub(super) tokenizer: Option<String>,
    pub(super) num_prompts: u64,
    /// In requests a second; may be infinite.
    pub(super) request_rate: f64,
    /// May be infinite.
    pub(super) burstiness: f64,
    pub(super) max_concurrency: Option<u32>,
    pub(super) sharegpt_output_len: Option<u32>,
    pub(super) random_input_len: Option<u32>,
    pub(super) random_output_len: Option<u32>,
    pub(super) random_range_ratio: Option<f64>,
    pub(super) ramp_up: Option<RampUp>,
    pub(super) tag: Option<String>,
    pub(super) label: Option<String>,
    pub(super) metadata: Vec<(String, String)>,
    /// The longest spans allowed, in milliseconds, by metric.
    pub(super) goodput: BTreeMap<String, f64>,
    pub(super) percentile_metrics: Vec<String>,
    pub(super) percentiles: Vec<f64>,
}

impl Asked {
    /// What `view` was asked for, of which `requests` requests came.
    pub(super) fn of(view: View, trial: &Trial, options: &ViewOptions, requests: u64) -> Asked {
        let given = &trial.invocation;
        let (request_rate, burstiness, max_concurrency) = traffic(trial);
        let metrics = options.percentile_metrics.clone().or(given.percentile_metrics.clone());
        let percentiles = options.percentiles.clone().or(given.metric_percentiles.clone());
        let dataset_name = match given.dataset_name.as_str() {
            "" => trial.workload.dataset.clone(),
            name => name.to_owned(),
        };
        Asked {
            backend: backend(view, trial),
            dataset_name,
            dataset_path: given.dataset_path.clone(),
            model: trial.target.model.clone(),
            tokenizer: given.tokenizer.clone().or(trial.tokenizer.clone()),
            num_prompts: given.num_prompts.unwrap_or(requests),
            request_rate,
            burstiness,
            max_concurrency,
            sharegpt_output_len: given.sharegpt_output_len,
            random_input_len: given.random_input_len,
            random_output_len: given.random_output_len,
            random_range_ratio: given.random_range_ratio,
            ramp_up: given.ramp_up.clone(),
            tag: given.tag.clone(),
            label: given.label.clone(),
            metadata: given.metadata.clone(),
            goodput: given.goodput.clone(),
            percentile_metrics: metrics
                .unwrap_or_else(|| PERCENTILE_METRICS.map(str::to_owned).to_vec()),
            percentiles: percentiles.unwrap_or_else(|| PERCENTILES.to_vec()),
        }
    }

    /// `--request-rate`, as Python prints it.
    pub(super) fn rate_shown(&self) -> String {
        repr(self.request_rate)
    }

    /// `--request-rate` in vLLM's files, which know no infinite numbers.
    pub(super) fn rate_or_inf(&self) -> Value {
        if self.request_rate.is_finite() {
            Value::Float(self.request_rate)
        } else {
            Value::text("inf")
        }
    }

    /// The model's name without whose it is.
    pub(super) fn model_name(&self) -> &str {
        self.model.rsplit('/').next().unwrap_or(&self.model)
    }
}

/// Rate, burstiness and the most requests in flight.
fn traffic(trial: &Trial) -> (f64, f64, Option<u32>) {
    let given = &trial.invocation;
    let finite = |number: Option<f64>| number.unwrap_or(f64::INFINITY);
    if !given.backend.is_empty() {
        return (finite(given.request_rate), finite(given.burstiness), given.max_concurrency);
    }
    match trial.load.traffic {
        Traffic::Closed { concurrency } => (f64::INFINITY, 1.0, Some(concurrency)),
        Traffic::Open { rate, burstiness, cap } => (finite(rate), finite(burstiness), cap),
        // A rate that rises leaves `--request-rate` at its default.
        Traffic::Ramp { burstiness, cap, .. } => (f64::INFINITY, finite(burstiness), cap),
    }
}

/// `--backend`: as it was given under the tool's own rules, else what the tool
/// calls this route.
fn backend(view: View, trial: &Trial) -> String {
    let given = &trial.invocation;
    if !given.backend.is_empty() && given.rules.is_some_and(|rules| view.is_kin_of(rules)) {
        return given.backend.clone();
    }
    let engine = trial.target.engine.as_ref().map(|engine| engine.name.as_str());
    let is_sglang = engine == Some("sglang");
    let name = match (view.family(), Route::of(trial.target.dialect)) {
        (Family::Sglang, Route::Completions) if view == View::Sglang0214 => {
            if is_sglang {
                "sglang"
            } else {
                "vllm"
            }
        }
        (Family::Sglang, Route::Completions) if is_sglang => "sglang-oai",
        (Family::Sglang, Route::Chat) if is_sglang => "sglang-oai-chat",
        (Family::Sglang, Route::Completions) => "vllm",
        (Family::Sglang, Route::Chat) => "vllm-chat",
        (Family::Sglang, Route::Generate) => "sglang",
        (Family::Sglang, Route::Triton | Route::Tgi) => "trt",
        (Family::Vllm, Route::Chat) => "openai-chat",
        (Family::Vllm, Route::Completions) if view == View::Vllm084 => "vllm",
        (Family::Vllm, Route::Completions) => "openai",
        (Family::Vllm, Route::Generate) => "sglang",
        (Family::Vllm, Route::Triton) => "tensorrt-llm",
        (Family::Vllm, Route::Tgi) => "tgi",
        (Family::LlmInfraBench, _) => engine.unwrap_or("unknown"),
    };
    name.to_owned()
}

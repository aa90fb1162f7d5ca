//! The arguments that say when requests are sent, what surrounds the load, and
//! how long is waited for what.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Given;

/// When requests are sent.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Load")]
pub(crate) struct LoadArgs {
    /// Measure for so long [default: 30s, without --num-prompts]
    #[arg(long, value_name = "TIME")]
    pub(crate) duration: Option<Given<Duration>>,

    /// Requests in flight: kept there without --request-rate, else the most that are allowed
    /// [default: 8, without --request-rate]
    #[arg(long, visible_alias = "concurrency", value_name = "COUNT")]
    pub(crate) max_concurrency: Option<Given<u32>>,

    /// Requests a second, whatever the server does; `inf` sends all at once, or, with
    /// --max-concurrency, keeps that many in flight
    #[arg(long, value_name = "RATE")]
    pub(crate) request_rate: Option<Given<f64>>,

    /// How evenly requests arrive: 1 is a Poisson process, below it come bursts, `inf` is constant
    /// [default: 1]
    #[arg(long, value_name = "SHAPE")]
    pub(crate) burstiness: Option<Given<f64>>,

    /// Let the rate rise from --ramp-up-start-rps to --ramp-up-end-rps over the run, by equal steps
    /// or by equal factors
    #[arg(long, value_name = "SHAPE", requires_all = ["ramp_up_start_rps", "ramp_up_end_rps"])]
    pub(crate) ramp_up_strategy: Option<RampShape>,

    /// Requests a second at the beginning
    #[arg(long, value_name = "RATE", requires = "ramp_up_strategy")]
    pub(crate) ramp_up_start_rps: Option<Given<f64>>,

    /// Requests a second at the end
    #[arg(long, value_name = "RATE", requires = "ramp_up_strategy")]
    pub(crate) ramp_up_end_rps: Option<Given<f64>>,

    /// Requests sent before anything is measured; 0 for none [default: with --num-prompts none,
    /// else batches until the server has settled, for at most 15 minutes]
    #[arg(long, visible_alias = "num-warmups", value_name = "COUNT")]
    pub(crate) warmup_requests: Option<Given<u32>>,

    /// Wait so long for the server to answer at all; 0 asks once
    #[arg(long, value_name = "SECONDS")]
    pub(crate) ready_check_timeout_sec: Option<Given<u32>>,

    /// Empty the server's prefix cache after the warm-up (SGLang, vLLM in development mode)
    #[arg(long)]
    pub(crate) flush_cache: bool,

    /// Have the server's profiler run during the load (SGLang, vLLM started with a profiler)
    #[arg(long)]
    pub(crate) profile: bool,
}

/// How a rate rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RampShape {
    Linear,
    Exponential,
}

/// How long is waited for what.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "How long to wait")]
pub(crate) struct LimitArgs {
    /// For a connection, TLS included [default: 10s]
    #[arg(long, value_name = "TIME")]
    pub(crate) connect_timeout: Option<Given<Duration>>,

    /// For the first byte of an answer [default: 10m]
    #[arg(long, value_name = "TIME")]
    pub(crate) first_timeout: Option<Given<Duration>>,

    /// For the next byte of an answer [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub(crate) idle_timeout: Option<Given<Duration>>,

    /// For a whole answer [default: 1h]
    #[arg(long, value_name = "TIME")]
    pub(crate) total_timeout: Option<Given<Duration>>,

    /// For the measured requests, once the window has closed; what still runs then is censored
    /// [default: twice the p99 of the warm-up's request times, and at least 60s]
    #[arg(long, value_name = "TIME")]
    pub(crate) drain_limit: Option<Given<Duration>>,
}

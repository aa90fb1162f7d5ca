//! The arguments that say what is measured and how it is spoken to.

use clap::Args;
use tokenometer_core::Address;

use super::Given;

/// What is measured, beside the dialect and the model.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// The server to measure: http://HOST:PORT, https://HOST or unix:PATH; without it, --host and
    /// --port the embedded engine is started and measured
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<Given<Address>>,

    /// The server's host, instead of --base-url
    #[arg(long, value_name = "HOST", conflicts_with = "base_url")]
    pub(crate) host: Option<String>,

    /// The server's port, likewise
    #[arg(long, value_name = "PORT", conflicts_with = "base_url")]
    pub(crate) port: Option<Given<u32>>,

    /// The route of the requests, instead of the backend's own
    #[arg(long, value_name = "PATH")]
    pub(crate) endpoint: Option<String>,

    /// The name under which the server serves the model, where --model names its files
    #[arg(long, value_name = "NAME")]
    pub(crate) served_model_name: Option<String>,

    /// A header of every request, as `NAME: VALUE` or `NAME=VALUE`; may be repeated; its value is
    /// never written down
    #[arg(id = "header", long, value_name = "HEADER", num_args = 1..)]
    pub(crate) headers: Vec<String>,
}

/// How requests are written, beside the prompt and the lengths.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What is sent")]
pub(crate) struct BodyArgs {
    /// The sampling temperature [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) temperature: Option<Given<f64>>,

    /// Sample from the likeliest tokens that make up this probability
    #[arg(long, value_name = "SHARE")]
    pub(crate) top_p: Option<Given<f64>>,

    /// Sample from so many of the likeliest tokens
    #[arg(long, value_name = "COUNT")]
    pub(crate) top_k: Option<Given<i64>>,

    /// Sample from tokens that are at least so likely, as a share of the likeliest
    #[arg(long, value_name = "SHARE")]
    pub(crate) min_p: Option<Given<f64>>,

    /// Penalty on tokens by how often they came already
    #[arg(long, value_name = "NUMBER")]
    pub(crate) frequency_penalty: Option<Given<f64>>,

    /// Penalty on tokens that came already
    #[arg(long, value_name = "NUMBER")]
    pub(crate) presence_penalty: Option<Given<f64>>,

    /// Factor on tokens that came already
    #[arg(long, value_name = "NUMBER")]
    pub(crate) repetition_penalty: Option<Given<f64>>,

    /// Ask for the probabilities of so many tokens at each place
    #[arg(long, value_name = "COUNT")]
    pub(crate) logprobs: Option<Given<u32>>,

    /// Ask for the probability of each token, as SGLang's own route does
    #[arg(long)]
    pub(crate) return_logprob: bool,

    /// Merged into every request's body: a JSON object, or @FILE with one; `null` removes a field
    #[arg(long, visible_alias = "extra-body", value_name = "JSON")]
    pub(crate) extra_request_body: Option<String>,

    /// Ask for whole answers instead of streams; there are no latencies of tokens then
    #[arg(long)]
    pub(crate) disable_stream: bool,
}

//! The arguments of `tokenometer bench`. Where vLLM's `bench serve` and
//! SGLang's `bench_serving` have a flag for the same thing, it has their name.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use tokenometer_core::{Address, Dialect};

use super::Given;

const EXAMPLES: &str = "\
Examples:
  tokenometer bench --duration 5s --warmup-requests 0
      8 requests in flight against the embedded engine, for 5 s
  tokenometer bench --base-url http://localhost:8000 --request-rate 4 --duration 2m
      4 requests a second at random instants (Poisson), whatever the server does
  tokenometer bench --base-url http://localhost:8000 --tokenizer ~/models/llama \\
      --dataset-name random-ids --random-input-len 2048 --random-output-len 256 \\
      --ignore-eos --num-prompts 200 --max-concurrency 32
      200 requests of exactly these lengths, 32 at a time
  tokenometer bench --num-prompts 50 -- --ttft 200ms --gap 20ms --fault error-after:3=0.1
      the embedded engine, slower, and one answer in ten broken off

OPENAI_API_KEY from the environment is sent to --base-url as a bearer token, and never written
down. Ctrl-C ends a run early and keeps what it has; pressed twice, it ends at once.";

/// Measure one target under one load: prints a report, and keeps everything it
/// rests on in a run folder.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, allow_negative_numbers = true)]
pub(crate) struct BenchArgs {
    /// The server to measure: http://HOST:PORT, https://HOST or unix:PATH; without it the embedded
    /// engine is started and measured
    #[arg(long, value_name = "URL", help_heading = "Target")]
    pub(crate) base_url: Option<Given<Address>>,

    /// How requests are written and answers read
    #[arg(
        long,
        value_name = "DIALECT",
        default_value = "openai-completions",
        help_heading = "Target"
    )]
    pub(crate) backend: Backend,

    /// The model to ask for [default: the only one that the server lists]
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub(crate) model: Option<String>,

    /// The model's tokenizer, with which answers are counted after the run: a tokenizer.json, or a
    /// folder that holds one
    #[arg(long, value_name = "PATH", help_heading = "Target")]
    pub(crate) tokenizer: Option<PathBuf>,

    /// A header of every request, as `NAME: VALUE` or `NAME=VALUE`; may be repeated; its value is
    /// never written down
    #[arg(long = "header", value_name = "HEADER", help_heading = "Target")]
    pub(crate) headers: Vec<String>,

    /// Where the prompts come from: text like that of real conversations, token ids drawn at
    /// random, or a file of yours
    #[arg(long, value_name = "DATASET", default_value = "builtin", help_heading = "What is sent")]
    pub(crate) dataset_name: DatasetName,

    /// The file of a custom dataset: one JSON object a line, with `prompt`, `messages` or
    /// `conversations`
    #[arg(long, value_name = "FILE", help_heading = "What is sent")]
    pub(crate) dataset_path: Option<PathBuf>,

    /// Tokens in a prompt of random-ids [default: 1024]
    #[arg(long, value_name = "TOKENS", help_heading = "What is sent")]
    pub(crate) random_input_len: Option<Given<u32>>,

    /// Tokens to generate [default: 128 for random-ids, else each prompt's own length]
    #[arg(long, value_name = "TOKENS", help_heading = "What is sent")]
    pub(crate) random_output_len: Option<Given<u32>>,

    /// How far the lengths of random-ids spread about these: 0.5 draws from half to one and a half
    /// times [default: 0]
    #[arg(long, value_name = "SHARE", help_heading = "What is sent")]
    pub(crate) random_range_ratio: Option<Given<f64>>,

    /// Ask for exactly these lengths, and have the model go on past its own end
    #[arg(long, help_heading = "What is sent")]
    pub(crate) ignore_eos: bool,

    /// The sampling temperature [default: 0]
    #[arg(long, value_name = "NUMBER", help_heading = "What is sent")]
    pub(crate) temperature: Option<Given<f64>>,

    /// Merged into every request's body: a JSON object, or @FILE with one; `null` removes a field
    #[arg(long, value_name = "JSON", help_heading = "What is sent")]
    pub(crate) extra_request_body: Option<String>,

    /// Ask for whole answers instead of streams; there are no latencies of tokens then
    #[arg(long, help_heading = "What is sent")]
    pub(crate) disable_stream: bool,

    /// From which everything random follows: the same seed sends the same bytes
    #[arg(long, value_name = "NUMBER", default_value = "1", help_heading = "What is sent")]
    pub(crate) seed: Given<u64>,

    /// Measure so many requests
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub(crate) num_prompts: Option<Given<u32>>,

    /// Measure for so long [default: 30s, without --num-prompts]
    #[arg(long, value_name = "TIME", help_heading = "Load")]
    pub(crate) duration: Option<Given<Duration>>,

    /// Requests in flight: kept there without --request-rate, else the most that are allowed
    /// [default: 8, without --request-rate]
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub(crate) max_concurrency: Option<Given<u32>>,

    /// Requests a second, whatever the server does; `inf` sends all at once, or, with
    /// --max-concurrency, keeps that many in flight
    #[arg(long, value_name = "RATE", help_heading = "Load")]
    pub(crate) request_rate: Option<Given<f64>>,

    /// How evenly requests arrive: 1 is a Poisson process, below it come bursts, `inf` is constant
    /// [default: 1]
    #[arg(long, value_name = "SHAPE", help_heading = "Load")]
    pub(crate) burstiness: Option<Given<f64>>,

    /// Requests sent before anything is measured; 0 for none [default: with --num-prompts none,
    /// else batches until the server has settled, for at most 15 minutes]
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub(crate) warmup_requests: Option<Given<u32>>,

    /// For a connection, TLS included [default: 10s]
    #[arg(long, value_name = "TIME", help_heading = "How long to wait")]
    pub(crate) connect_timeout: Option<Given<Duration>>,

    /// For the first byte of an answer [default: 10m]
    #[arg(long, value_name = "TIME", help_heading = "How long to wait")]
    pub(crate) first_timeout: Option<Given<Duration>>,

    /// For the next byte of an answer [default: 60s]
    #[arg(long, value_name = "TIME", help_heading = "How long to wait")]
    pub(crate) idle_timeout: Option<Given<Duration>>,

    /// For a whole answer [default: 1h]
    #[arg(long, value_name = "TIME", help_heading = "How long to wait")]
    pub(crate) total_timeout: Option<Given<Duration>>,

    /// For the measured requests, once the window has closed; what still runs then is censored
    /// [default: twice the p99 of the warm-up's request times, and at least 60s]
    #[arg(long, value_name = "TIME", help_heading = "How long to wait")]
    pub(crate) drain_limit: Option<Given<Duration>>,

    /// The run folder to make [default: runs/TIME-NUMBER]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,

    /// Print one JSON object on one line instead of the report
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// What `tokenometer sim` takes, but its address and its processor [default: --ttft
    /// lognormal:40ms:0.25 --gap lognormal:2ms:0.2]
    #[arg(last = true, value_name = "ENGINE ARGUMENTS", help_heading = "Embedded engine")]
    pub(crate) engine: Vec<String>,
}

/// A dialect, as it is chosen on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backend(pub(crate) Dialect);

impl ValueEnum for Backend {
    fn value_variants<'a>() -> &'a [Backend] {
        &[
            Backend(Dialect::OpenaiCompletions),
            Backend(Dialect::OpenaiChat),
            Backend(Dialect::SglangGenerate),
            Backend(Dialect::TritonGenerateStream),
            Backend(Dialect::Tgi),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// Where prompts come from. (What is written at a variant here would become a
/// part of the help, and make all of it twice as long.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatasetName {
    Builtin,
    RandomIds,
    Custom,
}

//! The arguments of `tokenometer dataset`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use tokenometer_core::Address;

use super::{Given, WorkloadArgs};

const FETCH_EXAMPLES: &str = "\
Examples:
  tokenometer dataset fetch sharegpt
      the conversations with which vLLM's and SGLang's tools measure; bench finds them by itself
  tokenometer dataset fetch datasets/ORG/NAME:data/prompts.jsonl --out prompts.jsonl
      any file of a dataset on the hub; of a model's without `datasets/`
  tokenometer dataset fetch --tokenizer Qwen/Qwen3-8B
      a model's tokenizer, into the cache of the Hugging Face libraries

Known words: sharegpt, sonnet. A download that was broken off goes on where it was. HF_ENDPOINT
from the environment is the hub, and HF_TOKEN is told to it alone.";

const SAMPLE_EXAMPLES: &str = "\
Examples:
  tokenometer dataset sample sharegpt --num-prompts 100 --out prompts.jsonl
      100 of the fetched conversations' prompts, for `bench --dataset-name custom`
  tokenometer dataset sample builtin --num-prompts 100 --format llm-infra-bench
      the same out of conversations that this project writes, in that tool's shape";

const SHOW_EXAMPLES: &str = "\
Examples:
  tokenometer dataset show --dataset-name sharegpt --num-prompts 500 --tokenizer ~/models/llama
      how many, how long, and how the first of them begin
  tokenometer dataset show --lengths-only --rules sglang-0.2.14 --dataset-name random \\
      --random-input-len 4096 --random-output-len 2048 --num-prompts 1000
      the lengths that this tool would have drawn

Without --num-prompts there are 1000 requests, or as many as the dataset has; under --rules as many
as that tool takes.";

const MAKE_EXAMPLES: &str = "\
Examples:
  tokenometer dataset make --dataset-name builtin --num-prompts 500 --out work.parquet
  tokenometer bench --dataset-name frozen --dataset-path work.parquet --base-url http://HOST:8000
      freeze a workload, and send the very same requests again, wherever it is copied to
  tokenometer dataset make builtin --num-prompts 2000 --out chats.json
      conversations that this project writes, in ShareGPT's shape, for other tools
  tokenometer dataset make --from-server http://localhost:8000 --out benchmark_dataset.json
      prompts by category, written by a running server, in llm_infra_bench's shape

OPENAI_API_KEY from the environment is sent to --from-server as a bearer token.";

/// What to do with a dataset.
#[derive(Debug, Subcommand)]
pub(crate) enum DatasetCommand {
    /// Bring a data file or a tokenizer onto this machine, and check that it is the right one
    Fetch(FetchArgs),
    /// Take a few prompts out of a file of conversations
    Sample(SampleArgs),
    /// Say what would be sent, without sending it
    Show(Box<ShowArgs>),
    /// Freeze what would be sent, or have prompts written
    Make(Box<MakeArgs>),
}

/// Bring a data file or a tokenizer onto this machine, and check that it is the
/// right one. Prints where it lies.
#[derive(Debug, Args)]
#[command(after_help = FETCH_EXAMPLES)]
pub(crate) struct FetchArgs {
    /// What: a URL, ORG/NAME:PATH or datasets/ORG/NAME:PATH on the hub, or a known word
    #[arg(value_name = "WHAT", required_unless_present = "tokenizer")]
    pub(crate) what: Option<String>,

    /// The tokenizer of a model on the hub instead: ORG/NAME
    #[arg(long, value_name = "NAME", conflicts_with_all = ["what", "out", "sha256"])]
    pub(crate) tokenizer: Option<String>,

    /// Where it is to lie [default: our folder below XDG_DATA_HOME or ~/.local/share]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// The SHA-256 that it must have [default: what is known of a known word, or what the hub says]
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Option<String>,

    /// The branch, tag or commit on the hub [default: main, or the one known of a known word]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,

    /// Print one JSON object on one line instead of the path
    #[arg(long)]
    pub(crate) json: bool,
}

/// Take a few prompts out of a file of conversations in ShareGPT's shape: those
/// that begin with a person's prompt of 50 to 8000 characters, as
/// llm_infra_bench takes them, but the same ones for the same seed.
#[derive(Debug, Args)]
#[command(after_help = SAMPLE_EXAMPLES)]
pub(crate) struct SampleArgs {
    /// The file, a known word that was fetched, or `builtin` for conversations that this project
    /// writes
    #[arg(value_name = "FILE")]
    pub(crate) file: String,

    /// How many
    #[arg(long, value_name = "COUNT", default_value = "100")]
    pub(crate) num_prompts: Given<u32>,

    /// From which the choice follows
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub(crate) seed: Given<u64>,

    /// The file to write [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Its shape: one JSON object a line, a list of conversations, or llm_infra_bench's list
    #[arg(long, value_name = "FORMAT", default_value = "custom")]
    pub(crate) format: SampleFormatName,

    /// The most tokens of an answer, where the shape says it
    #[arg(long, value_name = "TOKENS", default_value = "1024")]
    pub(crate) output_len: Given<u32>,
}

/// The shape of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SampleFormatName {
    Custom,
    Sharegpt,
    LlmInfraBench,
}

/// Say what would be sent, without sending it: how many requests, how long, and
/// how the first of them begin.
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES, allow_negative_numbers = true)]
pub(crate) struct ShowArgs {
    /// Draw the lengths and make no prompts, which needs no data file and no tokenizer where they
    /// are drawn apart
    #[arg(long)]
    pub(crate) lengths_only: bool,

    /// Print one JSON object on one line instead of the table
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) workload: WorkloadArgs,
}

/// Freeze what would be sent, with its SHA-256, so that the very same can be
/// sent again; or have prompts written.
#[derive(Debug, Args)]
#[command(after_help = MAKE_EXAMPLES, allow_negative_numbers = true)]
pub(crate) struct MakeArgs {
    /// Conversations that this project writes, instead of a workload
    #[arg(value_name = "builtin", conflicts_with = "from_server")]
    pub(crate) what: Option<MakeWhat>,

    /// The file to make
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Its shape: a frozen workload, the lines of a custom dataset, a list of conversations, or
    /// llm_infra_bench's list of prompts [default: parquet of a workload, sharegpt of `builtin`,
    /// llm-infra-bench from a server]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<MakeFormatName>,

    /// Have this server write prompts by category, instead of making a workload
    #[arg(long, value_name = "URL", help_heading = "Prompts written by a server")]
    pub(crate) from_server: Option<Given<Address>>,

    /// Of which categories, separated by commas: coding, reasoning, creative_writing,
    /// summarization, json_extraction, math, question_answering, translation, code_debugging
    /// [default: all]
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        requires = "from_server",
        help_heading = "Prompts written by a server"
    )]
    pub(crate) categories: Vec<String>,

    /// How many of each category [default: 2]
    #[arg(
        long,
        value_name = "COUNT",
        requires = "from_server",
        help_heading = "Prompts written by a server"
    )]
    pub(crate) per_category: Option<Given<u32>>,

    /// Print one JSON object on one line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) workload: WorkloadArgs,
}

/// What is made instead of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MakeWhat {
    Builtin,
}

/// The shape of what is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MakeFormatName {
    Parquet,
    Custom,
    Sharegpt,
    LlmInfraBench,
}

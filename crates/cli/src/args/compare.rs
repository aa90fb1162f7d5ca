//! The arguments of `tokenometer compare`.

use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  tokenometer compare runs/monday runs/tuesday
      what each metric was in both, by how much they lie apart, and what differed besides
  tokenometer compare runs/study:base runs/study:new --fail-if-slower 3%
      end with 1 if an arm of a study is surely more than 3 % slower than another
  tokenometer compare before.json after.json --fail-if-slower 10% --numbers-only
      two results of vllm bench serve, one value each

Runs that were not one study differ for reasons that no interval knows: nothing is called better
or worse. With --fail-if-slower: 0 every limit is surely kept, 1 one is surely crossed, 4 it can't
be said. docs/compare.md has the rules, and a GitHub workflow.";

/// Put runs beside one another: run folders, and result files of vLLM's and
/// SGLang's own tools. The first is the reference of all others.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// The reference, and then what is compared with it: run folders, or one arm of it as
    /// FOLDER:ARM, and result files, or one line of it as FILE:LINE
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    pub(crate) sides: Vec<String>,

    /// Only this metric, as `primary` in a study writes it: output_throughput, ttft_p50 …; may be
    /// repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Vec<String>,

    /// Only this scenario of the reference's; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Vec<String>,

    /// End with 1 if a metric is surely worse than the reference's by more than this
    #[arg(long, value_name = "PERCENT", help_heading = "Regressions")]
    pub(crate) fail_if_slower: Option<String>,

    /// Where there is no interval, hold the plain ratio against that limit
    #[arg(long, requires = "fail_if_slower", help_heading = "Regressions")]
    pub(crate) numbers_only: bool,

    /// In which form: a page to read, or one JSON object on one line
    #[arg(long, value_name = "FORMAT", default_value = "console")]
    pub(crate) format: CompareFormat,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// The form of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    Console,
    Json,
}

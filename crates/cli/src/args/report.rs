//! The arguments of `tokenometer report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Given, ViewName};

/// Print the report of a run again, from its folder alone: the same numbers,
/// whenever it is asked for.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run folder
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,

    /// In which form: a page to read, one JSON object a trial, each on one line, or, of a --view, a
    /// table
    #[arg(long, value_name = "FORMAT", default_value = "console")]
    pub(crate) format: Format,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Of a study, the report of every trial instead of its tables
    #[arg(long)]
    pub(crate) trials: bool,

    /// Print instead what another tool would have printed of the same run
    #[arg(long, value_name = "TOOL", help_heading = "Another tool's view")]
    pub(crate) view: Option<ViewName>,

    /// Say of each of that tool's figures why it differs from ours
    #[arg(long, help_heading = "Another tool's view")]
    pub(crate) explain: bool,

    /// Write there the files that it would have written, under their names
    #[arg(long, value_name = "DIR", help_heading = "Another tool's view")]
    pub(crate) out: Option<PathBuf>,

    /// With each request's lengths, times and text in its JSON
    #[arg(long, visible_alias = "output-details", help_heading = "Another tool's view")]
    pub(crate) save_detailed: bool,

    /// Which metrics vLLM's tools describe, of ttft, tpot, itl, e2el [default: as in the run]
    #[arg(
        long,
        value_name = "METRICS",
        value_delimiter = ',',
        help_heading = "Another tool's view"
    )]
    pub(crate) percentile_metrics: Option<Vec<String>>,

    /// At which percentiles [default: as in the run]
    #[arg(
        long,
        value_name = "PERCENTS",
        value_delimiter = ',',
        help_heading = "Another tool's view"
    )]
    pub(crate) metric_percentiles: Option<Vec<Given<f64>>>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Console,
    Json,
    Csv,
}

//! The arguments of `tokenometer report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Given, ViewName};

const EXAMPLES: &str = "\
Examples:
  tokenometer report runs/monday
      the page that the run printed at its end
  tokenometer report runs/monday --format html --out report.html
      one file to send: verdict, tables, charts, every trial down to single requests
  tokenometer report runs/monday --format markdown
      for a README or an issue
  tokenometer report runs/monday --plots plots
      every chart as SVG and PNG
  tokenometer report runs/monday --view vllm-0.33
      what another tool would have printed

docs/report.md has all forms, the columns of the tables and the rules of the findings.";

/// Show a run again, from its folder alone: the same numbers and the same words, whenever
/// they are asked for.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// The run folder
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,

    /// In which form [default: console]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Write it to this file instead of stdout; of a --view or an --export, the folder for its
    /// files
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,

    /// Of a study, the report of every trial instead of its tables
    #[arg(long)]
    pub(crate) trials: bool,

    /// Write every chart into this folder, as SVG and PNG
    #[arg(long, value_name = "DIR")]
    pub(crate) plots: Option<PathBuf>,

    /// Write the files of another tool into the folder --out, in its own layout
    #[arg(long, value_name = "TOOL")]
    pub(crate) export: Option<ExportName>,

    /// Print instead what another tool would have printed of the same run
    #[arg(long, value_name = "TOOL", help_heading = "Another tool's view")]
    pub(crate) view: Option<ViewName>,

    /// Say of each of that tool's figures why it differs from ours
    #[arg(long, help_heading = "Another tool's view")]
    pub(crate) explain: bool,

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
    /// A page for the terminal
    Console,
    /// One file that loads nothing, with charts to zoom into
    Html,
    /// For a README: the verdict, findings, tables, the set-up
    Markdown,
    /// A table with a row a value; of a --view, its figures
    Csv,
    /// A table with a row a trial
    CsvWide,
    /// One object on one line; of a bench or a --view, one a trial
    Json,
}

/// Another tool in whose files a run can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportName {
    /// Its folders `results/ENGINE/MODEL-concurrency-N`
    LlmInfraBench,
}

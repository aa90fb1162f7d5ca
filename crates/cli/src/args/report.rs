//! The arguments of `tokenometer report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Print the report of a run again, from its folder alone: the same numbers,
/// whenever it is asked for.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run folder
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,

    /// In which form: a page to read, or one JSON object a trial, each on one line
    #[arg(long, value_name = "FORMAT", default_value = "console")]
    pub(crate) format: Format,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Console,
    Json,
}

//! The arguments of `tokenometer run`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  tokenometer run studies/quickstart.yaml --dry-run
      say what would be measured, in which order and for how long
  tokenometer run studies/quickstart.yaml
      measure it, into a new folder below runs/
  tokenometer run study.yaml --out runs/monday --resume
      go on where that run was broken off, or begin it

A study is described in docs/studies.md; schemas/study.schema.json lets an editor complete it.";

/// Carry out a study: every arm under every scenario, in blocks. All mistakes in
/// the study are told before anything starts.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    /// The study: a YAML file
    #[arg(value_name = "STUDY.yaml")]
    pub(crate) study: PathBuf,

    /// Where the run folder is made, or is [default: a new one below runs/]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Go on with the run in --out, if it was broken off; what has its numbers keeps them
    #[arg(long, requires = "out")]
    pub(crate) resume: bool,

    /// Say what would be measured, in which order and for how long, and start nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

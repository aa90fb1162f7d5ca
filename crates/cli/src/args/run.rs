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
  tokenometer run study.yaml --rehearse --machine h100x8 --price-per-gpu-hour 2.5
      try it out on simulated engines within a minute, and say what it would take

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

    /// Play every arm by a simulation of its machine and model, with few requests and short
    /// answers, and say what the study itself would take; with --dry-run say only that
    #[arg(long)]
    pub(crate) rehearse: bool,

    /// The machine of arms that name none in a rehearsal, with its number of GPUs where that
    /// doesn't follow from an arm's options
    #[arg(long, value_name = "NAME[xGPUS]", requires = "rehearse")]
    pub(crate) machine: Option<String>,

    /// What an hour of a GPU costs, instead of the study's own prices
    #[arg(long, value_name = "AMOUNT", requires = "rehearse")]
    pub(crate) price_per_gpu_hour: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

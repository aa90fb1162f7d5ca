//! The command line as it was typed. Parsing has no side effect and judges no
//! value: what the values mean, and which can't be meant together, is settled
//! in `settings`, so that all mistakes are told at once.

mod bench;
mod compare;
mod dataset;
mod doctor;
mod engines;
mod given;
mod load;
mod model;
mod output;
mod report;
mod run;
mod sim;
mod spelling;
mod target;
mod workload;

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use bench::BenchArgs;
pub(crate) use compare::{CompareArgs, CompareFormat};
pub(crate) use dataset::{
    DatasetCommand, FetchArgs, MakeArgs, MakeFormatName, SampleArgs, SampleFormatName, ShowArgs,
};
pub(crate) use doctor::DoctorArgs;
pub(crate) use engines::EnginesArgs;
pub(crate) use given::{Given, Ratios};
pub(crate) use load::{LimitArgs, LoadArgs, RampShape};
pub(crate) use model::{MakeModelArgs, ModelCommand};
pub(crate) use output::{OutputArgs, ViewName};
pub(crate) use report::{Format, ReportArgs};
pub(crate) use run::RunArgs;
pub(crate) use sim::{SimArgs, SimOnly, SimulatedArgs};
use spelling::{Respelt, respell};
pub(crate) use target::{BodyArgs, TargetArgs};
pub(crate) use workload::{DatasetArgs, DatasetName, GroupDistributionName, WorkloadArgs};

use crate::failure::Mistake;

/// The widest that help gets, in columns.
const WIDTH: usize = 100;

const EXAMPLES: &str = "\
Examples:
  tokenometer bench --duration 5s --warmup-requests 0
      try everything out, against the embedded engine
  tokenometer bench --base-url http://localhost:8000 --max-concurrency 16
      measure a running server for 30 s with 16 requests in flight
  tokenometer run studies/quickstart.yaml
      carry out a study: two arms of the embedded engine, three blocks
  tokenometer report runs/2026-08-12T103107Z-3f2a
      print the report of a run again
  tokenometer doctor
      see how exactly this machine can measure

stdout is data, stderr is for people. Exit codes: 0 done, 1 a limit that was set is crossed,
2 usage or configuration, 3 target or engine failed, 4 trial invalid or runs not comparable,
5 interrupted (partial results written), 70 a bug of ours.";

/// The version, and what exactly was built where the build said it.
static VERSION: LazyLock<String> = LazyLock::new(|| match option_env!("TOKENOMETER_BUILD") {
    Some(build) => format!("{} ({build})", env!("CARGO_PKG_VERSION")),
    None => env!("CARGO_PKG_VERSION").to_owned(),
});

/// Measures servers of language models, and says how far its numbers can be
/// trusted.
#[derive(Debug, Parser)]
#[command(
    name = "tokenometer",
    version = VERSION.as_str(),
    max_term_width = WIDTH,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A command line, parsed.
#[derive(Debug)]
pub(crate) struct Said {
    /// What to do.
    pub(crate) command: Command,
    /// The flags that were given, without the dashes before them.
    pub(crate) given: Vec<String>,
    /// What was wrong with their spelling.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Parses a command line.
///
/// # Errors
///
/// What clap has to say of it, which may be the help that was asked for.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Said, clap::Error> {
    let Respelt { arguments, mistakes } = respell(arguments);
    let matches = Cli::command().try_get_matches_from(arguments)?;
    let given = matches.subcommand().map(|(_, matches)| given(matches)).unwrap_or_default();
    let command = Cli::from_arg_matches(&matches)?.command;
    Ok(Said { command, given, mistakes })
}

/// The flags of a command, and of the command below it, that were typed.
fn given(matches: &ArgMatches) -> Vec<String> {
    let typed = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    // Clap counts the structures that arguments are grouped in among them.
    let is_flag = |id: &&str| id.starts_with(char::is_lowercase);
    let ids = matches.ids().map(clap::Id::as_str).filter(is_flag);
    let own = ids.filter(typed).map(|id| id.replace('_', "-"));
    let below = matches.subcommand().map(|(_, below)| given(below)).unwrap_or_default();
    own.chain(below).collect()
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Carry out a study of several engines, block by block
    Run(RunArgs),
    /// Measure one target under one load
    Bench(Box<BenchArgs>),
    /// Put runs beside one another, and hold them against a limit
    Compare(CompareArgs),
    /// Print the report of a run again, from its folder alone
    Report(ReportArgs),
    /// Fetch, sample, show or freeze what is sent
    #[command(subcommand)]
    Dataset(DatasetCommand),
    /// Make a tiny model, to try engines with
    #[command(subcommand)]
    Model(ModelCommand),
    /// Serve the embedded engine, which keeps to a script or simulates a machine
    Sim(Box<SimArgs>),
    /// List the engines, and in which ways each can be had on this machine
    Engines(EnginesArgs),
    /// Say how exactly this machine can measure, and what would help
    Doctor(DoctorArgs),
    /// Stand between tokenometer and an engine, and end it whatever happens
    #[command(hide = true)]
    Keep,
}

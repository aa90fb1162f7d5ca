//! The arguments that say what is shown and what is written.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValue;
use tokenometer_report::View;

/// What is shown and written.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// The run folder to make [default: runs/TIME-NUMBER]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Print one JSON object on one line instead of the report
    #[arg(long)]
    pub(crate) json: bool,

    /// Print as well what another tool would have printed of the same run [default: the tool of
    /// --rules]
    #[arg(long, value_name = "TOOL")]
    pub(crate) view: Option<ViewName>,

    /// Say of each of the other tool's figures why it differs from ours
    #[arg(long)]
    pub(crate) explain: bool,

    /// Write the file of results that the other tool would have written, under its name: vLLM's
    #[arg(long)]
    pub(crate) save_result: bool,

    /// With each request's lengths, times and text in it
    #[arg(long, visible_alias = "output-details")]
    pub(crate) save_detailed: bool,

    /// Append to that file, a line a run
    #[arg(long)]
    pub(crate) append_result: bool,

    /// The folder for that file [default: the current one]
    #[arg(long, value_name = "DIR")]
    pub(crate) result_dir: Option<PathBuf>,

    /// Its name
    #[arg(long, value_name = "FILE")]
    pub(crate) result_filename: Option<PathBuf>,

    /// The file that SGLang's tool would have appended its results to
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,

    /// Written into the results, for whoever reads them
    #[arg(long, value_name = "TEXT")]
    pub(crate) tag: Option<String>,

    /// Stands for the backend in vLLM's results
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,

    /// KEY=VALUE, written into vLLM's results; may be repeated
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub(crate) metadata: Vec<String>,

    /// Which metrics vLLM's view describes, of ttft, tpot, itl, e2el
    #[arg(long, value_name = "METRICS", value_delimiter = ',')]
    pub(crate) percentile_metrics: Option<Vec<String>>,

    /// At which percentiles [default: 99]
    #[arg(long, value_name = "PERCENTS", value_delimiter = ',')]
    pub(crate) metric_percentiles: Option<Vec<String>>,

    /// What every request should meet, as METRIC:MILLISECONDS, of ttft, tpot, e2el: counted as
    /// goodput
    #[arg(long, value_name = "METRIC:MS", num_args = 1..)]
    pub(crate) goodput: Vec<String>,

    /// Show no progress
    #[arg(long)]
    pub(crate) disable_tqdm: bool,
}

/// A view, as it is chosen on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewName(pub(crate) View);

impl clap::ValueEnum for ViewName {
    fn value_variants<'a>() -> &'a [ViewName] {
        const ALL: [ViewName; View::ALL.len()] = {
            let mut all = [ViewName(View::ALL[0]); View::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = ViewName(View::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

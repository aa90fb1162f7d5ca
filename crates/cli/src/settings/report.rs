//! What is to be reported, and in which form.

use std::path::PathBuf;

use tokenometer_report::{View, ViewOptions};

use super::Mistakes;
use crate::args::{Format, Given, ReportArgs};
use crate::failure::Mistake;

/// The metrics that vLLM's tools know.
const METRICS: [&str; 6] =
    ["ttft", "tpot", "itl", "e2el", "client_queue_time", "e2el_including_client_queue"];

/// What is to be reported.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The run folder.
    pub(crate) run: PathBuf,
    /// What is shown of it, and where; absent where only files beside it are asked for.
    pub(crate) shown: Option<ShownAs>,
    /// The folder for its pictures, where they are asked for.
    pub(crate) plots: Option<PathBuf>,
    /// The folder for the files of `llm_infra_bench`, likewise.
    pub(crate) export: Option<PathBuf>,
}

/// In which form a run is shown.
#[derive(Clone, Debug)]
pub(crate) struct ShownAs {
    pub(crate) format: Format,
    /// Whether every trial of a study is shown, rather than the study.
    pub(crate) trials: bool,
    /// Another tool's view, instead of our report.
    pub(crate) view: Option<Viewed>,
    /// The file that it is written to, where it isn't printed.
    pub(crate) out: Option<PathBuf>,
}

/// Which view, and what of it.
#[derive(Clone, Debug)]
pub(crate) struct Viewed {
    pub(crate) view: View,
    pub(crate) options: ViewOptions,
    /// Whether to say why its figures differ from ours.
    pub(crate) explain: bool,
    /// Where its files are written, if they are.
    pub(crate) out: Option<PathBuf>,
}

/// What is to be reported.
pub(crate) fn report(args: ReportArgs) -> Result<Report, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let asked = if args.json { Some(Format::Json) } else { args.format };
    let format = asked.unwrap_or(Format::Console);
    combinations(&args, asked, &mut mistakes);
    let options = ViewOptions {
        details: args.save_detailed,
        append: false,
        percentile_metrics: metrics(args.percentile_metrics, &mut mistakes),
        percentiles: percentiles(args.metric_percentiles, &mut mistakes),
    };
    let only_files = args.plots.is_some() || args.export.is_some();
    let is_shown = asked.is_some() || args.trials || args.view.is_some() || !only_files;
    let export = args.export.and(args.out.clone());
    // One path for three things: who asks for two of them is told so.
    let (of_view, of_form) = match (args.view.is_some(), args.export.is_some()) {
        (true, _) => (args.out, None),
        (false, true) => (None, None),
        (false, false) => (None, args.out),
    };
    let view =
        args.view.map(|name| Viewed { view: name.0, options, explain: args.explain, out: of_view });
    let shown = is_shown.then_some(ShownAs { format, trials: args.trials, view, out: of_form });
    mistakes.or(Report { run: args.run, shown, plots: args.plots, export })
}

/// Finds what can't be meant together.
fn combinations(args: &ReportArgs, asked: Option<Format>, mistakes: &mut Mistakes) {
    let format = asked.unwrap_or(Format::Console);
    let needs_view = [
        ("--explain", args.explain),
        ("--save-detailed", args.save_detailed),
        ("--percentile-metrics", args.percentile_metrics.is_some()),
        ("--metric-percentiles", args.metric_percentiles.is_some()),
    ];
    for (flag, _) in needs_view.into_iter().filter(|(_, given)| *given && args.view.is_none()) {
        mistakes.add(
            flag,
            "it shapes what another tool shows, and none is chosen",
            "choose one with --view, as in --view vllm-0.33",
        );
    }
    if args.explain && format != Format::Console {
        mistakes.add(
            "--explain",
            "it is a table for people, and a program is to read this",
            "leave out --format, or --explain",
        );
    }
    of_forms(args, format, mistakes);
    of_files(args, asked, mistakes);
}

/// What can't be meant of a view, and of every trial.
fn of_forms(args: &ReportArgs, format: Format, mistakes: &mut Mistakes) {
    if args.view.is_some() && matches!(format, Format::Html | Format::Markdown | Format::CsvWide) {
        mistakes.add(
            "--format with --view",
            "another tool has a page, an object and a table, and nothing else",
            "choose of console, json and csv",
        );
    }
    if args.trials && args.view.is_some() {
        mistakes.add("--trials", "another tool's view is of every trial anyhow", "leave it out");
    } else if args.trials && !matches!(format, Format::Console | Format::Json) {
        mistakes.add(
            "--trials",
            "every other form holds every trial anyhow",
            "leave it out, or choose of --format console and json",
        );
    }
}

/// What can't be meant of the files beside a report.
fn of_files(args: &ReportArgs, asked: Option<Format>, mistakes: &mut Mistakes) {
    if args.export.is_none() {
        if args.plots.is_some() && args.out.is_some() && asked.is_none() && args.view.is_none() {
            mistakes.add(
                "--out with --plots",
                "the pictures lie in the folder that --plots names",
                "leave out --out, or say with --format what is to be written there",
            );
        }
        return;
    }
    if args.out.is_none() {
        mistakes.add(
            "--export",
            "it doesn't say where the files are to lie",
            "name a folder, as in --out exported",
        );
    }
    if asked.is_some() || args.trials || args.view.is_some() {
        mistakes.add(
            "--export",
            "--out is its folder, and can't be that of another form as well",
            "ask for the two one after the other",
        );
    }
}

fn metrics(names: Option<Vec<String>>, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    for name in names.iter().flatten() {
        if !METRICS.contains(&name.as_str()) {
            mistakes.add(
                format_args!("--percentile-metrics {name}"),
                "there is no such metric",
                "choose of ttft, tpot, itl, e2el",
            );
        }
    }
    names
}

fn percentiles(given: Option<Vec<Given<f64>>>, mistakes: &mut Mistakes) -> Option<Vec<f64>> {
    let flag = "--metric-percentiles";
    let numbers = given?.into_iter().filter_map(|one| {
        let text = one.text.clone();
        let number = mistakes.take(flag, Some(one))?;
        if !(0.0..=100.0).contains(&number) {
            mistakes.add(
                format_args!("{flag} {text}"),
                "a percentile is a number from 0 to 100",
                "write it as in --metric-percentiles 50,90,99",
            );
        }
        Some(number)
    });
    Some(numbers.collect())
}

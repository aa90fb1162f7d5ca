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
    /// Whether to report every trial of a study, rather than the study.
    pub(crate) trials: bool,
    /// A page, JSON, or a table.
    pub(crate) format: Format,
    /// Another tool's view, instead of our report.
    pub(crate) view: Option<Viewed>,
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
    let format = if args.json { Format::Json } else { args.format };
    let needs_view = [
        ("--explain", args.explain),
        ("--out", args.out.is_some()),
        ("--save-detailed", args.save_detailed),
        ("--percentile-metrics", args.percentile_metrics.is_some()),
        ("--metric-percentiles", args.metric_percentiles.is_some()),
        ("--format csv", format == Format::Csv),
    ];
    for (flag, given) in needs_view {
        if given && args.view.is_none() {
            mistakes.add(
                flag,
                "it shapes what another tool shows, and none is chosen",
                "choose one with --view, as in --view vllm-0.33",
            );
        }
    }
    if args.explain && format != Format::Console {
        mistakes.add(
            "--explain",
            "it is a table for people, and a program is to read this",
            "leave out --format, or --explain",
        );
    }
    let options = ViewOptions {
        details: args.save_detailed,
        append: false,
        percentile_metrics: metrics(args.percentile_metrics, &mut mistakes),
        percentiles: percentiles(args.metric_percentiles, &mut mistakes),
    };
    let view = args.view.map(|name| Viewed {
        view: name.0,
        options,
        explain: args.explain,
        out: args.out,
    });
    if args.trials && args.view.is_some() {
        mistakes.add("--trials", "another tool's view is of every trial anyhow", "leave it out");
    }
    mistakes.or(Report { run: args.run, trials: args.trials, format, view })
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

//! What is shown and written beside the run folder, and the words in which it
//! was asked for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tokenometer_core::metric::Objectives;
use tokenometer_report::View;
use tokenometer_results::{Invocation, RampUp};
use tokenometer_workload::{DatasetSettings, Extent, Pattern, Ramp, WorkloadSettings};

use super::Mistakes;
use super::backend::rules;
use super::workload::dataset_name;
use crate::args::BenchArgs;
use crate::rules::{ALL_PROMPTS, Backend, Customs};

/// What is shown and written of a bench.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// One line of JSON instead of the report.
    pub(crate) json: bool,
    /// Another tool's view, beside our report.
    pub(crate) view: Option<View>,
    /// Whether to say why its figures differ from ours.
    pub(crate) explain: bool,
    /// Its file of results, where one is to be written.
    pub(crate) results: Option<ResultFile>,
    /// Whether the progress is shown.
    pub(crate) progress: bool,
}

/// Where and how another tool's file of results is written.
#[derive(Clone, Debug)]
pub(crate) struct ResultFile {
    /// The folder; the current one if none is named.
    pub(crate) folder: Option<PathBuf>,
    /// The name; the tool's own if none is given.
    pub(crate) name: Option<PathBuf>,
    /// Whether a line is appended, where the tool would write a new file.
    pub(crate) append: bool,
    /// Whether each request's figures stand in it.
    pub(crate) detailed: bool,
}

/// What is shown and written.
pub(super) fn shown(args: &BenchArgs, mistakes: &mut Mistakes) -> Shown {
    let output = &args.output;
    let view = match output.view {
        Some(name) => Some(name.0),
        None => rules(&args.workload).and_then(View::of_rules),
    };
    let results = (output.save_result || output.append_result || output.output_file.is_some())
        .then(|| ResultFile {
            folder: output.result_dir.clone(),
            name: output.output_file.clone().or_else(|| output.result_filename.clone()),
            append: output.append_result,
            detailed: output.save_detailed,
        });
    let needs_view = [
        ("--explain", output.explain),
        ("--save-result", output.save_result),
        ("--append-result", output.append_result),
        ("--output-file", output.output_file.is_some()),
        ("--percentile-metrics", output.percentile_metrics.is_some()),
        ("--metric-percentiles", output.metric_percentiles.is_some()),
        ("--label", output.label.is_some()),
        ("--metadata", !output.metadata.is_empty()),
    ];
    for (flag, given) in needs_view {
        if given && view.is_none() {
            mistakes.add(
                flag,
                "it shapes what another tool shows, and none is chosen",
                "choose one with --view, as in --view vllm-0.33",
            );
        }
    }
    let needs_file = [
        ("--save-detailed", output.save_detailed),
        ("--result-dir", output.result_dir.is_some()),
        ("--result-filename", output.result_filename.is_some()),
    ];
    for (flag, given) in needs_file {
        if given && results.is_none() {
            mistakes.add(
                flag,
                "it shapes a file that isn't written",
                "add --save-result, or --output-file",
            );
        }
    }
    if output.explain && output.json {
        mistakes.add(
            "--explain with --json",
            "the explanation is a table to be read, and no JSON",
            "leave out --json, or see it with `tokenometer report RUN --view TOOL --explain`",
        );
    }
    if output.output_file.is_some() && output.result_filename.is_some() {
        mistakes.add(
            "--output-file with --result-filename",
            "both name the same file",
            "leave one of them out",
        );
    }
    Shown {
        json: output.json,
        view,
        explain: output.explain,
        results,
        progress: !output.disable_tqdm,
    }
}

/// What every request should meet.
pub(super) fn objectives(args: &BenchArgs, mistakes: &mut Mistakes) -> Objectives {
    let mut objectives = Objectives::default();
    for (metric, limit) in goodput(args, mistakes) {
        let limit = Some(Duration::from_secs_f64(limit / 1e3));
        match metric.as_str() {
            "ttft" => objectives.ttft = limit,
            "tpot" => objectives.tpot = limit,
            _ => objectives.e2e = limit,
        }
    }
    objectives
}

/// `--goodput`: milliseconds by metric.
fn goodput(args: &BenchArgs, mistakes: &mut Mistakes) -> BTreeMap<String, f64> {
    let mut read = BTreeMap::new();
    for text in &args.output.goodput {
        let parts = text.split_once([':', '=']);
        let limit = parts.and_then(|(_, limit)| limit.parse::<f64>().ok());
        match (parts, limit) {
            (Some((metric @ ("ttft" | "tpot" | "e2el"), _)), Some(limit))
                if limit.is_finite() && limit >= 0.0 =>
            {
                read.insert(metric.to_owned(), limit);
            }
            _ => mistakes.add(
                format_args!("--goodput {text}"),
                "an objective is ttft, tpot or e2el, a colon, and milliseconds",
                "write it as in --goodput ttft:500 tpot:50",
            ),
        }
    }
    read
}

/// `--metadata`: words by key, in the order given.
fn metadata(args: &BenchArgs, mistakes: &mut Mistakes) -> Vec<(String, String)> {
    let read = |text: &String| match text.split_once('=') {
        Some((key, value)) => Some((key.trim().to_owned(), value.trim().to_owned())),
        None => {
            mistakes.add(
                format_args!("--metadata {text}"),
                "it has no `=`",
                "write it as KEY=VALUE",
            );
            None
        }
    };
    args.output.metadata.iter().filter_map(read).collect()
}

/// `--metric-percentiles`: numbers from 0 to 100.
fn percentiles(args: &BenchArgs, mistakes: &mut Mistakes) -> Option<Vec<f64>> {
    let texts = args.output.metric_percentiles.as_ref()?;
    let read = |text: &String| match text.trim().parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Some(percent),
        _ => {
            mistakes.add(
                format_args!("--metric-percentiles {text}"),
                "a percentile is a number from 0 to 100",
                "write it as in --metric-percentiles 50,90,99",
            );
            None
        }
    };
    Some(texts.iter().filter_map(read).collect())
}

/// `--percentile-metrics`: names that vLLM's tool knows.
fn percentile_metrics(args: &BenchArgs, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    let names = args.output.percentile_metrics.clone()?;
    for name in &names {
        if !["ttft", "tpot", "itl", "e2el"].contains(&name.as_str()) {
            mistakes.add(
                format_args!("--percentile-metrics {name}"),
                "there is no such metric",
                "choose of ttft, tpot, itl, e2el",
            );
        }
    }
    Some(names)
}

/// What was asked for, as other tools write it beside their numbers.
pub(super) fn invocation(
    args: &BenchArgs,
    backend: Backend,
    workload: &WorkloadSettings,
    load: (Pattern, Extent),
    mistakes: &mut Mistakes,
) -> Invocation {
    let (pattern, extent) = load;
    let customs = Customs::of(rules(&args.workload));
    let lengths = match &workload.dataset {
        DatasetSettings::Random(random) | DatasetSettings::RandomIds(random) => {
            (random.input_tokens, random.output_tokens, random.input_ratio)
        }
        _ => (customs.input_tokens, customs.output_tokens, customs.range_ratio),
    };
    let (rate, burstiness, cap) = match pattern {
        Pattern::Closed { concurrency } => (f64::INFINITY, 1.0, Some(concurrency)),
        Pattern::Open { rate, burstiness, cap } => (rate, burstiness, cap),
        Pattern::Ramp(Ramp { burstiness, cap, .. }) => (f64::INFINITY, burstiness, cap),
    };
    let finite = |number: f64| number.is_finite().then_some(number);
    Invocation {
        rules: rules(&args.workload),
        backend: backend.name.to_owned(),
        dataset_name: dataset_name(&args.workload).name(),
        dataset_path: args.workload.dataset_path.as_ref().map(|path| path.display().to_string()),
        tokenizer: args.workload.tokenizer.clone(),
        num_prompts: match extent {
            Extent::Requests(ALL_PROMPTS) | Extent::Duration(_) => None,
            Extent::Requests(count) => Some(count.into()),
        },
        request_rate: finite(rate),
        burstiness: finite(burstiness),
        max_concurrency: cap,
        sharegpt_output_len: mistakes
            .take("--sharegpt-output-len", args.workload.datasets.sharegpt_output_len.clone()),
        random_input_len: Some(lengths.0),
        random_output_len: Some(lengths.1),
        random_range_ratio: Some(lengths.2),
        ramp_up: match pattern {
            Pattern::Ramp(ramp) => Some(RampUp {
                strategy: ramp.shape.name().to_owned(),
                start_rps: ramp.from,
                end_rps: ramp.to,
            }),
            _ => None,
        },
        tag: args.output.tag.clone(),
        label: args.output.label.clone(),
        metadata: metadata(args, mistakes),
        goodput: goodput(args, &mut Mistakes::default()),
        percentile_metrics: percentile_metrics(args, mistakes),
        metric_percentiles: percentiles(args, mistakes),
    }
}

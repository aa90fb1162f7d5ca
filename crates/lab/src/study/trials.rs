//! What a trial of a cell on an arm is told.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use tokenometer_core::Rules;
use tokenometer_core::metric::Objectives;
use tokenometer_engine::profile::Profile;
use tokenometer_load::{Limits, Rendering, Wording};
use tokenometer_results::{Invocation, RampUp};
use tokenometer_workload::{DatasetSettings, Extent, Pattern, Ramp, WorkloadSettings};

use super::arms::PlannedArm;
use super::cells::Cell;
use super::found::Found;
use super::grammar::Study;
use super::sent::Sent;
use super::{World, grammar};
use crate::{Around, Customs, TokenizerChoice, TrialSettings};

/// The settings of a cell on an arm, but for the seed, which is each block's
/// own.
pub(super) fn settings(
    study: &Study,
    cell: &Cell,
    arm: &PlannedArm,
    world: &World<'_>,
    found: &mut Found<'_>,
) -> TrialSettings {
    let rules = arm.words.rules.or(cell.words.rules);
    let path = ["workloads", cell.workload.as_str()];
    let workload = Sent { words: &cell.words, rules, world }.settings(arm.dialect, 0, &path, found);
    // A tokenizer is looked for where none is named; so its want is no mistake.
    found.of_flags(&path, workload.mistakes(true));
    TrialSettings {
        dialect: arm.dialect,
        load: cell.load.clone(),
        warm_up: cell.warm_up,
        rendering: rendering(cell, arm, rules),
        around: Around::default(),
        objectives: objectives(study.objectives.unwrap_or_default()),
        limits: limits(study.limits.unwrap_or_default()),
        drain_limit: study.limits.and_then(|limits| limits.drain).map(|limit| limit.0),
        tokenizer: tokenizer(cell, arm, &workload, world),
        rehearsal: study.rehearsal.unwrap_or(false),
        invocation: invocation(cell, arm, &workload),
        workload,
    }
}

/// How requests are written.
fn rendering(cell: &Cell, arm: &PlannedArm, rules: Option<Rules>) -> Rendering {
    let mut extra = left_out(&arm.profile);
    extra.extend(cell.words.extra_request_body.clone());
    extra.extend(arm.words.extra_request_body.clone());
    Rendering {
        stream: cell.words.stream.unwrap_or(true),
        temperature: cell.words.temperature.or(Customs::of(rules).temperature),
        headers: arm.headers.clone(),
        extra,
        route: arm.words.endpoint.clone(),
        wording: rules.map(Wording::of),
        ..Rendering::default()
    }
}

/// The fields that must not be sent to an engine, as a merge patch that removes
/// them: some engines refuse a request for a field that they don't know.
fn left_out(profile: &Profile) -> Map<String, Value> {
    const FIELDS: [(&str, &str); 4] = [
        ("ignore-eos", "ignore_eos"),
        ("min-tokens", "min_tokens"),
        ("stream-usage", "stream_options"),
        ("temperature", "temperature"),
    ];
    let unsupported = FIELDS.iter().filter(|(part, _)| profile.unsupported.contains_key(*part));
    unsupported.map(|(_, field)| ((*field).to_owned(), Value::Null)).collect()
}

fn objectives(words: grammar::Objectives) -> Objectives {
    let length = |length: Option<grammar::Length>| length.map(|length| length.0);
    Objectives {
        ttft: length(words.ttft),
        ttfo: length(words.ttfo),
        tpot: length(words.tpot),
        e2e: length(words.e2e),
    }
}

fn limits(words: grammar::Limits) -> Limits {
    let usual = Limits::default();
    let or = |given: Option<grammar::Length>, usual: Duration| given.map_or(usual, |given| given.0);
    Limits {
        connect: or(words.connect, usual.connect),
        first: or(words.first, usual.first),
        idle: or(words.idle, usual.idle),
        total: or(words.total, usual.total),
        drain: usual.drain,
    }
}

/// Which tokenizer counts: the one that is named, or, where one is needed, the
/// model's, if that lies in a folder or on the hub, or else the server's.
fn tokenizer(
    cell: &Cell,
    arm: &PlannedArm,
    workload: &WorkloadSettings,
    world: &World<'_>,
) -> TokenizerChoice {
    let caches = world.hub_caches.to_vec();
    let named = cell.words.tokenizer.as_ref().or(arm.tokenizer.as_ref());
    if let Some(name) = named {
        let file = world.path(name);
        let name = if file.exists() { file.to_string_lossy().into_owned() } else { name.clone() };
        return TokenizerChoice::Named { name, caches };
    }
    if !workload.needs_tokenizer() && cell.words.strict_tokenizer != Some(true) {
        return TokenizerChoice::None;
    }
    // Our own engine needs no model's tokenizer, whichever model it stands for.
    if arm.is_ours() {
        return TokenizerChoice::OfPrompts;
    }
    match &arm.model {
        // One file of weights has a tokenizer in it that only its engine reads.
        Some(model) if !model.ends_with(".gguf") => {
            TokenizerChoice::Named { name: model.clone(), caches }
        }
        _ => TokenizerChoice::OfServer { caches },
    }
}

/// What was asked for, as other tools write it beside their numbers.
fn invocation(cell: &Cell, arm: &PlannedArm, workload: &WorkloadSettings) -> Invocation {
    let customs = Customs::of(workload.rules);
    let (input, output, ratio) = match &workload.dataset {
        DatasetSettings::Random(random) | DatasetSettings::RandomIds(random) => {
            (random.input_tokens, random.output_tokens, random.input_ratio)
        }
        _ => (customs.input_tokens, customs.output_tokens, customs.range_ratio),
    };
    let (rate, burstiness, cap) = match cell.load.pattern {
        Pattern::Closed { concurrency } => (f64::INFINITY, 1.0, Some(concurrency)),
        Pattern::Open { rate, burstiness, cap } => (rate, burstiness, cap),
        Pattern::Ramp(Ramp { burstiness, cap, .. }) => (f64::INFINITY, burstiness, cap),
    };
    let finite = |number: f64| number.is_finite().then_some(number);
    Invocation {
        rules: workload.rules,
        backend: arm.dialect.name().to_owned(),
        dataset_name: cell.words.dataset.unwrap_or(customs.dataset).name().to_owned(),
        dataset_path: cell.words.path.clone(),
        tokenizer: cell.words.tokenizer.clone().or_else(|| arm.tokenizer.clone()),
        num_prompts: match cell.load.extent {
            Extent::Requests(count) => Some(count.into()),
            Extent::Duration(_) => None,
        },
        request_rate: finite(rate),
        burstiness: finite(burstiness),
        max_concurrency: cap,
        sharegpt_output_len: workload.output_tokens,
        random_input_len: Some(input),
        random_output_len: Some(output),
        random_range_ratio: Some(ratio),
        ramp_up: match cell.load.pattern {
            Pattern::Ramp(ramp) => Some(RampUp {
                strategy: ramp.shape.name().to_owned(),
                start_rps: ramp.from,
                end_rps: ramp.to,
            }),
            _ => None,
        },
        tag: None,
        label: Some(arm.name.clone()),
        metadata: Vec::new(),
        goodput: BTreeMap::new(),
        percentile_metrics: None,
        metric_percentiles: None,
    }
}

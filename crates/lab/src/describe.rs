//! Writes a trial down: what `trial.json` says beside its numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use tokenometer_core::{Nanos, Schedule, Validity};
use tokenometer_load::Prepared;
use tokenometer_results::{
    EngineSeen, Extent, Load, PhaseSpan, Phases, SCHEMA_VERSION, Span, TargetSeen, Traffic, Trial,
    WorkloadSeen,
};
use tokenometer_workload::{DatasetSettings, Extent as Asked, Pattern, Ramp};

use crate::environment::tool;
use crate::trial::{LoadSeen, Parts, measured};
use crate::understand::Understood;
use crate::warm_up::Warmed;

/// What is known of a trial before it begins.
pub(crate) struct Described {
    workload: WorkloadSeen,
    workload_sha256: String,
    drain_limit: Duration,
}

impl Described {
    pub(crate) fn of(
        parts: &Parts<'_>,
        schedule: &Schedule,
        workload_sha256: String,
        drain_limit: Duration,
    ) -> Described {
        let lengths = measured(schedule).map(|request| request.input_tokens.map(u64::from));
        let input: Option<Vec<u64>> = lengths.collect();
        let output: Vec<u64> =
            measured(schedule).map(|request| request.output.tokens.into()).collect();
        let workload = WorkloadSeen {
            name: parts.place.workload.clone(),
            dataset: dataset_name(&parts.settings.workload.dataset),
            requests: output.len() as u64,
            input_tokens: input.as_deref().and_then(span),
            output_tokens: span(&output),
            exact: parts.settings.workload.exact,
        };
        Described { workload, workload_sha256, drain_limit }
    }
}

pub(crate) fn dataset_name(dataset: &DatasetSettings) -> String {
    match dataset {
        DatasetSettings::Custom { path } => path.display().to_string(),
        DatasetSettings::Frozen(frozen) => frozen.path.display().to_string(),
        other => other.name().to_owned(),
    }
}

fn span(lengths: &[u64]) -> Option<Span> {
    let (min, max) = (*lengths.iter().min()?, *lengths.iter().max()?);
    let mean = lengths.iter().sum::<u64>() as f64 / lengths.len() as f64;
    Some(Span { min, mean, max })
}

/// The trial, whole.
pub(crate) fn describe(
    parts: &Parts<'_>,
    described: Described,
    prepared: &Prepared,
    (load, warmed): (&LoadSeen, &Warmed),
    understood: Understood,
    validity: Validity,
) -> Trial {
    let identity = &parts.met.probed.identity;
    let described_load = load_described(parts, prepared, &described);
    let is_simulated = identity.name.as_deref() == Some("tokenometer-sim");
    Trial {
        schema_version: SCHEMA_VERSION,
        tool: tool(),
        block: parts.id.block,
        arm: parts.id.arm.clone(),
        scenario: parts.id.scenario.clone(),
        blocks: parts.place.blocks,
        simulated: is_simulated,
        simulation: None,
        interrupted: load.interrupted,
        started_ns: load.started.0,
        pass: parts.place.pass,
        target: TargetSeen {
            address: parts.met.target.address.to_string(),
            dialect: parts.met.target.dialect,
            model: parts.met.target.model.clone(),
            engine: identity
                .name
                .clone()
                .map(|name| EngineSeen { name, version: identity.version.clone() }),
        },
        workload: described.workload,
        workload_sha256: described.workload_sha256,
        wire_sha256: prepared.wire_sha256().to_owned(),
        load: described_load,
        seeds: BTreeMap::from([("study".to_owned(), parts.settings.workload.seed)]),
        tokenizer: parts.tokenizer.as_ref().map(|tokenizer| tokenizer.path().display().to_string()),
        phases: phases(load, warmed, understood.seen.last_end),
        instrument: load.instrument.clone(),
        validity,
        failures: understood.tally.failures(),
        finish_reasons: understood.tally.finish_reasons().clone(),
        invocation: parts.settings.invocation.clone(),
        server_info: None,
        options: BTreeMap::new(),
        serving: tokenometer_results::Serving::default(),
        warnings: Vec::new(),
        files: understood.files,
        summary: understood.summary,
    }
}

fn load_described(parts: &Parts<'_>, prepared: &Prepared, described: &Described) -> Load {
    let settings = &parts.settings.load;
    let finite = |number: f64| number.is_finite().then_some(number);
    let traffic = match settings.pattern {
        Pattern::Closed { concurrency } => Traffic::Closed { concurrency },
        Pattern::Open { rate: f64::INFINITY, cap: Some(concurrency), .. } => {
            Traffic::Closed { concurrency }
        }
        Pattern::Open { rate, burstiness, cap } => {
            Traffic::Open { rate: finite(rate), burstiness: finite(burstiness), cap }
        }
        Pattern::Ramp(Ramp { from, to, burstiness, cap, .. }) => {
            Traffic::Ramp { from, to, burstiness: finite(burstiness), cap }
        }
    };
    Load {
        traffic,
        extent: match settings.extent {
            // What was asked for may be all that a file holds.
            Asked::Requests(_) => Extent::Requests(described.workload.requests),
            Asked::Duration(length) => Extent::DurationS(length.as_secs_f64()),
        },
        streamed: prepared.is_streamed(),
        connections: prepared.connections() as u64,
        drain_limit_s: described.drain_limit.as_secs_f64(),
    }
}

/// When each phase began and ended, as far as it came to it.
fn phases(load: &LoadSeen, warmed: &Warmed, last_end: Option<Nanos>) -> Phases {
    let span = |from: Nanos, until: Nanos| (from < until).then(|| PhaseSpan::between(from, until));
    let window = load.window;
    Phases {
        warm_up: warmed.span.and_then(|(from, until)| span(from, until)),
        ramp_in: window.and_then(|window| span(load.started, window.opens)),
        measure: window.and_then(|window| span(window.opens, window.closes)),
        drain: window.zip(last_end).and_then(|(window, end)| span(window.closes, end)),
    }
}

//! A trial, from the target to its results. The one place that joins the
//! rooms: meet the target → warm up → measure → drain → understand → judge →
//! keep.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokenometer_core::{Address, Nanos, Observer, Pace, Phase, Request, Schedule, Target};
use tokenometer_engine::{
    Access, Ask, Control, EngineCounters, Probed, Profile, flush_cache, one_token, probe, profile,
    scrape, server_info, wait_ready,
};
use tokenometer_load::{Client, Finished, Prepared, Rendering, Stop, Trust, prepare};
use tokenometer_results::{MeasuredRows, Run, Trial, TrialId, TrialWriter};
use tokenometer_verdict::{EngineFacts, Thresholds, judge};
use tokenometer_workload::{LoadSettings, Tokenizer, Workload, workload_sha256};

use crate::describe::{Described, describe};
use crate::settings::{Around, Host, TrialSettings};
use crate::understand::{Recount, understand};
use crate::warm_up::{Surroundings, Warmed, length_class, warm_up};
use crate::{LabError, evidence};

/// What a trial is made of.
pub(crate) struct Parts<'a> {
    pub(crate) settings: &'a TrialSettings,
    pub(crate) host: &'a Host,
    pub(crate) run: &'a Run,
    pub(crate) id: TrialId,
    /// How many blocks the study plans.
    pub(crate) blocks: u32,
    pub(crate) workload: &'a Workload,
    pub(crate) tokenizer: Option<Arc<Tokenizer>>,
    pub(crate) met: &'a Met,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) stop: &'a Stop,
}

/// A target that has been found, asked who it is, and tried.
pub(crate) struct Met {
    pub(crate) target: Target,
    pub(crate) probed: Probed,
    pub(crate) control: Control,
    counters: Option<EngineCounters>,
}

/// How the control plane is spoken to.
pub(crate) fn access(settings: &TrialSettings, host: &Host) -> Access {
    let headers = &settings.rendering.headers;
    Access {
        roots: host.roots.clone(),
        headers: headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
        connect: settings.limits.connect,
        ..Access::default()
    }
}

/// Waits until a running server answers, where that was asked for.
pub(crate) fn wait(ready_within: Duration, control: &Control) -> Result<(), LabError> {
    if !ready_within.is_zero() {
        wait_ready(control, "/v1/models", ready_within, &mut || None)?;
    }
    Ok(())
}

/// Finds out who answers at an address, and whether it does what the load will
/// ask of it, with one token.
pub(crate) fn meet(
    settings: &TrialSettings,
    host: &Host,
    address: &Address,
    (model, ready_within): (Option<&str>, Duration),
) -> Result<Met, LabError> {
    let control = Control::new(address, access(settings, host))?;
    wait(ready_within, &control)?;
    let probed = probe(&control)?;
    let model = probed.choose(model)?;
    let target = Target { address: address.clone(), dialect: settings.dialect, model };
    let ask = Ask {
        stream: settings.rendering.stream,
        ignore_eos: settings.workload.exact,
        token_ids: settings.workload.prompt_shape == tokenometer_workload::PromptShape::TokenIds,
        temperature: settings.rendering.temperature,
        route: settings.rendering.route.clone(),
        extra: settings.rendering.extra.clone(),
        limit: settings.limits.first,
    };
    one_token(&control, &target, &ask)?;
    let counters = scrape(&control).ok().flatten();
    Ok(Met { target, probed, control, counters })
}

/// Carries a trial through, and keeps it.
pub(crate) fn carry_out(parts: &Parts<'_>) -> Result<Trial, LabError> {
    let rendering = &parts.settings.rendering;
    let folder = parts.run.create_trial(&parts.id)?;
    let writer = folder.writer()?;
    let mut client = connect(parts)?;
    let (warmed, writer) = warm(parts, rendering, &mut client, writer)?;
    if parts.stop.is_asked() {
        writer.finish(|_, _| ())?;
        return Err(LabError::Stopped);
    }
    let drain_limit = drain_limit(parts.settings, &warmed);
    client.set_drain_limit(drain_limit);
    let load = LoadSettings { drain_limit: Some(drain_limit), ..parts.settings.load.clone() };
    let schedule = parts.workload.schedule(&load, warmed.settled)?;
    let workload_sha256 = workload_sha256(&schedule);
    parts.run.write_workload(
        &parts.id.scenario,
        &workload_sha256,
        measured_rows(&schedule),
        rows(&schedule),
    )?;
    let recount =
        Recount::of(parts.tokenizer.clone(), &schedule.requests, parts.met.target.dialect);
    let described = Described::of(parts, &schedule, workload_sha256, drain_limit);
    let prepared = prepare(schedule, &parts.met.target, rendering)?;
    let finished = measure(parts, &mut client, &prepared, writer)?;
    drop(client);
    let server_info = server_info(&parts.met.control);
    let late_after = evidence::late_after(&finished, &warmed);
    let total_limit = parts.settings.limits.total.into();
    let (load, writer) = apart(finished);
    let understood = understand(
        writer,
        load.window,
        (late_after, total_limit),
        (&recount, parts.settings.objectives),
    )?;
    let evidence = evidence::gather(parts, &load, &warmed, &understood);
    let validity = judge(&evidence, &Thresholds::default());
    let trial = describe(parts, described, &prepared, (&load, &warmed), understood, validity);
    let trial = Trial { server_info, ..trial };
    folder.write(&trial)?;
    parts.run.write_summary()?;
    Ok(trial)
}

/// How long the cohort may take to end after the window (M10).
fn drain_limit(settings: &TrialSettings, warmed: &Warmed) -> Duration {
    let by_warm_up = warmed.settled.map_or(Duration::ZERO, |settled| settled.p99_e2e * 2);
    settings.drain_limit.unwrap_or(by_warm_up.max(settings.limits.drain))
}

/// How the load's thread saw the load, without its sink.
pub(crate) type LoadSeen = Finished<()>;

fn apart(finished: Finished<TrialWriter>) -> (LoadSeen, TrialWriter) {
    let Finished { started, window, interrupted, instrument, sink } = finished;
    (Finished { started, window, interrupted, instrument, sink: () }, sink)
}

fn connect(parts: &Parts<'_>) -> Result<Client, LabError> {
    let trust = Trust { roots: parts.host.roots.clone() };
    Ok(Client::connect(&parts.met.target, &trust, parts.settings.limits, 1)?)
}

fn warm<S: tokenometer_core::Sink>(
    parts: &Parts<'_>,
    rendering: &Rendering,
    client: &mut Client,
    sink: S,
) -> Result<(Warmed, S), LabError> {
    let surroundings = Surroundings {
        workload: parts.workload,
        load: &parts.settings.load,
        target: &parts.met.target,
        rendering,
        observer: parts.observer,
        stop: parts.stop,
        classes: classes(parts)?,
    };
    warm_up(&surroundings, parts.settings.warm_up, client, sink)
}

/// The classes of prompt lengths that will be measured, if the lengths are
/// known.
fn classes(parts: &Parts<'_>) -> Result<Option<BTreeSet<u32>>, LabError> {
    if parts.settings.warm_up == crate::WarmUp::None {
        return Ok(None);
    }
    let schedule = parts.workload.schedule(&parts.settings.load, None)?;
    let length = |request: &Request| request.input_tokens.map(length_class);
    Ok(measured(&schedule).map(length).collect())
}

/// The requests that are measured.
pub(crate) fn measured(schedule: &Schedule) -> impl Iterator<Item = &Request> {
    let rows: Vec<u32> = match &schedule.pace {
        Pace::Closed { measured, .. } => measured.clone().collect(),
        Pace::Open { arrivals, .. } => arrivals
            .iter()
            .filter(|arrival| arrival.phase == Phase::Measure)
            .map(|arrival| arrival.request)
            .collect(),
    };
    rows.into_iter().filter_map(|row| schedule.requests.get(row as usize))
}

/// Which rows are measured. They come first in a schedule.
fn measured_rows(schedule: &Schedule) -> MeasuredRows {
    match &schedule.pace {
        Pace::Closed { measured, .. } => MeasuredRows { rows: measured.end, opens: Nanos::ZERO },
        Pace::Open { arrivals, window, .. } => {
            let measured = arrivals.iter().filter(|arrival| arrival.phase == Phase::Measure);
            let rows = measured.map(|arrival| arrival.request + 1).max().unwrap_or(0);
            MeasuredRows { rows, opens: window.opens }
        }
    }
}

/// Every request with its offset, as the run folder keeps it.
fn rows(schedule: &Schedule) -> impl Iterator<Item = (&Request, Option<Nanos>)> {
    let mut offsets = vec![None; schedule.requests.len()];
    if let Pace::Open { arrivals, .. } = &schedule.pace {
        for arrival in arrivals {
            offsets[arrival.request as usize].get_or_insert(arrival.offset);
        }
    }
    schedule.requests.iter().zip(offsets)
}

fn measure(
    parts: &Parts<'_>,
    client: &mut Client,
    prepared: &Prepared,
    writer: TrialWriter,
) -> Result<Finished<TrialWriter>, LabError> {
    let Around { flush_cache: flush, profile: profiled } = parts.settings.around;
    if flush {
        flush_cache(&parts.met.control)?;
    }
    if profiled {
        profile(&parts.met.control, Profile::Start)?;
    }
    client.ensure(prepared.connections())?;
    let finished = client.run(prepared, writer, parts.observer, parts.stop);
    if profiled {
        profile(&parts.met.control, Profile::Stop)?;
    }
    Ok(finished?)
}

/// What is known of the engine's life, from its own mouth before and after.
pub(crate) fn engine_facts(met: &Met, idle_timeouts: u64) -> EngineFacts {
    EngineFacts {
        answers_after: Some(met.control.get("/v1/models").is_ok()),
        start_before_s: met.counters.and_then(|counters| counters.process_start_s),
        start_after_s: scrape(&met.control)
            .ok()
            .flatten()
            .and_then(|counters| counters.process_start_s),
        idle_timeouts: Some(idle_timeouts),
    }
}

//! A trial, from the target to its results. The one place that joins the
//! rooms: meet the target → warm up → measure → drain → understand → judge →
//! keep.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokenometer_core::{Nanos, Observer, Pace, Phase, Request, Schedule};
use tokenometer_engine::profile::{Declared, Profile as EngineProfile};
use tokenometer_engine::{Control, CounterNames, Profile, flush_cache, profile, server_info};
use tokenometer_load::{Client, Finished, Prepared, Trust, prepare};
use tokenometer_results::{
    Block, LogRange, MeasuredRows, Run, Serving, SimulationSeen, Step, Trial, TrialFolder, TrialId,
    TrialWriter,
};
use tokenometer_verdict::{EngineFacts, Thresholds, judge};
use tokenometer_workload::{LoadSettings, Tokenizer, Workload, workload_sha256};

use crate::cache_state::CacheState;
use crate::course::Course;
use crate::describe::{Described, describe};
use crate::evidence::Told;
use crate::machine::{Look, Whereabouts};
use crate::meeting::{Met, access};
use crate::settings::{Around, Host, TrialSettings};
use crate::start::Started;
use crate::understand::{Marks, Recount, understand};
use crate::warm_up::{Surroundings, Warmed, length_class, warm_up};
use crate::watching::{self, Watching};
use crate::{LabError, environment, evidence};

/// What a trial is made of.
pub(crate) struct Parts<'a> {
    pub(crate) settings: &'a TrialSettings,
    pub(crate) host: &'a Host,
    pub(crate) run: &'a Run,
    pub(crate) id: TrialId,
    pub(crate) place: Place,
    pub(crate) workload: &'a Workload,
    pub(crate) tokenizer: Option<Arc<Tokenizer>>,
    pub(crate) met: &'a Met,
    pub(crate) serving: ServedBy<'a>,
    pub(crate) course: &'a Course<'a>,
    pub(crate) observer: &'a dyn Observer,
}

/// The place of a trial in its study.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// How many blocks the study plans.
    pub(crate) blocks: u32,
    /// Which pass over its cell it is, from 1.
    pub(crate) pass: u32,
    /// The name under which the run folder keeps what it is sent.
    pub(crate) workload: String,
    /// Whether it counts even if it is stopped inside its window.
    pub(crate) counts_if_stopped: bool,
    /// Whether its numbers are kept at all.
    pub(crate) counts: bool,
}

/// The engine behind the target, as far as we know more of it than a client
/// does.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServedBy<'a> {
    /// Where its counters stand; `None` looks where they usually do.
    pub(crate) counters: Option<&'a CounterNames>,
    /// Where it says how it is set up, beside the usual places.
    pub(crate) configuration: &'a [String],
    /// What was asked of it by option when it was started.
    pub(crate) declared: &'a [Declared],
    /// Its profile, which knows the common words for what it tells of itself.
    pub(crate) profile: Option<&'a EngineProfile>,
    /// Its log, and the folder of its start within the run.
    pub(crate) log: Option<(PathBuf, String)>,
    /// What its prefix cache held before the trial.
    pub(crate) cache: Option<CacheState>,
}

/// Carries a trial through, and keeps it.
///
/// # Errors
/// Whatever keeps it from its numbers. Its folder is not finished then.
pub(crate) fn carry_out(parts: &Parts<'_>) -> Result<Trial, LabError> {
    let folder = parts.run.create_pass(&parts.id, parts.place.pass)?;
    let log_from = log_length(parts);
    let watching = watch(parts, &folder)?;
    let carried = carry(parts, &folder, watching.as_ref())?;
    parts.course.reach(Step::Understand);
    let watched = watching.map(|watching| watching.finish(&folder)).transpose()?;
    let server_info = server_info(&parts.met.control, parts.serving.configuration);
    let witnessed = carried.witnessed;
    let marks = Marks {
        late_after: evidence::late_after(&witnessed.load, &witnessed.warmed),
        total_limit: parts.settings.limits.total.into(),
    };
    let mut understood = understand(
        carried.writer,
        witnessed.load.window,
        marks,
        (&carried.recount, parts.settings.objectives),
    )?;
    parts.course.has_engine()?;
    let options = options_in_force(&parts.serving, server_info.as_ref());
    let told = Told { server_info: server_info.as_ref(), options: &options };
    let evidence = evidence::gather(parts, &witnessed, &understood, watched.as_ref(), &told);
    let validity = judge(&evidence, &Thresholds::default());
    let watched = watched.unwrap_or_default();
    understood.files.extend(watched.files.clone());
    let seen = (&witnessed.load, &witnessed.warmed);
    let trial = describe(parts, carried.described, &carried.prepared, seen, understood, validity);
    let serving = Serving {
        counters: watched.around(&trial.phases),
        watched: (watched.watched.scrapes > 0).then_some(watched.watched),
        engine_log: log_range(parts, log_from),
        cache: parts.serving.cache.as_ref().map(CacheState::to_string),
    };
    let said = server_info.as_ref().filter(|_| trial.simulated);
    let simulation = said.and_then(SimulationSeen::in_server_info);
    let trial = Trial { simulation, server_info, serving, options, ..trial };
    if parts.place.counts {
        folder.write(&trial)?;
        parts.run.write_summary()?;
    }
    Ok(trial)
}

/// A load that was carried, before anybody has looked at it.
struct Carried {
    writer: TrialWriter,
    witnessed: Witnessed,
    described: Described,
    prepared: Prepared,
    recount: Recount,
}

/// What was seen of a load, beside its records.
pub(crate) struct Witnessed {
    pub(crate) load: LoadSeen,
    pub(crate) warmed: Warmed,
    /// The rows of its workload.
    pub(crate) requests: Vec<Request>,
    /// How many of them are measured. They come first.
    pub(crate) measured: usize,
    /// The machine before the load.
    pub(crate) before: Look,
    /// The machine after it.
    pub(crate) after: Look,
    /// How the block began.
    pub(crate) begun: Block,
}

/// Warms up and measures.
fn carry(
    parts: &Parts<'_>,
    folder: &TrialFolder,
    watching: Option<&Watching>,
) -> Result<Carried, LabError> {
    let mark = |moment| watching.map_or(Ok(()), |watching| watching.mark(moment));
    let writer = folder.writer()?;
    let mut client = connect(parts)?;
    parts.course.reach(Step::WarmUp);
    mark("warm_up before")?;
    let (warmed, writer) = warm(parts, &mut client, writer)?;
    if let Err(error) = parts.course.go_on() {
        writer.finish(|_, _| ())?;
        return Err(error);
    }
    let drain_limit = drain_limit(parts.settings, &warmed);
    client.set_drain_limit(drain_limit);
    let load = LoadSettings { drain_limit: Some(drain_limit), ..parts.settings.load.clone() };
    let schedule = parts.workload.schedule(&load, warmed.settled)?;
    let workload_sha256 = keep_workload(parts, &schedule)?;
    let recount =
        Recount::of(parts.tokenizer.clone(), &schedule.requests, parts.met.target.dialect);
    let described = Described::of(parts, &schedule, workload_sha256, drain_limit);
    let (requests, measured) = (schedule.requests.clone(), measured_rows(&schedule).rows as usize);
    let prepared = prepare(schedule, &parts.met.target, &parts.settings.rendering)?;
    mark("load before")?;
    let begun = begun(parts)?;
    let before = look(parts);
    parts.course.reach(Step::Measure);
    let finished = measure(parts, &mut client, &prepared, writer)?;
    drop(client);
    let after = look(parts);
    mark("load after")?;
    let (load, writer) = apart(finished);
    if load.interrupted && !parts.place.counts_if_stopped {
        writer.finish(|_, _| ())?;
        parts.course.go_on()?;
        return Err(LabError::Stopped);
    }
    let witnessed = Witnessed { load, warmed, requests, measured, before, after, begun };
    Ok(Carried { writer, witnessed, described, prepared, recount })
}

/// Looks at the machine, as far as the engine's is ours.
fn look(parts: &Parts<'_>) -> Look {
    let process = parts.course.engine().and_then(Started::process);
    let address = &parts.met.target.address;
    let engine = match parts.course.engine() {
        Some(_) => process.map_or(Whereabouts::Unseen, Whereabouts::Below),
        None => Whereabouts::of_running(address),
    };
    Look::now(Path::new("/"), engine)
}

/// How the block began: of a single trial, just now.
fn begun(parts: &Parts<'_>) -> Result<Block, LabError> {
    let kept = parts.run.block(parts.id.block)?;
    Ok(kept.unwrap_or_else(|| environment::block_now(Path::new("/"), parts.id.block)))
}

/// Watches the engine's counters, where it has shown any.
fn watch(parts: &Parts<'_>, folder: &TrialFolder) -> Result<Option<Watching>, LabError> {
    if !parts.met.has_counters {
        return Ok(None);
    }
    // The control plane's own connection, so that neither waits for the other.
    let control = Control::new(&parts.met.target.address, access(parts.settings, parts.host))?;
    Watching::start(control, parts.serving.counters.cloned(), folder).map(Some)
}

/// Keeps what is sent, and says its hash. All arms of a block must be sent the
/// same: what is kept already is compared, and not written again.
fn keep_workload(parts: &Parts<'_>, schedule: &Schedule) -> Result<String, LabError> {
    let sha256 = workload_sha256(schedule);
    let name = &parts.place.workload;
    match parts.run.workload_sha256(name)? {
        Some(kept) if kept == sha256 => {}
        Some(kept) => {
            return Err(LabError::OtherWorkload { name: name.clone(), kept, now: sha256 });
        }
        None => parts.run.write_workload(name, &sha256, measured_rows(schedule), rows(schedule))?,
    }
    Ok(sha256)
}

/// The engine's options by their common names: what it tells of itself, and for the
/// rest what it was asked.
fn options_in_force(serving: &ServedBy<'_>, told: Option<&Value>) -> BTreeMap<String, Value> {
    let asked = serving.declared.iter().map(|one| (one.option.clone(), one.value.clone()));
    let mut options: BTreeMap<String, Value> = asked.collect();
    if let Some((profile, told)) = serving.profile.zip(told) {
        options.extend(profile.told(told));
    }
    options
}

/// How long the engine's log is, where it is known.
fn log_length(parts: &Parts<'_>) -> Option<u64> {
    let (path, _) = parts.serving.log.as_ref()?;
    Some(std::fs::metadata(path).ok()?.len())
}

/// What the engine wrote to its log since then.
fn log_range(parts: &Parts<'_>, from: Option<u64>) -> Option<LogRange> {
    let (_, engine) = parts.serving.log.as_ref()?;
    Some(LogRange { engine: engine.clone(), from: from?, to: log_length(parts)? })
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
    client: &mut Client,
    sink: S,
) -> Result<(Warmed, S), LabError> {
    let surroundings = Surroundings {
        workload: parts.workload,
        load: &parts.settings.load,
        target: &parts.met.target,
        rendering: &parts.settings.rendering,
        observer: parts.observer,
        stop: parts.course.stop(),
        classes: classes(parts)?,
        log: parts.serving.log.as_ref().map(|(path, _)| path.as_path()),
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
    let finished = client.run(prepared, writer, parts.observer, parts.course.stop());
    if profiled {
        profile(&parts.met.control, Profile::Stop)?;
    }
    Ok(finished?)
}

/// What is known of the engine's life, from its own mouth before and after.
pub(crate) fn engine_facts(
    met: &Met,
    watched: Option<&watching::Seen>,
    idle_timeouts: u64,
) -> EngineFacts {
    let (start_before_s, start_after_s) = watched.map(watching::Seen::starts).unwrap_or_default();
    EngineFacts {
        answers_after: Some(met.control.get("/v1/models").is_ok()),
        start_before_s,
        start_after_s,
        same_process: None,
        idle_timeouts: Some(idle_timeouts),
    }
}

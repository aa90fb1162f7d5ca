//! What a trial shows to the gates.

mod compiling;
mod prefixes;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use tokenometer_core::{Nanos, Prompt};
use tokenometer_engine::profile::{Declared, InForce};
use tokenometer_load::Finished;
use tokenometer_verdict::{CacheFacts, ConfigurationFacts, EngineFacts, Evidence, Load, WarmUp};
use tokenometer_workload::{Pattern, Ramp};

use crate::cache_state::CacheState;
use crate::trial::{Parts, Witnessed, engine_facts};
use crate::understand::Understood;
use crate::warm_up::Warmed;
use crate::watching;
use compiling::compiled_after;

/// When a request of an open loop is so late that the engine can't be keeping
/// up: twice the warm-up's p99 of E2E after the window (A3).
pub(crate) fn late_after<S>(finished: &Finished<S>, warmed: &Warmed) -> Option<Nanos> {
    let window = finished.window?;
    let settled = warmed.settled?;
    Some(window.closes + (settled.p99_e2e * 2).into())
}

/// What an engine says of its set-up.
pub(crate) struct Told<'a> {
    /// As it says it.
    pub(crate) server_info: Option<&'a Value>,
    /// Its options in force, by their common names.
    pub(crate) options: &'a BTreeMap<String, Value>,
}

/// Everything that the gates may look at.
pub(crate) fn gather(
    parts: &Parts<'_>,
    witnessed: &Witnessed,
    understood: &Understood,
    watched: Option<&watching::Seen>,
    told: &Told<'_>,
) -> Evidence {
    let (load, seen) = (&witnessed.load, &understood.seen);
    Evidence {
        summary: understood.summary.clone(),
        instrument: load.instrument.clone(),
        lateness_ms: seen.lateness_ms.clone(),
        load: load_of(parts.settings.load.pattern),
        interrupted: load.interrupted,
        rehearsal: parts.settings.rehearsal,
        exact_lengths: parts.settings.workload.exact,
        output_tokens_asked: seen.output_asked,
        output_tokens_finished: seen.output_finished,
        warm_up: warm_up(parts, witnessed),
        steadiness: understood.steadiness.clone(),
        unfinished_late: seen.unfinished_late,
        unfinished_at_end: seen.unfinished_at_end,
        server_concurrency: watched
            .zip(load.window)
            .and_then(|(seen, window)| seen.concurrency(window)),
        engine: EngineFacts {
            same_process: witnessed.before.same_process(&witnessed.after),
            ..engine_facts(parts.met, watched, seen.idle_timeouts)
        },
        configuration: configuration(parts.serving.declared, told.server_info),
        tokenizer: parts.tokenizer.is_some().then(|| seen.tokenizer.clone()),
        cache: cache(parts, witnessed, understood, watched, told),
        machine: witnessed.before.facts(&witnessed.after, &witnessed.begun),
    }
}

/// How the warm-up went, with what only the load and the engine's log show of it.
fn warm_up(parts: &Parts<'_>, witnessed: &Witnessed) -> Option<WarmUp> {
    let warmed = &witnessed.warmed;
    let prompts: HashSet<Cow<'_, str>> =
        warmed.sent.iter().map(|request| words(&request.prompt)).collect();
    let measured = witnessed.requests.iter().take(witnessed.measured);
    let repeated = measured.filter(|request| prompts.contains(&words(&request.prompt))).count();
    let log = parts.serving.log.as_ref().zip(warmed.log_from);
    Some(WarmUp {
        repeated: Some(repeated as u64),
        compiled: log.and_then(|((log, _), from)| compiled_after(log, from)),
        ..warmed.evidence.clone()?
    })
}

/// A prompt, to be compared with others of its kind.
fn words(prompt: &Prompt) -> Cow<'_, str> {
    match prompt {
        Prompt::Text(text) => Cow::Borrowed(text),
        other => Cow::Owned(format!("{other:?}")),
    }
}

/// What the engine found in its prefix cache, beside what it had to find.
fn cache(
    parts: &Parts<'_>,
    witnessed: &Witnessed,
    understood: &Understood,
    watched: Option<&watching::Seen>,
    told: &Told<'_>,
) -> CacheFacts {
    let seen = &understood.seen;
    let is_flushed = parts.settings.around.flush_cache;
    let number = |name: &str| u32::try_from(told.options.get(name)?.as_u64()?).ok();
    let block = number("block-size")
        .or_else(|| number("page-size"))
        .or_else(|| watched.and_then(watching::Seen::block))
        .filter(|block| *block > 0);
    let load = prefixes::Load {
        before: if is_flushed { &[] } else { &witnessed.warmed.sent },
        rows: &witnessed.requests,
        sent: &seen.sent,
        tokenizer: parts.tokenizer.as_deref(),
        dialect: parts.met.target.dialect,
        block: block.unwrap_or(prefixes::USUAL_BLOCK),
    };
    let by_counters =
        watched.zip(witnessed.load.window).and_then(|(seen, window)| seen.hits(window));
    let by_answers = seen.cached.filter(|(_, prompt)| *prompt > 0);
    let (hit_share, expected) = match (by_counters, by_answers) {
        (Some(hits), _) => {
            let expected = load.expected(|sent| hits.from < sent.at && sent.at <= hits.until);
            (Some(hits.share), expected)
        }
        (None, Some((cached, prompt))) => {
            (Some(cached as f64 / prompt as f64), load.expected(|sent| sent.tells_cached))
        }
        (None, None) => return CacheFacts::default(),
    };
    let is_empty = parts.serving.cache.as_ref().and_then(CacheState::is_empty);
    let is_off = told.options.get("prefix-cache") == Some(&Value::Bool(false));
    CacheFacts {
        hit_share,
        expected_share: if is_off { Some(0.0) } else { expected.map(|expected| expected.share) },
        unknown_template: !is_off && expected.is_some_and(|expected| expected.unknown_template),
        cold: is_flushed || is_empty == Some(true),
    }
}

/// How what the engine says of its set-up stands to what was declared; `None`
/// where nothing was.
fn configuration(declared: &[Declared], told: Option<&Value>) -> Option<ConfigurationFacts> {
    if declared.is_empty() {
        return None;
    }
    let mut facts = ConfigurationFacts::default();
    for one in declared {
        match told.map_or(InForce::NotTold, |told| one.in_force(told)) {
            InForce::AsDeclared => facts.as_declared += 1,
            InForce::NotTold => facts.not_told.push(one.option.clone()),
            InForce::Otherwise(found) => {
                let asked = one.shown.as_ref().map_or(&one.value, |shown| &shown.value);
                facts.otherwise.push(format!("{} is {found}, not {asked}", one.option));
            }
        }
    }
    Some(facts)
}

fn load_of(pattern: Pattern) -> Load {
    match pattern {
        Pattern::Closed { .. } => Load::Closed,
        // With a cap, all at once is a closed loop.
        Pattern::Open { rate: f64::INFINITY, cap: Some(_), .. } => Load::Closed,
        Pattern::Open { rate: f64::INFINITY, cap: None, .. } => Load::Burst { capped: false },
        Pattern::Open { cap, .. } | Pattern::Ramp(Ramp { cap, .. }) => {
            Load::Open { capped: cap.is_some() }
        }
    }
}

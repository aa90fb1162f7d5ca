//! What a trial shows to the gates.

use serde_json::Value;
use tokenometer_core::Nanos;
use tokenometer_engine::profile::{Declared, InForce};
use tokenometer_load::Finished;
use tokenometer_verdict::{CacheFacts, ConfigurationFacts, Evidence, Load};
use tokenometer_workload::{Pattern, Ramp};

use crate::trial::{LoadSeen, Parts, engine_facts};
use crate::understand::Understood;
use crate::warm_up::Warmed;
use crate::watching;

/// When a request of an open loop is so late that the engine can't be keeping
/// up: twice the warm-up's p99 of E2E after the window (A3).
pub(crate) fn late_after<S>(finished: &Finished<S>, warmed: &Warmed) -> Option<Nanos> {
    let window = finished.window?;
    let settled = warmed.settled?;
    Some(window.closes + (settled.p99_e2e * 2).into())
}

/// Everything that the gates may look at.
pub(crate) fn gather(
    parts: &Parts<'_>,
    load: &LoadSeen,
    warmed: &Warmed,
    understood: &Understood,
    watched: Option<&watching::Seen>,
) -> Evidence {
    let seen = &understood.seen;
    let by_counters = watched.zip(load.window).and_then(|(seen, window)| seen.hit_share(window));
    let by_answers = seen
        .cached
        .filter(|(_, prompt)| *prompt > 0)
        .map(|(cached, prompt)| cached as f64 / prompt as f64);
    Evidence {
        summary: understood.summary.clone(),
        instrument: load.instrument.clone(),
        lateness_p99_ms: seen.lateness_p99_ms(),
        load: load_of(parts.settings.load.pattern),
        interrupted: load.interrupted,
        rehearsal: parts.settings.rehearsal,
        exact_lengths: parts.settings.workload.exact,
        output_tokens_asked: seen.output_asked,
        output_tokens_finished: seen.output_finished,
        warm_up: warmed.evidence.clone(),
        steadiness: understood.steadiness.clone(),
        unfinished_late: seen.unfinished_late,
        unfinished_at_end: seen.unfinished_at_end,
        server_concurrency: watched
            .zip(load.window)
            .and_then(|(seen, window)| seen.concurrency(window)),
        engine: engine_facts(parts.met, watched, seen.idle_timeouts),
        configuration: None,
        tokenizer: parts.tokenizer.is_some().then(|| seen.tokenizer.clone()),
        cache: CacheFacts { hit_share: by_counters.or(by_answers), ..CacheFacts::default() },
        machine: None,
    }
}

/// How what the engine says of its set-up stands to what was declared; `None`
/// where nothing was.
pub(crate) fn configuration(
    declared: &[Declared],
    told: Option<&Value>,
) -> Option<ConfigurationFacts> {
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

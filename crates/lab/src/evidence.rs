//! What a trial shows to the gates.

use tokenometer_core::Nanos;
use tokenometer_load::Finished;
use tokenometer_verdict::{CacheFacts, Evidence, Load};
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
        load: load_of(parts.settings.load.pattern),
        interrupted: load.interrupted,
        rehearsal: parts.settings.rehearsal,
        exact_lengths: parts.settings.workload.exact,
        output_tokens_asked: seen.output_asked,
        output_tokens_finished: seen.output_finished,
        warm_up: warmed.evidence.clone(),
        steadiness: understood.steadiness.clone(),
        unfinished_late: seen.unfinished_late,
        server_concurrency: watched
            .zip(load.window)
            .and_then(|(seen, window)| seen.concurrency(window)),
        engine: engine_facts(parts.met, watched, seen.idle_timeouts),
        tokenizer: parts.tokenizer.is_some().then(|| seen.tokenizer.clone()),
        cache: CacheFacts { hit_share: by_counters.or(by_answers), ..CacheFacts::default() },
    }
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

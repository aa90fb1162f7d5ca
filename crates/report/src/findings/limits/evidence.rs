//! What one trial shows of its limit, each sign with the number that it rests on.

use tokenometer_core::Standing;
use tokenometer_results::{Traffic, Trial, TrialId};
use tokenometer_verdict::Thresholds;

use crate::digest::Digest;

/// How much of what a gate of the client's allows is near to it. Beyond the whole of it the
/// trial would be void, so that a client can be seen to limit an arm only in this strip.
const NEAR: f64 = 0.8;

/// From how many requests on, waiting in the engine on average, there is a queue. Engines
/// that have room show waiting requests for the moment in which they are taken in.
pub(super) const WAITING: f64 = 1.0;

/// Which share of the time since they were due requests have to spend in the client,
/// behind a cap, for the cap to be what limits them.
const IN_CLIENT: f64 = 0.1;

/// A sign that the client came near to its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ClientSign {
    /// What came near.
    pub(super) what: &'static str,
    /// Of the limit that its gate has.
    pub(super) share: f64,
}

/// A sign of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum QueueSign {
    /// The gate of the load found that the engine couldn't keep up.
    Saturated,
    /// So many requests waited in the engine on average.
    Waiting(f64),
    /// Requests spent this share of their time in the client, behind a cap.
    InClient(f64),
}

impl QueueSign {
    pub(super) fn waiting(&self) -> Option<f64> {
        if let QueueSign::Waiting(requests) = self { Some(*requests) } else { None }
    }

    pub(super) fn in_client(&self) -> Option<f64> {
        if let QueueSign::InClient(share) = self { Some(*share) } else { None }
    }

    /// What was seen.
    pub(super) fn what(&self) -> &'static str {
        match self {
            QueueSign::Saturated => "saturated",
            QueueSign::Waiting(_) => "engine waiting, mean",
            QueueSign::InClient(_) => "time in the client, share",
        }
    }

    /// The number; 1 of what either is or isn't.
    pub(super) fn value(&self) -> f64 {
        match self {
            QueueSign::Saturated => 1.0,
            QueueSign::Waiting(value) | QueueSign::InClient(value) => *value,
        }
    }
}

/// Whatever of the client came nearest to its gate, if it came near.
pub(super) fn client_sign(trial: &Trial) -> Option<ClientSign> {
    let limits = Thresholds::default();
    let summary = &trial.summary;
    let ttft = summary.ttft_ms.p50.unwrap_or(0.0);
    let late = limits.lateness_floor_ms.max(limits.lateness_share_of_ttft * ttft);
    // Behind a cap requests are late because of it, and not of the client.
    let lateness = summary.lateness_ms.p99.filter(|_| cap(trial).is_none());
    let busiest = trial.instrument.cpu_busy_shares.iter().copied().reduce(f64::max);
    let signs = [
        ("p99 of lateness", lateness.map(|p99| p99 / late)),
        ("its busiest second", busiest.map(|share| share / limits.cpu_busy_share)),
        (
            "waiting for a CPU",
            trial.instrument.run_queue_share.map(|share| share / limits.run_queue_share),
        ),
    ];
    signs
        .into_iter()
        .filter_map(|(what, share)| Some(ClientSign { what, share: share? }))
        .filter(|sign| sign.share >= NEAR)
        .max_by(|one, other| one.share.total_cmp(&other.share))
}

/// The clearest sign of a queue, if there is one.
pub(super) fn queue_sign(trial: &Trial, digest: &Digest) -> Option<QueueSign> {
    if trial.validity.standing == Standing::Saturated {
        return Some(QueueSign::Saturated);
    }
    let waiting = waiting(trial, digest).filter(|requests| *requests >= WAITING);
    waiting.map(QueueSign::Waiting).or_else(|| in_client(trial).map(QueueSign::InClient))
}

/// How many requests waited in the engine on average over the window; absent where it
/// doesn't tell.
pub(super) fn waiting(trial: &Trial, digest: &Digest) -> Option<f64> {
    let id =
        TrialId { block: trial.block, arm: trial.arm.clone(), scenario: trial.scenario.clone() };
    let readings = &digest.trials.get(&id)?.readings;
    let of_queue =
        readings.iter().filter(|reading| reading.source == "engine" && reading.name == "waiting");
    of_queue.filter_map(|reading| reading.mean).reduce(|one, other| one + other)
}

/// The share of the time since they were due that requests spent in the client.
fn in_client(trial: &Trial) -> Option<f64> {
    cap(trial)?;
    let summary = &trial.summary;
    let share = summary.lateness_ms.mean? / summary.e2e_intended_ms.mean?;
    (share >= IN_CLIENT).then_some(share)
}

/// The most requests in flight that an open loop allows.
fn cap(trial: &Trial) -> Option<u32> {
    match trial.load.traffic {
        Traffic::Open { cap, .. } | Traffic::Ramp { cap, .. } => cap,
        Traffic::Closed { .. } => None,
    }
}

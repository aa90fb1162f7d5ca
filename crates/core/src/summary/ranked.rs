//! Tails with failures in them (M12): a server that drops its slowest requests
//! must not look faster for it.

use super::cohort::{Kept, Ordered};
use super::describe::Basis;
use super::{Ranked, Tail};
use crate::metric::Absent;
use crate::stats::estimate::Estimator;
use crate::stats::survival::{Observation, kaplan_meier};
use crate::stats::{Level, Sample, Value};
use crate::timeline::Timeline;
use crate::{Nanos, Outcome};

/// Ranks a metric over every request of the cohort: `ok` ones by their value,
/// all others at +∞. An `ok` request that can't have the metric is left out;
/// `None` if that leaves nothing.
pub(super) fn rank(
    cohort: &Ordered,
    basis: Basis,
    metric: impl Fn(&Timeline) -> Result<f64, Absent>,
) -> Option<Ranked> {
    let ranked = cohort.requests().filter_map(|(rank, kept, timeline)| {
        let value = if kept.outcome.is_ok() { metric(timeline).ok()? } else { f64::INFINITY };
        Some(Value::of_request(value, rank))
    });
    let mut values: Vec<Value> = ranked.collect();
    if values.is_empty() {
        return None;
    }
    let infinite = values.iter().filter(|value| value.value.is_infinite()).count() as u64;
    let sample = Sample::new(&mut values, |value| *value);
    let estimator = Estimator::new(sample, basis.places, basis.in_flight);
    let tail = |level: Level| match estimator.quantile(level).value {
        Err(_) => Tail::Withheld,
        Ok(_) if level.is_reached_by(infinite, estimator.requests()) => Tail::Unbounded,
        Ok(value) => Tail::At(value),
    };
    let [p50, p90, p95, p99] = Level::ALL.map(tail);
    Some(Ranked { p50, p90, p95, p99, ..Ranked::default() })
}

/// Kaplan–Meier quantiles by name, for an instant counted from *sent*; of a
/// censored request it is `None` if it had not come yet. Requests that the
/// drain limit cut off count as far as they were seen; the other failures
/// never come to their end. A quantile that the ranked form withholds is
/// `None`, and so is one that is never reached.
pub(super) fn survive(
    ranked: &mut Ranked,
    cohort: &Ordered,
    instant: impl Fn(&Kept, &Timeline) -> Option<Nanos>,
) {
    let mut observed: Vec<Observation> = cohort
        .requests()
        .filter_map(|(_, kept, timeline)| observe(kept, timeline, instant(kept, timeline)))
        .collect();
    let tails = [ranked.p50, ranked.p90, ranked.p95, ranked.p99];
    for (level, tail) in Level::ALL.into_iter().zip(tails) {
        let time = match tail {
            Tail::Withheld => None,
            _ => kaplan_meier(&mut observed, level.share()),
        };
        ranked.kaplan_meier.insert(level.name().to_owned(), time);
    }
}

/// One request as an observation; `None` of an `ok` one without the instant.
fn observe(kept: &Kept, timeline: &Timeline, instant: Option<Nanos>) -> Option<Observation> {
    let since_sent = |at: Nanos| timeline.sent.map(|sent| (at - sent).as_millis_f64());
    let seen = instant.and_then(since_sent);
    match (kept.outcome, seen) {
        (Outcome::Ok, None) => None,
        (Outcome::Ok | Outcome::Censored, Some(time)) => Some(Observation { time, ended: true }),
        (Outcome::Censored, None) => {
            let cut = timeline.end.and_then(since_sent).unwrap_or(0.0);
            Some(Observation { time: cut, ended: false })
        }
        _ => Some(Observation { time: f64::INFINITY, ended: false }),
    }
}

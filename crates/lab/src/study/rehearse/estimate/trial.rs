//! How long a trial takes, in the virtual time of a simulation.

use std::time::Duration;

use tokenometer_core::{Nanos, Rules};
use tokenometer_sim::SimError;
use tokenometer_sim::scheduled::{Asked, Course, Foretold, Simulation, foretell};
use tokenometer_workload::{Extent, LoadSettings, Pattern};

use super::assumed::{BATCHES, SHORTEST_WARM_UP};
use crate::WarmUp;

/// How many rounds of a closed loop without an end are simulated: the first is not
/// like those after it.
const ROUNDS: u32 = 3;
/// The most requests in flight of a warm-up whose load names no number (W6), and the
/// least of a batch.
const WARM_UP_SLOTS: (u32, u32) = (64, 20);

/// How long a trial takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct TrialTime {
    /// What is sent before.
    pub(super) warm_up: Duration,
    /// The load, with what is sent around what is measured.
    pub(super) load: Duration,
    /// Requests that the engine refuses, of how many.
    pub(super) refused: (u32, u32),
}

/// What is sent, as far as its time depends on it.
pub(super) struct Sent<'a> {
    /// When.
    pub(super) load: &'a LoadSettings,
    /// What before that.
    pub(super) warm_up: WarmUp,
    /// Whose rules are followed.
    pub(super) rules: Option<Rules>,
    /// The requests, at least as many as [`wanted`] says.
    pub(super) requests: &'a [Asked],
}

/// How many requests a load's time is taken from.
pub(super) fn wanted(load: &LoadSettings) -> u32 {
    match (load.extent, in_effect(load.pattern)) {
        (Extent::Requests(count), _) => count,
        (Extent::Duration(_), Pattern::Closed { concurrency }) => ROUNDS * concurrency,
        (Extent::Duration(length), pattern) => {
            (rate(pattern) * length.as_secs_f64()).ceil().max(1.0) as u32
        }
    }
}

/// How long it takes.
///
/// # Errors
/// Where the simulation contradicts itself, or its model doesn't fit.
pub(super) fn time(simulation: &Simulation, sent: &Sent<'_>) -> Result<TrialTime, SimError> {
    let pattern = in_effect(sent.load.pattern);
    let requests = sent.requests.iter().take(wanted(sent.load) as usize).cloned();
    let course = match pattern {
        Pattern::Closed { concurrency } => {
            Course { requests: requests.collect(), in_flight: Some(concurrency) }
        }
        Pattern::Open { cap, .. } => {
            Course { requests: due(requests, rate(pattern)), in_flight: cap }
        }
        Pattern::Ramp(ramp) => {
            Course { requests: due(requests, rate(pattern)), in_flight: ramp.cap }
        }
    };
    let foretold = foretell(simulation, &course)?;
    let (mean, longest) = request_times(&foretold);
    let whole = foretold.duration.as_duration();
    // By our own rules a load is brought up before the window opens and kept up until
    // all that is measured has ended; other tools send what they measure.
    let own = sent.rules.is_none();
    let load = match (sent.load.extent, pattern) {
        (Extent::Requests(_), Pattern::Closed { .. }) if own => mean + whole,
        (Extent::Requests(_), _) => whole,
        (Extent::Duration(length), Pattern::Closed { .. }) => mean + length + longest,
        (Extent::Duration(length), _) => longest + length.max(whole),
    };
    let refused = foretold.requests.iter().filter(|told| told.refused.is_some()).count();
    Ok(TrialTime {
        warm_up: warm_up(simulation, sent)?,
        load,
        refused: (refused as u32, foretold.requests.len() as u32),
    })
}

/// How long the warm-up takes.
fn warm_up(simulation: &Simulation, sent: &Sent<'_>) -> Result<Duration, SimError> {
    let slots = match in_effect(sent.load.pattern) {
        Pattern::Closed { concurrency } => concurrency,
        Pattern::Open { cap, .. } => cap.unwrap_or(WARM_UP_SLOTS.0),
        Pattern::Ramp(ramp) => ramp.cap.unwrap_or(WARM_UP_SLOTS.0),
    };
    let (count, least, most) = match sent.warm_up {
        WarmUp::None => return Ok(Duration::ZERO),
        WarmUp::Requests(count) => (count, Duration::ZERO, Duration::MAX),
        WarmUp::UntilSettled { at_most } => {
            (BATCHES * WARM_UP_SLOTS.1.max(2 * slots), SHORTEST_WARM_UP.min(at_most), at_most)
        }
    };
    let again = sent.requests.iter().cycle().take(count as usize).cloned();
    let course = Course { requests: again.collect(), in_flight: Some(slots) };
    let foretold = foretell(simulation, &course)?;
    Ok(foretold.duration.as_duration().clamp(least, most))
}

/// The mean and the longest time from a request's sending to its last token.
fn request_times(foretold: &Foretold) -> (Duration, Duration) {
    let times: Vec<Nanos> =
        foretold.requests.iter().filter_map(|told| Some(told.last()? - told.sent)).collect();
    let longest = times.iter().copied().max().unwrap_or(Nanos::ZERO);
    let sum: i64 = times.iter().map(|time| time.0).sum();
    let mean = Nanos(sum / (times.len().max(1) as i64));
    (mean.as_duration(), longest.as_duration())
}

/// Requests that come evenly at a rate; all at once, where that is infinite.
fn due(requests: impl Iterator<Item = Asked>, rate: f64) -> Vec<Asked> {
    let at = |index: usize| Some(Nanos((index as f64 / rate * 1e9) as i64));
    requests.enumerate().map(|(index, asked)| Asked { due: at(index), ..asked }).collect()
}

/// Requests a second, in the mean.
fn rate(pattern: Pattern) -> f64 {
    match pattern {
        Pattern::Closed { .. } => f64::INFINITY,
        Pattern::Open { rate, .. } => rate,
        Pattern::Ramp(ramp) => (ramp.from + ramp.to) / 2.0,
    }
}

/// A load that sends all at once up to a cap is a closed loop.
fn in_effect(pattern: Pattern) -> Pattern {
    match pattern {
        Pattern::Open { rate: f64::INFINITY, cap: Some(concurrency), .. } => {
            Pattern::Closed { concurrency }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use tokenometer_sim::scheduled::Prompt;

    use super::*;

    fn requests(count: usize) -> Vec<Asked> {
        let one = Asked { prompt: Prompt::Unique(512), output: 64, due: None };
        vec![one; count]
    }

    fn load(pattern: Pattern, extent: Extent) -> LoadSettings {
        LoadSettings { pattern, extent, drain_limit: None, warm_up_requests: None, pool: None }
    }

    fn told(load: &LoadSettings, warm_up: WarmUp, rules: Option<Rules>) -> TrialTime {
        let simulation = Simulation::new("a100", "llama-3.1-8b", None).unwrap();
        let requests = requests(wanted(load) as usize);
        time(&simulation, &Sent { load, warm_up, rules, requests: &requests }).unwrap()
    }

    #[test]
    fn a_window_takes_its_length_and_what_lies_around_it() {
        let closed = Pattern::Closed { concurrency: 8 };
        let length = Duration::from_secs(30);
        let window = told(&load(closed, Extent::Duration(length)), WarmUp::None, None);
        assert!(window.load > length && window.load < 2 * length, "{window:?}");
        assert_eq!(window.warm_up, Duration::ZERO);
    }

    #[test]
    fn more_requests_take_longer_and_more_in_flight_less() {
        let rules = Some(Rules::Vllm084);
        let of = |concurrency, count| {
            let pattern = Pattern::Closed { concurrency };
            told(&load(pattern, Extent::Requests(count)), WarmUp::Requests(1), rules).load
        };
        assert!(of(4, 64) > of(4, 32));
        assert!(of(4, 64) > of(16, 64));
    }

    #[test]
    fn a_rate_below_what_the_engine_can_takes_as_long_as_it_comes() {
        let pattern = Pattern::Open { rate: 2.0, burstiness: 1.0, cap: None };
        let rules = Some(Rules::Vllm084);
        let took = told(&load(pattern, Extent::Requests(40)), WarmUp::None, rules).load;
        assert!(took > Duration::from_secs(19) && took < Duration::from_secs(25), "{took:?}");
    }

    #[test]
    fn a_warm_up_settles_no_sooner_than_it_may() {
        let closed = load(Pattern::Closed { concurrency: 1 }, Extent::Requests(4));
        let at_most = Duration::from_secs(12);
        let warm_up = told(&closed, WarmUp::UntilSettled { at_most }, None).warm_up;
        assert!(warm_up >= SHORTEST_WARM_UP && warm_up <= at_most, "{warm_up:?}");
    }
}

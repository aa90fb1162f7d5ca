//! When the tools send their requests.
//!
//! Offsets are from the instant at which the tool begins to send. They are
//! absolute: where a tool sleeps from one request to the next and so falls
//! behind, what it meant to do is followed, not what it brought about.

use tokenometer_core::{Nanos, Rules};

use crate::generator::LegacyNumpy;
use crate::{Mistake, Ramp, RampShape, WorkloadError};

/// How a tool spaces its requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spacing {
    pub rate: Rate,
    /// The shape of the gaps (`--burstiness`).
    pub burstiness: f64,
}

/// How many requests a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rate {
    /// Always as many, and not infinitely many.
    Steady(f64),
    /// Rising from request to request (`--ramp-up-strategy`).
    Rising { from: f64, to: f64, shape: RampShape },
}

impl Spacing {
    /// At one rate.
    pub(crate) fn steady(rate: f64, burstiness: f64) -> Spacing {
        Spacing { rate: Rate::Steady(rate), burstiness }
    }

    /// At a rate that rises.
    pub(crate) fn rising(ramp: Ramp) -> Spacing {
        let Ramp { from, to, shape, burstiness, .. } = ramp;
        Spacing { rate: Rate::Rising { from, to, shape }, burstiness }
    }
}

/// The offsets of `count` requests, ascending, drawn on from `numpy`.
///
/// # Errors
///
/// Mistakes where the tool can't space its requests so.
pub(crate) fn offsets(
    rules: Rules,
    spacing: Spacing,
    count: usize,
    numpy: &mut LegacyNumpy,
) -> Result<Vec<Nanos>, WorkloadError> {
    let mistakes = mistakes(rules, spacing);
    if !mistakes.is_empty() {
        return Err(WorkloadError::Mistakes(mistakes));
    }
    Ok(match rules {
        Rules::Vllm033 => precomputed(spacing, count, numpy),
        _ => cumulated(spacing, count, numpy),
    })
}

/// What the tool's command line doesn't have, or its program refuses.
fn mistakes(rules: Rules, spacing: Spacing) -> Vec<Mistake> {
    if matches!(rules, Rules::VllmThroughput07Dstack | Rules::LlmInfraBench) {
        return vec![Mistake::new(
            format!("--request-rate with --rules {rules}"),
            "that tool knows no rate, and sends all requests at once",
            "leave it out, or take the rules of another tool",
        )];
    }
    let mut mistakes = Vec::new();
    let Spacing { rate, burstiness } = spacing;
    let burstiness_place = format!("--burstiness {burstiness} with --rules {rules}");
    match rules {
        Rules::Vllm033 => {}
        Rules::Vllm084 if burstiness == f64::INFINITY => mistakes.push(Mistake::new(
            burstiness_place,
            "that tool's gaps are then no numbers",
            "give a large number, such as 1000, or take the rules of vllm-0.33",
        )),
        Rules::Vllm084 => {}
        _ if burstiness != 1.0 => mistakes.push(Mistake::new(
            burstiness_place,
            "that tool knows only the gaps of a Poisson process",
            "leave it out, or take the rules of vllm-0.8.4 or vllm-0.33",
        )),
        _ => {}
    }
    let Rate::Rising { from, to, .. } = rate else { return mistakes };
    if rules != Rules::Vllm033 {
        mistakes.push(Mistake::new(
            format!("--ramp-up-strategy with --rules {rules}"),
            "that tool's rate never rises",
            "leave it out, or take the rules of vllm-0.33",
        ));
    } else if from > to {
        mistakes.push(Mistake::new(
            format!("--ramp-up-start-rps {from} with --rules {rules}"),
            format!("that tool refuses a rate that falls, as this does to {to}"),
            "give a higher --ramp-up-end-rps, or leave out --rules",
        ));
    }
    mistakes
}

/// The first request goes at once; a gap follows each.
fn cumulated(spacing: Spacing, count: usize, numpy: &mut LegacyNumpy) -> Vec<Nanos> {
    let mut at = 0.0;
    (0..count)
        .map(|number| {
            let offset = Nanos::from_secs_f64(at);
            at += spacing.gap(number, count, numpy);
            offset
        })
        .collect()
}

/// A gap precedes each. At a steady rate all are stretched so that the last
/// request goes when `count` of them are due; at a rising one they are left as
/// they are drawn.
fn precomputed(spacing: Spacing, count: usize, numpy: &mut LegacyNumpy) -> Vec<Nanos> {
    let mut at = 0.0;
    let ends: Vec<f64> = (0..count)
        .map(|number| {
            at += spacing.gap(number, count, numpy);
            at
        })
        .collect();
    let factor = match spacing.rate {
        Rate::Steady(rate) if at > 0.0 => count as f64 / rate / at,
        _ => 1.0,
    };
    ends.into_iter().map(|end| Nanos::from_secs_f64(end * factor)).collect()
}

impl Spacing {
    /// The gap of the request of this number, from 0, of `count`, in seconds.
    fn gap(self, number: usize, count: usize, numpy: &mut LegacyNumpy) -> f64 {
        let rate = self.rate.at(number, count);
        match self.burstiness {
            f64::INFINITY => 1.0 / rate,
            1.0 => numpy.exponential(1.0 / rate),
            burstiness => numpy.gamma(burstiness, 1.0 / (rate * burstiness)),
        }
    }
}

impl Rate {
    /// The rate at a request. It rises over the requests, not over time.
    fn at(self, number: usize, count: usize) -> f64 {
        let progress = number as f64 / (count as f64 - 1.0).max(1.0);
        match self {
            Rate::Steady(rate) => rate,
            Rate::Rising { from, to, shape: RampShape::Linear } => from + (to - from) * progress,
            Rate::Rising { from, to, shape: RampShape::Exponential } => {
                from * libm::pow(to / from, progress)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rules: Rules, spacing: Spacing) -> Vec<f64> {
        let mut numpy = LegacyNumpy::new(0);
        let offsets = offsets(rules, spacing, 3, &mut numpy).unwrap();
        offsets.into_iter().map(|offset| (offset.0 as f64 / 1e3).round() / 1e6).collect()
    }

    /// The first draws of seed 0, as numpy itself makes them.
    #[test]
    fn gaps_are_numpys() {
        let old = |burstiness| of(Rules::Vllm084, Spacing::steady(10.0, burstiness));
        assert_eq!(old(1.0), [0.0, 0.079587, 0.205181]);
        assert_eq!(old(0.5), [0.0, 0.060800, 0.136455]);
        assert_eq!(old(2.0), [0.0, 0.256941, 0.368866]);
        let new = of(Rules::Vllm033, Spacing::steady(10.0, 1.0));
        assert_eq!(new[2], 0.3, "the last of three at 10 a second");
        assert_eq!(new[0], 0.080255, "0.079587 of 0.297503, stretched to 0.3");
    }

    #[test]
    fn a_rate_rises_from_request_to_request() {
        let rising = |shape, from| Spacing {
            rate: Rate::Rising { from, to: 4.0, shape },
            burstiness: f64::INFINITY,
        };
        assert_eq!(of(Rules::Vllm033, rising(RampShape::Linear, 2.0)), [0.5, 0.833333, 1.083333]);
        assert_eq!(of(Rules::Vllm033, rising(RampShape::Exponential, 1.0)), [1.0, 1.5, 1.75]);
    }

    #[test]
    fn what_a_tool_refuses_is_told() {
        let fall = Spacing {
            rate: Rate::Rising { from: 4.0, to: 2.0, shape: RampShape::Linear },
            burstiness: f64::INFINITY,
        };
        let even = Spacing::steady(1.0, f64::INFINITY);
        let told: Vec<String> = Rules::ALL
            .into_iter()
            .flat_map(|rules| [mistakes(rules, fall), mistakes(rules, even)])
            .flatten()
            .map(|mistake| mistake.to_string())
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}

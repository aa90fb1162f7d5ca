//! When the tools send their requests.
//!
//! Offsets are from the instant at which the tool begins to send. They are
//! absolute: where a tool sleeps from one request to the next and so falls
//! behind, what it meant to do is followed, not what it brought about.

use tokenometer_core::{Nanos, Rules};

use crate::generator::LegacyNumpy;

/// How a tool spaces its requests: a finite rate, in requests a second, and the
/// shape of the gaps (`--burstiness`; 1 where the tool has no such flag).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spacing {
    pub rate: f64,
    pub burstiness: f64,
}

/// The offsets of `count` requests, ascending, drawn on from `numpy`.
pub(crate) fn offsets(
    rules: Rules,
    spacing: Spacing,
    count: usize,
    numpy: &mut LegacyNumpy,
) -> Vec<Nanos> {
    match rules {
        Rules::Vllm033 => rescaled(spacing, count, numpy),
        _ => cumulated(spacing, count, numpy),
    }
}

/// The first request goes at once; a gap follows each.
fn cumulated(spacing: Spacing, count: usize, numpy: &mut LegacyNumpy) -> Vec<Nanos> {
    let mut at = 0.0;
    (0..count)
        .map(|_| {
            let offset = Nanos::from_secs_f64(at);
            at += gap(spacing, numpy);
            offset
        })
        .collect()
}

/// A gap precedes each, and all are stretched so that the last request goes
/// when `count` of them are due at the rate.
fn rescaled(spacing: Spacing, count: usize, numpy: &mut LegacyNumpy) -> Vec<Nanos> {
    let mut at = 0.0;
    let ends: Vec<f64> = (0..count)
        .map(|_| {
            at += gap(spacing, numpy);
            at
        })
        .collect();
    let target = count as f64 / spacing.rate;
    let factor = if at > 0.0 { target / at } else { 1.0 };
    ends.into_iter().map(|end| Nanos::from_secs_f64(end * factor)).collect()
}

/// One gap, in seconds.
fn gap(spacing: Spacing, numpy: &mut LegacyNumpy) -> f64 {
    let Spacing { rate, burstiness } = spacing;
    if burstiness == 1.0 {
        numpy.exponential(1.0 / rate)
    } else {
        numpy.gamma(burstiness, 1.0 / (rate * burstiness))
    }
}

//! Reads the values of a simulation's options. What they mean together is none of
//! its business.

use tokenometer_core::roofline::{Admission, Policy};

use crate::SimError;

/// Reads a count that must be at least one. The upper bound keeps sums of counts
/// within 32 bits.
pub(super) fn count(key: &str, value: &str) -> Result<u32, SimError> {
    let read = value.parse().ok().filter(|number| (1..=1 << 24).contains(number));
    read.ok_or_else(|| unreadable(key, value, "it is a whole number from 1 to 16777216"))
}

/// Reads a number of drafts, which may be none.
pub(super) fn drafts(key: &str, value: &str) -> Result<u32, SimError> {
    let read = value.parse().ok().filter(|number| *number <= 64);
    read.ok_or_else(|| unreadable(key, value, "it is a whole number from 0 to 64"))
}

/// Reads how many tokens the KV cache holds.
pub(super) fn tokens(key: &str, value: &str) -> Result<u64, SimError> {
    let read = value.parse().ok().filter(|number| (1..=1 << 40).contains(number));
    read.ok_or_else(|| unreadable(key, value, "it is a whole number from 1 to 2^40"))
}

/// Reads a finite number that is `sound`.
fn number(value: &str, sound: impl Fn(f64) -> bool) -> Option<f64> {
    value.parse().ok().filter(|number: &f64| number.is_finite() && sound(*number))
}

/// Reads a probability.
pub(super) fn share(key: &str, value: &str) -> Result<f64, SimError> {
    number(value, |share| (0.0..=1.0).contains(&share))
        .ok_or_else(|| unreadable(key, value, "it is a number from 0 to 1"))
}

/// Reads a share of the memory, which is never nothing.
pub(super) fn memory_share(key: &str, value: &str) -> Result<f64, SimError> {
    number(value, |share| share > 0.0 && share <= 1.0)
        .ok_or_else(|| unreadable(key, value, "it is a number above 0 and up to 1"))
}

/// Reads the standard deviation of a logarithm.
pub(super) fn sigma(key: &str, value: &str) -> Result<f64, SimError> {
    number(value, |sigma| (0.0..=2.0).contains(&sigma))
        .ok_or_else(|| unreadable(key, value, "it is a number from 0 to 2"))
}

/// Reads a policy by its name.
pub(super) fn policy(key: &str, value: &str) -> Result<Policy, SimError> {
    let found = Policy::ALL.into_iter().find(|policy| policy.name() == value);
    found.ok_or_else(|| unreadable(key, value, "it is `mixed`, `prefill-first` or `whole-prompt`"))
}

/// Reads a rule of admission by its name.
pub(super) fn admission(key: &str, value: &str) -> Result<Admission, SimError> {
    let found = Admission::ALL.into_iter().find(|rule| rule.name() == value);
    let wanted = "it is `prompt`, `prompt-and-half` or `prompt-and-output`";
    found.ok_or_else(|| unreadable(key, value, wanted))
}

/// Reads `on` and `off`.
pub(super) fn switch(key: &str, value: &str) -> Result<bool, SimError> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(unreadable(key, value, "it is `on` or `off`")),
    }
}

/// Reads a seed.
pub(super) fn seed(key: &str, value: &str) -> Result<u64, SimError> {
    value.parse().map_err(|_| unreadable(key, value, "it is a whole number below 2^64"))
}

/// Reads how many times faster than the engine everything goes.
pub(super) fn time_scale(key: &str, value: &str) -> Result<f64, SimError> {
    number(value, |scale| (1e-3..=1e6).contains(&scale))
        .ok_or_else(|| unreadable(key, value, "it is a number from 0.001 to 1000000"))
}

/// Says what would have done.
fn unreadable(key: &str, value: &str, wanted: &'static str) -> SimError {
    SimError::Value { key: key.to_owned(), value: value.to_owned(), wanted }
}

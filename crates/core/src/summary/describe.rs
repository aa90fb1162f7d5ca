//! From values to a [`Distribution`]: which statistics are given, and in what
//! words the others are withheld.

use std::collections::BTreeMap;

use super::Distribution;
use super::cohort::Values;
use crate::metric::Absent;
use crate::stats::estimate::Estimator;
use crate::stats::{Estimate, Level, Sample, Value, Withheld};

/// What the intervals of one trial rest on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basis {
    /// The size of the cohort.
    pub places: usize,
    /// Requests in flight on average; in a window without length none are.
    pub in_flight: f64,
}

impl Basis {
    /// Describes one value a request, and counts those that lack it.
    pub fn describe(self, mut values: Values) -> Distribution {
        let mut distribution = self.describe_items(&mut values.values, |value| *value);
        distribution.absent = tally(values.absent);
        distribution
    }

    /// Describes the items of a slice, looked at as values.
    pub fn describe_items<T>(self, items: &mut [T], view: impl Fn(&T) -> Value) -> Distribution {
        let sample = Sample::new(items, view);
        let estimator = Estimator::new(sample, self.places, self.in_flight);
        let mut distribution = Distribution {
            std: estimator.sample().std(),
            max: estimator.sample().max(),
            n: estimator.sample().count(),
            requests: estimator.requests(),
            ..Distribution::default()
        };
        if distribution.n == 0 {
            distribution.withhold(&Withheld::NoValue.to_string());
            return distribution;
        }
        distribution.mean = distribution.take("mean", estimator.mean());
        let [p50, p90, p95, p99] =
            Level::ALL.map(|level| distribution.take(level.name(), estimator.quantile(level)));
        Distribution { p50, p90, p95, p99, ..distribution }
    }
}

impl Distribution {
    /// Withholds every statistic, for this reason; how many values there are
    /// stays known.
    pub(super) fn withhold(&mut self, why: &str) {
        *self = Distribution {
            n: self.n,
            requests: self.requests,
            absent: std::mem::take(&mut self.absent),
            withheld: BTreeMap::from([("all".to_owned(), why.to_owned())]),
            ..Distribution::default()
        };
    }

    /// Withholds the mean, for this reason, unless all is withheld already.
    pub(super) fn withhold_mean(&mut self, why: &str) {
        if self.mean.take().is_some() {
            self.intervals.remove("mean");
            self.withheld.remove("mean_interval");
            self.withheld.insert("mean".to_owned(), why.to_owned());
        }
    }

    /// Enters the interval of an estimate or the reasons for what is missing,
    /// and returns its value.
    fn take(&mut self, name: &str, estimate: Estimate) -> Option<f64> {
        match (&estimate.value, estimate.interval) {
            (Ok(_), Ok(interval)) => {
                self.intervals.insert(name.to_owned(), interval);
            }
            (Ok(_), Err(why)) => {
                self.withheld.insert(format!("{name}_interval"), why.to_string());
            }
            (Err(why), _) => {
                self.withheld.insert(name.to_owned(), why.to_string());
                self.withheld.insert(format!("{name}_interval"), why.to_string());
            }
        }
        estimate.value.ok()
    }
}

/// How often each reason was given, by its name.
pub(super) fn tally(absent: impl IntoIterator<Item = Absent>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for why in absent {
        *counts.entry(why.name().to_owned()).or_default() += 1;
    }
    counts
}

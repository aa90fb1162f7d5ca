//! One statistic of a trial with its interval, or why it is withheld (M15).
//!
//! A quantile's interval is Woodruff's (1952): the share of values at or below
//! the estimate is a mean, whose own interval comes from batches and is read
//! back through the quantile function.

use thiserror::Error;

use super::batch::{fewest_for_interval, half_width, variance};
use super::quantile::WITHHOLD_ABOVE;
use super::{Batches, Level, Sample, Value};

/// A statistic and its 95 % interval, or why either is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The statistic.
    pub value: Result<f64, Withheld>,
    /// Its interval inside this trial.
    pub interval: Result<[f64; 2], Withheld>,
}

/// Why a statistic or its interval is missing.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Withheld {
    /// There is no value at all.
    #[error("there is no value")]
    NoValue,
    /// So few independent values that the largest may well lie below it.
    #[error("it takes {needed} independent values; these are worth {worth:.0}")]
    TooFew {
        /// Values needed.
        needed: u64,
        /// n_eff: what the values are worth, allowing for their likeness.
        worth: f64,
    },
    /// No ten batches of twice the requests in flight.
    #[error("an interval takes {needed} requests; there are {requests}")]
    TooFewRequests {
        /// Requests needed.
        needed: u64,
        /// Requests with a value.
        requests: u64,
    },
    /// The interval would end above the largest value.
    #[error("its interval reaches past the largest value")]
    PastTheLargest,
    /// The statistic itself is withheld.
    #[error("{0}")]
    WithItsValue(Box<Withheld>),
}

/// A sample, cut into batches where there are enough requests.
#[derive(Debug)]
pub struct Estimator<'a, T, V> {
    sample: Sample<'a, T, V>,
    batches: Option<Batches>,
    requests: u64,
    in_flight: f64,
}

impl<'a, T, V: Fn(&T) -> Value> Estimator<'a, T, V> {
    /// Prepares to estimate. `places` is the number of requests in the order
    /// that the values' `request` refers to, `in_flight` how many were so on
    /// average.
    pub fn new(sample: Sample<'a, T, V>, places: usize, in_flight: f64) -> Estimator<'a, T, V> {
        let mut present = vec![false; places];
        for value in sample.values() {
            present[value.request as usize] = true;
        }
        let requests = present.iter().filter(|&&is| is).count() as u64;
        let batches = Batches::over(&present, in_flight);
        Estimator { sample, batches, requests, in_flight }
    }

    /// The values.
    pub fn sample(&self) -> &Sample<'a, T, V> {
        &self.sample
    }

    /// How many requests have a value.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The mean, and the t interval over the means of batches.
    pub fn mean(&self) -> Estimate {
        let Some(mean) = self.sample.mean() else { return Estimate::none() };
        let interval = self.batches().map(|batches| {
            let half = half_width(&batches.means(self.sample.values(), |x| x));
            [mean - half, mean + half]
        });
        Estimate { value: Ok(mean), interval }
    }

    /// A quantile, withheld if q to the power of n_eff exceeds 0.025.
    ///
    /// n_eff is the number of values ÷ max(1, τ), where τ says how much more
    /// the batches' shares vary than those of independent values would; with
    /// too few requests to tell, each request counts as one value.
    pub fn quantile(&self, level: Level) -> Estimate {
        let Some(value) = self.sample.quantile(level) else { return Estimate::none() };
        let q = level.share();
        let shares = self.batches().map(|batches| {
            batches.means(self.sample.values(), |x| f64::from(u8::from(x <= value)))
        });
        let worth = match &shares {
            Ok(shares) => {
                let count = self.sample.count() as f64;
                let tau = count / shares.len() as f64 * variance(shares) / (q * (1.0 - q));
                count / tau.max(1.0)
            }
            Err(_) => self.requests as f64,
        };
        if q.powf(worth) > WITHHOLD_ABOVE {
            return Estimate::without(Withheld::TooFew { needed: level.values_needed(), worth });
        }
        let interval = shares.and_then(|shares| self.woodruff(q, half_width(&shares)));
        Estimate { value: Ok(value), interval }
    }

    /// [Q(q − h), Q(q + h)].
    fn woodruff(&self, q: f64, half: f64) -> Result<[f64; 2], Withheld> {
        if q + half >= 1.0 {
            return Err(Withheld::PastTheLargest);
        }
        let ends = [q - half, q + half].map(|share| self.sample.quantile_of(share));
        match ends {
            [Some(low), Some(high)] => Ok([low, high]),
            _ => Err(Withheld::NoValue),
        }
    }

    /// The batches, or why there are none.
    fn batches(&self) -> Result<&Batches, Withheld> {
        self.batches.as_ref().ok_or(Withheld::TooFewRequests {
            needed: fewest_for_interval(self.in_flight),
            requests: self.requests,
        })
    }
}

impl Estimate {
    /// Of no values.
    fn none() -> Estimate {
        Estimate::without(Withheld::NoValue)
    }

    /// A statistic that is withheld, and its interval with it.
    fn without(why: Withheld) -> Estimate {
        let with_it = Withheld::WithItsValue(Box::new(why.clone()));
        Estimate { value: Err(why), interval: Err(with_it) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Estimates over the values of as many requests, in this order.
    fn quantile(values: &[f64], in_flight: f64, level: Level) -> Estimate {
        let mut items: Vec<Value> =
            values.iter().zip(0..).map(|(&value, i)| Value::of_request(value, i)).collect();
        let sample = Sample::new(&mut items, |v| *v);
        Estimator::new(sample, values.len(), in_flight).quantile(level)
    }

    #[test]
    fn a_quantile_needs_its_number_of_values() {
        // A hundred in flight: no batches, so n_eff is n.
        for (level, needed) in Level::ALL.into_iter().zip([6, 36, 72, 368]) {
            let values: Vec<f64> = (0..needed).map(f64::from).collect();
            let enough = quantile(&values, 100.0, level);
            assert!(enough.value.is_ok(), "{level:?}");
            assert!(matches!(enough.interval, Err(Withheld::TooFewRequests { .. })));
            let short = quantile(&values[1..], 100.0, level);
            assert!(matches!(short.value, Err(Withheld::TooFew { .. })), "{level:?}");
        }
    }

    #[test]
    fn likeness_of_neighbours_is_charged() {
        // Four hundred values in twenty runs of much the same are worth far
        // less than four hundred: p99 is withheld, the median is not.
        let runs: Vec<f64> = (0..400).map(|i| f64::from((i / 20 * 7) % 20 * 100 + i)).collect();
        let p99 = quantile(&runs, 1.0, Level::P99);
        assert!(matches!(p99.value, Err(Withheld::TooFew { needed: 368, .. })), "{p99:?}");
        let median = quantile(&runs, 1.0, Level::P50);
        assert!(median.value.is_ok() && median.interval.is_ok(), "{median:?}");
    }

    #[test]
    fn equal_values_have_an_interval_of_no_width() {
        let same = quantile(&[3.0; 400], 1.0, Level::P99);
        assert_eq!(same, Estimate { value: Ok(3.0), interval: Ok([3.0, 3.0]) });
    }

    #[test]
    fn an_interval_past_the_largest_value_is_withheld_alone() {
        // Twenty batches of thirty, the six largest of 600 in four of them:
        // the shares' variance is 0.00048, so n_eff is 412 and h is 0.0103.
        let mut values: Vec<f64> = (0..600).map(|i| f64::from((i * 37) % 600)).collect();
        for large in [0, 1, 30, 31, 60, 90] {
            values[large] = 1000.0 + large as f64;
        }
        let p99 = quantile(&values, 1.0, Level::P99);
        assert!(p99.value.is_ok(), "{p99:?}");
        assert_eq!(p99.interval, Err(Withheld::PastTheLargest));
    }

    #[test]
    fn of_nothing_nothing_is_said() {
        assert_eq!(quantile(&[], 1.0, Level::P50).value, Err(Withheld::NoValue));
    }
}

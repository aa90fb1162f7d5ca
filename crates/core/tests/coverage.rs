//! Do the intervals inside a trial hold what they promise (M15)? Latencies of
//! neighbouring requests resemble each other, so the test draws from an AR(1)
//! process, whose true quantiles are those of the normal distribution.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};
use tokenometer_core::stats::estimate::Estimator;
use tokenometer_core::stats::{Level, Sample, Value};

const TRIALS: u64 = 300;
const REQUESTS: u32 = 1500;
const LEVELS: [Level; 3] = [Level::P50, Level::P90, Level::P99];

/// SplitMix64 (Steele, Lea & Flood 2014): every seed gives a fixed sequence.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in (0, 1).
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Standard normal (Box & Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// One trial: the values of requests in order, each with variance 1.
fn trial(random: &mut Random, likeness: f64) -> Vec<Value> {
    let mut x = random.normal();
    let fresh = (1.0 - likeness * likeness).sqrt();
    (0..REQUESTS)
        .map(|request| {
            x = likeness * x + fresh * random.normal();
            Value::of_request(x, request)
        })
        .collect()
}

/// Of all trials: how many gave an interval, and how many of those missed.
#[derive(Clone, Copy, Default)]
struct Tally {
    given: u64,
    missed: u64,
}

impl Tally {
    fn add(&mut self, interval: Option<[f64; 2]>, truth: f64) {
        if let Some([low, high]) = interval {
            self.given += 1;
            self.missed += u64::from(truth < low || high < truth);
        }
    }

    /// Asserts 92 to 98 % coverage, give or take what one in a thousand such
    /// tests would show by chance at either limit.
    fn assert_holds(self, what: &str) {
        let limit = |rate: f64, p: f64| {
            Binomial::new(rate, self.given).expect("a rate of 2 % or 8 %").inverse_cdf(p)
        };
        let (least, most) = (limit(0.02, 0.001), limit(0.08, 0.999));
        let Tally { given, missed } = self;
        assert!(
            (least..=most).contains(&missed),
            "{what}: {missed} of {given} intervals missed, not {least} to {most}"
        );
    }
}

fn covers(likeness: f64, seed: u64) {
    let normal = Normal::new(0.0, 1.0).expect("a standard deviation of 1");
    let mut random = Random(seed);
    let mut means = Tally::default();
    let mut quantiles = [Tally::default(); LEVELS.len()];
    for _ in 0..TRIALS {
        let mut values = trial(&mut random, likeness);
        let sample = Sample::new(&mut values, |value| *value);
        let estimator = Estimator::new(sample, REQUESTS as usize, 1.0);
        means.add(estimator.mean().interval.ok(), 0.0);
        for (tally, level) in quantiles.iter_mut().zip(LEVELS) {
            let estimate = estimator.quantile(level);
            tally.add(estimate.interval.ok(), normal.inverse_cdf(level.share()));
        }
    }
    means.assert_holds("mean");
    assert_eq!(means.given, TRIALS);
    for (tally, level) in quantiles.into_iter().zip(LEVELS) {
        tally.assert_holds(level.name());
        assert!(tally.given * 10 >= TRIALS * 9, "{}: {} given", level.name(), tally.given);
    }
}

#[test]
fn intervals_of_independent_requests_hold() {
    covers(0.0, 1);
}

#[test]
fn intervals_of_requests_like_their_neighbours_hold() {
    covers(0.5, 2);
}

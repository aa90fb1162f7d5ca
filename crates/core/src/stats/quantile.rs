//! Quantiles by linear interpolation at (n − 1)·q, which is type 7 of Hyndman
//! & Fan (1996) and the default of numpy (M15).

/// A quantile that is reported. Kept as a whole number of thousandths, so that
/// its place among n values is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    thousandths: u64,
    name: &'static str,
}

impl Level {
    /// The median.
    pub const P50: Level = Level { thousandths: 500, name: "p50" };
    /// The 90th percentile.
    pub const P90: Level = Level { thousandths: 900, name: "p90" };
    /// The 95th percentile.
    pub const P95: Level = Level { thousandths: 950, name: "p95" };
    /// The 99th percentile.
    pub const P99: Level = Level { thousandths: 990, name: "p99" };
    /// Every level that is reported, ascending.
    pub const ALL: [Level; 4] = [Level::P50, Level::P90, Level::P95, Level::P99];

    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The share of values that lie below.
    pub fn share(self) -> f64 {
        self.thousandths as f64 / 1000.0
    }

    /// Where it falls among `n` values.
    pub fn place(self, n: u64) -> Place {
        let steps = u128::from(n.saturating_sub(1)) * u128::from(self.thousandths);
        let below = u64::try_from(steps / 1000).expect("it is less than n");
        Place { below, fraction: (steps % 1000) as f64 / 1000.0 }
    }

    /// Whether so many of `n` values at +∞ reach down to it: their share is at
    /// least 1 − q.
    pub fn is_reached_by(self, infinite: u64, n: u64) -> bool {
        u128::from(infinite) * 1000 >= u128::from(n) * u128::from(1000 - self.thousandths)
    }

    /// How many independent values it takes to show it at all: the least n
    /// with qⁿ ≤ 0.025, so that the largest value lies above the quantile with
    /// a probability of at least 97.5 %.
    pub fn values_needed(self) -> u64 {
        (WITHHOLD_ABOVE.ln() / self.share().ln()).ceil() as u64
    }
}

/// A quantile q is withheld if q to the power of the number of independent
/// values exceeds this.
pub(super) const WITHHOLD_ABOVE: f64 = 0.025;

/// A place between two neighbours in a sorted list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The index of the lower neighbour, from 0.
    pub below: u64,
    /// How far on the way to the upper one, in [0, 1).
    pub fraction: f64,
}

impl Place {
    /// Where any share q in [0, 1] falls among `n` values.
    pub fn of(q: f64, n: u64) -> Place {
        let steps = q.clamp(0.0, 1.0) * n.saturating_sub(1) as f64;
        Place { below: steps.floor() as u64, fraction: steps.fract() }
    }

    /// The value there, between its two neighbours.
    pub fn between(self, lower: f64, upper: f64) -> f64 {
        // Without this, ∞ − ∞ and 0 · ∞ would make a number into none.
        if self.fraction == 0.0 || lower == upper {
            return lower;
        }
        lower + self.fraction * (upper - lower)
    }
}

/// The type 7 quantile of values in ascending order; `None` of nothing.
pub fn quantile(sorted: &[f64], level: Level) -> Option<f64> {
    let place = level.place(sorted.len() as u64);
    let lower = *sorted.get(place.below as usize)?;
    let upper = sorted.get(place.below as usize + 1).copied().unwrap_or(lower);
    Some(place.between(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_are_exact_rationals() {
        // (n−1)q as a mixed number: 99·0.99 = 98 + 1/100, 100·0.99 = 99.
        assert_eq!(Level::P99.place(100), Place { below: 98, fraction: 0.01 });
        assert_eq!(Level::P99.place(101), Place { below: 99, fraction: 0.0 });
        assert_eq!(Level::P50.place(4), Place { below: 1, fraction: 0.5 });
        assert_eq!(Level::P95.place(1), Place { below: 0, fraction: 0.0 });
        assert_eq!(Level::P90.place(0), Place { below: 0, fraction: 0.0 });
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.percentile(x, [50, 90, 95, 99]) of 1, 2, 4, 8, 16.
        let x = [1.0, 2.0, 4.0, 8.0, 16.0];
        let got = Level::ALL.map(|level| quantile(&x, level).unwrap());
        for (got, want) in got.into_iter().zip([4.0, 12.8, 14.4, 15.68]) {
            assert!((got - want).abs() < 1e-12, "{got} is not {want}");
        }
        assert_eq!(quantile(&[], Level::P50), None);
        assert_eq!(quantile(&[7.0], Level::P99), Some(7.0));
    }

    #[test]
    fn infinity_is_a_value_like_any_other() {
        let mut x = vec![1.0; 101];
        x[100] = f64::INFINITY;
        assert_eq!(quantile(&x, Level::P99), Some(1.0));
        x[99] = f64::INFINITY;
        assert_eq!(quantile(&x, Level::P99), Some(f64::INFINITY));
    }

    #[test]
    fn the_numbers_needed_are_those_of_the_rule() {
        assert_eq!(Level::ALL.map(Level::values_needed), [6, 36, 72, 368]);
    }

    proptest! {
        #[test]
        fn a_higher_level_is_never_a_lower_value(mut x in prop::collection::vec(0.0..1e6, 1..200)) {
            x.sort_by(f64::total_cmp);
            let all = Level::ALL.map(|level| quantile(&x, level).unwrap());
            prop_assert!(all.is_sorted());
            prop_assert!(all[3] <= *x.last().unwrap());
            prop_assert!(all[0] >= x[0]);
        }

        /// With the infinite share below 1 − q no neighbour is infinite.
        #[test]
        fn a_quantile_is_finite_exactly_when_its_bound_is_not_reached(
            n in 1_u64..2000, infinite in 0_u64..200
        ) {
            let infinite = infinite.min(n);
            let mut x = vec![1.0; (n - infinite) as usize];
            x.resize(n as usize, f64::INFINITY);
            for level in Level::ALL {
                if !level.is_reached_by(infinite, n) {
                    prop_assert_eq!(quantile(&x, level), Some(1.0));
                }
            }
        }
    }
}

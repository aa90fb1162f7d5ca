//! Many values of one metric, sorted, each knowing the request it comes from.
//!
//! The values stay where they are: a sample is a way of looking at a slice, so
//! that a million gaps can be ranked by their length and then again by their
//! length a token without a copy.

use super::quantile::{Level, Place};

/// One value of a metric, and how often it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The value; +∞ for a failure that is ranked, never no number.
    pub value: f64,
    /// How often it counts; what counts 0 times is as if absent.
    pub weight: u32,
    /// The place of its request in the order of intended instants.
    pub request: u32,
}

impl Value {
    /// The one value of a request.
    pub fn of_request(value: f64, request: u32) -> Value {
        Value { value, weight: 1, request }
    }
}

/// A sorted slice, looked at as values by `view`.
#[derive(Debug)]
pub struct Sample<'a, T, V> {
    items: &'a [T],
    view: V,
    count: u64,
    /// Whether each item counts exactly once, so that a rank is an index.
    is_plain: bool,
}

impl<'a, T, V: Fn(&T) -> Value> Sample<'a, T, V> {
    /// Sorts the items by value. Ties are broken by request and weight, so that
    /// sums over the sample don't depend on the order in which items came.
    pub fn new(items: &'a mut [T], view: V) -> Sample<'a, T, V> {
        items.sort_unstable_by(|a, b| {
            let (a, b) = (view(a), view(b));
            a.value
                .total_cmp(&b.value)
                .then_with(|| (a.request, a.weight).cmp(&(b.request, b.weight)))
        });
        let count = items.iter().map(|item| u64::from(view(item).weight)).sum();
        let is_plain = items.iter().all(|item| view(item).weight == 1);
        Sample { items, view, count, is_plain }
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Every item as a value, ascending, with those that count 0 times left
    /// out.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        self.items.iter().map(&self.view).filter(|value| value.weight > 0)
    }

    /// The mean; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.values().map(|v| v.value * f64::from(v.weight)).sum();
        (self.count > 0).then(|| sum / self.count as f64)
    }

    /// The standard deviation with n − 1; `None` of fewer than two.
    pub fn std(&self) -> Option<f64> {
        let mean = self.mean()?;
        let squares: f64 =
            self.values().map(|v| (v.value - mean).powi(2) * f64::from(v.weight)).sum();
        (self.count > 1).then(|| (squares / (self.count - 1) as f64).sqrt())
    }

    /// The largest value; `None` of nothing.
    pub fn max(&self) -> Option<f64> {
        self.values().last().map(|v| v.value)
    }

    /// The quantile of a level that is reported.
    pub fn quantile(&self, level: Level) -> Option<f64> {
        self.at(level.place(self.count))
    }

    /// The quantile of any share in [0, 1].
    pub fn quantile_of(&self, q: f64) -> Option<f64> {
        self.at(Place::of(q, self.count))
    }

    /// The value at a place, between its two neighbours.
    fn at(&self, place: Place) -> Option<f64> {
        let last = self.count.checked_sub(1)?;
        let lower = self.ranked(place.below.min(last))?;
        let upper = self.ranked((place.below + 1).min(last))?;
        Some(place.between(lower, upper))
    }

    /// The value of this rank, from 0.
    fn ranked(&self, rank: u64) -> Option<f64> {
        if self.is_plain {
            return self.items.get(usize::try_from(rank).ok()?).map(|item| (self.view)(item).value);
        }
        let mut passed = 0;
        self.values().find_map(|v| {
            passed += u64::from(v.weight);
            (rank < passed).then_some(v.value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weighted(values: &[(f64, u32)]) -> Vec<Value> {
        let value = |(i, &(value, weight)): (usize, &(f64, u32))| Value {
            value,
            weight,
            request: i as u32,
        };
        values.iter().enumerate().map(value).collect()
    }

    #[test]
    fn moments_are_those_of_the_repeated_values() {
        let mut items = weighted(&[(4.0, 1), (1.0, 2), (9.0, 0)]);
        let sample = Sample::new(&mut items, |v| *v);
        assert_eq!(sample.count(), 3);
        assert_eq!(sample.mean(), Some(2.0));
        assert_eq!(sample.std(), Some(3.0_f64.sqrt()));
        assert_eq!(sample.max(), Some(4.0));
        assert_eq!(sample.quantile(Level::P50), Some(1.0));
    }

    #[test]
    fn of_nothing_there_is_nothing() {
        let sample = Sample::new(&mut [], |v: &Value| *v);
        assert_eq!((sample.mean(), sample.std(), sample.max()), (None, None, None));
        assert_eq!(sample.quantile(Level::P50), None);
        let mut one = weighted(&[(5.0, 1)]);
        assert_eq!(Sample::new(&mut one, |v| *v).std(), None);
    }

    proptest! {
        /// A weight is a number of repetitions, for every statistic.
        #[test]
        fn a_weight_repeats_a_value(values in prop::collection::vec((0.0..100.0, 0_u32..5), 1..40), q in 0.0..=1.0) {
            let mut items = weighted(&values);
            let mut repeated: Vec<Value> = items
                .iter()
                .flat_map(|v| std::iter::repeat_n(Value { weight: 1, ..*v }, v.weight as usize))
                .collect();
            let (a, b) = (Sample::new(&mut items, |v| *v), Sample::new(&mut repeated, |v| *v));
            prop_assert_eq!(a.count(), b.count());
            prop_assert_eq!(a.max(), b.max());
            prop_assert_eq!(a.quantile_of(q), b.quantile_of(q));
            prop_assert_eq!(a.quantile(Level::P90), b.quantile(Level::P90));
            let apart = a.mean().unwrap_or(0.0) - b.mean().unwrap_or(0.0);
            prop_assert!(apart.abs() < 1e-9);
        }
    }
}

//! The statistics that the tools take from numpy, to the last bit: numpy adds
//! in pairs, and a view that added otherwise would differ in the last digits
//! of every mean.
//!
//! This module must not choose what goes in: which requests count is settled in
//! [`figures`](super::figures).

/// What numpy calls a block when it adds in pairs.
const BLOCK: usize = 128;

/// A list of values in the order in which a tool gathered them, in seconds.
#[derive(Debug, Default)]
pub(super) struct Sample {
    values: Vec<f64>,
    sorted: Vec<f64>,
}

impl Sample {
    /// The values, in their order.
    pub(super) fn new(values: Vec<f64>) -> Sample {
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        Sample { values, sorted }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// `np.sum`.
    pub(super) fn sum(&self) -> f64 {
        pairwise_sum(&self.values)
    }

    /// `np.mean`; not a number where there is no value.
    pub(super) fn mean(&self) -> f64 {
        mean(&self.values)
    }

    /// `np.std`: of the population, that is with `ddof` 0.
    pub(super) fn std(&self) -> f64 {
        let mean = self.mean();
        let squares: Vec<f64> =
            self.values.iter().map(|value| (value - mean) * (value - mean)).collect();
        self::mean(&squares).sqrt()
    }

    /// `np.median`: of an even number, the mean of the two in the middle.
    pub(super) fn median(&self) -> f64 {
        let middle = self.sorted.len() / 2;
        match self.sorted.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => self.sorted[middle],
            _ => mean(&self.sorted[middle - 1..=middle]),
        }
    }

    /// `np.percentile` with its `linear` method: between the two values on
    /// either side of the rank `(n - 1) · p / 100`.
    pub(super) fn percentile(&self, p: f64) -> f64 {
        let Some(last) = self.sorted.len().checked_sub(1) else { return f64::NAN };
        let rank = last as f64 * (p / 100.0);
        let below = (rank.floor() as usize).min(last);
        let above = (below + 1).min(last);
        lerp(self.sorted[below], self.sorted[above], rank - below as f64)
    }

    /// `np.max`; not a number where there is no value.
    pub(super) fn max(&self) -> f64 {
        self.sorted.last().copied().unwrap_or(f64::NAN)
    }
}

/// Between two values, worked out from the nearer one.
fn lerp(low: f64, high: f64, share: f64) -> f64 {
    let step = high - low;
    if share < 0.5 { low + step * share } else { high - step * (1.0 - share) }
}

fn mean(values: &[f64]) -> f64 {
    pairwise_sum(values) / values.len() as f64
}

/// Numpy's order of adding: eight running sums in a block, and longer lists cut
/// in two at a multiple of eight.
fn pairwise_sum(values: &[f64]) -> f64 {
    match values.len() {
        0..8 => values.iter().fold(0.0, |sum, value| sum + value),
        8..=BLOCK => block_sum(values),
        n => {
            let half = n / 2;
            let (front, back) = values.split_at(half - half % 8);
            pairwise_sum(front) + pairwise_sum(back)
        }
    }
}

/// The sum of a block of at least eight values.
fn block_sum(values: &[f64]) -> f64 {
    let (eights, rest) = values.split_at(values.len() - values.len() % 8);
    let mut sums = [0.0; 8];
    for eight in eights.chunks_exact(8) {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    let whole = ((a + b) + (c + d)) + ((e + f) + (g + h));
    rest.iter().fold(whole, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn figures_are_numpys() {
        // numpy 2.3: np.mean, np.std, np.median, np.percentile of these.
        let sample = Sample::new(vec![0.3, 0.1, 0.2, 0.7]);
        assert_eq!(sample.mean(), 0.325);
        assert_eq!(sample.std(), 0.22776083947860745);
        assert_eq!(sample.median(), 0.25);
        assert_eq!(sample.percentile(99.0), 0.6879999999999998);
        assert_eq!(sample.percentile(50.0), 0.25);
        assert_eq!(sample.percentile(0.0), 0.1);
        assert_eq!((sample.max(), sample.sum()), (0.7, 1.3));
        let many = Sample::new((1..=1000).map(|i| 1.0 / f64::from(i)).collect());
        assert_eq!(many.sum(), 7.485470860550345);
        assert_eq!(many.std(), 0.039848491723996425);
        assert_eq!(many.percentile(99.9), 0.500500000000045);
    }

    #[test]
    fn of_nothing_there_is_no_number() {
        let none = Sample::default();
        assert!(none.is_empty() && none.sum() == 0.0);
        for figure in [none.mean(), none.std(), none.median(), none.percentile(9.0), none.max()] {
            assert!(figure.is_nan());
        }
    }

    proptest! {
        #[test]
        fn a_sum_in_pairs_is_near_any_other(values in prop::collection::vec(0.0..1e3_f64, 0..700)) {
            let plain: f64 = values.iter().sum();
            prop_assert!((pairwise_sum(&values) - plain).abs() <= 1e-9 * plain.max(1.0));
        }

        #[test]
        fn percentiles_rise_from_the_least_to_the_most(
            values in prop::collection::vec(-1e3..1e3_f64, 1..50), p in 0.0..100.0_f64,
        ) {
            let sample = Sample::new(values);
            let (least, most) = (sample.percentile(0.0), sample.percentile(100.0));
            prop_assert!(least <= sample.percentile(p) && sample.percentile(p) <= most);
            prop_assert_eq!(most, sample.max());
        }
    }
}

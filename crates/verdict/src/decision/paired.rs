//! Two arms, block by block: the mean of their log ratios, and how sure it is.

use tokenometer_core::stats::student;

/// Fewer blocks than this decide nothing.
pub const LEAST_BLOCKS: usize = 3;

/// The least spread that log ratios are taken to have. No engine is known to a
/// thousandth from a few starts, and a pair without any spread must not come out
/// better by a hundredth of a per cent.
pub(super) const LEAST_SPREAD: f64 = 0.001;

/// The differences of two arms, one for each block in which both have a number: log
/// ratios, or points where the metric is a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    blocks: usize,
    mean: f64,
    spread: f64,
}

impl Paired {
    /// The differences ln(x/reference) of an arm to a reference. `None` where fewer
    /// than [`LEAST_BLOCKS`] blocks have both; a number that isn't positive and finite
    /// has no logarithm, and its block is left out.
    pub fn of_ratios(pairs: &[(f64, f64)]) -> Option<Paired> {
        let sound = |number: f64| number.is_finite() && number > 0.0;
        let pairs = pairs.iter().filter(|(x, reference)| sound(*x) && sound(*reference));
        let logs: Vec<f64> = pairs.map(|(x, reference)| (x / reference).ln()).collect();
        Paired::of_differences(&logs)
    }

    /// These differences themselves, as of shares. `None` where there are fewer than
    /// [`LEAST_BLOCKS`].
    pub fn of_differences(differences: &[f64]) -> Option<Paired> {
        if differences.len() < LEAST_BLOCKS || differences.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let count = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let squares: f64 = differences.iter().map(|value| (value - mean).powi(2)).sum();
        let spread = (squares / (count - 1.0)).sqrt().max(LEAST_SPREAD);
        Some(Paired { blocks: differences.len(), mean, spread })
    }

    /// How many blocks have both.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// The mean difference (θ̂).
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation of the differences (s), a thousandth at least.
    pub fn spread(&self) -> f64 {
        self.spread
    }

    /// Degrees of freedom: one less than blocks.
    pub fn freedom(&self) -> f64 {
        (self.blocks - 1) as f64
    }

    /// The standard error of the mean: s/√B.
    pub fn error(&self) -> f64 {
        self.spread / (self.blocks as f64).sqrt()
    }

    /// How likely a mean at least as far from zero is where there is no difference:
    /// 2·P(T ≥ |θ̂|·√B/s) (Student 1908).
    pub fn difference_p(&self) -> f64 {
        2.0 * student::tail(self.mean.abs() / self.error(), self.freedom())
    }

    /// How likely a mean at least as far inside ±`margin` is where the difference is as
    /// large as it: the larger of [`Paired::sides`] (two one-sided tests, Schuirmann
    /// 1987).
    pub fn equivalence_p(&self, margin: f64) -> f64 {
        let (low, high) = self.sides(margin);
        low.max(high)
    }

    /// The two one-sided tests of equivalence: that the difference isn't −`margin` or
    /// less, and that it isn't `margin` or more.
    pub fn sides(&self, margin: f64) -> (f64, f64) {
        let tail = |distance: f64| student::tail(distance / self.error(), self.freedom());
        (tail(self.mean + margin), tail(margin - self.mean))
    }

    /// The t interval of the mean that misses with probability `miss`.
    pub fn interval(&self, miss: f64) -> [f64; 2] {
        let half = student::quantile_at(1.0 - miss / 2.0, self.freedom())
            .map_or(f64::INFINITY, |t| t * self.error());
        [self.mean - half, self.mean + half]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_three_blocks_decide_nothing() {
        assert_eq!(Paired::of_ratios(&[(1.0, 2.0), (1.0, 2.0)]), None);
        // What can't be compared is no block.
        let broken = [(1.0, 2.0), (f64::INFINITY, 2.0), (0.0, 2.0), (1.0, f64::NAN), (1.0, 2.0)];
        assert_eq!(Paired::of_ratios(&broken), None);
    }

    #[test]
    fn without_any_spread_a_thousandth_is_taken() {
        let same = Paired::of_ratios(&[(1.0001, 1.0); 5]).unwrap();
        assert_eq!(same.spread(), LEAST_SPREAD);
        assert!(same.difference_p() > 0.5, "{}", same.difference_p());
        assert!(same.equivalence_p(1.02_f64.ln()) < 1e-4);
    }

    #[test]
    fn swapping_the_arms_turns_the_sign_alone() {
        let pairs = [(1.1, 1.0), (1.3, 1.1), (0.9, 0.95), (1.2, 1.0)];
        let swapped: Vec<(f64, f64)> = pairs.iter().map(|(x, y)| (*y, *x)).collect();
        let (one, other) =
            (Paired::of_ratios(&pairs).unwrap(), Paired::of_ratios(&swapped).unwrap());
        assert!((one.mean() + other.mean()).abs() < 1e-12);
        assert!((one.difference_p() - other.difference_p()).abs() < 1e-12);
        let ([low, high], [other_low, other_high]) = (one.interval(0.05), other.interval(0.05));
        assert!((low + other_high).abs() < 1e-12 && (high + other_low).abs() < 1e-12);
    }
}

//! Two arms that were not measured in the same blocks: observational, since time and arm
//! are confounded.

use tokenometer_core::stats::student;

use super::paired::{LEAST_BLOCKS, LEAST_SPREAD};

/// The difference of two means whose blocks have nothing to do with each other (Welch
/// 1947).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    mean: f64,
    error: f64,
    freedom: f64,
}

impl Welch {
    /// ln x̄ − ln ȳ of two arms, of geometric means. `None` where either has fewer than
    /// [`LEAST_BLOCKS`] positive numbers.
    pub fn of(values: &[f64], reference: &[f64]) -> Option<Welch> {
        let logs = |values: &[f64]| -> Vec<f64> {
            let sound = values.iter().filter(|value| value.is_finite() && **value > 0.0);
            sound.map(|value| value.ln()).collect()
        };
        Welch::of_differences(&logs(values), &logs(reference))
    }

    /// x̄ − ȳ of the numbers themselves, as of shares. `None` where either arm has fewer
    /// than [`LEAST_BLOCKS`].
    pub fn of_differences(values: &[f64], reference: &[f64]) -> Option<Welch> {
        let (one, other) = (Half::of(values)?, Half::of(reference)?);
        let variance = one.variance + other.variance;
        let part = |half: &Half| half.variance.powi(2) / half.freedom;
        // Satterthwaite (1946).
        let freedom = variance.powi(2) / (part(&one) + part(&other));
        freedom.is_finite().then(|| Welch {
            mean: one.mean - other.mean,
            error: variance.sqrt(),
            freedom,
        })
    }

    /// The difference of the means: of logarithms, or of the numbers themselves.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Degrees of freedom, which needn't be whole.
    pub fn freedom(&self) -> f64 {
        self.freedom
    }

    /// The two-sided p-value.
    pub fn p(&self) -> f64 {
        2.0 * student::tail(self.mean.abs() / self.error, self.freedom)
    }

    /// The interval that misses with probability `miss`.
    pub fn interval(&self, miss: f64) -> [f64; 2] {
        let half = student::quantile_at(1.0 - miss / 2.0, self.freedom)
            .map_or(f64::INFINITY, |t| t * self.error);
        [self.mean - half, self.mean + half]
    }
}

/// One side: its mean, and the variance of that mean.
struct Half {
    mean: f64,
    variance: f64,
    freedom: f64,
}

impl Half {
    fn of(numbers: &[f64]) -> Option<Half> {
        if numbers.len() < LEAST_BLOCKS || numbers.iter().any(|number| !number.is_finite()) {
            return None;
        }
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let freedom = count - 1.0;
        // The same floor as where blocks are paired, and for the same reason.
        let variance = (squares / freedom).max(LEAST_SPREAD.powi(2));
        Some(Half { mean, variance: variance / count, freedom })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_blocks_say_nothing() {
        assert_eq!(Welch::of(&[1.0, 2.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(Welch::of(&[1.0, 2.0, 0.0], &[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn numbers_that_never_vary_are_known_to_a_thousandth() {
        let same = Welch::of_differences(&[1.0; 4], &[1.0; 4]).unwrap();
        let [low, high] = same.interval(0.05);
        assert!(low < -0.001 && high > 0.001 && high < 0.003, "{low} {high}");
        let welch = Welch::of(&[2.0; 3], &[1.0; 3]).unwrap();
        assert!((welch.mean() - 2.0_f64.ln()).abs() < 1e-12);
    }
}

//! Two arms that were not measured in the same blocks: observational, since time and arm
//! are confounded.

use tokenometer_core::stats::student;

use super::paired::LEAST_BLOCKS;

/// The difference of two means of logarithms whose blocks have nothing to do with each
/// other (Welch 1947).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    mean: f64,
    error: f64,
    freedom: f64,
}

impl Welch {
    /// ln x̄ − ln ȳ of two arms. `None` where either has fewer than three positive
    /// numbers, or where neither varies at all.
    pub fn of(values: &[f64], reference: &[f64]) -> Option<Welch> {
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

    /// The difference of the means of logarithms.
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

/// One side: the mean of its logarithms, and the variance of that mean.
struct Half {
    mean: f64,
    variance: f64,
    freedom: f64,
}

impl Half {
    fn of(values: &[f64]) -> Option<Half> {
        let sound = values.iter().filter(|value| value.is_finite() && **value > 0.0);
        let logs: Vec<f64> = sound.map(|value| value.ln()).collect();
        if logs.len() < LEAST_BLOCKS {
            return None;
        }
        let count = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / count;
        let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
        let freedom = count - 1.0;
        Some(Half { mean, variance: squares / freedom / count, freedom })
    }
}

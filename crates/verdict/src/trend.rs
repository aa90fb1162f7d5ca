//! Does a series drift? The Mann–Kendall test for a monotone trend, with the
//! correction for autocorrelation of Hamed & Rao (1998), and Sen's slope for
//! its size.

use statrs::function::erf::erfc;

/// A lag counts as autocorrelated beyond this many standard errors: two-sided
/// 95 % of a normal distribution.
const LAG_QUANTILE: f64 = 1.959_963_984_540_054;

/// A monotone trend in a series of equal steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// The two-sided p-value: how likely so much order is by accident.
    pub p: f64,
    /// Sen's slope: the median of all pairwise slopes, a step.
    pub slope: f64,
    /// The factor by which autocorrelation widens the variance of S; at
    /// least 1.
    pub correction: f64,
    /// The change over the whole series as a share of its median (of its mean
    /// where the median is 0); 0 where both are 0.
    pub change: f64,
}

/// Tests a series for a monotone trend; `None` below four values, or if one of
/// them is not finite.
///
/// S = Σ sign(xⱼ − xᵢ) over i < j; Var(S) = \[n(n−1)(2n+5) − Σ t(t−1)(2t+5)\]
/// / 18 over ties of t equal values, times the correction
/// 1 + 2/(n(n−1)(n−2)) · Σₖ (n−k)(n−k−1)(n−k−2)·ρₖ over the lags k whose
/// autocorrelation ρₖ of ranks, the trend taken out, is significant;
/// z = (S ∓ 1)/√Var(S).
///
/// The correction is kept from falling below 1. Negative autocorrelation would
/// shrink the variance, and at 20 values chance alone often looks like it: the
/// plain correction at p < 0.01 calls 4.6 % of white noise a trend, and 14 %
/// of noise with ρ = −0.3; kept at 1 or above it calls 0.9 % and 0.1 %.
pub fn mann_kendall(values: &[f64]) -> Option<Trend> {
    if values.len() < 4 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let slope = sen_slope(values);
    let correction = correction(values, slope);
    let ties: f64 = tie_sizes(values).map(|t| t * (t - 1.0) * (2.0 * t + 5.0)).sum();
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0 * correction;
    let s = concordance(values);
    // All values equal: no variance, and no trend.
    let z = if variance > 0.0 { (s.abs() - 1.0).max(0.0) / variance.sqrt() } else { 0.0 };
    let p = erfc(z / std::f64::consts::SQRT_2);
    Some(Trend { p, slope, correction, change: relative(slope * n, values) })
}

/// S, the pairs in order minus the pairs out of order.
fn concordance(values: &[f64]) -> f64 {
    pairs(values)
        .map(|(a, b, _)| {
            if b > a {
                1.0
            } else if b < a {
                -1.0
            } else {
                0.0
            }
        })
        .sum()
}

fn sen_slope(values: &[f64]) -> f64 {
    median(pairs(values).map(|(a, b, steps)| (b - a) / steps).collect())
}

/// Every pair of values with the steps between them.
fn pairs(values: &[f64]) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
    values.iter().enumerate().flat_map(move |(i, &a)| {
        values.iter().enumerate().skip(i + 1).map(move |(j, &b)| (a, b, (j - i) as f64))
    })
}

/// The factor of Hamed & Rao, at least 1.
fn correction(values: &[f64], slope: f64) -> f64 {
    let n = values.len() as f64;
    let flat: Vec<f64> =
        values.iter().enumerate().map(|(i, value)| value - slope * i as f64).collect();
    let ranks = ranks(&flat);
    let bound = LAG_QUANTILE / n.sqrt();
    let sum: f64 = (1..values.len())
        .map(|lag| (lag as f64, autocorrelation(&ranks, lag)))
        .filter(|(_, rho)| rho.abs() > bound)
        .map(|(k, rho)| (n - k) * (n - k - 1.0) * (n - k - 2.0) * rho)
        .sum();
    (1.0 + 2.0 / (n * (n - 1.0) * (n - 2.0)) * sum).max(1.0)
}

/// Ranks from 1, equal values sharing their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count() as f64;
        let equal = values.iter().filter(|other| *other == value).count() as f64;
        below + (equal + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

/// The autocorrelation at a lag; 0 for a constant series.
fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let covariance: f64 =
        values.iter().zip(&values[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum();
    let variance: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if variance > 0.0 { covariance / variance } else { 0.0 }
}

/// How often each distinct value occurs.
fn tie_sizes(values: &[f64]) -> impl Iterator<Item = f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let sizes: Vec<f64> = sorted.chunk_by(|a, b| a == b).map(|tie| tie.len() as f64).collect();
    sizes.into_iter()
}

/// A change as a share of a series' usual size.
fn relative(change: f64, values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    match median(values.to_vec()) {
        0.0 if mean == 0.0 => 0.0,
        0.0 => change / mean.abs(),
        median => change / median.abs(),
    }
}

/// The median of at least one value.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values of pymannkendall 1.4.3: `original_test`, and
    /// `hamed_rao_modification_test` where its factor is at least 1.
    #[test]
    fn known_series_give_known_values() {
        let rising: Vec<f64> = (1..=20).map(f64::from).collect();
        let noise = [
            101.02, 97.68, 100.64, 94.06, 97.1, 99.02, 104.49, 105.73, 93.38, 96.03, 103.23, 90.04,
            97.68, 99.51, 106.29, 103.45, 98.36, 98.16, 98.75, 107.62,
        ];
        let ties = [
            5.0, 5.0, 6.0, 6.0, 6.0, 7.0, 5.0, 6.0, 7.0, 7.0, 8.0, 7.0, 8.0, 8.0, 7.0, 9.0, 8.0,
            9.0, 9.0, 9.0,
        ];
        let drift = [
            98.72, 100.09, 103.06, 102.64, 103.41, 101.66, 105.97, 105.67, 111.5, 110.96, 109.93,
            113.01, 110.98, 116.16, 113.98, 116.75, 112.13, 118.04, 112.94, 112.89,
        ];
        let swing = [
            100.0, 105.95, 111.59, 116.63, 120.83, 123.98, 125.95, 126.68, 126.19, 124.56, 121.97,
            118.63, 114.82, 110.84, 106.98, 103.57, 100.86, 99.1, 98.45, 99.01,
        ];
        for (values, p, slope, correction) in [
            (&rising[..], 8.679_763_574_548_36e-10, 1.0, 1.0),
            (&noise, 0.363_393_167_497_630, 0.166, 1.0),
            // The plain factor is 0.516 here; it is kept at 1.
            (&ties, 4.418_504_807_146_56e-6, 0.2, 1.0),
            (&drift, 8.794_628_235_886_39e-6, 0.9775, 1.0),
            (&swing, 0.170_826_062_750_369, -1.212_538_461_538_46, 2.671_874_422_899_35),
        ] {
            let trend = mann_kendall(values).unwrap();
            assert!((trend.p / p - 1.0).abs() < 1e-6, "p {} for {p}", trend.p);
            assert!((trend.slope - slope).abs() < 1e-9, "slope {} for {slope}", trend.slope);
            let factor = trend.correction;
            assert!((factor - correction).abs() < 1e-9, "factor {factor} for {correction}");
        }
    }

    #[test]
    fn the_change_is_that_over_the_whole_series() {
        let rising: Vec<f64> = (0..20).map(|i| 100.0 + f64::from(i)).collect();
        let change = mann_kendall(&rising).unwrap().change;
        assert!((change - 20.0 / 109.5).abs() < 1e-12);
        let late: Vec<f64> = (0..20).map(|i| f64::from(i / 11)).collect();
        assert_eq!(median(late.clone()), 0.0);
        assert!(mann_kendall(&late).unwrap().change.is_finite());
    }

    #[test]
    fn a_flat_series_has_no_trend_and_a_short_one_no_test() {
        for value in [0.0, 5.0] {
            let trend = mann_kendall(&[value; 20]).unwrap();
            assert_eq!((trend.p, trend.slope, trend.change), (1.0, 0.0, 0.0));
        }
        assert_eq!(mann_kendall(&[1.0, 2.0, 3.0]), None);
        assert_eq!(mann_kendall(&[1.0, 2.0, 3.0, f64::NAN]), None);
    }

    proptest! {
        #[test]
        fn turning_a_series_round_turns_its_trend(
            values in proptest::collection::vec(-1e6..1e6_f64, 4..40),
        ) {
            let trend = mann_kendall(&values).unwrap();
            let turned: Vec<f64> = values.iter().map(|value| -value).collect();
            let turned = mann_kendall(&turned).unwrap();
            prop_assert!((0.0..=1.0).contains(&trend.p));
            prop_assert!((trend.p - turned.p).abs() < 1e-9);
            prop_assert_eq!(trend.slope, -turned.slope);
        }
    }
}

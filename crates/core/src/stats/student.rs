//! Student's t distribution.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The `p` quantile of Student's t with `freedom` degrees of freedom; `None`
/// unless 0 < p < 1 and `freedom` is at least 1.
pub fn quantile(p: f64, freedom: u64) -> Option<f64> {
    quantile_at(p, freedom as f64)
}

/// The same with degrees of freedom that needn't be whole; `None` unless they are
/// positive.
pub fn quantile_at(p: f64, freedom: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    StudentsT::new(0.0, 1.0, freedom).ok().map(|law| law.inverse_cdf(p))
}

/// How likely Student's t with `freedom` degrees of freedom is at least `t`.
///
/// # Panics
///
/// Unless `freedom` is positive.
pub fn tail(t: f64, freedom: f64) -> f64 {
    let law = StudentsT::new(0.0, 1.0, freedom).expect("degrees of freedom are positive");
    law.sf(t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_reproduced() {
        // Two-sided 95 % and 99 % points of the standard tables.
        for (p, freedom, t) in [
            (0.975, 1, 12.706_204_736),
            (0.975, 2, 4.302_652_730),
            (0.975, 9, 2.262_157_163),
            (0.975, 19, 2.093_024_054),
            (0.995, 4, 4.604_094_871),
            (0.025, 19, -2.093_024_054),
        ] {
            let got = quantile(p, freedom).unwrap();
            assert!((got - t).abs() < 1e-6, "t({p}, {freedom}) = {got}, not {t}");
        }
    }

    #[test]
    fn there_is_none_outside_the_distribution() {
        assert_eq!(quantile(0.0, 5), None);
        assert_eq!(quantile(1.0, 5), None);
        assert_eq!(quantile(0.5, 0), None);
    }
}

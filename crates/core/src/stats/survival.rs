//! Quantiles of a time of which some were cut off before they were over
//! (Kaplan & Meier 1958, M12).

/// One time, and whether it was seen to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// How long it lasted, or had lasted when it was cut off; +∞ for what
    /// failed, and so never came to its end.
    pub time: f64,
    /// Whether it came to its end then.
    pub ended: bool,
}

/// Sums of ratios drift by some units in the last place; a survivor share this
/// close to a level has reached it.
const ROUNDING: f64 = 1e-12;

/// The least time by which a share `q` has ended, by the product-limit
/// estimate; `None` if the estimate never gets there. Sorts the observations.
pub fn kaplan_meier(observations: &mut [Observation], q: f64) -> Option<f64> {
    // What ended at an instant was at risk beside what was cut off then.
    observations.sort_by(|a, b| a.time.total_cmp(&b.time).then(b.ended.cmp(&a.ended)));
    let mut at_risk = observations.len() as f64;
    let mut surviving = 1.0;
    for observation in observations.iter() {
        if observation.ended {
            surviving *= 1.0 - 1.0 / at_risk;
            if surviving <= 1.0 - q + ROUNDING {
                return Some(observation.time);
            }
        }
        at_risk -= 1.0;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observations(rows: &[(f64, bool)]) -> Vec<Observation> {
        rows.iter().map(|&(time, ended)| Observation { time, ended }).collect()
    }

    #[test]
    fn the_textbook_example_is_reproduced() {
        // Remission times in weeks of the 21 treated patients of Freireich et
        // al. (1963): S falls to 0.627 at 16 weeks, 0.538 at 22 and 0.448 at
        // 23, which is the median. The 75 % quantile is never reached.
        let mut weeks = observations(&[
            (6.0, true),
            (6.0, true),
            (6.0, true),
            (6.0, false),
            (7.0, true),
            (9.0, false),
            (10.0, true),
            (10.0, false),
            (11.0, false),
            (13.0, true),
            (16.0, true),
            (17.0, false),
            (19.0, false),
            (20.0, false),
            (22.0, true),
            (23.0, true),
            (25.0, false),
            (32.0, false),
            (32.0, false),
            (34.0, false),
            (35.0, false),
        ]);
        assert_eq!(kaplan_meier(&mut weeks, 0.5), Some(23.0));
        assert_eq!(kaplan_meier(&mut weeks, 0.37), Some(16.0));
        assert_eq!(kaplan_meier(&mut weeks, 0.38), Some(22.0));
        assert_eq!(kaplan_meier(&mut weeks, 0.75), None);
    }

    #[test]
    fn without_cuts_it_is_the_least_value_that_a_share_has_reached() {
        let rows: Vec<(f64, bool)> = (1..=100).map(|i| (f64::from(i), true)).collect();
        let mut all = observations(&rows);
        assert_eq!(kaplan_meier(&mut all, 0.5), Some(50.0));
        assert_eq!(kaplan_meier(&mut all, 0.99), Some(99.0));
    }

    #[test]
    fn failures_never_end() {
        let mut half = observations(&[
            (1.0, true),
            (2.0, true),
            (f64::INFINITY, false),
            (f64::INFINITY, false),
        ]);
        assert_eq!(kaplan_meier(&mut half, 0.5), Some(2.0));
        assert_eq!(kaplan_meier(&mut half, 0.9), None);
    }
}

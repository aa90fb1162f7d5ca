//! Many comparisons at once: which hold together, and which interval says the same.

/// What holds of a family of comparisons, in the order in which they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Holm {
    /// Whether each is rejected: whether what its p-value speaks against is given up.
    pub rejected: Vec<bool>,
    /// With what probability the interval of each may miss, so that it leaves out what
    /// is rejected and nothing else.
    pub miss: Vec<f64>,
}

/// Holm's procedure (1979): from the smallest p-value on, each must stay below α
/// divided by how many are left, until the first that doesn't. So any false rejection
/// in the whole family has a probability of α at most, whatever the comparisons have to
/// do with each other. A missing result counts with p = 1.
///
/// The procedure has no intervals of its own. The ones of level α/(m − min(k, k*) + 1),
/// for rank k and the first rank k* that isn't rejected, leave out no difference exactly
/// where Holm rejects it.
pub fn holm(p: &[f64], alpha: f64) -> Holm {
    let family = p.len();
    let mut order: Vec<usize> = (0..family).collect();
    order.sort_by(|one, other| p[*one].total_cmp(&p[*other]));
    let level = |rank: usize| alpha / (family - rank) as f64;
    let held = order.iter().enumerate().take_while(|(rank, at)| p[**at] <= level(*rank)).count();
    let mut seen = Holm { rejected: vec![false; family], miss: vec![alpha; family] };
    for (rank, at) in order.into_iter().enumerate() {
        seen.rejected[at] = rank < held;
        seen.miss[at] = level(rank.min(held));
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comparison_is_its_own_family() {
        assert_eq!(holm(&[0.04], 0.05), Holm { rejected: vec![true], miss: vec![0.05] });
        assert_eq!(holm(&[], 0.05), Holm { rejected: vec![], miss: vec![] });
    }

    #[test]
    fn the_first_that_fails_stops_the_rest() {
        // Below 0.05/4, 0.05/3, and then not below 0.05/2: the last doesn't count,
        // though it would alone.
        let seen = holm(&[0.03, 0.001, 0.045, 0.016], 0.05);
        assert_eq!(seen.rejected, [false, true, false, true]);
        assert_eq!(seen.miss, [0.05 / 2.0, 0.05 / 4.0, 0.05 / 2.0, 0.05 / 3.0]);
    }

    #[test]
    fn a_missing_result_makes_the_family_no_smaller() {
        assert_eq!(holm(&[0.03], 0.05).rejected, [true]);
        assert_eq!(holm(&[0.03, 1.0], 0.05).rejected, [false, false]);
    }
}

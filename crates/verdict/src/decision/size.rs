//! How many blocks a study needs: to tell a difference of the margin from none.

use statrs::distribution::{ChiSquared, ContinuousCDF};
use tokenometer_core::stats::student;

use super::Paired;

/// How often a difference as large as the margin is to be found.
const POWER: f64 = 0.8;
/// The most blocks that are looked at: far beyond what anybody would run.
const MOST: u64 = 1_000_000;

/// How large a study would resolve the margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoreBlocks {
    /// Blocks in all, if the spread is as it was seen.
    pub blocks: u64,
    /// Blocks in all at the ends of the spread's own 80 % interval: from few blocks a
    /// spread is known to within a factor of two at best.
    pub range: [u64; 2],
}

/// The least number of blocks N at which (t₁₋ₐ⸝₂ + t₀.₈)·s/√N is `margin` at most, both
/// points of Student's t with N − 1 degrees of freedom (Cohen 1988). `None` where more
/// than a million are needed. `miss` is a: the level at which the comparison is tested.
///
/// The effect that was seen isn't planned on: it is what wasn't resolved.
pub fn blocks_for(spread: f64, margin: f64, miss: f64) -> Option<u64> {
    let enough = |blocks: u64| least(blocks, spread, miss) <= margin;
    if !enough(MOST) {
        return None;
    }
    // What is resolved shrinks with every block, so the least can be bisected.
    let (mut low, mut high) = (2, MOST);
    while low < high {
        let middle = low.midpoint(high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

/// The size of the study that would resolve the margin, from the spread that was seen.
/// `None` where it is beyond all measure.
pub fn more_blocks(paired: &Paired, margin: f64, miss: f64) -> Option<MoreBlocks> {
    let freedom = paired.freedom();
    let law = ChiSquared::new(freedom).expect("there are at least two blocks");
    let at = |share: f64| paired.spread() * (freedom / law.inverse_cdf(share)).sqrt();
    let size = |spread: f64| blocks_for(spread, margin, miss);
    Some(MoreBlocks { blocks: size(paired.spread())?, range: [size(at(0.9))?, size(at(0.1))?] })
}

/// The difference that the blocks at hand would have found in four of five studies.
pub fn resolvable(paired: &Paired, miss: f64) -> f64 {
    least(paired.blocks() as u64, paired.spread(), miss)
}

fn least(blocks: u64, spread: f64, miss: f64) -> f64 {
    let freedom = (blocks - 1) as f64;
    let point = |share| student::quantile_at(share, freedom).unwrap_or(f64::INFINITY);
    (point(1.0 - miss / 2.0) + point(POWER)) * spread / (blocks as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_number_is_the_least() {
        for (spread, margin) in [(0.01, 0.02), (0.02, 0.02), (0.1, 0.02), (0.5, 0.02)] {
            let blocks = blocks_for(spread, margin, 0.05).unwrap();
            assert!(least(blocks, spread, 0.05) <= margin);
            assert!(blocks == 2 || least(blocks - 1, spread, 0.05) > margin, "{spread} {blocks}");
        }
        assert_eq!(blocks_for(1e6, 0.02, 0.05), None);
    }

    #[test]
    fn a_stricter_level_needs_more() {
        assert!(blocks_for(0.05, 0.02, 0.0125) > blocks_for(0.05, 0.02, 0.05));
    }
}

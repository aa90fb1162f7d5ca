//! Quantile curves: one value for each of up to 201 levels.

use tokenometer_core::stats::quantile::Place;

/// How many levels a curve has at most: every half of a hundredth, both ends included.
const MOST: u64 = 201;

/// The levels at which a curve of so many values is drawn, from 0 to 1. Fewer values than
/// levels stand for themselves; one alone is a level line.
pub(super) fn levels(values: u64) -> impl Iterator<Item = f64> {
    let count = if values == 0 { 0 } else { values.clamp(2, MOST) };
    (0..count).map(move |index| index as f64 / (count - 1) as f64)
}

/// The curve of these values, each level by linear interpolation as everywhere (M15). Leaves
/// them in their order.
pub(super) fn curve(values: &mut [f64]) -> Vec<[f64; 2]> {
    values.sort_unstable_by(f64::total_cmp);
    let all = values.len() as u64;
    let last = values.len().saturating_sub(1);
    levels(all)
        .map(|level| {
            let place = Place::of(level, all);
            let below = place.below as usize;
            [level, place.between(values[below], values[last.min(below + 1)])]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_stand_for_themselves_and_many_are_interpolated() {
        assert_eq!(curve(&mut []), Vec::<[f64; 2]>::new());
        assert_eq!(curve(&mut [7.0]), [[0.0, 7.0], [1.0, 7.0]]);
        assert_eq!(curve(&mut [9.0, 1.0, 5.0]), [[0.0, 1.0], [0.5, 5.0], [1.0, 9.0]]);
        let mut many: Vec<f64> = (0..=1000).rev().map(f64::from).collect();
        let drawn = curve(&mut many);
        assert_eq!(drawn.len(), 201);
        for [level, value] in drawn {
            assert!((value - 1000.0 * level).abs() < 1e-9, "{value} at {level}");
        }
    }
}

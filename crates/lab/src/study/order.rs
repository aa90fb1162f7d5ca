//! Who comes when: the arms of a block, and its cells.
//!
//! Machines drift: they warm up, they throttle, their neighbours wake up. An
//! order that is the same in every block turns drift into a difference between
//! arms; a random one only spreads it; one that is balanced as well takes it out.

use super::chance::Chance;

/// The order of `arms` arms in each of `blocks` blocks: the rows of Latin
/// squares in a random order, so that each arm holds each position equally
/// often, or once more than others.
pub(super) fn arm_orders(arms: usize, blocks: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut orders = Vec::with_capacity(blocks);
    let mut chance = Chance::of(seed, "arm order");
    while arms > 0 && orders.len() < blocks {
        let mut names: Vec<usize> = (0..arms).collect();
        chance.shuffle(&mut names);
        let mut square: Vec<Vec<usize>> = (0..arms)
            .map(|row| zigzag(arms).map(|place| names[(place + row) % arms]).collect())
            .collect();
        chance.shuffle(&mut square);
        orders.extend(square);
    }
    orders.truncate(blocks);
    orders
}

/// 0, 1, n−1, 2, n−2 …: the row whose shifts are a Latin square in which, for an
/// even number of arms, each follows each other equally often too (Williams
/// 1949).
fn zigzag(arms: usize) -> impl Iterator<Item = usize> {
    (0..arms).map(move |at| if at % 2 == 1 { at.div_ceil(2) } else { (arms - at / 2) % arms })
}

/// The order of a block's cells: one for all of its arms, in which cells that
/// run on engines started alike stand together. `groups` says which do.
pub(super) fn cell_order<G: PartialEq>(groups: &[G], seed: u64) -> Vec<usize> {
    let mut together: Vec<Vec<usize>> = Vec::new();
    for (cell, group) in groups.iter().enumerate() {
        match together.iter_mut().find(|cells| groups[cells[0]] == *group) {
            Some(cells) => cells.push(cell),
            None => together.push(vec![cell]),
        }
    }
    let mut chance = Chance::of(seed, "cell order");
    chance.shuffle(&mut together);
    together.iter_mut().for_each(|cells| chance.shuffle(cells));
    together.concat()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal};
    use tokenometer_verdict::decision::Paired;

    use super::*;

    /// Whatever the numbers and the seed: after any block, each arm has held each
    /// position as often as any other has, or once more or less.
    #[test]
    fn every_arm_holds_every_position_equally_often() {
        for seed in 0..40 {
            for arms in 1..=9 {
                let orders = arm_orders(arms, 4 * arms + 3, seed);
                let mut held = vec![vec![0_u32; arms]; arms];
                for order in &orders {
                    for (position, arm) in order.iter().enumerate() {
                        held[*arm][position] += 1;
                    }
                    let all = held.iter().flatten();
                    let (least, most) = (all.clone().min(), all.max());
                    assert!(most.unwrap() - least.unwrap() <= 1, "{arms} arms, seed {seed}");
                }
            }
        }
    }

    #[test]
    fn an_even_number_of_arms_follow_each_other_equally_often() {
        for arms in [2, 4, 6, 8] {
            let mut followed = vec![vec![0_u32; arms]; arms];
            for order in arm_orders(arms, arms, 7) {
                order.windows(2).for_each(|pair| followed[pair[0]][pair[1]] += 1);
            }
            for (one, row) in followed.iter().enumerate() {
                let others = row.iter().enumerate().filter(|(other, _)| *other != one);
                assert!(others.clone().all(|(_, count)| *count == 1), "{followed:?}");
            }
        }
    }

    /// How many of 2,000 studies find a difference between two arms that are the same,
    /// on a machine that drifts by one standard deviation from trial to trial.
    fn found_in_drift(
        blocks: usize,
        order: impl Fn(usize, &mut ChaCha8Rng) -> Vec<Vec<usize>>,
    ) -> u32 {
        let mut rng = ChaCha8Rng::seed_from_u64(17);
        let study = |rng: &mut ChaCha8Rng| {
            let mut trial = 0.0;
            let differences: Vec<f64> = order(blocks, rng)
                .iter()
                .map(|arms| {
                    let mut seen = [0.0; 2];
                    for arm in arms {
                        let noise: f64 = StandardNormal.sample(rng);
                        seen[*arm] = trial + noise;
                        trial += 1.0;
                    }
                    seen[1] - seen[0]
                })
                .collect();
            Paired::of_differences(&differences).unwrap().difference_p() <= 0.05
        };
        (0..2000).map(|_| u32::from(study(&mut rng))).sum()
    }

    #[test]
    fn a_balanced_order_takes_drift_out() {
        for (blocks, fixed_share) in [(3, 0.12), (5, 0.23), (8, 0.41)] {
            let fixed = found_in_drift(blocks, |blocks, _| vec![vec![0, 1]; blocks]);
            // 3.3 standard deviations of 2,000 draws are 2.4 to 3.6 points.
            let share = f64::from(fixed) / 2000.0;
            assert!((share - fixed_share).abs() < 0.04, "{share} at {blocks} blocks");
            let balanced =
                found_in_drift(blocks, |blocks, rng| arm_orders(2, blocks, rng.random()));
            // The 99.9 % point of 2,000 draws at 5 %.
            assert!(balanced <= 131, "{balanced} at {blocks} blocks");
            assert!(balanced < fixed);
        }
    }

    #[test]
    fn seeds_give_different_orders() {
        let first: Vec<_> = (0..20).map(|seed| arm_orders(2, 1, seed)).collect();
        assert!(first.contains(&vec![vec![0, 1]]) && first.contains(&vec![vec![1, 0]]));
    }

    #[test]
    fn cells_of_one_start_stand_together() {
        let groups = ["a", "b", "a", "b", "a", "c"];
        for seed in 0..20 {
            let order = cell_order(&groups, seed);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
            let mut runs: Vec<&str> = order.iter().map(|cell| groups[*cell]).collect();
            runs.dedup();
            assert_eq!(runs.len(), 3);
        }
    }
}

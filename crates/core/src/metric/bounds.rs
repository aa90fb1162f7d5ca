//! A count that is known only to lie between two ends.
//!
//! Where the tokens of chunks are unknown, what follows from them still has
//! exact ends. If those lie within one in a hundred of each other their middle
//! stands (M6); else the number is absent, and the ends are what is said.

use std::ops::{Add, AddAssign};

/// The ends may differ by one part in this many for their middle to stand.
const AGREE_TO: u128 = 100;

/// The least and the most that a count can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub low: u64,
    /// The most; `None` if nothing bounds it.
    pub high: Option<u64>,
}

impl Bounds {
    /// Nothing.
    pub const NONE: Bounds = Bounds { low: 0, high: Some(0) };

    /// A count that is known.
    pub fn exactly(count: u64) -> Bounds {
        Bounds { low: count, high: Some(count) }
    }

    /// Whether the ends are close enough for their middle to stand: at most
    /// one in a hundred of the lower apart.
    pub fn agree(self) -> bool {
        self.high.is_some_and(|high| {
            u128::from(high.saturating_sub(self.low)) * AGREE_TO <= u128::from(self.low)
        })
    }

    /// The count, or the middle of ends that agree.
    pub fn settled(self) -> Option<f64> {
        let high = self.high.filter(|_| self.agree())?;
        Some((self.low as f64 + high as f64) / 2.0)
    }
}

impl Add for Bounds {
    type Output = Bounds;
    fn add(self, other: Bounds) -> Bounds {
        let high = self.high.zip(other.high).map(|(a, b)| a.saturating_add(b));
        Bounds { low: self.low.saturating_add(other.low), high }
    }
}

impl AddAssign for Bounds {
    fn add_assign(&mut self, other: Bounds) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_stands_up_to_one_in_a_hundred() {
        assert_eq!(Bounds { low: 100, high: Some(101) }.settled(), Some(100.5));
        assert_eq!(Bounds { low: 100, high: Some(102) }.settled(), None);
        assert_eq!(Bounds { low: 100, high: None }.settled(), None);
        assert_eq!(Bounds::NONE.settled(), Some(0.0));
        assert_eq!(Bounds { low: 0, high: Some(1) }.settled(), None);
    }

    #[test]
    fn what_has_no_bound_makes_the_sum_have_none() {
        let sum = Bounds::exactly(5) + Bounds { low: 1, high: None };
        assert_eq!(sum, Bounds { low: 6, high: None });
    }
}

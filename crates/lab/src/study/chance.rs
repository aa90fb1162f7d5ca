//! Everything random in a plan, from the study's one seed. What a seed means
//! never changes: a plan of today is a plan of every later release.
//!
//! A stream of words is named; its n-th word is the first eight bytes, read from
//! the small end, of SHA-256("tokenometer study 1\0" ‖ seed ‖ name ‖ "\0" ‖ n).

use sha2::{Digest, Sha256};

/// What words are derived under. A change of any rule here needs a new one.
const DOMAIN: &[u8] = b"tokenometer study 1\0";

/// A named stream of random words.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    seed: u64,
    name: String,
    drawn: u64,
}

impl Chance {
    /// The stream of this name.
    pub(super) fn of(seed: u64, name: impl Into<String>) -> Chance {
        Chance { seed, name: name.into(), drawn: 0 }
    }

    /// The next 64 random bits.
    fn word(&mut self) -> u64 {
        let digest = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(self.seed.to_le_bytes())
            .chain_update(self.name.as_bytes())
            .chain_update(b"\0")
            .chain_update(self.drawn.to_le_bytes())
            .finalize();
        self.drawn += 1;
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(first)
    }

    /// A seed for something else: of 32 bits, since the generators of other
    /// tools take no longer ones.
    pub(super) fn seed(&mut self) -> u64 {
        self.word() >> 32
    }

    /// Uniform over `0..bound`, without bias (Lemire 2019, as for workloads).
    /// `bound` must not be 0.
    fn below(&mut self, bound: u64) -> u64 {
        let uneven = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.word()) * u128::from(bound);
            if product as u64 >= uneven {
                return (product >> 64) as u64;
            }
        }
    }

    /// Puts a list into a random order (Fisher & Yates, from the end).
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            list.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this test fails, every published plan has lost its meaning: restore
    /// the rule instead of the numbers. They were found by another program,
    /// written from the rule at the head of this module alone.
    #[test]
    fn a_seed_keeps_its_meaning() {
        let mut chance = Chance::of(1, "block");
        let words = [chance.word(), chance.word()];
        assert_eq!(words, [0x74d9_317a_8fee_4a5f, 0x971a_a609_dd75_f3ac]);
        let mut list: Vec<u32> = (0..8).collect();
        Chance::of(1, "order").shuffle(&mut list);
        assert_eq!(list, [3, 1, 5, 4, 7, 6, 2, 0]);
    }

    #[test]
    fn streams_differ_by_seed_and_name() {
        let first = |seed, name: &str| Chance::of(seed, name).word();
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
    }
}

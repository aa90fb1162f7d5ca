//! Random numbers that keep their meaning for ever.
//!
//! From one study seed come independent streams, each with a name; within a
//! stream, every row of a workload has draws of its own. So the arrivals of a
//! study don't change when its prompts do, row 7 is the same in a workload of
//! ten rows and of ten thousand, and rows can be made in any order.
//!
//! How a number comes about is fixed here, down to the bit, and may not change:
//!
//! 1. The key of a stream is SHA-256 of `tokenometer seed 1`, a zero byte, the
//!    seed as eight bytes (little-endian), and the stream's name in UTF-8.
//! 2. Its words are the output of ChaCha12 under that key, with a 64-bit
//!    counter from 0 and the number of the row as the 64-bit nonce, read as
//!    little-endian 64-bit words.
//! 3. The functions of [`Draws`] turn words into numbers. They use `libm`, not
//!    the mathematics of the platform, so that every machine rounds alike.
//!
//! The standard generator of the `rand` crate and its distributions are not
//! used, since both may change between its releases. This module must never
//! take entropy from the system.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// What the keys are derived under. A change of any rule above needs a new one.
const DOMAIN: &[u8] = b"tokenometer seed 1\0";

/// The one number from which everything random in a workload follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed(pub u64);

impl Seed {
    /// The stream of this name.
    pub(crate) fn stream(self, name: &str) -> Stream {
        let digest = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(self.0.to_le_bytes())
            .chain_update(name.as_bytes())
            .finalize();
        Stream { key: digest.into() }
    }
}

/// A named stream: as many sequences of draws as there are rows.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    key: [u8; 32],
}

impl Stream {
    /// The draws of one row, from their beginning.
    pub(crate) fn row(&self, number: u64) -> Draws {
        let mut words = ChaCha12Rng::from_seed(self.key);
        words.set_stream(number);
        Draws { words }
    }

    /// The draws of a stream that knows no rows: those of row 0.
    pub(crate) fn draws(&self) -> Draws {
        self.row(0)
    }
}

/// A sequence of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    words: ChaCha12Rng,
}

impl Draws {
    /// 64 random bits.
    pub(crate) fn word(&mut self) -> u64 {
        self.words.next_u64()
    }

    /// Uniform on [0, 1): the upper 53 bits of a word over 2⁵³.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform over `0..bound`, without bias (Lemire 2019: the upper half of
    /// the 128-bit product, drawn again where the lower half falls short).
    /// `bound` must not be 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        debug_assert!(bound > 0, "nothing lies below 0");
        let uneven = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.word()) * u128::from(bound);
            if product as u64 >= uneven {
                return (product >> 64) as u64;
            }
        }
    }

    /// Uniform over the whole numbers from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        debug_assert!(low <= high, "the range is empty");
        low + self.below(u64::from(high - low) + 1) as u32
    }

    /// One of several; `choices` must not be empty.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// Exponential with mean 1, by inversion: −ln(1 − u).
    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log1p(-self.unit())
    }

    /// Standard normal (Box & Muller 1958, the cosine half alone, so that each
    /// number takes exactly two words).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Gamma with this shape and scale 1 (Marsaglia & Tsang 2000; a shape below
    /// 1 by their step from shape + 1). `shape` must be positive and finite.
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = libm::pow(1.0 - self.unit(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            let u = 1.0 - self.unit();
            if libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Puts a list into a random order (Fisher & Yates, from the end).
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            list.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this test fails, every published seed has lost its meaning: restore
    /// the rule instead of the numbers. They were also found by another program,
    /// written from the rules at the head of this module alone.
    #[test]
    fn a_seed_keeps_its_meaning() {
        let words = |seed, name: &str, row| {
            let mut draws = Seed(seed).stream(name).row(row);
            [draws.word(), draws.word()]
        };
        assert_eq!(words(0, "arrival", 0), [0x8ffb_5d18_f957_a101, 0x9c51_b13f_25f1_7f87]);
        assert_eq!(words(42, "text", 7), [0x6207_9236_a28f_8567, 0x7303_b70f_928d_ff53]);
        let mut draws = Seed(1).stream("lengths").draws();
        let numbers = [draws.unit(), draws.exponential(), draws.normal(), draws.gamma(0.5)];
        let published =
            [0.3936604368320208, 0.9897251049453628, 0.36293665192012337, 2.237928164414352];
        assert_eq!(numbers, published);
        let small: Vec<u64> = (0..8).map(|_| draws.below(10)).collect();
        assert_eq!(small, [4, 9, 1, 9, 7, 1, 9, 2]);
    }

    #[test]
    fn names_rows_and_seeds_are_independent() {
        let first = |seed: u64, name: &str, row| Seed(seed).stream(name).row(row).word();
        let words = [
            first(0, "text", 0),
            first(0, "text", 1),
            first(0, "lengths", 0),
            first(1, "text", 0),
            first(0, "drain/text", 0),
        ];
        let distinct: std::collections::BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len());
    }

    /// Mean and variance of 100,000 draws, each within five standard errors.
    #[test]
    fn the_distributions_have_their_moments() {
        let n = 100_000;
        let moments = |draw: &mut dyn FnMut() -> f64| {
            let values: Vec<f64> = (0..n).map(|_| draw()).collect();
            let mean = values.iter().sum::<f64>() / n as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
            (mean, variance)
        };
        let mut draws = Seed(3).stream("moments").draws();
        let near = |got: (f64, f64), mean: f64, variance: f64, kurtosis: f64| {
            let n = n as f64;
            assert!((got.0 - mean).abs() < 5.0 * (variance / n).sqrt(), "{got:?}");
            let error = 5.0 * variance * ((kurtosis - 1.0) / n).sqrt();
            assert!((got.1 - variance).abs() < error, "{got:?} wants {variance} ± {error}");
        };
        near(moments(&mut || draws.unit()), 0.5, 1.0 / 12.0, 1.8);
        near(moments(&mut || draws.exponential()), 1.0, 1.0, 9.0);
        near(moments(&mut || draws.normal()), 0.0, 1.0, 3.0);
        for shape in [0.1, 0.5, 1.0, 2.0, 50.0] {
            near(moments(&mut || draws.gamma(shape)), shape, shape, 3.0 + 6.0 / shape);
        }
        near(moments(&mut || f64::from(draws.between(1, 6))), 3.5, 35.0 / 12.0, 1.73);
    }

    #[test]
    fn a_shuffle_keeps_every_element() {
        let mut list: Vec<u32> = (0..100).collect();
        Seed(5).stream("choice").draws().shuffle(&mut list);
        assert_ne!(list, (0..100).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..100).collect::<Vec<_>>());
    }
}

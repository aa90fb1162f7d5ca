//! Python's own generator: the module `random` of CPython 3, whose draws have
//! stayed the same since 3.2.

use super::mersenne_twister::MersenneTwister;

/// Python's global generator after `random.seed`.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    words: MersenneTwister,
}

impl Python {
    /// As `random.seed(seed)` leaves it. The key is the seed in words of 32
    /// bits, lowest first, without leading zeros; zero is one word.
    pub(crate) fn new(seed: u64) -> Python {
        let low = seed as u32;
        let key = match (seed >> 32) as u32 {
            0 => vec![low],
            high => vec![low, high],
        };
        Python { words: MersenneTwister::of_key(&key) }
    }

    /// `random()`: uniform on [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.words.unit()
    }

    /// `randrange(bound)`, which is also how one of `bound` elements is picked
    /// by `choice`: drawn again until it lies below. `bound` must not be 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        debug_assert!(bound > 0, "nothing lies below 0");
        // One bit more than the largest result needs where `bound` is a power
        // of two; then half of all words are thrown away.
        let spare = bound.leading_zeros();
        loop {
            let bits = self.words.word() >> spare;
            if bits < bound {
                return bits;
            }
        }
    }

    /// `randint(low, high)`, both included, of fewer than 2³² numbers.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// `shuffle(list)`.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last as u32 + 1) as usize;
            list.swap(last, other);
        }
    }

    /// `choices(list, k=count)`: with replacement, all alike. `list` must not be
    /// empty.
    pub(crate) fn choices<T: Clone>(&mut self, list: &[T], count: usize) -> Vec<T> {
        let size = list.len() as f64;
        (0..count).map(|_| list[(self.unit() * size) as usize].clone()).collect()
    }
}

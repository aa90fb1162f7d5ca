//! numpy's new interface, `numpy.random.default_rng(seed)`, as its releases
//! from 1.17 on draw; numpy doesn't promise that later ones will.

use super::pcg64::Pcg64;

/// A `numpy.random.Generator`.
#[derive(Clone, Debug)]
pub(crate) struct NumpyGenerator {
    words: Pcg64,
}

impl NumpyGenerator {
    /// `default_rng(seed)`.
    pub(crate) fn new(seed: u64) -> NumpyGenerator {
        NumpyGenerator { words: Pcg64::new(seed) }
    }

    /// `random()`: uniform on [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.words.unit()
    }

    /// One number of `integers(low, high + 1)`, without bias (Lemire 2019 on 32
    /// bits). Where there is only one number, nothing is drawn.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        let bound = match high - low {
            0 => return low,
            u32::MAX => return self.words.half_word(),
            span => span + 1,
        };
        let uneven = bound.wrapping_neg() % bound;
        loop {
            let product = u64::from(self.words.half_word()) * u64::from(bound);
            if product as u32 >= uneven {
                return low + (product >> 32) as u32;
            }
        }
    }

    /// `choice(len(p), size=count, p=p)`: places, as often as `probabilities`
    /// say, which must not be empty.
    pub(crate) fn choices(&mut self, probabilities: &[f64], count: usize) -> Vec<usize> {
        let mut sum = 0.0;
        let mut cumulated: Vec<f64> = probabilities
            .iter()
            .map(|probability| {
                sum += probability;
                sum
            })
            .collect();
        cumulated.iter_mut().for_each(|end| *end /= sum);
        (0..count)
            .map(|_| {
                let unit = self.unit();
                cumulated.partition_point(|&end| end <= unit)
            })
            .collect()
    }
}

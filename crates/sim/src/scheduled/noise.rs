//! Chance: how much longer or shorter than computed a step is, and how many
//! drafts are accepted. Both are drawn from one seed, from streams of their own,
//! so that the one doesn't change with the other.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The two streams of one start.
#[derive(Debug)]
pub(super) struct Noise {
    times: ChaCha8Rng,
    drafts: ChaCha8Rng,
    /// What every step of this start is multiplied by.
    start: f64,
    sigma: f64,
}

impl Noise {
    /// Draws what this start is like. `start` and `step` are the standard
    /// deviations of the logarithms of what steps are multiplied by, per start
    /// and per step; the medians are 1.
    pub(super) fn new(seed: u64, start: f64, step: f64) -> Noise {
        let mut times = ChaCha8Rng::seed_from_u64(seed);
        let mut drafts = times.clone();
        drafts.set_stream(1);
        let start = factor(&mut times, start);
        Noise { times, drafts, start, sigma: step }
    }

    /// What the next step is multiplied by.
    pub(super) fn step(&mut self) -> f64 {
        self.start * factor(&mut self.times, self.sigma)
    }

    /// How many of `drafts` are accepted when each is with probability `share`,
    /// up to the first that isn't.
    pub(super) fn accepted(&mut self, drafts: u32, share: f64) -> u32 {
        (0..drafts).take_while(|_| self.drafts.random::<f64>() < share).count() as u32
    }
}

/// A draw from the lognormal law with median 1.
fn factor(rng: &mut ChaCha8Rng, sigma: f64) -> f64 {
    let normal: f64 = StandardNormal.sample(rng);
    (sigma * normal).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_scatter_about_the_factor_of_their_start() {
        let mut noise = Noise::new(7, 0.5, 0.02);
        let logs: Vec<f64> = (0..4000).map(|_| (noise.step() / noise.start).ln()).collect();
        let mean = logs.iter().sum::<f64>() / 4000.0;
        let square = logs.iter().map(|log| log * log).sum::<f64>() / 4000.0;
        assert!(mean.abs() < 0.002, "{mean}");
        assert!((square.sqrt() - 0.02).abs() < 0.002, "{square}");
        assert_ne!(noise.start, Noise::new(8, 0.5, 0.02).start);
        assert_eq!(Noise::new(7, 0.0, 0.0).step(), 1.0);
    }

    #[test]
    fn the_two_streams_have_nothing_in_common() {
        let mut noise = Noise::new(7, 0.0, 0.0);
        let times: Vec<u64> = (0..64).map(|_| noise.times.random()).collect();
        assert!((0..64).all(|_| !times.contains(&noise.drafts.random())));
    }

    #[test]
    fn drafts_are_accepted_up_to_the_first_refusal() {
        let mut noise = Noise::new(1, 0.0, 0.0);
        assert_eq!(noise.accepted(4, 1.0), 4);
        assert_eq!(noise.accepted(4, 0.0), 0);
        // a + a² + a³ for a = ½ is 0.875 on average.
        let sum: u32 = (0..8000).map(|_| noise.accepted(3, 0.5)).sum();
        assert!((f64::from(sum) / 8000.0 - 0.875).abs() < 0.05, "{sum}");
    }
}

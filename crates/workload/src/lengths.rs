//! How long prompts and answers are, in tokens.
//!
//! It must never look at a text: a length is drawn first, and the text is made
//! to fit it.

use crate::seed::Draws;

/// The lengths of one request, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lengths {
    /// Of the prompt.
    pub input: u32,
    /// Of the answer asked for.
    pub output: u32,
}

/// The rule by which a length is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Law {
    /// Uniform over the whole numbers from the first to the last, both
    /// included.
    Uniform(u32, u32),
    /// Lognormal, rounded; what falls outside [`SHORTEST`]..=[`LONGEST`] is
    /// drawn again.
    Lognormal {
        /// The mean of the logarithm.
        mu: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
}

/// The least tokens that a conversation's prompt or answer has.
pub(crate) const SHORTEST: u32 = 4;
/// The most.
pub(crate) const LONGEST: u32 = 1024;

/// Prompts of the ShareGPT conversations, as benchmarks of inference servers
/// filter them: 4 to 1024 tokens, 197 in the mean. With σ = 1.1 the spread of
/// real conversations, μ follows from the mean of a lognormal cut at both ends;
/// the median is then 129.
pub(crate) const CONVERSATION_INPUT: Law = Law::Lognormal { mu: 4.904_104_704_288_949, sigma: 1.1 };

/// Answers of the same: 4 to 1024 tokens, 199 in the mean, 131 in the median.
pub(crate) const CONVERSATION_OUTPUT: Law =
    Law::Lognormal { mu: 4.918_357_171_260_642, sigma: 1.1 };

impl Law {
    /// Lengths around `length`, as far from it as `ratio` says: uniform over the
    /// whole numbers from ⌈length·(1−ratio)⌉ to ⌊length·(1+ratio)⌋, at least 1.
    /// With ratio 0 every length is `length`.
    ///
    /// vLLM's benchmark reads the ratio likewise, but rounds the lower end
    /// down. SGLang's takes it for the smallest share of `length`, and draws
    /// from `length·ratio` to `length`: its 1 is our 0, and its 0 has half the
    /// mean that ours has.
    pub(crate) fn around(length: u32, ratio: f64) -> Law {
        // Both ends are the same whole number away from the middle. A ratio as
        // written, say 0.29, lies a hair below itself in binary, and a hair must
        // not cost a token: hence the millionth.
        let width = (f64::from(length) * ratio + 1e-6).floor() as u32;
        Law::Uniform(length.saturating_sub(width).max(1), length.saturating_add(width).max(1))
    }

    /// Draws one length.
    pub(crate) fn draw(self, draws: &mut Draws) -> u32 {
        match self {
            Law::Uniform(low, high) => draws.between(low, high),
            Law::Lognormal { mu, sigma } => loop {
                let length = libm::round(libm::exp(mu + sigma * draws.normal()));
                if (f64::from(SHORTEST)..=f64::from(LONGEST)).contains(&length) {
                    return length as u32;
                }
            },
        }
    }
}

/// The class of a prompt's length: the power of two at or below it. Engines
/// compile and capture their kernels for shapes in such steps, so a warm-up has
/// to pass through every class that will be measured.
pub(crate) fn length_class(tokens: u32) -> u32 {
    tokens.max(1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn a_ratio_reaches_equally_far_both_ways() {
        for (length, ratio, low, high) in [
            (1024, 0.0, 1024, 1024),
            (100, 0.29, 71, 129),
            (1000, 0.7, 300, 1700),
            (10, 0.05, 10, 10),
            (10, 0.15, 9, 11),
            (1, 0.99, 1, 1),
            (2, 0.99, 1, 3),
            (128, 0.5, 64, 192),
        ] {
            assert_eq!(Law::around(length, ratio), Law::Uniform(low, high), "{length} {ratio}");
        }
    }

    #[test]
    fn every_length_of_the_range_is_drawn() {
        let mut draws = Seed(0).stream("lengths").draws();
        let mut seen = [0_u32; 12];
        for _ in 0..12_000 {
            seen[Law::around(10, 0.15).draw(&mut draws) as usize] += 1;
        }
        assert!(seen[..9].iter().all(|&n| n == 0));
        assert!(seen[9..].iter().all(|&n| (3800..4200).contains(&n)), "{seen:?}");
    }

    #[test]
    fn conversations_have_the_published_means() {
        let n = 200_000;
        for (law, mean, median) in
            [(CONVERSATION_INPUT, 197.0, 129), (CONVERSATION_OUTPUT, 199.0, 131)]
        {
            let mut draws = Seed(8).stream("lengths").draws();
            let mut lengths: Vec<u32> = (0..n).map(|_| law.draw(&mut draws)).collect();
            lengths.sort_unstable();
            assert!(lengths[0] >= SHORTEST && lengths[n - 1] <= LONGEST);
            let got = lengths.iter().map(|&l| f64::from(l)).sum::<f64>() / n as f64;
            // The standard deviation is about 200, so the error of the mean 0.45.
            assert!((got - mean).abs() < 2.0, "{got}");
            assert!(lengths[n / 2].abs_diff(median) <= 2, "{}", lengths[n / 2]);
        }
    }

    #[test]
    fn classes_are_powers_of_two() {
        let classes = [0, 1, 2, 3, 4, 127, 128, 1024].map(length_class);
        assert_eq!(classes, [0, 0, 1, 1, 2, 6, 7, 10]);
    }
}

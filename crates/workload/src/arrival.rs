//! When the requests of an open loop are due.
//!
//! A load of `count` requests in a stretch of time takes `count + 1` gaps, from
//! the stretch's beginning over every arrival to its end, scaled so that they
//! fill it exactly. So the offered rate is what was asked, not what luck made
//! of it. For a Poisson process this bends nothing: given how many arrivals a
//! stretch holds, that is how they lie in it.
//!
//! It must never read a clock: offsets are made before a load starts, and are
//! never re-based.

use tokenometer_core::Nanos;

use crate::seed::Draws;

/// How arrivals follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Process {
    /// At equal distances, with half a distance before the first and after the
    /// last.
    Constant,
    /// Independently of each other: exponential gaps.
    Poisson,
    /// With gamma-distributed gaps of this shape, so that the coefficient of
    /// variation of a gap is 1/√shape: below 1 in bursts, above 1 evenly.
    Gamma(f64),
}

impl Process {
    /// The process of a burstiness, as load generators for inference servers
    /// use the word: the shape of the gamma distribution; 1 is Poisson, infinity
    /// constant.
    pub(crate) fn of_burstiness(burstiness: f64) -> Process {
        if burstiness == f64::INFINITY {
            Process::Constant
        } else if burstiness == 1.0 {
            Process::Poisson
        } else {
            Process::Gamma(burstiness)
        }
    }

    /// One gap, in units in which only ratios matter.
    fn gap(self, draws: &mut Draws) -> f64 {
        match self {
            Process::Constant => 1.0,
            Process::Poisson => draws.exponential(),
            Process::Gamma(shape) => draws.gamma(shape),
        }
    }
}

/// The instants of `count` arrivals in `[0, span)`, ascending.
pub(crate) fn arrivals(
    process: Process,
    count: usize,
    span: Nanos,
    draws: &mut Draws,
) -> Vec<Nanos> {
    if count == 0 {
        return Vec::new();
    }
    let ends = gap_ends(process, count, draws);
    let scale = span.0 as f64 / ends[count];
    // Rounding may lift the last arrival to the end of the stretch, which no
    // longer belongs to it.
    let latest = (span.0 - 1).max(0);
    ends[..count].iter().map(|end| Nanos(((end * scale) as i64).min(latest))).collect()
}

/// Where each of `count + 1` gaps ends, in the process's own unit.
fn gap_ends(process: Process, count: usize, draws: &mut Draws) -> Vec<f64> {
    if process == Process::Constant {
        let mut ends: Vec<f64> = (0..count).map(|i| i as f64 + 0.5).collect();
        ends.push(count as f64);
        return ends;
    }
    loop {
        let mut end = 0.0;
        let ends: Vec<f64> = (0..=count)
            .map(|_| {
                end += process.gap(draws);
                end
            })
            .collect();
        // Gamma gaps of a small shape can all underflow to 0 where there are
        // only a few of them; nothing can be scaled then.
        if end > 0.0 {
            return ends;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seed::Seed;

    fn offsets(process: Process, count: usize, seconds: f64, seed: u64) -> Vec<f64> {
        let mut draws = Seed(seed).stream("arrival").draws();
        arrivals(process, count, Nanos::from_secs_f64(seconds), &mut draws)
            .into_iter()
            .map(Nanos::as_secs_f64)
            .collect()
    }

    fn gaps(offsets: &[f64]) -> Vec<f64> {
        offsets.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn variation(values: &[f64]) -> f64 {
        let mean = mean(values);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        (variance / values.len() as f64).sqrt() / mean
    }

    proptest! {
        #[test]
        fn arrivals_are_as_many_as_asked_in_order_and_inside(
            count in 0_usize..400,
            span in 1_i64..10_000_000_000,
            burstiness in prop_oneof![Just(1.0), Just(f64::INFINITY), 0.01_f64..20.0],
            seed: u64,
        ) {
            let process = Process::of_burstiness(burstiness);
            let draw = || {
                arrivals(process, count, Nanos(span), &mut Seed(seed).stream("arrival").draws())
            };
            let offsets = draw();
            prop_assert_eq!(offsets.len(), count);
            prop_assert!(offsets.is_sorted());
            prop_assert!(offsets.iter().all(|o| (0..span).contains(&o.0)));
            prop_assert_eq!(offsets, draw());
        }
    }

    #[test]
    fn the_mean_gap_is_that_of_the_rate() {
        for burstiness in [0.25, 1.0, 4.0, f64::INFINITY] {
            let process = Process::of_burstiness(burstiness);
            let gaps = gaps(&offsets(process, 20_000, 20.0, 9));
            let error = mean(&gaps) / 0.001 - 1.0;
            assert!(error.abs() < 0.001, "burstiness {burstiness}: {error}");
        }
    }

    #[test]
    fn constant_gaps_are_exactly_those_of_the_rate() {
        assert_eq!(offsets(Process::Constant, 4, 2.0, 0), [0.25, 0.75, 1.25, 1.75]);
    }

    /// The coefficient of variation of n gamma gaps has a standard error below
    /// 1/√n · (1 + 1/shape); three of them are allowed.
    #[test]
    fn gamma_gaps_vary_as_their_shape_says() {
        for shape in [0.25, 0.5, 2.0, 16.0] {
            let n = 50_000;
            let got = variation(&gaps(&offsets(Process::Gamma(shape), n, 50.0, 21)));
            let wanted = 1.0 / shape.sqrt();
            let error = 3.0 * (1.0 + 1.0 / shape) / (n as f64).sqrt() * wanted;
            assert!((got - wanted).abs() < error, "shape {shape}: {got}, wanted {wanted}±{error}");
        }
    }

    /// Kolmogorov's distance of n gaps to the exponential distribution passes
    /// 1.95/√n in one sample of a thousand; the seed is one of the others.
    #[test]
    fn poisson_gaps_are_exponential() {
        let n = 10_000;
        let mut gaps = gaps(&offsets(Process::Poisson, n, 10.0, 4));
        gaps.sort_by(f64::total_cmp);
        let distance = gaps
            .iter()
            .enumerate()
            .map(|(i, gap)| {
                let wanted = 1.0 - (-gap / 0.001).exp();
                let (below, above) = (i as f64, (i + 1) as f64);
                let m = gaps.len() as f64;
                (wanted - below / m).abs().max((above / m - wanted).abs())
            })
            .fold(0.0, f64::max);
        assert!(distance < 1.95 / (n as f64).sqrt(), "{distance}");
    }

    /// A shape so small that single gaps underflow must not yield NaN.
    #[test]
    fn the_burstiest_arrivals_are_still_numbers() {
        for seed in 0..2000 {
            let offsets = offsets(Process::Gamma(0.01), 1, 1.0, seed);
            assert!((0.0..1.0).contains(&offsets[0]), "{offsets:?}");
        }
    }
}

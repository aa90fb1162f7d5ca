//! numpy's old interface, `numpy.random.seed` and what follows it: the stream
//! of `RandomState`, which numpy has promised never to change.

use super::mersenne_twister::MersenneTwister;

/// numpy's global generator after `numpy.random.seed`.
#[derive(Clone, Debug)]
pub(crate) struct LegacyNumpy {
    words: MersenneTwister,
    /// The second of the two numbers that a normal draw makes.
    normal: Option<f64>,
}

impl LegacyNumpy {
    /// As `numpy.random.seed(seed)` leaves it.
    pub(crate) fn new(seed: u32) -> LegacyNumpy {
        LegacyNumpy { words: MersenneTwister::of_number(seed), normal: None }
    }

    /// `random_sample()`: uniform on [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.words.unit()
    }

    /// One number of `randint(low, high + 1)`, however many are asked for at
    /// once: drawn again until it lies in the range. Where there is only one
    /// number, nothing is drawn.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        let span = high - low;
        if span == 0 {
            return low;
        }
        let mask = u32::MAX >> span.leading_zeros();
        loop {
            let bits = self.words.word() & mask;
            if bits <= span {
                return low + bits;
            }
        }
    }

    /// `randint(low, high + 1, size=count)`.
    pub(crate) fn betweens(&mut self, low: u32, high: u32, count: usize) -> Vec<u32> {
        (0..count).map(|_| self.between(low, high)).collect()
    }

    /// `exponential(scale)`.
    pub(crate) fn exponential(&mut self, scale: f64) -> f64 {
        scale * self.standard_exponential()
    }

    /// By ln(1 − u), as numpy of every version has it here, not by the more exact
    /// ln1p(−u) of its new interface.
    fn standard_exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    /// `gamma(shape, scale)`.
    pub(crate) fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        scale * self.standard_gamma(shape)
    }

    fn standard_gamma(&mut self, shape: f64) -> f64 {
        if shape == 1.0 {
            return self.standard_exponential();
        }
        if shape == 0.0 {
            return 0.0;
        }
        if shape < 1.0 { self.gamma_below_one(shape) } else { self.gamma_above_one(shape) }
    }

    /// By rejection from a power and an exponential.
    fn gamma_below_one(&mut self, shape: f64) -> f64 {
        loop {
            let u = self.unit();
            let v = self.standard_exponential();
            if u <= 1.0 - shape {
                let x = libm::pow(u, 1.0 / shape);
                if x <= v {
                    return x;
                }
            } else {
                let y = -libm::log((1.0 - u) / shape);
                let x = libm::pow(1.0 - shape + shape * y, 1.0 / shape);
                if x <= v + y {
                    return x;
                }
            }
        }
    }

    /// Marsaglia & Tsang 2000.
    fn gamma_above_one(&mut self, shape: f64) -> f64 {
        let b = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * b);
        loop {
            let (x, v) = loop {
                let x = self.standard_normal();
                let v = 1.0 + c * x;
                if v > 0.0 {
                    break (x, v * v * v);
                }
            };
            let u = self.unit();
            if u < 1.0 - 0.0331 * (x * x) * (x * x)
                || libm::log(u) < 0.5 * x * x + b * (1.0 - v + libm::log(v))
            {
                return b * v;
            }
        }
    }

    /// The polar method of Marsaglia; the second number comes first.
    fn standard_normal(&mut self) -> f64 {
        if let Some(kept) = self.normal.take() {
            return kept;
        }
        loop {
            let x1 = 2.0 * self.unit() - 1.0;
            let x2 = 2.0 * self.unit() - 1.0;
            let square = x1 * x1 + x2 * x2;
            if square < 1.0 && square != 0.0 {
                let factor = libm::sqrt(-2.0 * libm::log(square) / square);
                self.normal = Some(factor * x1);
                return factor * x2;
            }
        }
    }
}

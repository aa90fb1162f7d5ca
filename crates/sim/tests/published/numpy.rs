//! The generator that the published harnesses drew from: numpy's legacy one, which
//! is a Mersenne twister (Matsumoto and Nishimura 1998). With it the same lengths
//! and the same instants come out, to the last bit.

/// How many words the twister's state has.
const WORDS: usize = 624;

/// numpy's legacy generator.
pub struct Numpy {
    state: [u32; WORDS],
    at: usize,
}

impl Numpy {
    /// As `numpy.random.seed` leaves it.
    pub fn seeded(seed: u32) -> Numpy {
        let mut state = [seed; WORDS];
        for index in 1..WORDS {
            let before = state[index - 1];
            let mixed = 1_812_433_253_u32.wrapping_mul(before ^ (before >> 30));
            state[index] = mixed.wrapping_add(index as u32);
        }
        Numpy { state, at: WORDS }
    }

    /// The next 32 bits.
    fn word(&mut self) -> u32 {
        if self.at == WORDS {
            self.twist();
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn twist(&mut self) {
        for index in 0..WORDS {
            let next = self.state[(index + 1) % WORDS];
            let joined = (self.state[index] & 0x8000_0000) | (next & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[index] = self.state[(index + 397) % WORDS] ^ (joined >> 1) ^ odd;
        }
        self.at = 0;
    }

    /// A whole number from `least` to `most`, as `randint` draws it: masked, and
    /// drawn again until it fits.
    pub fn between(&mut self, least: u32, most: u32) -> u32 {
        let range = most - least;
        if range == 0 {
            return least;
        }
        let mask = u32::MAX >> range.leading_zeros();
        loop {
            let drawn = self.word() & mask;
            if drawn <= range {
                return least + drawn;
            }
        }
    }

    /// A number from 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// A span of the mean `mean` between two events that know nothing of each other.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// A number of the standard normal distribution (Box and Muller 1958). This one
    /// isn't numpy's way.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[test]
fn it_draws_what_numpy_draws() {
    let mut numpy = Numpy::seeded(1);
    assert_eq!([numpy.word(), numpy.word()], [1_791_095_845, 4_282_876_139]);
    let mut numpy = Numpy::seeded(1);
    let gaps: Vec<f64> = (0..3).map(|_| numpy.exponential(0.25)).collect();
    for (gap, known) in gaps.iter().zip([0.134_901, 0.318_531, 0.000_028_6]) {
        assert!((gap - known).abs() < 1e-6, "{gaps:?}");
    }
}

//! PCG64, which is PCG XSL RR 128/64 (O'Neill 2014), seeded as numpy seeds it.

/// The multiplier of the linear congruence.
const MULTIPLIER: u128 = (2_549_297_995_355_413_924 << 64) | 4_865_540_595_714_422_341;

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Pcg64 {
    state: u128,
    increment: u128,
    /// The upper half of a word whose lower half was taken.
    half: Option<u32>,
}

impl Pcg64 {
    /// As `PCG64(seed)`.
    pub(super) fn new(seed: u64) -> Pcg64 {
        let [state_high, state_low, stream_high, stream_low] = seed_words(seed);
        let joined = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
        let increment = joined(stream_high, stream_low) << 1 | 1;
        let mut generator = Pcg64 { state: 0, increment, half: None };
        generator.step();
        generator.state = generator.state.wrapping_add(joined(state_high, state_low));
        generator.step();
        generator
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    /// 64 random bits.
    pub(super) fn word(&mut self) -> u64 {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// 32 random bits: the lower half of a word, and the upper one next time.
    /// Draws of 64 bits in between leave what was kept alone.
    pub(super) fn half_word(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let word = self.word();
        self.half = Some((word >> 32) as u32);
        word as u32
    }

    /// Uniform on [0, 1) with 53 bits, from one word.
    pub(super) fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / 9_007_199_254_740_992.0
    }
}

/// What numpy's `SeedSequence(seed)` gives to a generator that asks for four
/// words: the seed's bits, spread over all of them (after O'Neill's
/// `seed_seq_fe`).
fn seed_words(seed: u64) -> [u64; 4] {
    let pool = entropy_pool([seed as u32, (seed >> 32) as u32, 0, 0]);
    let mut factor: u32 = 0x8b51_f9dd;
    let mut halves = pool.iter().cycle().map(|word| {
        let mixed = word ^ factor;
        factor = factor.wrapping_mul(0x58f3_8ded);
        let mixed = mixed.wrapping_mul(factor);
        u64::from(mixed ^ (mixed >> 16))
    });
    [(); 4].map(|()| {
        let low = halves.next().expect("a cycle has no end");
        let high = halves.next().expect("a cycle has no end");
        high << 32 | low
    })
}

/// The four words of a `SeedSequence`, each of which depends on every word of
/// the seed. Missing words count as zero.
fn entropy_pool(seed: [u32; 4]) -> [u32; 4] {
    let mut factor: u32 = 0x43b0_d7e5;
    let mut hashed = |word: u32| {
        let mixed = word ^ factor;
        factor = factor.wrapping_mul(0x931e_8875);
        let mixed = mixed.wrapping_mul(factor);
        mixed ^ (mixed >> 16)
    };
    let mut pool = seed.map(&mut hashed);
    for from in 0..pool.len() {
        for to in (0..pool.len()).filter(|&to| to != from) {
            let other = hashed(pool[from]);
            let mixed =
                pool[to].wrapping_mul(0xca01_f9dd).wrapping_sub(other.wrapping_mul(0x4973_f715));
            pool[to] = mixed ^ (mixed >> 16);
        }
    }
    pool
}

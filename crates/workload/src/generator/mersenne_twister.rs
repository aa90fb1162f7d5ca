//! The Mersenne Twister MT19937 (Matsumoto & Nishimura 1998), with the two ways
//! of seeding it that numpy and Python use.

/// Words of state.
const N: usize = 624;
/// The distance of the recurrence.
const M: usize = 397;

/// The generator.
#[derive(Clone)]
pub(super) struct MersenneTwister {
    state: [u32; N],
    next: usize,
}

impl MersenneTwister {
    /// Seeded by one number, as numpy's old interface does.
    pub(super) fn of_number(seed: u32) -> MersenneTwister {
        let mut state = [0; N];
        let mut word = seed;
        for (place, slot) in (1_u32..).zip(state.iter_mut()) {
            *slot = word;
            word = 1_812_433_253_u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(place);
        }
        MersenneTwister { state, next: N }
    }

    /// Seeded by a key, as Python does; `key` must not be empty.
    pub(super) fn of_key(key: &[u32]) -> MersenneTwister {
        let mut state = MersenneTwister::of_number(19_650_218).state;
        let mut at = 1;
        let previous = |state: &[u32; N], at: usize| state[at - 1] ^ (state[at - 1] >> 30);
        let advance = |state: &mut [u32; N], at: usize| {
            if at + 1 < N {
                return at + 1;
            }
            state[0] = state[N - 1];
            1
        };
        for step in 0..N.max(key.len()) {
            let place = step % key.len();
            state[at] = (state[at] ^ previous(&state, at).wrapping_mul(1_664_525))
                .wrapping_add(key[place])
                .wrapping_add(place as u32);
            at = advance(&mut state, at);
        }
        for _ in 1..N {
            state[at] = (state[at] ^ previous(&state, at).wrapping_mul(1_566_083_941))
                .wrapping_sub(at as u32);
            at = advance(&mut state, at);
        }
        state[0] = 0x8000_0000;
        MersenneTwister { state, next: N }
    }

    /// 32 random bits.
    pub(super) fn word(&mut self) -> u32 {
        if self.next >= N {
            self.turn();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Uniform on [0, 1) with 53 bits, from two words.
    pub(super) fn unit(&mut self) -> f64 {
        let high = f64::from(self.word() >> 5);
        let low = f64::from(self.word() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    fn turn(&mut self) {
        for at in 0..N {
            let joined = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % N] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[at] = self.state[(at + M) % N] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }
}

impl std::fmt::Debug for MersenneTwister {
    /// 624 words would help nobody.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MersenneTwister").finish_non_exhaustive()
    }
}

//! Looking after every block: what a p-value is worth that was the smallest of several.
//!
//! Whoever looks again and again finds something in the end: adding blocks to an
//! undecided study under an ordinary interval gives 12 % false verdicts by the sixth
//! block. So the smallest p-value of all looks is read on the law that it has where
//! there is nothing to be found (repeated intervals, Jennison and Turnbull 1989; equal
//! levels, Pocock 1977). That law depends on the looks alone, since a t statistic
//! knows no scale; it is found by drawing.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tokenometer_core::stats::student;

/// Studies that are drawn: enough that the 5 % point is known to half a per cent.
const ROWS: usize = 1_000_000;
/// The same law on every machine and at every call.
const SEED: u64 = 0x10_0C;
/// Below this the drawn law has too few rows, and the sum of all looks bounds it.
const RARE: f64 = 1e-4;

/// The looks of a study: after block `from`, and after each block up to `at_most`.
#[derive(Clone, Debug)]
pub struct Looks {
    from: usize,
    at_most: usize,
    /// The smallest two-sided p-value of each drawn study, in order.
    two_sided: Vec<f64>,
    /// The smallest one-sided p-value of each, in order.
    one_sided: Vec<f64>,
}

impl Looks {
    /// The law of the looks after blocks `from` to `at_most`, by drawing a million
    /// studies, which takes about half a second. At least [`super::LEAST_BLOCKS`] blocks
    /// are taken for the first look.
    pub fn new(from: usize, at_most: usize) -> Looks {
        Looks::drawn(from, at_most, ROWS)
    }

    fn drawn(from: usize, at_most: usize, rows: usize) -> Looks {
        let from = from.max(super::LEAST_BLOCKS);
        let at_most = at_most.max(from);
        let curves: Vec<Curve> = (from..=at_most).map(|blocks| Curve::of(blocks - 1)).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let (mut two_sided, mut one_sided) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for _ in 0..rows {
            let (two, one) = smallest(&curves, from, at_most, &mut rng);
            two_sided.push(two);
            one_sided.push(one);
        }
        two_sided.sort_unstable_by(f64::total_cmp);
        one_sided.sort_unstable_by(f64::total_cmp);
        Looks { from, at_most, two_sided, one_sided }
    }

    /// The block after which the first look is.
    pub fn from(&self) -> usize {
        self.from
    }

    /// How many looks there are at most.
    pub fn count(&self) -> usize {
        self.at_most - self.from + 1
    }

    /// What the smallest two-sided p-value so far is worth.
    pub fn two_sided(&self, smallest: f64) -> f64 {
        self.adjusted(&self.two_sided, smallest)
    }

    /// What the smallest one-sided p-value so far is worth.
    pub fn one_sided(&self, smallest: f64) -> f64 {
        self.adjusted(&self.one_sided, smallest)
    }

    /// The level of each look at which all of them together miss with probability
    /// `miss`: what an interval of one look has to be made for.
    pub fn level(&self, miss: f64) -> f64 {
        let rare = miss / self.count() as f64;
        if rare < RARE {
            return rare;
        }
        let rank = (miss * self.two_sided.len() as f64) as usize;
        self.two_sided[rank.min(self.two_sided.len() - 1)]
    }

    fn adjusted(&self, law: &[f64], smallest: f64) -> f64 {
        let bound = (self.count() as f64 * smallest).min(1.0);
        if smallest < RARE {
            return bound;
        }
        let below = law.partition_point(|drawn| *drawn <= smallest);
        (below as f64 / law.len() as f64).min(bound)
    }
}

/// The smallest p-values, two-sided and one-sided, of one study without a difference.
fn smallest(curves: &[Curve], from: usize, at_most: usize, rng: &mut ChaCha8Rng) -> (f64, f64) {
    let (mut mean, mut squares) = (0.0, 0.0);
    let (mut two, mut one) = (1.0_f64, 1.0_f64);
    for blocks in 1..=at_most {
        // Welford (1962).
        let value: f64 = StandardNormal.sample(rng);
        let before = value - mean;
        mean += before / blocks as f64;
        squares += before * (value - mean);
        if blocks < from {
            continue;
        }
        let freedom = (blocks - 1) as f64;
        let t = mean / (squares / freedom / blocks as f64).sqrt();
        let tail = curves[blocks - from].tail(t.abs());
        two = two.min(2.0 * tail);
        one = one.min(if t > 0.0 { tail } else { 1.0 - tail });
    }
    (two, one)
}

/// Points of a curve.
const POINTS: usize = 1024;
/// The curve's end: at e¹² the tail is far below what any drawn study reaches.
const END: f64 = 12.0;

/// The upper tail of Student's t, read from a table: the exact one takes ten times as
/// long, and a law needs millions. On the scale of ln(1 + t²/ν) the logarithm of the tail
/// is almost a line, so that between points it is off by less than a millionth.
struct Curve {
    freedom: f64,
    logs: Vec<f64>,
}

impl Curve {
    fn of(freedom: usize) -> Curve {
        let freedom = freedom as f64;
        // Squared, since near nothing the tail falls with t, the root of that scale.
        let log = |point: usize| {
            let at = END * (point as f64 / (POINTS - 1) as f64).powi(2);
            student::tail((freedom * at.exp_m1()).sqrt(), freedom).ln()
        };
        Curve { freedom, logs: (0..POINTS).map(log).collect() }
    }

    fn tail(&self, t: f64) -> f64 {
        let scale = (t * t / self.freedom).ln_1p();
        let at = (scale / END).sqrt() * (POINTS - 1) as f64;
        let point = (at as usize).min(POINTS - 2);
        let (low, high) = (self.logs[point], self.logs[point + 1]);
        (low + (high - low) * (at - point as f64)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_as_good_as_the_law() {
        for freedom in [2, 3, 7, 19] {
            let curve = Curve::of(freedom);
            for step in 0..400 {
                let t = f64::from(step) * 0.05;
                let exact = student::tail(t, freedom as f64);
                assert!((curve.tail(t) / exact - 1.0).abs() < 1e-3, "t({freedom}) at {t}");
            }
        }
    }

    #[test]
    fn one_look_is_an_ordinary_test() {
        let looks = Looks::drawn(5, 5, 20_000);
        for p in [0.01, 0.05, 0.3] {
            // Of 20,000 a share of 0.05 has a standard deviation of 0.0015.
            assert!((looks.two_sided(p) - p).abs() < 0.008, "{} {p}", looks.two_sided(p));
            assert!((looks.one_sided(p) - p).abs() < 0.008, "{} {p}", looks.one_sided(p));
        }
        assert_eq!(looks.two_sided(1e-6), 1e-6);
    }

    #[test]
    fn the_levels_of_many_looks_are_those_that_were_tabulated() {
        // Jennison and Turnbull's repeated levels, by an independent drawing of 10⁶.
        for (from, at_most, level) in [
            (3, 4, 0.0305),
            (3, 6, 0.0187),
            (3, 8, 0.0143),
            (3, 10, 0.0120),
            (3, 12, 0.0106),
            (3, 20, 0.0077),
            (5, 8, 0.0226),
            (5, 12, 0.0146),
            (5, 20, 0.0099),
        ] {
            let looks = Looks::drawn(from, at_most, 200_000);
            let got = looks.level(0.05);
            // 1.0 % is a standard deviation of the draw; the table says 3 % at most.
            assert!((got / level - 1.0).abs() < 0.03, "{from}..{at_most}: {got}, not {level}");
            assert!((looks.two_sided(got) - 0.05).abs() < 1e-4);
        }
    }

    #[test]
    fn more_looks_are_worth_less() {
        let (few, many) = (Looks::drawn(3, 4, 20_000), Looks::drawn(3, 12, 20_000));
        for p in [1e-5, 0.001, 0.01, 0.1] {
            assert!(p <= few.two_sided(p) * 1.2 && few.two_sided(p) <= many.two_sided(p), "{p}");
        }
        assert!(many.level(0.05) < few.level(0.05));
    }
}

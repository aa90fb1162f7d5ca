//! Do the intervals inside a trial hold what they promise where latencies come of a queue
//! (M15)? Loads are drawn again and again and carried out in virtual time; the truth is what
//! many more of them come to together. Nine intervals in ten should hold it: a few less than
//! of numbers drawn from a distribution, since a queue remembers for longer than a batch.

// Clippy's leave to unwrap in tests covers test functions, but not what they call.
#![allow(clippy::unwrap_used)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp};
use tokenometer_core::Nanos;
use tokenometer_core::stats::estimate::Estimator;
use tokenometer_core::stats::{Level, Sample, Value};
use tokenometer_sim::scheduled::{Asked, Course, Prompt, Simulation, foretell};

const TRIALS: u64 = 100;
/// Requests of a trial, and before and after them those that keep the load standing.
const REQUESTS: usize = 1000;
const AROUND: usize = 200;
/// Loads from which the truth is taken, as long as a trial.
const LOADS: u64 = 200;
/// Requests a second: with these lengths an A100 is busy, and has time to spare.
const RATE: f64 = 4.0;
/// The most of [`TRIALS`] intervals of 90 % that miss but once in a thousand tests: the
/// 99.9 % quantile of the binomial distribution (scipy: `binom.ppf(0.999, 100, 0.1)`).
const MOST: u64 = 20;

/// What one load came to, request by request.
struct Latencies {
    ttft: Vec<f64>,
    e2e: Vec<f64>,
}

fn load(seed: u64) -> Latencies {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let gap = Exp::new(RATE).unwrap();
    let mut at = 0.0;
    let mut request = || {
        at += gap.sample(&mut random);
        Asked {
            prompt: Prompt::Unique(random.random_range(50..1500)),
            output: random.random_range(10..300),
            due: Some(Nanos((at * 1e9) as i64)),
        }
    };
    let requests: Vec<Asked> = (0..REQUESTS + 2 * AROUND).map(|_| request()).collect();
    let mut simulation = Simulation::new("a100", "llama-3.1-8b", None).unwrap();
    // A start's own pace would be another truth for each trial.
    simulation.set("start-noise", "0").unwrap();
    simulation.set("seed", &seed.to_string()).unwrap();
    let told = foretell(&simulation, &Course { requests, in_flight: None }).unwrap();
    let measured = &told.requests[AROUND..AROUND + REQUESTS];
    let since = |at: Option<Nanos>, sent: Nanos| (at.unwrap().0 - sent.0) as f64 / 1e6;
    Latencies {
        ttft: measured.iter().map(|one| since(one.first(), one.sent)).collect(),
        e2e: measured.iter().map(|one| since(one.last(), one.sent)).collect(),
    }
}

/// The values that the statistics of all loads together come to.
struct Truth {
    mean: f64,
    quantiles: [f64; 2],
}

const LEVELS: [Level; 2] = [Level::P50, Level::P90];

impl Truth {
    fn of(mut values: Vec<f64>) -> Truth {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let mut at = |level: Level| {
            let place = (level.share() * values.len() as f64) as usize;
            *values.select_nth_unstable_by(place, f64::total_cmp).1
        };
        Truth { mean, quantiles: LEVELS.map(&mut at) }
    }
}

/// How many intervals of each statistic missed the truth.
#[derive(Default)]
struct Missed {
    mean: u64,
    quantiles: [u64; 2],
}

impl Missed {
    fn add(&mut self, values: &[f64], in_flight: f64, truth: &Truth) {
        let numbered = values.iter().zip(0..).map(|(value, at)| Value::of_request(*value, at));
        let mut values: Vec<Value> = numbered.collect();
        let estimator =
            Estimator::new(Sample::new(&mut values, |value| *value), REQUESTS, in_flight);
        let misses = |interval: [f64; 2], truth: f64| {
            u64::from(!(interval[0]..=interval[1]).contains(&truth))
        };
        // An interval that is withheld is no promise; here there are requests enough for all.
        self.mean += misses(estimator.mean().interval.unwrap(), truth.mean);
        for (at, level) in LEVELS.into_iter().enumerate() {
            let interval = estimator.quantile(level).interval.unwrap();
            self.quantiles[at] += misses(interval, truth.quantiles[at]);
        }
    }

    fn assert_few(&self, what: &str) {
        let [p50, p90] = self.quantiles;
        for (statistic, missed) in [("mean", self.mean), ("p50", p50), ("p90", p90)] {
            assert!(missed <= MOST, "{what} {statistic}: {missed} of {TRIALS} intervals missed");
        }
        // And they are not so wide that they can't miss.
        assert!(self.mean + p50 + p90 > 0, "{what}: no interval missed");
    }
}

#[test]
fn intervals_of_a_queue_hold() {
    let (mut ttft, mut e2e) = (Vec::new(), Vec::new());
    for seed in 0..LOADS {
        let latencies = load(1_000_000 + seed);
        ttft.extend(latencies.ttft);
        e2e.extend(latencies.e2e);
    }
    let (ttft, e2e) = (Truth::of(ttft), Truth::of(e2e));
    // Little's law: the requests in flight, of which a batch must hold twice as many.
    let in_flight = RATE * e2e.mean / 1000.0;
    let (mut of_ttft, mut of_e2e) = (Missed::default(), Missed::default());
    for seed in 0..TRIALS {
        let latencies = load(seed);
        of_ttft.add(&latencies.ttft, in_flight, &ttft);
        of_e2e.add(&latencies.e2e, in_flight, &e2e);
    }
    of_ttft.assert_few("TTFT");
    of_e2e.assert_few("E2E");
}

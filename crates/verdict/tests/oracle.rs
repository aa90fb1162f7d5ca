//! The arithmetic of verdicts beside what scipy and statsmodels say of the same numbers
//! (`oracle/make_statistics.py` asked them).

// Clippy's leave to unwrap in tests covers test functions, but not what they call.
#![allow(clippy::unwrap_used)]

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Deserialize;
use tokenometer_verdict::decision::{Paired, Welch, blocks_for, holm, more_blocks};

#[derive(Deserialize)]
struct Said {
    margin: f64,
    paired: Vec<PairedSaid>,
    families: Vec<FamilySaid>,
    unpaired: Vec<UnpairedSaid>,
    sizes: Vec<SizeSaid>,
    powers: Vec<PowerSaid>,
}

#[derive(Deserialize)]
struct PairedSaid {
    differences: Vec<f64>,
    difference_p: f64,
    equivalence_sides: [f64; 2],
    interval_95: [f64; 2],
}

#[derive(Deserialize)]
struct FamilySaid {
    p: Vec<f64>,
    rejected: Vec<bool>,
}

#[derive(Deserialize)]
struct UnpairedSaid {
    values: Vec<f64>,
    reference: Vec<f64>,
    p: f64,
    freedom: f64,
    interval_95: [f64; 2],
}

#[derive(Deserialize)]
struct SizeSaid {
    blocks: usize,
    spread: f64,
    miss: f64,
    needed: u64,
    range: [u64; 2],
}

#[derive(Deserialize)]
struct PowerSaid {
    blocks: usize,
    effect: f64,
    power: f64,
}

fn said() -> Said {
    serde_json::from_str(include_str!("oracle/statistics.json")).unwrap()
}

fn close(value: f64, wanted: f64, what: &str) {
    let by = (value - wanted).abs() / wanted.abs().max(1e-6);
    assert!(by < 1e-6, "{what}: {value}, not {wanted}");
}

#[test]
fn differences_equivalence_and_intervals_are_those_of_scipy() {
    let said = said();
    assert!(said.paired.len() > 50);
    for one in said.paired {
        let paired = Paired::of_differences(&one.differences).unwrap();
        close(paired.difference_p(), one.difference_p, "difference");
        let (low, high) = paired.sides(said.margin);
        close(low, one.equivalence_sides[0], "not below");
        close(high, one.equivalence_sides[1], "not above");
        close(paired.equivalence_p(said.margin), low.max(high), "equivalence");
        let interval = paired.interval(0.05);
        close(interval[0], one.interval_95[0], "low end");
        close(interval[1], one.interval_95[1], "high end");
    }
}

#[test]
fn families_are_those_of_statsmodels() {
    for one in said().families {
        assert_eq!(holm(&one.p, 0.05).rejected, one.rejected, "{:?}", one.p);
    }
}

#[test]
fn unpaired_comparisons_are_those_of_scipy() {
    for one in said().unpaired {
        let welch = Welch::of(&one.values, &one.reference).unwrap();
        close(welch.p(), one.p, "p");
        close(welch.freedom(), one.freedom, "freedom");
        let interval = welch.interval(0.05);
        close(interval[0], one.interval_95[0], "low end");
        close(interval[1], one.interval_95[1], "high end");
    }
}

#[test]
fn sizes_of_studies_are_those_of_scipy() {
    let said = said();
    for one in said.sizes {
        assert_eq!(blocks_for(one.spread, said.margin, one.miss), Some(one.needed));
        let paired = Paired::of_differences(&with_spread(one.blocks, one.spread)).unwrap();
        let more = more_blocks(&paired, said.margin, one.miss).unwrap();
        assert_eq!((more.blocks, more.range), (one.needed, one.range), "{}", one.spread);
    }
}

/// So many differences with a standard deviation of exactly this.
fn with_spread(blocks: usize, spread: f64) -> Vec<f64> {
    let raw: Vec<f64> = (0..blocks).map(|at| at as f64).collect();
    let mean = raw.iter().sum::<f64>() / blocks as f64;
    let squares: f64 = raw.iter().map(|value| (value - mean).powi(2)).sum();
    let scale = spread / (squares / (blocks - 1) as f64).sqrt() * (1.0 - 1e-12);
    raw.iter().map(|value| (value - mean) * scale).collect()
}

#[test]
fn a_true_effect_is_found_as_often_as_the_noncentral_t_says() {
    const STUDIES: u32 = 2000;
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for one in said().powers {
        let found = (0..STUDIES)
            .filter(|_| {
                let draw = |_| -> f64 {
                    let noise: f64 = StandardNormal.sample(&mut rng);
                    one.effect + noise
                };
                let differences: Vec<f64> = (0..one.blocks).map(draw).collect();
                Paired::of_differences(&differences).unwrap().difference_p() <= 0.05
            })
            .count() as f64;
        let (share, studies) = (found / f64::from(STUDIES), f64::from(STUDIES));
        // 3.3 standard deviations: one run in a thousand.
        let allowed = 3.3 * (one.power * (1.0 - one.power) / studies).sqrt() + 0.5 / studies;
        assert!((share - one.power).abs() <= allowed, "{share}, not {}", one.power);
    }
}

//! The generators against what numpy and Python drew, which
//! `tests/golden/make_generators.py` wrote down.

use serde_json::Value;

use super::{LegacyNumpy, NumpyGenerator, Python};

fn golden(generator: &str) -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("../../tests/golden/generators.json")).unwrap();
    all[generator].as_array().unwrap().clone()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap() as u32
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(read).collect()
}

fn real(value: &Value) -> f64 {
    f64::from_bits(value.as_u64().unwrap())
}

/// Draws again every range of `between`, each with as many numbers as there.
fn same_ranges(case: &Value, mut between: impl FnMut(u32, u32) -> u32) {
    for range in case.as_array().unwrap() {
        let (low, high) = (number(&range[0]), number(&range[1]));
        let theirs = list(&range[2], number);
        let ours: Vec<u32> = theirs.iter().map(|_| between(low, high)).collect();
        assert_eq!(ours, theirs, "{low} to {high}");
    }
}

/// Numbers that went through a logarithm may differ in the last bits, since no
/// two mathematical libraries round alike.
fn nearly(ours: impl IntoIterator<Item = f64>, theirs: &Value) {
    for (ours, theirs) in ours.into_iter().zip(list(theirs, real)) {
        assert!((ours - theirs).abs() <= 1e-14 * theirs.abs(), "{ours} is not {theirs}");
    }
}

#[test]
fn numpy_of_old_draws_as_numpy() {
    for case in golden("legacy_numpy") {
        let mut numpy = LegacyNumpy::new(number(&case["seed"]));
        same_ranges(&case["ranges"], |low, high| numpy.between(low, high));
        let units: Vec<f64> = (0..20).map(|_| numpy.unit()).collect();
        assert_eq!(units, list(&case["units"], real));
        nearly((0..200).map(|_| numpy.exponential(0.25)), &case["exponentials"]);
        for gammas in case["gammas"].as_array().unwrap() {
            let shape = real(&gammas[0]);
            nearly((0..50).map(|_| numpy.gamma(shape, 0.1)), &gammas[1]);
        }
    }
}

#[test]
fn python_draws_as_python() {
    for case in golden("python") {
        let mut python = Python::new(case["seed"].as_u64().unwrap());
        let mut shuffled: Vec<u32> = (0..1000).collect();
        python.shuffle(&mut shuffled);
        assert_eq!(shuffled, list(&case["shuffled"], number));
        let units: Vec<f64> = (0..20).map(|_| python.unit()).collect();
        assert_eq!(units, list(&case["units"], real));
        for bound in case["below"].as_array().unwrap() {
            let ours: Vec<u32> = (0..20).map(|_| python.below(number(&bound[0]))).collect();
            assert_eq!(ours, list(&bound[1], number));
        }
        same_ranges(&case["between"], |low, high| python.between(low, high));
        let vocabulary: Vec<u32> = (0..128_000).collect();
        assert_eq!(python.choices(&vocabulary, 20), list(&case["choices"], number));
        let choice: Vec<u32> = (0..20).map(|_| python.below(1001)).collect();
        assert_eq!(choice, list(&case["choice"], number));
    }
}

#[test]
fn numpy_of_today_draws_as_numpy() {
    for case in golden("numpy_generator") {
        let mut numpy = NumpyGenerator::new(case["seed"].as_u64().unwrap());
        same_ranges(&case["ranges"], |low, high| numpy.between(low, high));
        let units: Vec<f64> = (0..20).map(|_| numpy.unit()).collect();
        assert_eq!(units, list(&case["units"], real));
        let choices = numpy.choices(&list(&case["probabilities"], real), 200);
        assert_eq!(choices, list(&case["choices"], |place| number(place) as usize));
        let after: Vec<u32> = (0..3).map(|_| numpy.between(0, 999)).collect();
        assert_eq!(after, list(&case["after"], number));
    }
}

/// The words that several accounts of these generators print.
#[test]
fn the_first_words_are_the_published_ones() {
    let mut numpy = LegacyNumpy::new(42);
    let words = [(); 4].map(|()| numpy.between(0, u32::MAX));
    assert_eq!(words, [1608637542, 3421126067, 4083286876, 787846414]);
    let mut list: Vec<u32> = (0..10).collect();
    Python::new(42).shuffle(&mut list);
    assert_eq!(list, [7, 3, 2, 8, 5, 6, 9, 4, 0, 1]);
}

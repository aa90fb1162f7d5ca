//! How long steps take, and what chance does to them.

use tokenometer_core::roofline::Batch;

use super::*;

const QUIET: [(&str, &str); 2] = [("step-noise", "0"), ("start-noise", "0")];

#[test]
fn a_lone_request_takes_its_steps_and_nothing_else() {
    let told = told(&QUIET, &closed(1, 500, 4, 1));
    let roofline = simulation(&[]).roofline().unwrap();
    let mut batch = Batch::default();
    batch.prefill(500, 0, true);
    let mut due = Nanos::from_secs_f64(roofline.step(&batch));
    let mut expected = vec![(due, 1)];
    for context in 500..503 {
        batch.clear();
        batch.decode(context, 1);
        due += Nanos::from_secs_f64(roofline.step(&batch));
        expected.push((due, 1));
    }
    assert_eq!(told.requests[0].chunks, expected);
}

#[test]
fn the_later_steps_of_a_run_cost_the_host_less() {
    let mut simulation = Simulation::new("a100", "llama-3.1-8b", Some("vllm-0.6.0")).unwrap();
    for (key, value) in QUIET.into_iter().chain([("decode-steps", "4")]) {
        simulation.set(key, value).unwrap();
    }
    let told = foretell(&simulation, &closed(1, 100, 5, 1)).unwrap();
    let roofline = simulation.roofline().unwrap();
    let decode = |context| {
        let mut batch = Batch::default();
        batch.decode(context, 1);
        batch
    };
    let later: f64 = (101..104).map(|context| roofline.inner_step(&decode(context))).sum();
    let run = Nanos::from_secs_f64(roofline.step(&decode(100)) + later);
    assert!(later < 0.95 * 3.0 * roofline.step(&decode(100)));
    assert_eq!(told.requests[0].last().unwrap() - told.requests[0].first().unwrap(), run);
}

#[test]
fn the_same_seed_gives_the_same_times_and_another_the_same_tokens() {
    let course = closed(40, 300, 50, 8);
    let with = |seed| told(&[("seed", seed), ("kv-tokens", "2000")], &course);
    assert_eq!(with("1"), with("1"));
    let (one, other) = (with("1"), with("2"));
    for (one, other) in one.requests.iter().zip(&other.requests) {
        assert_ne!(one.last(), other.last());
        assert_eq!(one.tokens(), other.tokens());
    }
}

#[test]
fn starts_differ_as_a_whole() {
    let course = closed(1, 100, 50, 1);
    let with = |seed| told(&[("seed", seed), ("step-noise", "0")], &course).duration.0 as f64;
    let quiet = told(&QUIET, &course).duration.0 as f64;
    let logs: Vec<f64> = ["1", "2", "3", "4"].map(|seed| (with(seed) / quiet).ln()).to_vec();
    assert!(logs.iter().all(|log| log.abs() > 1e-5 && log.abs() < 0.05), "{logs:?}");
}

#[test]
fn a_time_scale_makes_everything_faster_alike() {
    let course = closed(20, 300, 30, 8);
    let [one, ten] = [&[][..], &[("time-scale", "10")]].map(|options| told(options, &course));
    for (one, ten) in one.requests.iter().zip(&ten.requests) {
        for (one, ten) in one.chunks.iter().zip(&ten.chunks) {
            assert_eq!(one.1, ten.1);
            assert!((one.0.0 as f64 / 10.0 - ten.0.0 as f64).abs() < 1000.0);
        }
    }
}

#[test]
fn the_same_load_is_faster_on_a_faster_machine() {
    let course = closed(64, 500, 50, 16);
    let on = |machine| {
        let simulation = Simulation::new(machine, "llama-3.1-8b", None).unwrap();
        foretell(&simulation, &course).unwrap().duration
    };
    assert!(on("h100") < on("a100") && on("h200") < on("h100") && on("h100x4") < on("h100"));
}

//! Steps whose time can be worked out by hand, and what must hold of all of them.

// Clippy's leave to unwrap in tests covers test functions, but not what they call.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tokenometer_core::roofline::{Batch, Calibration, Machine, Model, Roofline, RooflineError};

/// A calibration that reaches every peak, and whose host adds nothing.
fn bare() -> Calibration {
    Calibration {
        compute: 1.0,
        bandwidth: 1.0,
        attention: 1.0,
        prefill_attention: 1.0,
        link: 1.0,
        step: 0.0,
        sequence: 0.0,
        prefill: 0.0,
        all_reduce: 0.0,
        reserve: 0.0,
        ..Calibration::ideal().clone()
    }
}

fn roofline(machine: &str, gpus: u32, model: &str, calibration: &Calibration) -> Roofline {
    let machine = Machine::named(machine).unwrap();
    Roofline::new(machine, gpus, Model::named(model).unwrap(), calibration).unwrap()
}

fn decoding(sequences: u32, context: u32) -> Batch {
    let mut batch = Batch::default();
    (0..sequences).for_each(|_| batch.decode(context, 1));
    batch
}

fn close(value: f64, wanted: f64, by: f64) {
    assert!((value / wanted - 1.0).abs() < by, "{value} isn't {wanted}");
}

#[test]
fn one_token_takes_as_long_as_reading_the_weights() {
    let roofline = roofline("a100", 1, "llama-3.1-8b", &bare());
    // 2 bytes of 6.9796e9 and of 4096 · 128256 parameters at 2039 GB/s.
    close(roofline.step(&decoding(1, 0)), 7.361e-3, 1e-3);
}

#[test]
fn a_prompt_is_bound_by_arithmetic() {
    let roofline = roofline("a100", 1, "llama-3.1-8b", &bare());
    let mut batch = Batch::default();
    batch.prefill(8192, 0, false);
    let layers = 2.0 * 8192.0 * 6.9796e9 / 312e12;
    let attention = 524_288.0 * 8192.0_f64.powi(2) / 2.0 / 312e12;
    close(roofline.step(&batch), layers + attention, 1e-3);
}

#[test]
fn few_tokens_meet_few_experts() {
    let r1 = Model::named("deepseek-r1").unwrap();
    // With one token 8 of 256 experts are read; with many all of them.
    close(r1.read_parameters(1), 15.263e9 + 58.0 * 8.0 * 44_040_192.0, 1e-3);
    close(r1.read_parameters(10_000), 15.263e9 + 58.0 * 256.0 * 44_040_192.0, 1e-3);
    close(r1.active_parameters() + r1.head_parameters(), 36.62e9, 1e-3);
}

#[test]
fn the_latent_cache_is_held_by_every_device() {
    let held = |gpus| roofline("h200", gpus, "deepseek-r1", &bare()).kv_tokens(0.9).unwrap();
    let one_token = 70_272.0 * 8.0;
    close(held(8) as f64, (8.0 * 141e9 * 0.9 - 672.9e9) / one_token, 1e-2);
    // An eighth of the reading is saved by none of the others.
    let long = decoding(64, 10_000);
    let with = roofline("h200", 8, "deepseek-r1", &bare());
    let without = decoding(64, 0);
    close(with.step(&long) - with.step(&without), 64e4 * 70_272.0 / 4800e9, 1e-2);
}

#[test]
fn the_host_adds_its_own() {
    let device = roofline("a100", 1, "llama-3.1-8b", &bare());
    let mut calibration = bare();
    (calibration.step, calibration.sequence, calibration.prefill) = (3e-3, 1e-4, 5e-3);
    (calibration.inner_step, calibration.inner_sequence) = (0.4, 0.5);
    let whole = roofline("a100", 1, "llama-3.1-8b", &calibration);
    let mut batch = decoding(10, 100);
    let least = device.step(&batch);
    close(whole.step(&batch) - least, 3e-3 + 10.0 * 1e-4, 1e-6);
    close(whole.inner_step(&batch) - least, 0.4 * 3e-3 + 0.5 * 10.0 * 1e-4, 1e-6);
    batch.prefill(100, 0, true);
    close(whole.step(&batch) - device.step(&batch), 9e-3, 1e-6);
    assert_eq!(whole.step(&Batch::default()), 0.0);
}

#[test]
fn reductions_cost_where_there_are_several_devices() {
    let mut calibration = bare();
    calibration.all_reduce = 10e-6;
    let batch = decoding(1, 0);
    let with = roofline("h100", 4, "llama-3-70b-fp8", &calibration).step(&batch);
    let without = roofline("h100", 4, "llama-3-70b-fp8", &bare()).step(&batch);
    close(with - without, 2.0 * 80.0 * 10e-6, 1e-6);
}

#[test]
fn what_does_not_fit_says_so() {
    let (machine, model) = (Machine::named("a100").unwrap(), Model::named("deepseek-r1").unwrap());
    let error = Roofline::new(machine, 16, model, &bare()).unwrap_err();
    assert_eq!(error.to_string(), "a machine of 16 a100 isn't known: there are from 1 to 8");
    let error = roofline("a100", 8, "deepseek-r1", &bare()).kv_tokens(0.9).unwrap_err();
    assert!(matches!(error, RooflineError::Memory { room: 576, gpus: 8, .. }), "{error:?}");
}

/// Every model on every machine that holds it, under every calibration.
fn anything() -> impl Strategy<Value = (usize, u32, usize, usize)> {
    let of = |count: usize| 0..count;
    let (machines, models) = (Machine::all().len(), Model::all().len());
    (of(machines), 1_u32..=8, of(models), of(Calibration::all().len()))
}

proptest! {
    #[test]
    fn more_work_never_takes_less(
        (machine, gpus, model, calibration) in anything(),
        sequences in 1_u32..300,
        context in 1_u32..20_000,
        new in 1_u32..8192,
    ) {
        let machine = &Machine::all()[machine];
        let gpus = gpus.min(machine.most_gpus);
        let (model, calibration) = (&Model::all()[model], &Calibration::all()[calibration]);
        let roofline = Roofline::new(machine, gpus, model, calibration).unwrap();
        let base = decoding(sequences, context);
        let time = roofline.step(&base);
        prop_assert!(time.is_finite() && time > 0.0);
        prop_assert!(roofline.step(&decoding(sequences + 1, context)) >= time);
        prop_assert!(roofline.step(&decoding(sequences, context + 1)) >= time);
        prop_assert!(roofline.inner_step(&base) <= time);
        prop_assert!(roofline.device(&base) <= time);
        let mut mixed = base;
        mixed.prefill(new, context, true);
        prop_assert!(roofline.step(&mixed) > time);
        let mut longer = base;
        longer.prefill(new + 1, context, true);
        prop_assert!(roofline.step(&longer) >= roofline.step(&mixed));
    }

    #[test]
    fn more_devices_compute_no_slower(model in 0..Model::all().len(), tokens in 1_u32..4096) {
        let model = &Model::all()[model];
        let mut batch = Batch::default();
        batch.prefill(tokens, 0, true);
        let machine = Machine::named("h100").unwrap();
        let times: Vec<f64> = (1..=8)
            .map(|gpus| Roofline::new(machine, gpus, model, &bare()).unwrap().step(&batch))
            .collect();
        // Reductions are paid from the second device on.
        prop_assert!(times[2..].windows(2).all(|pair| pair[1] <= pair[0] * 1.02), "{times:?}");
    }
}

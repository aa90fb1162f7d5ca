//! The shapes of models give the counts of parameters that their makers published.

use tokenometer_core::roofline::{Calibration, Machine, Model};

/// Models, and all their parameters by the files on the hub, in units; for DeepSeek-R1
/// without the module that predicts a second token.
const PARAMETERS: [(&str, f64); 11] = [
    ("llama-3.1-8b", 8_030_261_248.0),
    ("llama-3.1-8b-fp8", 8_030_261_248.0),
    ("llama-3.1-70b", 70_553_706_496.0),
    ("llama-3-8b", 8_030_261_248.0),
    ("llama-3-70b", 70_553_706_496.0),
    ("llama-3-70b-fp8", 70_553_706_496.0),
    ("llama-3.2-3b-fp8", 3_212_749_824.0),
    ("qwen2.5-1.5b", 1_543_714_304.0),
    ("qwen3-8b", 8_190_735_360.0),
    ("qwq-32b", 32_763_876_352.0),
    ("deepseek-r1", 671_026_419_200.0),
];

#[test]
fn parameters_are_as_many_as_published() {
    assert_eq!(PARAMETERS.len(), Model::all().len());
    for (name, published) in PARAMETERS {
        assert_eq!(Model::named(name).unwrap().parameters(), published, "{name}");
    }
    // 37 billion are active in DeepSeek-R1 by its report.
    let r1 = Model::named("deepseek-r1").unwrap();
    let active = (r1.active_parameters() + r1.head_parameters()) / 1e9;
    assert!((active - 37.0).abs() < 0.5, "{active}");
}

#[test]
fn every_name_is_there_once_and_every_figure_has_a_source() {
    let mut words: Vec<String> = Vec::new();
    for model in Model::all() {
        assert!(!model.sources.is_empty(), "{}", model.name);
        words.extend([&model.name].into_iter().chain(&model.hub_names).map(|it| it.to_lowercase()));
    }
    for machine in Machine::all() {
        assert!(!machine.sources.is_empty(), "{}", machine.name);
        words.push(machine.name.to_lowercase());
    }
    for one in Calibration::all() {
        let fitted = one.fit.is_some() && !one.sources.is_empty() && one.engine.is_some();
        assert_eq!(fitted, one.calibrated, "{}", one.name);
        for stack in &one.stacks {
            assert!(Machine::named(&stack.machine).is_some(), "{}", stack.machine);
            assert!(Model::named(&stack.model).is_some(), "{}", stack.model);
        }
        words.push(one.name.clone());
    }
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), count);
}

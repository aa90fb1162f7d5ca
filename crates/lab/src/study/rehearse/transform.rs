//! From a study to its rehearsal: the same cells on simulated engines, in one
//! block.

use serde_json::{Map, Value};

use super::cast::{Cast, Part};
use super::options;
use super::small::TIME_SCALE;
use crate::study::grammar::{Arm, Blocks, Study};
use crate::study::plan::Plan;

/// The profile of our own engine.
const SIMULATION: &str = "sim";

/// The study that is carried out in the place of the one that was planned. `casts`
/// are in the order of its arms.
pub(super) fn study(of: &Plan, casts: &[Cast]) -> Study {
    let mut study = Study {
        blocks: Some(Blocks::Fixed(1)),
        rehearsal: Some(true),
        passes: None,
        pause: None,
        // The machine of the rehearsal has other cores than that of the study.
        cpus: None,
        environment: Vec::new(),
        ..of.study.clone()
    };
    for (index, (arm, cast)) in study.arms.values_mut().zip(casts).enumerate() {
        *arm = match cast {
            Cast::Script => Arm { cpus: None, ..arm.clone() },
            Cast::Itself => hastened(arm),
            Cast::Played(part) => played(of, index, part),
        };
    }
    let names: Vec<String> = study.arms.keys().map(|name| name.0.clone()).collect();
    for scenario in &mut study.scenarios {
        for (name, own) in &mut scenario.options {
            let cast = names.iter().position(|known| known == name).map(|index| &casts[index]);
            if let Some(Cast::Played(_)) = cast {
                *own = options::carried(own);
            }
        }
    }
    study
}

/// An arm that simulates a machine already, faster than the clock.
fn hastened(arm: &Arm) -> Arm {
    let mut options = arm.options.clone();
    options.remove("time-scale");
    Arm { time_scale: Some(TIME_SCALE.into()), options, cpus: None, ..arm.clone() }
}

/// The simulation that plays an arm.
fn played(of: &Plan, index: usize, part: &Part) -> Arm {
    let planned = &of.arms[index];
    let mut options = part.options(&planned.options);
    let mut take = |key: &str| match options.remove(key) {
        Some(Value::String(word)) => Some(word),
        _ => None,
    };
    let (machine, model) = (take("machine"), take("model"));
    let words = &planned.words;
    Arm {
        engine: SIMULATION.to_owned(),
        version: None,
        model,
        served_name: planned.served_name.clone(),
        options,
        args: Vec::new(),
        environment: indexmap::IndexMap::new(),
        dialect: Some(planned.dialect),
        mode: None,
        base_url: None,
        endpoint: None,
        rules: words.rules,
        headers: std::collections::BTreeMap::new(),
        extra_request_body: words.extra_request_body.clone(),
        // A simulation counts what it is sent.
        prompt_offset: None,
        cpus: None,
        price: words.price.clone(),
        machine,
        time_scale: Some(TIME_SCALE.into()),
    }
}

/// Leaves out of a cell's own options what the simulations don't have.
pub(super) fn keep_known(vary: &mut Map<String, Value>, casts: &[Cast]) {
    if casts.iter().any(|cast| matches!(cast, Cast::Played(_))) {
        *vary = options::carried(vary);
    }
}

//! The simulation that options of our own engine stand for: of an arm that simulates
//! a machine, and of one that is played in a rehearsal.

use serde_json::{Map, Value};
use tokenometer_core::roofline::Model;
use tokenometer_results::SimulationSeen;
use tokenometer_sim::SimError;
use tokenometer_sim::scheduled::Simulation;

/// With which probability a draft is accepted where an engine's options don't say it:
/// no engine is told.
pub(super) const ACCEPTANCE: f64 = 0.7;

/// The simulation of these options, with the arm's model where they name none. `None`
/// where they name no machine: the engine keeps to a script.
///
/// # Errors
/// Where there is no such simulation.
pub(super) fn of_options(
    options: &Map<String, Value>,
    model: Option<&str>,
) -> Result<Option<Simulation>, SimError> {
    let word = |key: &str| options.get(key).and_then(Value::as_str);
    let Some(machine) = word("machine") else { return Ok(None) };
    let model = word("model").or(model).unwrap_or_default();
    let mut simulation = Simulation::new(machine, model, word("calibration"))?;
    for (key, value) in options.iter().filter(|(key, _)| Simulation::KEYS.contains(&&***key)) {
        simulation.set(key, &in_words(value))?;
    }
    simulation.check()?;
    Ok(Some(simulation))
}

/// A value as a flag has it.
fn in_words(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}

/// What is simulated, as its server would say it.
pub(super) fn seen(simulation: &Simulation) -> SimulationSeen {
    let calibration = simulation.calibration();
    SimulationSeen {
        machine: simulation.machine().name.clone(),
        gpus: Some(simulation.gpus()),
        model: simulation.model().name.clone(),
        calibration: Some(calibration.name.clone()),
        calibrated: Some(calibration.calibrated),
        time_scale: Some(simulation.time_scale()),
    }
}

/// The models that can be simulated, for whoever named another.
pub(super) fn known_models() -> String {
    let names: Vec<&str> = Model::all().iter().map(|model| &*model.name).collect();
    format!("known are {}", names.join(", "))
}

/// What can't be simulated, and why: the words behind "it can't".
pub(super) fn told(error: &SimError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

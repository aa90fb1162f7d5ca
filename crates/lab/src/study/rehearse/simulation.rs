//! The simulation that options of our own engine stand for.

use serde_json::{Map, Value};
use tokenometer_results::SimulationSeen;
use tokenometer_sim::SimError;
use tokenometer_sim::scheduled::Simulation;

use super::Rehearsal;
use super::cast::Cast;
use super::estimate::ACCEPTANCE;

impl Rehearsal {
    /// What is simulated for an arm in a cell, at the clock's own pace; `None` where
    /// the arm keeps to a script.
    ///
    /// # Errors
    /// Where there is no such simulation.
    pub(super) fn simulation(
        &self,
        arm: usize,
        cell: usize,
    ) -> Result<Option<Simulation>, SimError> {
        let options = self.of.options(arm, cell);
        let options = match &self.casts[arm] {
            Cast::Script => return Ok(None),
            Cast::Itself => options,
            Cast::Played(part) => part.options(&options),
        };
        let model = self.of.arms[arm].model.as_deref();
        of_options(&options, model).map(Some)
    }
}

/// The simulation of these options. Drafts need to be accepted at some rate, which no
/// engine is told; one is assumed.
fn of_options(options: &Map<String, Value>, model: Option<&str>) -> Result<Simulation, SimError> {
    let word = |key: &str| options.get(key).and_then(Value::as_str);
    let machine = word("machine").unwrap_or_default();
    let model = word("model").or(model).unwrap_or_default();
    let mut simulation = Simulation::new(machine, model, word("calibration"))?;
    let known = |key: &str| Simulation::KEYS.contains(&key) && key != "time-scale";
    for (key, value) in options.iter().filter(|(key, _)| known(key)) {
        simulation.set(key, &in_words(value))?;
    }
    if simulation.drafts() > 0 && !options.contains_key("acceptance") {
        simulation.set("acceptance", &ACCEPTANCE.to_string())?;
    }
    simulation.check()?;
    Ok(simulation)
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

/// What is simulated, in a few words.
pub(super) fn told(simulation: &Simulation) -> String {
    let calibration = simulation.calibration();
    let seen = SimulationSeen {
        machine: simulation.machine().name.clone(),
        gpus: Some(simulation.gpus()),
        model: simulation.model().name.clone(),
        calibration: Some(calibration.name.clone()),
        calibrated: Some(calibration.calibrated),
        time_scale: Some(simulation.time_scale()),
    };
    seen.to_string()
}

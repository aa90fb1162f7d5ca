//! The cells of a row: which trial it was, and how a name or a number is written.

use tokenometer_results::{EngineSeen, Span, Traffic, Trial};

use super::carried;
use crate::page::printable;
use crate::{CellSeen, StudySeen};

/// The columns that say which trial a row is of, how it stands and what it was sent.
pub(super) const FIRST: [&str; 16] = [
    "study",
    "block",
    "arm",
    "scenario",
    "standing",
    "simulated",
    "engine",
    "engine_version",
    "model",
    "dataset",
    "input_tokens_mean",
    "output_tokens_mean",
    "load",
    "asked_concurrency",
    "asked_rate",
    "streamed",
];

/// The cells under [`FIRST`].
pub(super) fn first(seen: &StudySeen<'_>, cell: &CellSeen<'_>) -> Vec<String> {
    let mut cells = vec![
        seen.name.to_owned(),
        cell.block.to_string(),
        cell.arm.to_owned(),
        cell.scenario.to_owned(),
        cell.ending.standing().to_owned(),
    ];
    match carried(cell) {
        Some(trial) => cells.extend(of_trial(trial)),
        None => cells.resize(FIRST.len(), String::new()),
    }
    cells
}

fn of_trial(trial: &Trial) -> [String; 11] {
    let engine = trial.target.engine.as_ref();
    let version = |engine: &EngineSeen| engine.version.clone().unwrap_or_default();
    let mean = |span: Option<Span>| number(span.map(|span| span.mean));
    let (load, concurrency, rate) = traffic(trial.load.traffic);
    [
        trial.simulated.to_string(),
        engine.map(|engine| engine.name.clone()).unwrap_or_default(),
        engine.map(version).unwrap_or_default(),
        trial.target.model.clone(),
        trial.workload.dataset.clone(),
        mean(trial.workload.input_tokens),
        mean(trial.workload.output_tokens),
        load.to_owned(),
        concurrency.map(|most| most.to_string()).unwrap_or_default(),
        rate,
        trial.load.streamed.to_string(),
    ]
}

/// The kind of a load, the most requests in flight, and requests a second.
fn traffic(traffic: Traffic) -> (&'static str, Option<u32>, String) {
    match traffic {
        Traffic::Closed { concurrency } => ("closed", Some(concurrency), String::new()),
        Traffic::Open { rate: Some(rate), cap, .. } => ("open", cap, rate.to_string()),
        Traffic::Open { rate: None, cap, .. } => ("at_once", cap, String::new()),
        Traffic::Ramp { from, to, cap, .. } => ("ramp", cap, format!("{from} to {to}")),
    }
}

/// A number as it is; nothing where there is none.
pub(super) fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell that a spreadsheet takes for what it is: on one line, and with an apostrophe
/// before what would begin a formula. A number is left alone, its sign too.
pub(super) fn name_of(cell: String) -> String {
    if cell.parse::<f64>().is_ok() {
        return cell;
    }
    let cell = printable(&cell);
    match cell.starts_with(['=', '+', '-', '@']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

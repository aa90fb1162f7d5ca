//! `summary.csv`: one row a trial, for spreadsheets and notebooks. Every number
//! is copied from `trial.json`; an empty field is absent or withheld. A trial
//! that failed has its row too, since an arm whose failures are missing from a
//! table looks better than it is.

use std::fmt::Write;

use tokenometer_core::{Distribution, Outcome, Standing, Summary};

use crate::{Failure, SCHEMA_VERSION, SimulationSeen, Trial};

/// How to get one metric of a summary.
type Latency = fn(&Summary) -> &Distribution;

/// The latencies, by their column's name, in milliseconds.
const LATENCIES: [(&str, Latency); 12] = [
    ("ttft_ms", |summary| &summary.ttft_ms),
    ("ttft_intended_ms", |summary| &summary.ttft_intended_ms),
    ("ttfo_ms", |summary| &summary.ttfo_ms),
    ("tpot_ms", |summary| &summary.tpot_ms),
    ("itl_ms", |summary| &summary.itl_ms),
    ("icl_ms", |summary| &summary.icl_ms),
    ("e2e_ms", |summary| &summary.e2e_ms),
    ("e2e_intended_ms", |summary| &summary.e2e_intended_ms),
    ("e2e_stream_ms", |summary| &summary.e2e_stream_ms),
    ("lateness_ms", |summary| &summary.lateness_ms),
    ("connect_ms", |summary| &summary.connect_ms),
    ("tokens_per_arrival", |summary| &summary.tokens_per_arrival),
];

/// The columns before the outcomes.
const FIRST: [&str; 14] = [
    "schema_version",
    "block",
    "arm",
    "scenario",
    "engine",
    "engine_version",
    "model",
    "dialect",
    "simulated",
    "simulated_machine",
    "simulated_model",
    "interrupted",
    "standing",
    "requests",
];

/// The columns between the outcomes and the latencies.
const RATES: [&str; 11] = [
    "duration_s",
    "makespan_s",
    "input_tokens",
    "output_tokens",
    "request_throughput",
    "input_throughput",
    "output_throughput",
    "total_throughput",
    "output_throughput_makespan",
    "concurrency",
    "pace_ms",
];

/// The names of the columns, with the line's end.
pub(crate) fn header() -> String {
    let mut names: Vec<String> = FIRST.map(str::to_owned).to_vec();
    names.extend(Outcome::ALL.map(|outcome| format!("outcome_{outcome}")));
    names.extend(RATES.map(str::to_owned));
    for (metric, _) in LATENCIES {
        let cells = ["mean", "p50", "p90", "p95", "p99", "max", "n"];
        names.extend(cells.map(|cell| format!("{metric}_{cell}")));
    }
    line(names)
}

/// One trial, with the line's end.
pub(crate) fn row(trial: &Trial) -> String {
    let summary = &trial.summary;
    let mut fields = first(trial);
    fields.extend(Outcome::ALL.map(|outcome| {
        summary.outcomes.get(outcome.name()).map(u64::to_string).unwrap_or_default()
    }));
    fields.push(summary.duration_s.to_string());
    fields.push(field(summary.makespan_s));
    fields.push(field(summary.input_tokens));
    fields.push(field(summary.output_tokens));
    let rates = [
        summary.request_throughput,
        summary.input_throughput,
        summary.output_throughput,
        summary.total_throughput,
        summary.output_throughput_makespan,
        summary.concurrency,
        summary.pace_ms,
    ];
    fields.extend(rates.map(field));
    for (_, latency) in LATENCIES {
        let Distribution { mean, p50, p90, p95, p99, max, n, .. } = latency(summary);
        fields.extend([mean, p50, p90, p95, p99, max].map(|value| field(*value)));
        fields.push(n.to_string());
    }
    line(fields)
}

/// A trial that has no numbers, with the line's end: which it was, and that it
/// failed.
pub(crate) fn failed_row(failure: &Failure) -> String {
    let columns = header().matches(',').count() + 1;
    let mut fields = vec![String::new(); columns];
    let known = [
        ("schema_version", SCHEMA_VERSION.to_string()),
        ("block", failure.block.to_string()),
        ("arm", failure.arm.clone()),
        ("scenario", failure.scenario.clone()),
        ("standing", standing(Standing::Failed).to_owned()),
    ];
    for (name, value) in known {
        let place = FIRST.iter().position(|column| *column == name);
        fields[place.expect("these are columns")] = value;
    }
    line(fields)
}

/// The fields under [`FIRST`].
fn first(trial: &Trial) -> Vec<String> {
    let engine = trial.target.engine.as_ref();
    let simulation = trial.simulation.as_ref();
    vec![
        SCHEMA_VERSION.to_string(),
        trial.block.to_string(),
        trial.arm.clone(),
        trial.scenario.clone(),
        engine.map(|engine| engine.name.clone()).unwrap_or_default(),
        engine.and_then(|engine| engine.version.clone()).unwrap_or_default(),
        trial.target.model.clone(),
        trial.target.dialect.to_string(),
        trial.simulated.to_string(),
        simulation.map(SimulationSeen::hardware).unwrap_or_default(),
        simulation.map(|simulation| simulation.model.clone()).unwrap_or_default(),
        trial.interrupted.to_string(),
        standing(trial.validity.standing).to_owned(),
        trial.summary.requests.to_string(),
    ]
}

/// The name of a standing, as in `trial.json`.
fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Valid => "valid",
        Standing::Invalid => "invalid",
        Standing::Failed => "failed",
        Standing::Saturated => "saturated",
    }
}

/// A number that may be absent.
fn field(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// One line of CSV (RFC 4180): what holds a comma, a quote or a line's end is
/// quoted.
fn line(fields: Vec<String>) -> String {
    let mut line = String::new();
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            write!(line, "\"{}\"", field.replace('"', "\"\"")).expect("a string takes all");
        } else {
            line.push_str(field);
        }
    }
    line.push('\n');
    line
}

//! `tokenometer sim`.

use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use serde_json::json;
use tokenometer_sim::{Lateness, Server, Settings, Simulation};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::signals;

/// Serves until it is told to stop. `with_parent` ends it, too, when the process
/// ends that started it.
pub(crate) fn sim(
    settings: Settings,
    with_parent: bool,
    printer: Printer,
) -> Result<Exit, Failure> {
    let stop = signals::stop_flag(!with_parent)?;
    if with_parent && !follow_parent()? {
        return Ok(Exit::DONE);
    }
    let simulated = settings.simulation.as_ref().map(told);
    let mut server = Server::bind(settings)?;
    let address = server.address().to_string();
    printer.data(&format!("{}\n", json!({ "listening": address })))?;
    if let Some(simulated) = simulated {
        printer.say(&simulated);
    }
    printer.say(&format!("listening at {address}; press Ctrl-C to stop"));
    server.run(&stop)?;
    printer.say(&account(&server.lateness()));
    Ok(Exit::DONE)
}

/// Has the kernel send SIGTERM when the parent ends; false if it has ended in
/// that very moment.
fn follow_parent() -> Result<bool, Failure> {
    let parent = getppid();
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(|error| {
        let error = anyhow::Error::new(error).context("failed to watch the parent process");
        Failure::new(error, Exit::USAGE)
    })?;
    Ok(getppid() == parent)
}

/// What is simulated, in one line.
fn told(simulation: &Simulation) -> String {
    let calibration = simulation.calibration();
    let mut text = format!(
        "simulated: {} on {} × {}, by the calibration `{}`",
        simulation.model().name,
        simulation.gpus(),
        simulation.machine().title,
        calibration.name
    );
    if !calibration.calibrated {
        text.push_str(", which is uncalibrated");
    }
    if let Ok(tokens) = simulation.kv_tokens() {
        text.push_str(&format!("; a KV cache of {tokens} tokens"));
    }
    if let Some(seed) = simulation.seed() {
        text.push_str(&format!("; noise by the seed {seed}"));
    }
    if simulation.time_scale() != 1.0 {
        text.push_str(&format!("; {} times as fast as real time", simulation.time_scale()));
    }
    text
}

/// How punctual the server was.
fn account(lateness: &Lateness) -> String {
    let Lateness { writes, p50, p99, max, arrivals, unstamped, stalled } = *lateness;
    let mut text = format!("served {arrivals} requests");
    if let (Some(p50), Some(p99), Some(max)) = (p50, p99, max) {
        let [p50, p99, max] = [p50, p99, max].map(tokenometer_core::Nanos::as_millis_f64);
        text.push_str(&format!(
            "; {writes} writes were late by {p50:.3} ms (p50), {p99:.3} ms (p99), {max:.3} ms (max)"
        ));
    }
    if unstamped > 0 {
        text.push_str(&format!("; {unstamped} arrivals had no stamp of the kernel's"));
    }
    if stalled > 0 {
        text.push_str(&format!("; {stalled} writes waited for the client to read"));
    }
    text
}

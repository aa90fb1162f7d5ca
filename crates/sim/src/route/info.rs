//! What the server says of what it simulates, and of every option in force, in
//! JSON. Options bear the names under which they are set.

use serde_json::{Map, Value, json};

use crate::{Headers, Script, Simulation};

/// What is simulated.
pub(super) fn simulated(simulation: &Simulation) -> Value {
    let calibration = simulation.calibration();
    json!({
        "machine": simulation.machine().name,
        "gpus": simulation.gpus(),
        "model": simulation.model().name,
        "calibration": calibration.name,
        "calibrated": calibration.calibrated,
        "time_scale": simulation.time_scale(),
        // The server wouldn't have started if the weights left no room.
        "kv_tokens": simulation.kv_tokens().ok(),
        "seed": simulation.seed(),
    })
}

/// The options of a simulated machine: numbers as numbers, what is on or off as
/// true or false.
pub(super) fn options(simulation: &Simulation) -> Value {
    let options = simulation.describe().into_iter().map(|(key, value)| {
        let value = match value.as_str() {
            "on" => Value::Bool(true),
            "off" => Value::Bool(false),
            // A name may look like a number to no reader of JSON.
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        };
        (key.to_owned(), value)
    });
    Value::Object(options.collect::<Map<_, _>>())
}

/// The options of a script.
pub(super) fn script(script: &Script) -> Value {
    json!({
        "ttft": script.ttft.to_string(),
        "gap": script.gap.to_string(),
        "tokens-per-chunk": script.tokens_per_chunk,
        "chunks-per-write": script.chunks_per_write,
        "output-tokens": script.output_tokens,
        "event-bytes": script.event_bytes,
        "headers": match script.headers {
            Headers::Early => "early",
            Headers::Late => "late",
        },
        "seed": script.seed,
    })
}

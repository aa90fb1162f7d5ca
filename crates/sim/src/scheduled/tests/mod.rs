//! The scheduler as a whole: what must hold of every load, and how the engine
//! behaves under the loads that a study puts on it.

mod behaviour;
mod cache;
mod packing;
mod properties;
mod times;

use tokenometer_core::Nanos;

use super::{Asked, Course, Foretold, Prompt, Simulation, Told, foretell};

/// A simulation of one H100 with Llama 3.1 8B, with these options.
fn simulation(options: &[(&str, &str)]) -> Simulation {
    let mut simulation = Simulation::new("h100", "llama-3.1-8b", None).unwrap();
    for (key, value) in options {
        simulation.set(key, value).unwrap();
    }
    simulation
}

/// What becomes of a course under these options.
fn told(options: &[(&str, &str)], course: &Course) -> Foretold {
    foretell(&simulation(options), course).unwrap()
}

/// So many requests of the same shape, at most `in_flight` at a time.
fn closed(requests: u32, prompt: u32, output: u32, in_flight: u32) -> Course {
    let asked = Asked { prompt: Prompt::Unique(prompt), output, due: None };
    Course { requests: vec![asked; requests as usize], in_flight: Some(in_flight) }
}

/// A request that is due after so many milliseconds.
fn due(millis: i64, prompt: u32, output: u32) -> Asked {
    Asked { prompt: Prompt::Unique(prompt), output, due: Some(Nanos::from_millis(millis)) }
}

/// The mean time to the first token, in seconds.
fn ttft(told: &Foretold) -> f64 {
    let of = |told: &Told| (told.first().unwrap() - told.sent).as_secs_f64();
    told.requests.iter().map(of).sum::<f64>() / told.requests.len() as f64
}

/// Generated tokens a second.
fn throughput(told: &Foretold) -> f64 {
    told.gauges.generation_tokens as f64 / told.duration.as_secs_f64()
}

/// The longest time between two chunks of one request, in seconds.
fn longest_gap(told: &Foretold) -> f64 {
    let of = |told: &Told| told.chunks.windows(2).map(|pair| pair[1].0 - pair[0].0).max();
    told.requests.iter().filter_map(of).max().unwrap().as_secs_f64()
}

/// How the tokens of a request came.
fn sizes(told: &Told) -> Vec<u32> {
    told.chunks.iter().map(|(_, tokens)| *tokens).collect()
}

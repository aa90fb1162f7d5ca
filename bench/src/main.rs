//! Measures the instrument: what the client costs beside a bare loop that does
//! nothing but read, and how far what it says is from the truth.
//!
//! ```text
//! cargo run --release -p tokenometer-bench            everything, some minutes
//! cargo run --release -p tokenometer-bench -- cost    one experiment: cost, truth, burst, pace or whole
//! ```
//!
//! Every figure is a ratio or an error within one run: the two clients take
//! turns against the same embedded engine, which runs outside both processes
//! and on another processor. Nothing here is a test; `docs/measurement.md`
//! tells how to read it.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod bare;
mod client;
mod experiments;
mod join;
mod numbers;
mod ours;
mod whole;

use std::error::Error;
use std::process::ExitCode;

/// What any of this may fail with; it is shown and the program ends.
type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["bare"] => client::be(bare::run),
        ["ours"] => client::be(ours::run),
        ["engine", script, cpu] => client::be_engine(script, cpu),
        [] => experiments::all(),
        [name] => experiments::one(name),
        _ => Err("usage: instrument [cost|truth|burst|pace|whole]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

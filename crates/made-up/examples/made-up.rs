//! Writes a run folder whose every number is made up: `made-up KIND DIR`.

#![allow(clippy::print_stderr, reason = "a program for people, outside the product")]

use std::path::Path;
use std::process::ExitCode;

use tokenometer_made_up::{Kind, make};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, folder] = arguments.as_slice() else { return misused("two arguments are needed") };
    let Some(kind) = Kind::from_name(kind) else {
        return misused(&format!("there is no kind `{kind}`"));
    };
    match make(kind, Path::new(folder)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Says how the program is used.
fn misused(why: &str) -> ExitCode {
    let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    eprintln!("{why}: made-up KIND DIR, where KIND is one of {}", kinds.join(", "));
    ExitCode::from(2)
}

//! A value as it was typed, with what it was read as. Unlike clap's own
//! values, a wrong one doesn't end the program at once: it becomes one mistake
//! among all the others.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use tokenometer_core::Address;

/// The text of an argument, and the value that was read from it, if it could be.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    /// What was typed.
    pub(crate) text: String,
    /// What it means, or what is wrong with it.
    pub(crate) value: Result<T, Wrong>,
}

/// What is wrong with a value, and what would be right.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) problem: String,
    pub(crate) cure: &'static str,
}

/// A type that can be read from an argument.
pub(crate) trait Read: Sized {
    /// Reads it.
    fn read(text: &str) -> Result<Self, Wrong>;
}

impl<T: Read> FromStr for Given<T> {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Given<T>, Infallible> {
        Ok(Given { text: text.to_owned(), value: T::read(text) })
    }
}

fn wrong<T>(problem: impl Into<String>, cure: &'static str) -> Result<T, Wrong> {
    Err(Wrong { problem: problem.into(), cure })
}

impl Read for u32 {
    fn read(text: &str) -> Result<u32, Wrong> {
        text.parse().or_else(|_| {
            wrong("it is no whole number from 0 to 4294967295", "write it in digits, as in 100")
        })
    }
}

impl Read for u64 {
    fn read(text: &str) -> Result<u64, Wrong> {
        text.parse()
            .or_else(|_| wrong("it is no whole number from 0 to 2^64-1", "write it in digits"))
    }
}

impl Read for usize {
    fn read(text: &str) -> Result<usize, Wrong> {
        text.parse().or_else(|_| wrong("it is no whole number", "write it in digits, as in 3"))
    }
}

impl Read for i64 {
    fn read(text: &str) -> Result<i64, Wrong> {
        text.parse().or_else(|_| wrong("it is no whole number", "write it in digits, as in 3"))
    }
}

/// How far lengths spread: of prompts, and of answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ratios {
    pub(crate) input: f64,
    pub(crate) output: f64,
}

/// One number for both, or vLLM's JSON object with one for each.
impl Read for Ratios {
    fn read(text: &str) -> Result<Ratios, Wrong> {
        const CURE: &str = "write a number such as 0.5, or {\"input\": 0.5, \"output\": 0}";
        if let Ok(ratio) = f64::read(text) {
            return Ok(Ratios { input: ratio, output: ratio });
        }
        let object: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let part = |name: &str| object.as_ref()?.get(name)?.as_f64();
        match (part("input"), part("output")) {
            (Some(input), Some(output)) => Ok(Ratios { input, output }),
            _ => wrong("it is neither a number nor an object with `input` and `output`", CURE),
        }
    }
}

/// A number that may have a fraction, or `inf`.
impl Read for f64 {
    fn read(text: &str) -> Result<f64, Wrong> {
        match text.parse() {
            Ok(number) if !f64::is_nan(number) => Ok(number),
            _ => wrong("it is no number", "write it in digits, as in 2.5"),
        }
    }
}

impl Read for Duration {
    fn read(text: &str) -> Result<Duration, Wrong> {
        humantime::parse_duration(text).or_else(|_| {
            wrong("it is no length of time", "write a number and its unit: 500ms, 30s, 2m, 1h")
        })
    }
}

impl Read for Address {
    fn read(text: &str) -> Result<Address, Wrong> {
        text.parse().or_else(|why| {
            wrong(format!("{why}"), "write it as http://HOST:PORT, https://HOST or unix:PATH")
        })
    }
}

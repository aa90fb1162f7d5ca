//! Numbers out of scrapes, once the load is over.

use tokenometer_core::Nanos;
use tokenometer_engine::{Counter, CounterNames, EngineCounters, MetricsError, parse_samples};

use crate::Scrape;

/// One counter at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When, on `CLOCK_REALTIME`.
    pub time: Nanos,
    /// Which counter.
    pub counter: Counter,
    /// What it stood at.
    pub value: f64,
}

/// The counters in the text of a scrape.
///
/// # Errors
/// If the text is none of counters.
pub fn counters(text: &str, names: Option<&CounterNames>) -> Result<EngineCounters, MetricsError> {
    Ok(EngineCounters::read(&parse_samples(text)?, names))
}

/// Every counter that a scrape holds. A scrape that brought nothing has none,
/// and so has a counter that the engine doesn't publish.
///
/// # Errors
/// If the text is none of counters.
pub fn readings(
    scrape: &Scrape,
    names: Option<&CounterNames>,
) -> Result<Vec<Reading>, MetricsError> {
    let Ok(text) = &scrape.text else { return Ok(Vec::new()) };
    let time = scrape.time();
    let read = counters(text, names)?;
    Ok(read.iter().map(|(counter, value)| Reading { time, counter, value }).collect())
}

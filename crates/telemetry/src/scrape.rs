//! One question for an engine's counters.

use std::time::SystemTime;

use tokenometer_core::Nanos;
use tokenometer_engine::{Control, CounterNames, scrape_raw};

/// One question for an engine's counters, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrape {
    /// When it was asked, on `CLOCK_REALTIME`.
    pub asked: Nanos,
    /// When the answer was there whole, or was given up.
    pub answered: Nanos,
    /// What it was asked for, where it was not only its turn: `measure before`.
    pub moment: Option<String>,
    /// The answer as it came, or why there is none.
    pub text: Result<String, String>,
}

impl Scrape {
    /// The instant that its numbers are taken to be of: the middle between the
    /// question and the answer, which is wrong by half of their distance at
    /// most.
    pub fn time(&self) -> Nanos {
        Nanos(self.asked.0 + (self.answered.0 - self.asked.0) / 2)
    }

    /// A scrape that was due and not made.
    pub(crate) fn missed(why: &str) -> Scrape {
        let now = now();
        Scrape { asked: now, answered: now, moment: None, text: Err(why.to_owned()) }
    }
}

/// Asks for the counters now. It takes as long as the engine takes, and at most
/// what the control client allows.
pub fn scrape(control: &Control, names: Option<&CounterNames>, moment: Option<&str>) -> Scrape {
    let asked = now();
    let answer = scrape_raw(control, names);
    let answered = now();
    let text = match answer {
        Ok(Some(answer)) => Ok(answer.text()),
        Ok(None) => Err("the server has no route with counters".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    Scrape { asked, answered, moment: moment.map(str::to_owned), text }
}

/// The time of day, on the clock that the kernel stamps arrivals with.
fn now() -> Nanos {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(Nanos::ZERO, Nanos::from)
}

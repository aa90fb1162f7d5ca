//! What a trial's records come to, in one pass: the summary by core's own rules, and the
//! course of the load, which the gates and the readings rest on.

use std::time::Duration;

use tokenometer_core::metric::Objectives;
use tokenometer_core::summary::Summariser;
use tokenometer_core::{Chunk, Nanos, Outcome, Phase, Record, Summary, Window};
use tokenometer_results::Tally;
use tokenometer_verdict::Steadiness;

/// Into how many bins the gates want the window cut.
const BINS: usize = 20;
/// The most readings of one thing that are written of a trial.
const MOST_READINGS: f64 = 600.0;

/// What is seen of a trial's records.
pub(crate) struct Seen {
    window: Window,
    summariser: Summariser,
    tally: Tally,
    bins: Course,
    seconds: Course,
    lateness_ms: Vec<f64>,
    output: [u64; 2],
    prompts: [u64; 2],
    unfinished: u64,
    last_end: Nanos,
}

/// What happened in each bin of the window.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    opens: Nanos,
    /// How long a bin is, in seconds.
    pub(crate) bin_s: f64,
    /// Tokens that arrived, a second.
    pub(crate) tokens_per_s: Vec<f64>,
    /// Requests that were due and hadn't ended, on average.
    pub(crate) in_flight: Vec<f64>,
    /// Those of them that waited for their first token, on average.
    pub(crate) waiting: Vec<f64>,
}

impl Course {
    fn new(window: Window, bins: usize) -> Course {
        let bin_s = window.length().as_secs_f64() / bins as f64;
        let empty = vec![0.0; bins];
        Course {
            opens: window.opens,
            bin_s,
            tokens_per_s: empty.clone(),
            in_flight: empty.clone(),
            waiting: empty,
        }
    }

    fn add(&mut self, record: &Record, chunks: &[Chunk]) {
        let place = |at: Nanos| (at - self.opens).as_secs_f64() / self.bin_s;
        for chunk in chunks.iter().filter(|chunk| chunk.bears_tokens()) {
            let bin = place(chunk.received);
            if bin >= 0.0 && (bin as usize) < self.tokens_per_s.len() {
                self.tokens_per_s[bin as usize] += 1.0 / self.bin_s;
            }
        }
        let (due, end) = (place(record.intended), record.end.map_or(f64::INFINITY, place));
        let first = record.first.map_or(end, place);
        spread(&mut self.in_flight, due, end);
        spread(&mut self.waiting, due, first);
    }
}

/// Adds to each bin the share of it that lies between two places.
fn spread(bins: &mut [f64], from: f64, to: f64) {
    let (from, to) = (from.max(0.0), to.min(bins.len() as f64));
    let mut at = from;
    while at < to {
        let next = (at.floor() + 1.0).min(to);
        bins[at as usize] += next - at;
        at = next;
    }
}

impl Seen {
    /// Begins with nothing seen.
    pub(crate) fn new(window: Window, ttft_objective_s: Option<f64>) -> Seen {
        let ttft = ttft_objective_s.map(Duration::from_secs_f64);
        let objectives = Objectives { ttft, ..Objectives::default() };
        let readings = window.length().as_secs_f64().clamp(1.0, MOST_READINGS);
        Seen {
            window,
            summariser: Summariser::new(window).objectives(objectives),
            tally: Tally::default(),
            bins: Course::new(window, BINS),
            seconds: Course::new(window, readings as usize),
            lateness_ms: Vec::new(),
            output: [0; 2],
            prompts: [0; 2],
            unfinished: 0,
            last_end: window.closes,
        }
    }

    /// Takes notice of a request.
    pub(crate) fn add(&mut self, record: &Record, chunks: &[Chunk]) {
        self.tally.notice(record);
        self.summariser.add(record, chunks);
        self.bins.add(record, chunks);
        self.seconds.add(record, chunks);
        self.last_end = self.last_end.max(record.end.unwrap_or(record.intended));
        if record.phase != Phase::Measure {
            return;
        }
        self.lateness_ms.extend(record.sent.map(|sent| (sent - record.intended).as_millis_f64()));
        self.unfinished += u64::from(record.end.is_none_or(|end| end > self.window.closes));
        if record.outcome == Outcome::Ok {
            self.output[0] += u64::from(record.output.asked.unwrap_or(0));
            self.output[1] += u64::from(record.output.server.unwrap_or(0));
            self.prompts[0] += u64::from(record.input.server.unwrap_or(0));
            self.prompts[1] += u64::from(record.cached_tokens.unwrap_or(0));
        }
    }

    /// The summary, and what else there is to know.
    pub(crate) fn finish(self) -> (Summary, Known) {
        let known = Known {
            window: self.window,
            steadiness: Steadiness {
                tokens_per_second: self.bins.tokens_per_s,
                in_flight: self.bins.in_flight,
            },
            seconds: self.seconds,
            tally: self.tally,
            lateness_ms: self.lateness_ms,
            output: self.output,
            prompts: self.prompts,
            unfinished: self.unfinished,
            last_end: self.last_end,
        };
        (self.summariser.finish(), known)
    }
}

/// What is known of a trial beside its summary.
pub(crate) struct Known {
    /// The measured window.
    pub(crate) window: Window,
    /// The window in the gates' bins.
    pub(crate) steadiness: Steadiness,
    /// The window second by second, or coarser where it is long.
    pub(crate) seconds: Course,
    /// What went wrong, in words.
    pub(crate) tally: Tally,
    /// How late each request of the window was sent, in milliseconds.
    pub(crate) lateness_ms: Vec<f64>,
    /// Tokens asked for, and generated, by requests of the window that finished.
    pub(crate) output: [u64; 2],
    /// Prompt tokens of the window, and those that were found in a cache.
    pub(crate) prompts: [u64; 2],
    /// Requests of the window that were unfinished when it closed.
    pub(crate) unfinished: u64,
    /// The last end of any request.
    pub(crate) last_end: Nanos,
}

//! Takes records as they come, in any order, and keeps of each what the
//! summary needs: about 200 bytes a request and 16 an arrival.

use super::cohort::{Cohort, Reading};
use super::{CountDisagreements, Summary};
use crate::metric::concurrency::InFlight;
use crate::metric::counts::Tally;
use crate::metric::outcomes::Outcomes;
use crate::metric::throughput::{self, Makespan, Prompts};
use crate::metric::{Bounds, Objectives, connect, ttfo};
use crate::record::Counts;
use crate::schedule::Window;
use crate::timeline::Timeline;
use crate::{Chunk, ChunkKind, Nanos, Phase, Record, TokenRule};

/// Adds up the records of one trial.
///
/// ```
/// use tokenometer_core::{Nanos, Window, summary::Summariser};
///
/// let window = Window { opens: Nanos::ZERO, closes: Nanos::from_millis(1000) };
/// let summary = Summariser::new(window).finish();
/// assert_eq!(summary.requests, 0);
/// assert_eq!(summary.ttft_ms.mean, None);
/// ```
#[derive(Debug)]
pub struct Summariser {
    pub(super) window: Window,
    pub(super) objectives: Objectives,
    pub(super) strongest: TokenRule,
    pub(super) cohort: Cohort,
    pub(super) flow: Flow,
    pub(super) tallies: Tallies,
}

impl Summariser {
    /// Begins a summary over this window.
    pub fn new(window: Window) -> Summariser {
        Summariser {
            window,
            objectives: Objectives::default(),
            strongest: TokenRule::Told,
            cohort: Cohort::default(),
            flow: Flow::new(window),
            tallies: Tallies::default(),
        }
    }

    /// States the objectives that goodput is counted by.
    #[must_use]
    pub fn objectives(mut self, objectives: Objectives) -> Summariser {
        self.objectives = objectives;
        self
    }

    /// Uses no stronger evidence of the tokens of chunks than `rule`. In a
    /// comparison all arms take the weakest that any of them has (M1, M5).
    #[must_use]
    pub fn no_stronger_than(mut self, rule: TokenRule) -> Summariser {
        self.strongest = rule;
        self
    }

    /// Adds a request of any phase, with its chunks in the order of arrival.
    /// Nothing of a warm-up is summarised; of a ramp-in and a drain, only what
    /// they did inside the window.
    pub fn add(&mut self, record: &Record, chunks: &[Chunk]) {
        if record.phase == Phase::WarmUp {
            return;
        }
        let reading = Reading::of(record, chunks);
        self.flow.add(record, &reading);
        if record.phase == Phase::Measure {
            self.tallies.add(record, chunks, &reading.timeline);
            self.flow.add_measured(record, &reading);
            self.cohort.keep(record, &reading);
        }
    }

    /// The summary of everything added.
    pub fn finish(self) -> Summary {
        super::finish::finish(self)
    }
}

/// What flowed through the window, from any request.
#[derive(Debug)]
pub(super) struct Flow {
    window: Window,
    pub output: Bounds,
    pub prompts: Prompts,
    /// Requests that ended `ok` inside.
    pub completed: u64,
    pub in_flight: InFlight,
    pub makespan: Makespan,
    /// Tokens of the cohort, whenever they arrived.
    pub cohort_output: Bounds,
}

impl Flow {
    fn new(window: Window) -> Flow {
        Flow {
            window,
            output: Bounds::NONE,
            prompts: Prompts::default(),
            completed: 0,
            in_flight: InFlight::new(window),
            makespan: Makespan::default(),
            cohort_output: Bounds::NONE,
        }
    }

    fn add(&mut self, record: &Record, reading: &Reading) {
        self.in_flight.add(record);
        self.output +=
            throughput::tokens_inside(record, &reading.timeline, &reading.arrivals, self.window);
        let inside = |instant: Option<Nanos>| instant.is_some_and(|at| self.window.contains(at));
        if inside(throughput::prompt_done(&reading.timeline)) {
            self.prompts.add(record.input.best());
        }
        if record.outcome.is_ok() && inside(record.end) {
            self.completed += 1;
        }
    }

    fn add_measured(&mut self, record: &Record, reading: &Reading) {
        const ALWAYS: Window = Window { opens: Nanos(i64::MIN), closes: Nanos::MAX };
        self.makespan.add(record);
        self.cohort_output +=
            throughput::tokens_inside(record, &reading.timeline, &reading.arrivals, ALWAYS);
    }
}

/// Counts over the cohort.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub requests: u64,
    pub outcomes: Outcomes,
    pub connections_opened: u64,
    pub input: Tally,
    pub output: Tally,
    pub disagreements: CountDisagreements,
    pub shown_tokens: u64,
    pub textless_tokens: u64,
    /// `ok` requests whose text holds reasoning that was not parsed.
    pub unparsed_reasoning: u64,
}

impl Tallies {
    fn add(&mut self, record: &Record, chunks: &[Chunk], timeline: &Timeline) {
        self.requests += 1;
        self.outcomes.add(record.outcome);
        self.connections_opened += u64::from(connect::opened_a_connection(record));
        if !record.outcome.is_ok() {
            return;
        }
        self.input.add(record.input);
        self.output.add(record.output);
        self.compare(record.input, record.output);
        self.unparsed_reasoning += u64::from(ttfo::has_unparsed_reasoning(&record.text));
        if matches!(timeline.rule, TokenRule::Told | TokenRule::OneEach) {
            self.shown_tokens += u64::from(timeline.shown_tokens.unwrap_or(0));
            self.textless_tokens += textless(chunks);
        }
    }

    fn compare(&mut self, input: Counts, output: Counts) {
        let differ =
            |a: Option<u32>, b: Option<u32>| u64::from(a.zip(b).is_some_and(|(a, b)| a != b));
        self.disagreements.input_server_asked += differ(input.server, input.asked);
        self.disagreements.input_server_counted += differ(input.server, input.counted);
        self.disagreements.output_server_counted += differ(output.server, output.counted);
        self.disagreements.output_server_missing += u64::from(output.server.is_none());
    }
}

/// Tokens that arrived without any text (M1).
fn textless(chunks: &[Chunk]) -> u64 {
    let silent = |chunk: &&Chunk| chunk.text_bytes == 0 && ChunkKind::may_bear_tokens(chunk.kind);
    chunks.iter().filter(silent).filter_map(|chunk| chunk.tokens).map(u64::from).sum()
}

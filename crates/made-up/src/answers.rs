//! How requests are answered, by a formula: a queue before a number of seats, in which
//! everything gets slower with each seat that is taken. No engine is like that; it only has
//! the shapes that charts of engines have.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use tokenometer_core::{Chunk, ChunkKind, Nanos, Outcome, Phase, Record, StampSource, TokenRule};
use tokenometer_results::{Extent, Traffic, TrialId};

use crate::plan::{Arm, Scenario};
use crate::story::{Mishap, Story};
use crate::text::cut;

/// From when a request is due to the first byte of it, and from there to its last.
const LATE: Nanos = Nanos(30_000);
const SEND: Nanos = Nanos(8_000);
/// From the last token of an answer to its end.
const TAIL: Nanos = Nanos(40_000);
/// How long the socket had been empty before a read, in nanoseconds.
const SILENCE: Nanos = Nanos(150_000);
/// The frame around a token, in bytes.
const FRAME: u32 = 180;
/// How far a request's time to its first token may lie from the formula: the standard
/// deviation of the logarithm.
const JITTER: f64 = 0.12;

/// When the phases of a trial begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The warm-up.
    pub(crate) warms: Nanos,
    /// The ramp-in.
    pub(crate) ramps: Nanos,
    /// The window.
    pub(crate) opens: Nanos,
    /// What comes after the window; `None` where that is when a number of requests has ended.
    pub(crate) closes: Option<Nanos>,
}

impl Times {
    /// The phase in which a request is due; `None` when the window is over.
    fn phase(&self, due: Nanos) -> Option<Phase> {
        match self.closes {
            Some(closes) if due >= closes => None,
            _ if due >= self.opens => Some(Phase::Measure),
            _ if due >= self.ramps => Some(Phase::RampIn),
            _ => Some(Phase::WarmUp),
        }
    }
}

/// What is asked of whom.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    /// Which trial.
    pub(crate) id: &'a TrialId,
    /// Who answers.
    pub(crate) arm: &'a Arm,
    /// What is asked, and how.
    pub(crate) scenario: &'a Scenario,
    /// What goes wrong, and what is said.
    pub(crate) story: &'a dyn Story,
    /// When.
    pub(crate) times: Times,
    /// What is drawn for this arm alone.
    pub(crate) seed: u64,
    /// What is drawn for all arms of the block: when requests are due.
    pub(crate) shared_seed: u64,
}

/// When requests become due.
enum Dues {
    /// As slots come free.
    Slots(BinaryHeap<Reverse<i64>>),
    /// At drawn instants, so many a second.
    Drawn { at: Nanos, rate: f64, rng: Box<ChaCha8Rng> },
}

impl Dues {
    fn of(work: &Work<'_>) -> Dues {
        let warms = work.times.warms;
        match work.scenario.traffic {
            Traffic::Closed { concurrency } => {
                // Slots that all begin at once would stay in step for long.
                let begins = |slot: u32| warms.0 + i64::from(slot) * 3_700_000;
                Dues::Slots((0..concurrency).map(|slot| Reverse(begins(slot))).collect())
            }
            Traffic::Open { rate, .. } => Dues::drawn(work, rate.unwrap_or(1.0)),
            Traffic::Ramp { from, to, .. } => Dues::drawn(work, (from + to) / 2.0),
        }
    }

    fn drawn(work: &Work<'_>, rate: f64) -> Dues {
        let rng = Box::new(ChaCha8Rng::seed_from_u64(work.shared_seed));
        Dues::Drawn { at: work.times.warms, rate, rng }
    }

    fn next(&mut self) -> Option<Nanos> {
        match self {
            Dues::Slots(free) => free.pop().map(|Reverse(at)| Nanos(at)),
            Dues::Drawn { at, rate, rng } => {
                let gap: f64 = Exp1.sample(rng);
                *at += Nanos::from_secs_f64(gap / *rate);
                Some(*at)
            }
        }
    }

    /// Takes notice that a request has ended.
    fn free(&mut self, end: Nanos) {
        if let Dues::Slots(free) = self {
            free.push(Reverse(end.0));
        }
    }
}

/// The requests of a trial with their chunks, in the order in which they became due, one at a
/// time: a trial may have millions.
pub(crate) struct Answers<'a> {
    work: Work<'a>,
    rng: ChaCha8Rng,
    dues: Dues,
    /// When the seats that are taken come free.
    seats: BinaryHeap<Reverse<i64>>,
    /// By how much this whole trial is slower than the formula.
    slowness: f64,
    requests: u32,
    /// The next row of each phase.
    rows: [u32; 3],
}

impl<'a> Answers<'a> {
    /// The requests of a trial.
    pub(crate) fn of(work: Work<'a>) -> Answers<'a> {
        let mut rng = ChaCha8Rng::seed_from_u64(work.seed);
        let normal: f64 = StandardNormal.sample(&mut rng);
        let slowness = (normal * work.scenario.wobble).exp();
        let dues = Dues::of(&work);
        Answers { work, rng, dues, seats: BinaryHeap::new(), slowness, requests: 0, rows: [0; 3] }
    }

    /// Whether as many requests were measured as were asked for.
    fn has_enough(&self) -> bool {
        match self.work.scenario.extent {
            Extent::Requests(count) => u64::from(self.rows[2]) >= count,
            Extent::DurationS(_) => false,
        }
    }

    /// The record of a request that has just become due, and its number and row.
    fn due(&mut self, due: Nanos, phase: Phase) -> Record {
        let place = match phase {
            Phase::WarmUp => 0,
            Phase::RampIn => 1,
            Phase::Measure | Phase::Drain => 2,
        };
        let (request, row) = (self.requests, self.rows[place]);
        self.requests += 1;
        self.rows[place] += 1;
        let mut record = Record::due(request, row, phase, due);
        record.send_start = Some(due + LATE);
        record.sent = Some(due + LATE + SEND);
        record.written = Some(due + LATE + SEND + SEND);
        record.reused = true;
        record.streamed = true;
        record.exact = true;
        let input = self.work.scenario.input_of(row);
        record.input.asked = Some(input);
        record.output.asked = Some(self.work.scenario.output);
        record
    }

    /// When a request that is due now gets its seat, and how many are taken with it.
    fn seat(&mut self, due: Nanos) -> (Nanos, usize) {
        while self.seats.peek().is_some_and(|Reverse(end)| *end <= due.0) {
            self.seats.pop();
        }
        let is_full = self.seats.len() >= self.work.arm.speed.seats;
        let at = match self.seats.peek() {
            Some(&Reverse(end)) if is_full => {
                self.seats.pop();
                Nanos(end)
            }
            _ => due,
        };
        (at, self.seats.len() + 1)
    }

    /// Answers a request.
    fn answer(&mut self, mut record: Record) -> (Record, Vec<Chunk>) {
        let Work { arm, scenario, story, .. } = self.work;
        let (seated, taken) = self.seat(record.intended + LATE + SEND);
        let speed = arm.speed;
        let slowness = self.slowness * (1.0 + speed.crowding * taken as f64);
        let input = scenario.input_of(record.row);
        let cached = (f64::from(input) * arm.cached_share).floor();
        let prefill = speed.first_s + speed.prompt_token_s * (f64::from(input) - cached);
        let normal: f64 = StandardNormal.sample(&mut self.rng);
        let first = seated + Nanos::from_secs_f64(prefill * slowness * (JITTER * normal).exp());
        record.text = story.text(record.row, scenario.output);
        let chunks = self.stream(&record.text, first, speed.token_s * slowness);
        let last = chunks.iter().rev().find(|chunk| chunk.bears_tokens());
        record.first = Some(first);
        record.first_answer = Some(first);
        record.last = last.map(|chunk| chunk.received);
        record.end = record.last.map(|last| last + TAIL);
        record.outcome = Outcome::Ok;
        record.status = Some(200);
        record.input.server = Some(input);
        record.output.server = Some(scenario.output);
        record.cached_tokens = (arm.cached_share > 0.0).then_some(cached as u32);
        record.token_rule = TokenRule::OneEach;
        record.finish_reason = Some("length".to_owned());
        (record, chunks)
    }

    /// One chunk a token, then the counts and the end of the stream.
    fn stream(&mut self, text: &str, first: Nanos, gap_s: f64) -> Vec<Chunk> {
        let parts = cut(text, self.work.scenario.output);
        let mut at = first;
        let mut chunks: Vec<Chunk> = Vec::with_capacity(parts.len() + 2);
        for (read, text_bytes) in (0..).zip(parts) {
            if read > 0 {
                let share: f64 = self.rng.random();
                at += Nanos::from_secs_f64(gap_s * (0.8 + 0.4 * share));
            }
            let kind = ChunkKind::Text;
            chunks.push(Chunk { kind, tokens: Some(1), text_bytes, ..frame(at, read) });
        }
        let read = chunks.len() as u32;
        let frames = [ChunkKind::Usage, ChunkKind::Done];
        chunks.extend(frames.map(|kind| Chunk { kind, ..frame(at + SEND, read) }));
        chunks
    }

    /// Ends a request that goes wrong.
    fn fail(&mut self, mut record: Record, mishap: Mishap) -> (Record, Vec<Chunk>) {
        record.outcome = mishap.outcome;
        record.status = mishap.status;
        record.error = Some(mishap.error);
        record.end = record.sent.map(|sent| sent + Nanos::from_millis(20));
        (record, Vec::new())
    }
}

/// An event of a stream with nothing in it.
fn frame(received: Nanos, read: u32) -> Chunk {
    Chunk {
        kind: ChunkKind::Empty,
        received,
        stamp: StampSource::Kernel,
        read,
        previous_read: received - SILENCE,
        bytes: FRAME,
        tokens: None,
        text_bytes: 0,
        has_choices: true,
    }
}

impl Iterator for Answers<'_> {
    type Item = (Record, Vec<Chunk>);

    fn next(&mut self) -> Option<(Record, Vec<Chunk>)> {
        if self.has_enough() {
            return None;
        }
        let due = self.dues.next()?;
        let phase = self.work.times.phase(due)?;
        let record = self.due(due, phase);
        let mishap = match phase {
            Phase::Measure => self.work.story.mishap(self.work.id, record.row),
            Phase::WarmUp | Phase::RampIn | Phase::Drain => None,
        };
        let (record, chunks) = match mishap {
            Some(mishap) => self.fail(record, mishap),
            None => self.answer(record),
        };
        let end = record.end.unwrap_or(due);
        if record.outcome.is_ok() {
            self.seats.push(Reverse(end.0));
        }
        self.dues.free(end);
        Some((record, chunks))
    }
}

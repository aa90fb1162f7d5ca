//! Throughput (M10): what got done in the window.
//!
//! **Formula** over the window W, from requests of every phase but warm-up:
//! output = tokens that arrived in W ÷ |W|; input = prompt tokens of requests
//! whose first token T lies in W ÷ |W|; requests = those that ended `ok` in
//! W ÷ |W|. A token that is counted but never shown arrives with the stream's
//! end; an answer that is not streamed arrives, prompt and all, with its last
//! byte. The makespan, from the cohort's first send to its last end, gives a
//! second figure that bears its own name.
//! **Unit** a second. **Absent** if W has no length; output also if the tokens
//! of chunks are unknown and the exact ends of their sum are more than 1 %
//! apart.

use super::Bounds;
use crate::schedule::Window;
use crate::timeline::{Arrival, Timeline};
use crate::{Nanos, Record, TokenRule};

/// The tokens of one request that arrived inside the window.
pub fn tokens_inside(
    record: &Record,
    timeline: &Timeline,
    arrivals: &[Arrival],
    window: Window,
) -> Bounds {
    if !record.streamed {
        return whole_answer(record, timeline, window);
    }
    if timeline.rule == TokenRule::Unknown {
        return unknown_tokens(record, arrivals, window);
    }
    let inside = arrivals.iter().filter(|arrival| window.contains(arrival.received));
    let seen: u64 = inside.filter_map(|arrival| arrival.tokens).map(u64::from).sum();
    let unseen = match (timeline.tokens, timeline.shown_tokens) {
        (Some(all), Some(shown)) => u64::from(all.saturating_sub(shown)),
        _ => 0,
    };
    let ended_inside = record.end.is_some_and(|end| window.contains(end));
    Bounds::exactly(seen + if ended_inside { unseen } else { 0 })
}

/// The tokens of an answer that came in one piece, with its last byte.
fn whole_answer(record: &Record, timeline: &Timeline, window: Window) -> Bounds {
    if !timeline.last.is_some_and(|last| window.contains(last)) {
        return Bounds::NONE;
    }
    match timeline.tokens {
        Some(tokens) => Bounds::exactly(u64::from(tokens)),
        None => Bounds { low: 1, high: record.output.asked.map(u64::from) },
    }
}

/// The least and the most tokens that chunks of unknown size brought inside:
/// each chunk holds at least one, and all hold n, or, where that is unknown
/// too, no more than was asked.
fn unknown_tokens(record: &Record, arrivals: &[Arrival], window: Window) -> Bounds {
    let chunks: u64 = arrivals.iter().map(|arrival| u64::from(arrival.chunks)).sum();
    let inside = arrivals.iter().filter(|arrival| window.contains(arrival.received));
    let inside: u64 = inside.map(|arrival| u64::from(arrival.chunks)).sum();
    let outside = chunks - inside;
    let all = record.output.best().map(u64::from);
    match (inside, outside, all) {
        (0, _, _) => Bounds::NONE,
        (_, 0, Some(all)) => Bounds::exactly(all),
        _ => {
            let most = all.or(record.output.asked.map(u64::from));
            Bounds { low: inside, high: most.map(|most| most.saturating_sub(outside).max(inside)) }
        }
    }
}

/// When the prompt of a request counts as done: at T, or where the answer is
/// not streamed, at its last byte.
pub fn prompt_done(timeline: &Timeline) -> Option<Nanos> {
    if timeline.is_streamed { timeline.first } else { timeline.last }
}

/// The prompt tokens of all requests whose prompt was done in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompts {
    known: u64,
    missing: u64,
    tokens: u64,
}

/// One prompt in this many may lack its count.
const PROMPTS_KNOWN_TO: u64 = 100;

impl Prompts {
    /// Adds one prompt, of so many tokens if that is known.
    pub fn add(&mut self, tokens: Option<u32>) {
        match tokens {
            Some(tokens) => {
                self.known += 1;
                self.tokens += u64::from(tokens);
            }
            None => self.missing += 1,
        }
    }

    /// All tokens. Up to one prompt in a hundred without a count (its request
    /// failed before the count came) is taken to be as long as the others are
    /// on average; more make the total absent.
    pub fn total(&self) -> Option<f64> {
        if self.missing == 0 {
            return Some(self.tokens as f64);
        }
        let all = self.known + self.missing;
        let enough = self.missing * PROMPTS_KNOWN_TO <= all;
        enough.then(|| self.tokens as f64 * all as f64 / self.known as f64)
    }
}

/// From the first send to the last end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Makespan {
    first_sent: Option<Nanos>,
    last_end: Option<Nanos>,
}

impl Makespan {
    /// Adds one request.
    pub fn add(&mut self, record: &Record) {
        let Some(sent) = record.sent else { return };
        self.first_sent = Some(self.first_sent.map_or(sent, |first| first.min(sent)));
        self.last_end = self.last_end.max(record.end);
    }

    /// How long it all took, if anything was sent and has ended.
    pub fn length(&self) -> Option<Nanos> {
        self.first_sent.zip(self.last_end).map(|(sent, end)| end - sent)
    }
}

/// So many in so long, a second; absent if the time has no length.
pub fn per_second(count: f64, time: Nanos) -> Option<f64> {
    (time > Nanos::ZERO).then(|| count / time.as_secs_f64())
}

//! From the chunks of a request to its instants: which chunks arrived as one,
//! when the first and the last of them came, and how many tokens each brought.
//!
//! This module joins and counts. It must not judge: what a span is called, and
//! when it is absent, is said in [`metric`](crate::metric).

mod assign;

pub use assign::{Unassigned, assign_one_each, assign_retokenised, shown_tokens};

use crate::{Chunk, ChunkKind, Nanos, Record, TokenRule};

/// By what a chunk is known to bear tokens (M1).
///
/// The two differ where the server tells of tokens that have no text yet. One
/// summary, and one comparison, uses the same for every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// Its count of tokens where that is known, else its text.
    Counted,
    /// Its text alone. Tokens told for a chunk without text are added to the
    /// next chunk that has some.
    Text,
}

impl Bearing {
    /// Whether `chunk` bears tokens by this rule.
    pub fn holds(self, chunk: &Chunk) -> bool {
        match self {
            Bearing::Counted => chunk.bears_tokens(),
            Bearing::Text => has_text(chunk),
        }
    }
}

/// Whether a chunk carries generated text.
fn has_text(chunk: &Chunk) -> bool {
    chunk.kind.may_bear_tokens() && chunk.text_bytes > 0
}

/// The chunks that came at one instant, as far as anybody can tell (M2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When: the stamp of the read.
    pub received: Nanos,
    /// When the socket was last seen empty. The true arrival of each chunk lies
    /// between that and `received`.
    pub previous_read: Nanos,
    /// The tokens of all its chunks; `None` if those of any are unknown.
    pub tokens: Option<u32>,
    /// How many chunks that bear tokens it holds; at least one.
    pub chunks: u32,
    /// Whether answer text or a tool call is in it.
    pub is_answer: bool,
    /// Whether reasoning is in it.
    pub is_reasoning: bool,
}

impl Arrival {
    /// Whether it holds several chunks, whose order in time is lost.
    pub fn is_coalesced(&self) -> bool {
        self.chunks > 1
    }

    /// The arrival of one chunk.
    fn of(chunk: &Chunk, tokens: Option<u32>) -> Arrival {
        Arrival {
            received: chunk.received,
            previous_read: chunk.previous_read,
            tokens,
            chunks: 1,
            is_answer: chunk.kind.is_answer(),
            is_reasoning: chunk.kind == ChunkKind::Reasoning,
        }
    }

    /// Takes in a later chunk that can't be told apart from it.
    fn join(&mut self, later: Arrival) {
        // A stamp that runs backwards means that the earlier read went
        // unstamped and bears our own, later, clock. Bytes come in order, so
        // everything was there by the kernel's stamp.
        self.received = self.received.min(later.received);
        self.tokens = self.tokens.zip(later.tokens).map(|(a, b)| a.saturating_add(b));
        self.chunks += 1;
        self.is_answer |= later.is_answer;
        self.is_reasoning |= later.is_reasoning;
    }
}

/// Joins the token-bearing chunks of one request into arrivals: chunks
/// delivered by one read, or with one stamp, are one (M2).
///
/// The instants of the arrivals rise strictly, so that no gap is zero because
/// of the client.
pub fn arrivals(chunks: &[Chunk], bearing: Bearing) -> Vec<Arrival> {
    let mut arrivals: Vec<Arrival> = Vec::new();
    let mut held_back = 0_u32;
    let mut last_read = None;
    for chunk in chunks {
        if !bearing.holds(chunk) {
            if chunk.kind.may_bear_tokens() {
                held_back = held_back.saturating_add(chunk.tokens.unwrap_or(0));
            }
            continue;
        }
        let tokens = chunk.tokens.map(|tokens| tokens.saturating_add(held_back));
        held_back = 0;
        let arrival = Arrival::of(chunk, tokens);
        match arrivals.last_mut() {
            Some(last) if last_read == Some(chunk.read) || arrival.received <= last.received => {
                last.join(arrival);
            }
            _ => arrivals.push(arrival),
        }
        last_read = Some(chunk.read);
    }
    arrivals
}

/// The instants and counts of one request, from which every metric of it
/// follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// When it was due.
    pub intended: Nanos,
    /// The clock just before its last byte was written.
    pub sent: Option<Nanos>,
    /// T: the first arrival. Absent if nothing came, or not as a stream.
    pub first: Option<Nanos>,
    /// The first arrival with answer text or a tool call. Equals `first` where
    /// there is no reasoning.
    pub first_answer: Option<Nanos>,
    /// L: the last arrival; of a response that is not streamed, its last byte.
    pub last: Option<Nanos>,
    /// The end of the response, or of the attempt.
    pub end: Option<Nanos>,
    /// Whether the answer came as a stream.
    pub is_streamed: bool,
    /// How the tokens of the arrivals are known; [`TokenRule::Unknown`] if
    /// those of any are not.
    pub rule: TokenRule,
    /// n: the tokens generated (M4).
    pub tokens: Option<u32>,
    /// n₁: those of the first arrival.
    pub first_tokens: Option<u32>,
    /// n_L: those up to and with the last arrival. An end-of-sequence token
    /// that is counted but never shown comes after it.
    pub shown_tokens: Option<u32>,
    /// How many arrivals.
    pub arrivals: u32,
    /// How many of them hold several chunks.
    pub coalesced: u32,
    /// K: how many chunks bear tokens.
    pub chunks: u32,
    /// Those of them in the first arrival.
    pub first_chunks: u32,
}

impl Timeline {
    /// The timeline of `record`, whose chunks arrived as `arrivals`.
    pub fn of(record: &Record, arrivals: &[Arrival]) -> Timeline {
        let blank = Timeline {
            intended: record.intended,
            sent: record.sent,
            first: None,
            first_answer: None,
            last: None,
            end: record.end,
            is_streamed: record.streamed,
            rule: TokenRule::Unknown,
            tokens: record.output.best(),
            first_tokens: None,
            shown_tokens: None,
            arrivals: 0,
            coalesced: 0,
            chunks: 0,
            first_chunks: 0,
        };
        match (arrivals.first(), arrivals.last()) {
            _ if !record.streamed => Timeline { last: record.last, ..blank },
            (Some(first), Some(last)) => {
                let shown = tokens_of(record, arrivals);
                Timeline {
                    first: Some(first.received),
                    first_answer: first_answer(arrivals),
                    last: Some(last.received),
                    rule: if shown.is_some() { record.token_rule } else { TokenRule::Unknown },
                    first_tokens: shown.and(first.tokens),
                    shown_tokens: shown,
                    arrivals: as_u32(arrivals.len()),
                    coalesced: as_u32(arrivals.iter().filter(|a| a.is_coalesced()).count()),
                    chunks: arrivals.iter().map(|arrival| arrival.chunks).sum(),
                    first_chunks: first.chunks,
                    ..blank
                }
            }
            _ => blank,
        }
    }
}

/// The tokens of all arrivals, if a rule gives those of every one.
fn tokens_of(record: &Record, arrivals: &[Arrival]) -> Option<u32> {
    if record.token_rule == TokenRule::Unknown {
        return None;
    }
    arrivals.iter().try_fold(0_u32, |sum, arrival| Some(sum.saturating_add(arrival.tokens?)))
}

/// Where the answer begins. Without reasoning it begins with the first arrival,
/// even if that is a token that has no text yet.
fn first_answer(arrivals: &[Arrival]) -> Option<Nanos> {
    let reasons = arrivals.iter().any(|arrival| arrival.is_reasoning);
    arrivals.iter().find(|arrival| arrival.is_answer || !reasons).map(|arrival| arrival.received)
}

/// A length that comes from a list of chunks, of which there are fewer than
/// 2³² in a stream.
fn as_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StampSource;

    fn chunk(kind: ChunkKind, read: u32, millis: i64, tokens: Option<u32>, text: u32) -> Chunk {
        Chunk {
            kind,
            received: Nanos::from_millis(millis),
            stamp: StampSource::Kernel,
            read,
            previous_read: Nanos::from_millis(millis - 5),
            bytes: 100,
            tokens,
            text_bytes: text,
            has_choices: true,
        }
    }

    fn text(read: u32, millis: i64, tokens: Option<u32>) -> Chunk {
        chunk(ChunkKind::Text, read, millis, tokens, 4)
    }

    fn shape(chunks: &[Chunk], bearing: Bearing) -> Vec<(i64, Option<u32>, u32)> {
        arrivals(chunks, bearing)
            .iter()
            .map(|a| (a.received.0 / 1_000_000, a.tokens, a.chunks))
            .collect()
    }

    #[test]
    fn frames_are_no_arrivals_whatever_they_count() {
        let chunks = [
            chunk(ChunkKind::Role, 0, 40, Some(0), 0),
            chunk(ChunkKind::Comment, 1, 50, None, 0),
            text(2, 100, Some(1)),
            chunk(ChunkKind::Empty, 3, 105, None, 0),
            text(4, 110, Some(1)),
            chunk(ChunkKind::Finish, 5, 120, Some(1), 0),
            chunk(ChunkKind::Usage, 6, 135, Some(3), 0),
            chunk(ChunkKind::Done, 7, 136, None, 0),
        ];
        assert_eq!(shape(&chunks, Bearing::Counted), [(100, Some(1), 1), (110, Some(1), 1)]);
        assert_eq!(shape(&chunks, Bearing::Text), [(100, Some(1), 1), (110, Some(1), 1)]);
    }

    #[test]
    fn one_read_or_one_stamp_is_one_arrival() {
        let chunks = [
            text(0, 100, Some(1)),
            text(1, 110, Some(2)),
            text(1, 110, Some(3)),
            text(2, 120, Some(1)),
            text(3, 120, None),
        ];
        assert_eq!(
            shape(&chunks, Bearing::Counted),
            [(100, Some(1), 1), (110, Some(5), 2), (120, None, 2)]
        );
        assert_eq!(arrivals(&chunks, Bearing::Counted)[2].previous_read, Nanos::from_millis(115));
    }

    #[test]
    fn a_stamp_that_runs_backwards_joins_what_was_already_there() {
        let chunks = [text(0, 100, Some(1)), text(1, 98, Some(1)), text(2, 99, Some(1))];
        assert_eq!(shape(&chunks, Bearing::Text), [(98, Some(2), 2), (99, Some(1), 1)]);
    }

    #[test]
    fn tokens_without_text_arrive_by_count_or_wait_for_text() {
        let chunks = [
            chunk(ChunkKind::Empty, 0, 90, Some(1), 0),
            text(1, 100, Some(1)),
            chunk(ChunkKind::Empty, 2, 110, Some(1), 0),
            text(3, 120, Some(2)),
            chunk(ChunkKind::Empty, 4, 130, Some(1), 0),
        ];
        assert_eq!(arrivals(&chunks, Bearing::Counted).len(), 5);
        assert_eq!(shape(&chunks, Bearing::Text), [(100, Some(2), 1), (120, Some(3), 1)]);
    }

    #[test]
    fn the_answer_begins_after_the_reasoning() {
        let thought = chunk(ChunkKind::Reasoning, 0, 100, Some(1), 4);
        let call = chunk(ChunkKind::ToolCall, 1, 200, Some(1), 4);
        let answer = |chunks: &[Chunk]| first_answer(&arrivals(chunks, Bearing::Counted));
        assert_eq!(answer(&[thought, call]), Some(Nanos::from_millis(200)));
        assert_eq!(answer(&[thought]), None);
        assert_eq!(answer(&[call]), Some(Nanos::from_millis(200)));
        let unseen = chunk(ChunkKind::Empty, 0, 90, Some(1), 0);
        assert_eq!(answer(&[unseen, call]), Some(Nanos::from_millis(90)));
    }
}

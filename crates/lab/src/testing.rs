//! Records for the tests of this room.

use tokenometer_core::{
    Chunk, ChunkKind, Counts, Nanos, Outcome, Phase, Record, StampSource, TokenRule,
};

/// A measured request about which nothing is known but that it ended well.
pub(crate) fn record() -> Record {
    Record {
        request: 0,
        row: 0,
        phase: Phase::Measure,
        outcome: Outcome::Ok,
        error: None,
        intended: Nanos::ZERO,
        send_start: None,
        sent: None,
        written: None,
        first: None,
        first_answer: None,
        last: None,
        end: None,
        connect: None,
        reused: true,
        streamed: true,
        status: Some(200),
        input: Counts::default(),
        output: Counts::default(),
        exact: false,
        cached_tokens: None,
        reasoning_tokens: None,
        token_rule: TokenRule::Unknown,
        finish_reason: None,
        text: String::new(),
    }
}

/// A chunk of text that arrived at `received` with `tokens` tokens.
pub(crate) fn chunk(received: i64, tokens: u32) -> Chunk {
    Chunk {
        kind: ChunkKind::Text,
        received: Nanos(received),
        stamp: StampSource::Kernel,
        read: 0,
        previous_read: Nanos(received),
        bytes: 10,
        tokens: Some(tokens),
        text_bytes: 4,
        has_choices: true,
    }
}

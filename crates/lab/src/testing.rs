//! Records for the tests of this room.

use tokenometer_core::{Chunk, ChunkKind, Nanos, Outcome, Phase, Record, StampSource};

/// A measured request about which nothing is known but that it ended well.
pub(crate) fn record() -> Record {
    let due = Record::due(0, 0, Phase::Measure, Nanos::ZERO);
    Record { outcome: Outcome::Ok, reused: true, streamed: true, status: Some(200), ..due }
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

//! The columns of `requests.parquet` and `chunks.parquet`, each named once.
//!
//! Instants are nanoseconds since the Unix epoch on `CLOCK_REALTIME`. A value
//! that was not seen is null.

use tokenometer_core::timeline::{Bearing, arrivals};
use tokenometer_core::{Chunk, ChunkKind, Nanos, Outcome, Phase, Record, StampSource, TokenRule};

use crate::records::{OfChunk, OfRequest};
use crate::table::{Cell, Column, Row};

/// A row of `requests.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestRow {
    /// What is kept of the request.
    pub(crate) record: Record,
    /// The tokens of its first arrival, read off its chunks for whoever has
    /// this file alone; null where they are unknown.
    pub(crate) first_chunk_tokens: Option<u32>,
}

impl RequestRow {
    /// The row of a record and its chunks.
    pub(crate) fn of(record: Record, chunks: &[Chunk]) -> RequestRow {
        let first = arrivals(chunks, Bearing::Counted).into_iter().next();
        let first_chunk_tokens = first.and_then(|arrival| arrival.tokens);
        RequestRow { record, first_chunk_tokens }
    }
}

/// A row of `chunks.parquet`: one event of one request's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkRow {
    /// The request.
    pub(crate) request: u32,
    /// The number of the event in its stream, from 0.
    pub(crate) seq: u32,
    /// The event.
    pub(crate) chunk: Chunk,
}

/// A column that every row has: a field that is a number.
macro_rules! number {
    ($name:literal, $($field:ident).+) => {
        Column {
            name: $name,
            optional: false,
            cell: Cell::Number(
                |row| Some(row.$($field).+),
                |row, value| row.$($field).+ = value.unwrap_or_default(),
            ),
        }
    };
}

/// A column that a row may lack: a field that is an optional number.
macro_rules! optional_number {
    ($name:literal, $($field:ident).+) => {
        Column {
            name: $name,
            optional: true,
            cell: Cell::Number(|row| row.$($field).+, |row, value| row.$($field).+ = value),
        }
    };
}

/// A column that every row has: an instant or a span.
macro_rules! nanos {
    ($name:literal, $($field:ident).+) => {
        Column {
            name: $name,
            optional: false,
            cell: Cell::Nanos(
                |row| Some(row.$($field).+.0),
                |row, value| row.$($field).+ = Nanos(value.unwrap_or_default()),
            ),
        }
    };
}

/// A column that a row may lack: an instant or a span.
macro_rules! optional_nanos {
    ($name:literal, $($field:ident).+) => {
        Column {
            name: $name,
            optional: true,
            cell: Cell::Nanos(
                |row| row.$($field).+.map(|value| value.0),
                |row, value| row.$($field).+ = value.map(Nanos),
            ),
        }
    };
}

/// A column that every row has: yes or no.
macro_rules! flag {
    ($name:literal, $($field:ident).+) => {
        Column {
            name: $name,
            optional: false,
            cell: Cell::Flag(
                |row| Some(row.$($field).+),
                |row, value| row.$($field).+ = value.unwrap_or_default(),
            ),
        }
    };
}

/// A column that every row has: one of a closed list of words.
macro_rules! word {
    ($name:literal, $($field:ident).+, $known:expr) => {
        Column {
            name: $name,
            optional: false,
            cell: Cell::Word(
                |row| Some(row.$($field).+.name()),
                |row, word| {
                    let known = word.and_then($known);
                    known.map(|value| row.$($field).+ = value).is_some()
                },
            ),
        }
    };
}

/// A column that a row may lack: one of few words of someone else's.
macro_rules! optional_word {
    ($name:literal, $($field:ident).+) => {
        Column {
            name: $name,
            optional: true,
            cell: Cell::Word(
                |row| row.$($field).+.as_deref(),
                |row, word| {
                    row.$($field).+ = word.map(str::to_owned);
                    true
                },
            ),
        }
    };
}

pub(crate) use {flag, nanos, number, optional_nanos, optional_number, optional_word, word};

impl Row for RequestRow {
    const COLUMNS: &'static [Column<RequestRow>] = &[
        number!("request", record.request),
        number!("row", record.row),
        word!("phase", record.phase, Phase::from_name),
        word!("outcome", record.outcome, Outcome::from_name),
        optional_word!("error", record.error),
        nanos!("intended_ns", record.intended),
        optional_nanos!("send_start_ns", record.send_start),
        optional_nanos!("sent_ns", record.sent),
        optional_nanos!("written_ns", record.written),
        optional_nanos!("first_ns", record.first),
        optional_nanos!("first_answer_ns", record.first_answer),
        optional_nanos!("last_ns", record.last),
        optional_nanos!("end_ns", record.end),
        optional_nanos!("connect_ns", record.connect),
        flag!("reused", record.reused),
        flag!("streamed", record.streamed),
        Column {
            name: "status",
            optional: true,
            cell: Cell::Number(
                |row| row.record.status.map(u32::from),
                |row, value| row.record.status = value.and_then(|value| value.try_into().ok()),
            ),
        },
        optional_number!("input_asked", record.input.asked),
        optional_number!("input_server", record.input.server),
        optional_number!("input_counted", record.input.counted),
        optional_number!("output_asked", record.output.asked),
        optional_number!("output_server", record.output.server),
        optional_number!("output_counted", record.output.counted),
        flag!("exact", record.exact),
        optional_number!("cached_tokens", record.cached_tokens),
        optional_number!("reasoning_tokens", record.reasoning_tokens),
        optional_number!("first_chunk_tokens", first_chunk_tokens),
        word!("token_rule", record.token_rule, TokenRule::from_name),
        optional_word!("finish_reason", record.finish_reason),
        Column {
            name: "text",
            optional: false,
            cell: Cell::Text(
                |row| Some(&row.record.text),
                |row, text| row.record.text = text.unwrap_or_default().to_owned(),
            ),
        },
    ];

    fn blank() -> RequestRow {
        RequestRow { record: blank_record(), first_chunk_tokens: None }
    }

    fn weight(&self) -> usize {
        let words = [&self.record.error, &self.record.finish_reason];
        size_of::<RequestRow>()
            + self.record.text.len()
            + words.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl Row for ChunkRow {
    const COLUMNS: &'static [Column<ChunkRow>] = &[
        number!("request", request),
        number!("seq", seq),
        word!("kind", chunk.kind, ChunkKind::from_name),
        nanos!("recv_ns", chunk.received),
        word!("stamp_source", chunk.stamp, stamp_source),
        number!("read", chunk.read),
        nanos!("previous_read_ns", chunk.previous_read),
        number!("bytes", chunk.bytes),
        optional_number!("tokens", chunk.tokens),
        number!("text_bytes", chunk.text_bytes),
        flag!("has_choices", chunk.has_choices),
    ];

    fn blank() -> ChunkRow {
        ChunkRow { request: 0, seq: 0, chunk: BLANK_CHUNK }
    }

    fn weight(&self) -> usize {
        size_of::<ChunkRow>()
    }
}

impl OfRequest for RequestRow {
    fn request(&self) -> u32 {
        self.record.request
    }
}

impl OfChunk for ChunkRow {
    fn place(&self) -> (u32, u32) {
        (self.request, self.seq)
    }

    fn chunk(&self) -> Chunk {
        self.chunk
    }
}

/// The source of this name, if there is one.
fn stamp_source(name: &str) -> Option<StampSource> {
    [StampSource::Kernel, StampSource::User].into_iter().find(|source| source.name() == name)
}

/// A chunk with nothing in it, for the columns to be set on.
pub(crate) const BLANK_CHUNK: Chunk = Chunk {
    kind: ChunkKind::Unreadable,
    received: Nanos::ZERO,
    stamp: StampSource::User,
    read: 0,
    previous_read: Nanos::ZERO,
    bytes: 0,
    tokens: None,
    text_bytes: 0,
    has_choices: false,
};

/// A record with nothing in it, for the columns to be set on.
pub(crate) fn blank_record() -> Record {
    Record::due(0, 0, Phase::WarmUp, Nanos::ZERO)
}

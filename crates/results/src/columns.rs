//! Some columns of the files of rows, for whoever goes through millions of rows and needs no
//! more of each.
//!
//! A trial of a million requests has some sixteen million chunks, and decoding a column of
//! them takes about as long as all that is then done with it. So each kind of reader has row
//! types of its own here, which name only the columns that it looks at. Nothing is added up
//! in this module.

use std::path::Path;

use tokenometer_core::{Chunk, ChunkKind, Nanos, Outcome, Phase, Record, TokenRule};

use crate::ResultsError;
use crate::records::{OfChunk, OfRequest, REQUESTS, SideBySide};
use crate::rows::{
    BLANK_CHUNK, RequestRow, blank_record, flag, nanos, number, optional_nanos, optional_number,
    optional_word, word,
};
use crate::table::{Cell, Column, Row, TableReader};

/// When a request went, how it ended and how many tokens it brought.
struct TimedRow {
    /// The other fields are blank.
    record: Record,
}

/// When an event came and what it brought.
#[derive(Clone, Copy)]
struct ArrivedRow {
    request: u32,
    seq: u32,
    /// The other fields are blank.
    chunk: Chunk,
}

/// What was answered to one row of the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The row of the workload; of a warm-up, the row of the warm-up's own requests.
    pub row: u32,
    /// The phase in which the request was due.
    pub phase: Phase,
    /// How it ended.
    pub outcome: Outcome,
    /// Prompt tokens, as the server counted them.
    pub input_server: Option<u32>,
    /// Everything generated.
    pub text: String,
}

impl Row for TimedRow {
    const COLUMNS: &'static [Column<TimedRow>] = &[
        number!("request", record.request),
        word!("phase", record.phase, Phase::from_name),
        word!("outcome", record.outcome, Outcome::from_name),
        optional_word!("error", record.error),
        nanos!("intended_ns", record.intended),
        optional_nanos!("sent_ns", record.sent),
        optional_nanos!("last_ns", record.last),
        optional_nanos!("end_ns", record.end),
        flag!("streamed", record.streamed),
        optional_number!("output_server", record.output.server),
        optional_number!("output_counted", record.output.counted),
        word!("token_rule", record.token_rule, TokenRule::from_name),
    ];

    fn blank() -> TimedRow {
        TimedRow { record: blank_record() }
    }

    fn weight(&self) -> usize {
        size_of::<TimedRow>()
    }
}

impl Row for ArrivedRow {
    const COLUMNS: &'static [Column<ArrivedRow>] = &[
        number!("request", request),
        number!("seq", seq),
        word!("kind", chunk.kind, ChunkKind::from_name),
        nanos!("recv_ns", chunk.received),
        number!("read", chunk.read),
        optional_number!("tokens", chunk.tokens),
        number!("text_bytes", chunk.text_bytes),
    ];

    fn blank() -> ArrivedRow {
        ArrivedRow { request: 0, seq: 0, chunk: BLANK_CHUNK }
    }

    fn weight(&self) -> usize {
        size_of::<ArrivedRow>()
    }
}

impl Row for Answered {
    const COLUMNS: &'static [Column<Answered>] = &[
        number!("row", row),
        word!("phase", phase, Phase::from_name),
        word!("outcome", outcome, Outcome::from_name),
        optional_number!("input_server", input_server),
        Column {
            name: "text",
            optional: false,
            cell: Cell::Text(
                |row| Some(&row.text),
                |row, text| row.text = text.unwrap_or_default().to_owned(),
            ),
        },
    ];

    fn blank() -> Answered {
        let (phase, outcome) = (Phase::WarmUp, Outcome::Unsent);
        Answered { row: 0, phase, outcome, input_server: None, text: String::new() }
    }

    fn weight(&self) -> usize {
        size_of::<Answered>() + self.text.len()
    }
}

impl OfRequest for TimedRow {
    fn request(&self) -> u32 {
        self.record.request
    }
}

impl OfChunk for ArrivedRow {
    fn place(&self) -> (u32, u32) {
        (self.request, self.seq)
    }

    fn chunk(&self) -> Chunk {
        self.chunk
    }
}

/// Goes through a finished trial's requests and the arrivals of their streams, in the order
/// in which they were kept. It holds a few thousand rows in memory.
pub struct Timelines {
    rows: SideBySide<TimedRow, ArrivedRow>,
    chunks: Vec<Chunk>,
}

impl Timelines {
    /// Opens the records of the trial in `folder`.
    pub(crate) fn open(folder: &Path) -> Result<Timelines, ResultsError> {
        Ok(Timelines { rows: SideBySide::open(folder)?, chunks: Vec::new() })
    }

    /// The next request and its chunks; `None` after the last. Of the request there are its
    /// number, phase, outcome and error, the instants `intended`, `sent`, `last` and `end`,
    /// whether it was streamed, the tokens that were generated, and the rule of those of its
    /// chunks; of a chunk its kind, when it came and with which read, its tokens and the
    /// length of its text. All else is blank.
    ///
    /// # Errors
    /// If the files can't be read, or don't belong together.
    pub fn next_request(&mut self) -> Result<Option<(Record, &[Chunk])>, ResultsError> {
        let row = self.rows.next_request(&mut self.chunks)?;
        Ok(row.map(|row| (row.record, self.chunks.as_slice())))
    }
}

/// Streams what was answered in the trial in `folder`, in the order in which requests were
/// kept.
pub(crate) fn answered(
    folder: &Path,
) -> Result<impl Iterator<Item = Result<Answered, ResultsError>> + use<>, ResultsError> {
    TableReader::<Answered>::open(&folder.join(REQUESTS)).map(TableReader::stream)
}

/// The records at these places among those of the trial in `folder`, whole.
pub(crate) fn records_at(folder: &Path, places: &[u64]) -> Result<Vec<Record>, ResultsError> {
    let rows = TableReader::<RequestRow>::open(&folder.join(REQUESTS))?.rows_at(places)?;
    Ok(rows.into_iter().map(|row| row.record).collect())
}

//! One trial's records: written while load runs, read back afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::{Chunk, Record, Sink, SinkError};

use crate::journal::{self, JournalReader, JournalWriter};
use crate::rows::{ChunkRow, RequestRow};
use crate::table::{Row, TableReader, TableWriter};
use crate::{ResultsError, draft};

/// The name of the file of requests.
pub(crate) const REQUESTS: &str = "requests.parquet";
/// The name of the file of chunks.
pub(crate) const CHUNKS: &str = "chunks.parquet";

/// What a full disk has not cost while a journal becomes Parquet.
const JOURNAL_SAFE: &str =
    "Nothing is lost: every record is in records.journal beside it, and can be recovered.";
/// What a full disk has not cost while finished files are written anew.
const OLD_SAFE: &str = "Nothing is lost: the trial's files are as they were.";

/// What a file of rows holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// Its rows.
    pub rows: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// The names of the files of rows, with what each holds: what
/// [`Trial::files`](crate::Trial::files) says.
pub(crate) type Files = std::collections::BTreeMap<String, Kept>;

/// Keeps a trial's records as its requests end.
///
/// It costs a copy and one system call a request, holds no more than one
/// request in memory, and has each record out of this process's hands when
/// [`Sink::keep`] returns.
#[derive(Debug)]
pub struct TrialWriter {
    journal: JournalWriter,
}

impl TrialWriter {
    /// Begins the records of the trial in `folder`.
    pub(crate) fn begin(folder: &Path) -> Result<TrialWriter, ResultsError> {
        let journal = JournalWriter::begin(&folder.join(journal::NAME))?;
        Ok(TrialWriter { journal })
    }

    /// Turns what was kept into `requests.parquet` and `chunks.parquet`, and
    /// says what they hold. Each record passes through `last_word` once, in the
    /// order in which it was kept, which may complete it: with counts of our
    /// own, say.
    ///
    /// # Errors
    /// If the files can't be written. The journal stays then, and
    /// [`TrialFolder::recover`](crate::TrialFolder::recover) can try again.
    pub fn finish(
        self,
        last_word: impl FnMut(&mut Record, &mut [Chunk]),
    ) -> Result<Files, ResultsError> {
        finish_journal(self.journal.path(), last_word)
    }
}

impl Sink for TrialWriter {
    fn keep(&mut self, record: &Record, chunks: &[Chunk]) -> Result<(), SinkError> {
        self.journal.append(record, chunks).map_err(|error| SinkError(Box::new(error)))
    }
}

/// Turns a journal into the files of rows beside it, and removes it.
pub(crate) fn finish_journal(
    journal: &Path,
    mut last_word: impl FnMut(&mut Record, &mut [Chunk]),
) -> Result<Files, ResultsError> {
    let folder = journal.parent().expect("a journal lies in its trial's folder");
    let mut reader = JournalReader::open(journal)?;
    let mut tables = Tables::begin(folder, JOURNAL_SAFE)?;
    let mut chunks = Vec::new();
    while let Some(mut record) = reader.next_record(&mut chunks)? {
        last_word(&mut record, &mut chunks);
        tables.push(record, &chunks)?;
    }
    let files = tables.publish()?;
    fs::remove_file(journal).map_err(|source| ResultsError::writing(journal, source))?;
    Ok(files)
}

/// Passes every record of the finished trial in `folder` through `change` into
/// new files, which replace the old ones when they are whole.
pub(crate) fn amend(
    folder: &Path,
    mut change: impl FnMut(&mut Record, &mut [Chunk]),
) -> Result<Files, ResultsError> {
    let mut tables = Tables::begin(folder, OLD_SAFE)?;
    for row in TrialReader::open(folder)? {
        let (mut record, mut chunks) = row?;
        change(&mut record, &mut chunks);
        tables.push(record, &chunks)?;
    }
    tables.publish()
}

/// The two files of rows in the making.
struct Tables {
    requests: TableWriter<RequestRow>,
    chunks: TableWriter<ChunkRow>,
}

impl Tables {
    /// Begins both.
    fn begin(folder: &Path, safe: &'static str) -> Result<Tables, ResultsError> {
        Ok(Tables {
            requests: TableWriter::begin(&folder.join(REQUESTS), &[], safe)?,
            chunks: TableWriter::begin(&folder.join(CHUNKS), &[], safe)?,
        })
    }

    /// Adds a request and its chunks: the chunks of one request stand together,
    /// in the order of the requests.
    fn push(&mut self, record: Record, chunks: &[Chunk]) -> Result<(), ResultsError> {
        let request = record.request;
        self.requests.push(RequestRow::of(record, chunks))?;
        for (seq, &chunk) in (0..).zip(chunks) {
            self.chunks.push(ChunkRow { request, seq, chunk })?;
        }
        Ok(())
    }

    /// Puts both in their places; the requests last, so that where they are,
    /// their chunks are too.
    fn publish(self) -> Result<Files, ResultsError> {
        let (chunk_rows, chunks) = self.chunks.finish()?;
        let (request_rows, requests) = self.requests.finish()?;
        let mut files = Files::new();
        for (name, rows, file) in [(CHUNKS, chunk_rows, chunks), (REQUESTS, request_rows, requests)]
        {
            let path = file.path().to_owned();
            file.publish()?;
            let bytes = draft::length_of(&path)?;
            files.insert(name.to_owned(), Kept { rows, bytes });
        }
        Ok(files)
    }
}

/// Streams a finished trial's records, each with its chunks, in the order in
/// which they were kept. It holds a few thousand rows in memory, whatever the
/// length of the trial.
pub struct TrialReader {
    rows: SideBySide<RequestRow, ChunkRow>,
    ended: bool,
}

impl TrialReader {
    /// Opens the records of the trial in `folder`.
    pub(crate) fn open(folder: &Path) -> Result<TrialReader, ResultsError> {
        Ok(TrialReader { rows: SideBySide::open(folder)?, ended: false })
    }

    /// How many records there are in all.
    pub fn requests(&self) -> u64 {
        self.rows.requests.rows()
    }

    /// How many chunks there are in all.
    pub fn chunks(&self) -> u64 {
        self.rows.chunks.rows()
    }

    /// The next record and its chunks.
    fn next_record(&mut self) -> Result<Option<(Record, Vec<Chunk>)>, ResultsError> {
        let mut chunks = Vec::new();
        let row = self.rows.next_request(&mut chunks)?;
        Ok(row.map(|RequestRow { record, .. }| (record, chunks)))
    }
}

impl Iterator for TrialReader {
    type Item = Result<(Record, Vec<Chunk>), ResultsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.next_record().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// A row of `requests.parquet`, with all of its columns or with some.
pub(crate) trait OfRequest: Row {
    /// The number of the request.
    fn request(&self) -> u32;
}

/// A row of `chunks.parquet`, with all of its columns or with some.
pub(crate) trait OfChunk: Row + Copy {
    /// The request, and the number of the event in its stream.
    fn place(&self) -> (u32, u32);
    /// The event.
    fn chunk(&self) -> Chunk;
}

/// Both files of rows, read side by side: the chunks of one request stand
/// together, in the order of the requests.
pub(crate) struct SideBySide<Q: OfRequest, C: OfChunk> {
    requests: TableReader<Q>,
    chunks: TableReader<C>,
    next_chunk: Option<C>,
    chunks_path: PathBuf,
}

impl<Q: OfRequest, C: OfChunk> SideBySide<Q, C> {
    /// Opens both files in `folder`.
    pub(crate) fn open(folder: &Path) -> Result<SideBySide<Q, C>, ResultsError> {
        let chunks_path = folder.join(CHUNKS);
        let requests = TableReader::open(&folder.join(REQUESTS))?;
        let mut chunks = TableReader::open(&chunks_path)?;
        let next_chunk = chunks.next_row()?;
        Ok(SideBySide { requests, chunks, next_chunk, chunks_path })
    }

    /// The next request, whose chunks replace what is in `chunks`; `None` after
    /// the last.
    pub(crate) fn next_request(
        &mut self,
        chunks: &mut Vec<Chunk>,
    ) -> Result<Option<Q>, ResultsError> {
        chunks.clear();
        let Some(row) = self.requests.next_row()? else {
            return match self.next_chunk {
                None => Ok(None),
                Some(row) => Err(self.misplaced(row)),
            };
        };
        while let Some(next) = self.next_chunk.filter(|next| next.place().0 == row.request()) {
            if next.place().1 as usize != chunks.len() {
                return Err(self.misplaced(next));
            }
            chunks.push(next.chunk());
            self.next_chunk = self.chunks.next_row()?;
        }
        Ok(Some(row))
    }

    /// A chunk that stands where it can't.
    fn misplaced(&self, row: C) -> ResultsError {
        let (request, seq) = row.place();
        let what = format!("chunk {seq} of request {request} stands out of order");
        ResultsError::damaged(&self.chunks_path, what)
    }
}

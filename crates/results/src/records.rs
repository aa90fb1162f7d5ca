//! One trial's records: written while load runs, read back afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::{Chunk, Record, Sink, SinkError};

use crate::journal::{self, JournalReader, JournalWriter};
use crate::rows::{ChunkRow, RequestRow};
use crate::table::{TableReader, TableWriter};
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
    requests: TableReader<RequestRow>,
    chunks: TableReader<ChunkRow>,
    next_chunk: Option<ChunkRow>,
    chunks_path: PathBuf,
    ended: bool,
}

impl TrialReader {
    /// Opens the records of the trial in `folder`.
    pub(crate) fn open(folder: &Path) -> Result<TrialReader, ResultsError> {
        let chunks_path = folder.join(CHUNKS);
        let requests = TableReader::open(&folder.join(REQUESTS))?;
        let mut chunks = TableReader::open(&chunks_path)?;
        let next_chunk = chunks.next_row()?;
        Ok(TrialReader { requests, chunks, next_chunk, chunks_path, ended: false })
    }

    /// How many records there are in all.
    pub fn requests(&self) -> u64 {
        self.requests.rows()
    }

    /// How many chunks there are in all.
    pub fn chunks(&self) -> u64 {
        self.chunks.rows()
    }

    /// The next record and its chunks.
    fn next_record(&mut self) -> Result<Option<(Record, Vec<Chunk>)>, ResultsError> {
        let Some(RequestRow { record, .. }) = self.requests.next_row()? else {
            return match self.next_chunk {
                None => Ok(None),
                Some(row) => Err(self.misplaced(row)),
            };
        };
        let mut chunks = Vec::new();
        while let Some(row) = self.next_chunk.filter(|row| row.request == record.request) {
            if row.seq as usize != chunks.len() {
                return Err(self.misplaced(row));
            }
            chunks.push(row.chunk);
            self.next_chunk = self.chunks.next_row()?;
        }
        Ok(Some((record, chunks)))
    }

    /// A chunk that stands where it can't.
    fn misplaced(&self, row: ChunkRow) -> ResultsError {
        let what = format!("chunk {} of request {} stands out of order", row.seq, row.request);
        ResultsError::damaged(&self.chunks_path, what)
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

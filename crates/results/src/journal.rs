//! The journal: what a trial writes while load runs.
//!
//! Encoding Parquet costs more than measuring does, and a Parquet file that was
//! cut off can't be read. So inside the measured window a record only becomes
//! bytes that are handed to the kernel in one write, about 40 a chunk: cheap,
//! safe from then on whatever becomes of this process, and out of our memory.
//! After the window the journal becomes the two Parquet files and is removed.
//!
//! It is never kept in a finished run, so its form may change with the program.
//! One frame a record: the length of what follows (u32); the cells of the
//! record, in the order of its columns; the number of chunks (u32); the chunks.
//! All numbers are little-endian.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tokenometer_core::{Chunk, ChunkKind, Nanos, Record, StampSource};

use crate::rows::RequestRow;
use crate::table::{Cell, Row};
use crate::{ResultsError, SCHEMA_VERSION};

/// The journal's name in the trial's folder.
pub(crate) const NAME: &str = "records.journal";

/// What a journal begins with, before its version.
const MAGIC: &[u8; 8] = b"tknmtrjl";

/// The bytes before the first frame: the magic word and the version.
const START: u64 = 12;

/// The bytes of an encoded chunk.
const CHUNK_BYTES: usize = 36;

/// What a full disk has not cost.
const SAFE: &str = "Every record before this one is safe in the journal; this one and the rest of the trial are lost.";

/// Appends records to a new journal.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    path: PathBuf,
    file: File,
    /// The length of the whole frames in it.
    length: u64,
    frame: Vec<u8>,
}

impl JournalWriter {
    /// Begins a journal where none may be yet.
    pub(crate) fn begin(path: &Path) -> Result<JournalWriter, ResultsError> {
        let failed = |source| ResultsError::io("write", path, SAFE, source);
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
        file.write_all(MAGIC).map_err(failed)?;
        file.write_all(&SCHEMA_VERSION.to_le_bytes()).map_err(failed)?;
        Ok(JournalWriter { path: path.to_owned(), file, length: START, frame: Vec::new() })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a record and its chunks. When this returns they are the
    /// kernel's, and survive the end of this process.
    pub(crate) fn append(&mut self, record: &Record, chunks: &[Chunk]) -> Result<(), ResultsError> {
        let frame = &mut self.frame;
        frame.clear();
        frame.extend_from_slice(&[0; 4]);
        // The column that is read off the chunks is made when the rows are.
        put_row(frame, &RequestRow { record: record.clone(), first_chunk_tokens: None });
        frame.extend_from_slice(&length_of(chunks.len()).to_le_bytes());
        frame.reserve(chunks.len() * CHUNK_BYTES);
        for chunk in chunks {
            frame.extend_from_slice(&chunk_bytes(chunk));
        }
        let length = length_of(frame.len() - 4);
        frame[..4].copy_from_slice(&length.to_le_bytes());
        match self.file.write_all(frame) {
            Ok(()) => {
                self.length += frame.len() as u64;
                Ok(())
            }
            Err(source) => {
                self.drop_torn_frame();
                Err(ResultsError::io("write", &self.path, SAFE, source))
            }
        }
    }

    /// Takes back what a failed write left, so that whatever may be appended
    /// later can be read.
    fn drop_torn_frame(&mut self) {
        // If even this fails the journal ends here for every reader, and the
        // write that failed is being reported already.
        let _ = self.file.set_len(self.length);
        let _ = self.file.seek(SeekFrom::Start(self.length));
    }
}

/// Reads a journal from its first record to its last whole one.
#[derive(Debug)]
pub(crate) struct JournalReader {
    path: PathBuf,
    file: BufReader<File>,
    frame: Vec<u8>,
}

impl JournalReader {
    /// Opens a journal of our own version.
    pub(crate) fn open(path: &Path) -> Result<JournalReader, ResultsError> {
        let reading = |source| ResultsError::reading(path, source);
        let mut file = BufReader::new(File::open(path).map_err(reading)?);
        let mut start = [0; START as usize];
        file.read_exact(&mut start).map_err(reading)?;
        let (magic, version) = start.split_at(MAGIC.len());
        if magic != MAGIC || version != SCHEMA_VERSION.to_le_bytes() {
            return Err(ResultsError::damaged(path, "it is no journal of this version"));
        }
        Ok(JournalReader { path: path.to_owned(), file, frame: Vec::new() })
    }

    /// The next record and its chunks; `None` after the last whole one. A frame
    /// that was cut off is what an interrupted write leaves, and ends the
    /// journal.
    pub(crate) fn next_record(
        &mut self,
        chunks: &mut Vec<Chunk>,
    ) -> Result<Option<Record>, ResultsError> {
        let mut length = [0; 4];
        if !self.fill(&mut length)? {
            return Ok(None);
        }
        let mut frame = std::mem::take(&mut self.frame);
        frame.clear();
        let wanted = u64::from(u32::from_le_bytes(length));
        let read = self.file.by_ref().take(wanted).read_to_end(&mut frame);
        let read = read.map_err(|source| ResultsError::reading(&self.path, source))?;
        let record = if (read as u64) < wanted { None } else { Some(take_frame(&frame, chunks)) };
        self.frame = frame;
        match record {
            None => Ok(None),
            Some(Some(record)) => Ok(Some(record)),
            Some(None) => Err(ResultsError::damaged(&self.path, "a record can't be read")),
        }
    }

    /// Fills `bytes`, or says that the journal ends before.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<bool, ResultsError> {
        match self.file.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(source) => Err(ResultsError::reading(&self.path, source)),
        }
    }
}

/// Writes the cells of a row, in the order of its columns: each a byte that says
/// whether there is a value, and the value.
fn put_row<R: Row>(frame: &mut Vec<u8>, row: &R) {
    for column in R::COLUMNS {
        match column.cell {
            Cell::Number(get, _) => put(frame, get(row).map(u32::to_le_bytes)),
            Cell::Nanos(get, _) => put(frame, get(row).map(i64::to_le_bytes)),
            Cell::Real(get, _) => put(frame, get(row).map(f64::to_le_bytes)),
            Cell::Flag(get, _) => put(frame, get(row).map(|value| [u8::from(value)])),
            Cell::Word(get, _) | Cell::Text(get, _) => {
                let text = get(row);
                put(frame, text.map(|text| length_of(text.len()).to_le_bytes()));
                frame.extend_from_slice(text.unwrap_or_default().as_bytes());
            }
        }
    }
}

/// Writes one value, or that there is none.
fn put<const N: usize>(frame: &mut Vec<u8>, value: Option<[u8; N]>) {
    match value {
        Some(bytes) => {
            frame.push(1);
            frame.extend_from_slice(&bytes);
        }
        None => frame.push(0),
    }
}

/// A length as the journal writes it. No answer reaches 4 GiB: lengths within
/// it are 32 bits wide everywhere.
fn length_of(length: usize) -> u32 {
    u32::try_from(length).expect("what one request brings is shorter than 4 GiB")
}

/// Writes a chunk. By hand, since this alone is done once a chunk while load
/// runs.
fn chunk_bytes(chunk: &Chunk) -> [u8; CHUNK_BYTES] {
    let mut bytes = [0; CHUNK_BYTES];
    bytes[0..8].copy_from_slice(&chunk.received.0.to_le_bytes());
    bytes[8..16].copy_from_slice(&chunk.previous_read.0.to_le_bytes());
    bytes[16..20].copy_from_slice(&chunk.read.to_le_bytes());
    bytes[20..24].copy_from_slice(&chunk.bytes.to_le_bytes());
    bytes[24..28].copy_from_slice(&chunk.tokens.unwrap_or_default().to_le_bytes());
    bytes[28..32].copy_from_slice(&chunk.text_bytes.to_le_bytes());
    bytes[32] = chunk.kind as u8;
    bytes[33] = u8::from(chunk.stamp == StampSource::Kernel);
    bytes[34] = u8::from(chunk.has_choices);
    bytes[35] = u8::from(chunk.tokens.is_some());
    bytes
}

/// Reads the content of one frame; `None` if it can't be one.
fn take_frame(mut frame: &[u8], chunks: &mut Vec<Chunk>) -> Option<Record> {
    let row: RequestRow = take_row(&mut frame)?;
    let count = usize::try_from(u32::from_le_bytes(*take(&mut frame)?)).ok()?;
    if frame.len() != count.checked_mul(CHUNK_BYTES)? {
        return None;
    }
    chunks.clear();
    chunks.reserve(count);
    for bytes in frame.as_chunks::<CHUNK_BYTES>().0 {
        chunks.push(take_chunk(bytes)?);
    }
    Some(row.record)
}

/// Reads the cells of a row.
fn take_row<R: Row>(frame: &mut &[u8]) -> Option<R> {
    let mut row = R::blank();
    for column in R::COLUMNS {
        let [present] = *take(frame)?;
        if present == 0 && !column.optional {
            return None;
        }
        let present = present != 0;
        match column.cell {
            Cell::Number(_, set) => {
                set(&mut row, take_if(present, frame)?.map(u32::from_le_bytes));
            }
            Cell::Nanos(_, set) => set(&mut row, take_if(present, frame)?.map(i64::from_le_bytes)),
            Cell::Real(_, set) => set(&mut row, take_if(present, frame)?.map(f64::from_le_bytes)),
            Cell::Flag(_, set) => set(&mut row, take_if(present, frame)?.map(|[flag]| flag != 0)),
            Cell::Text(_, set) => set(&mut row, take_text(present, frame)?),
            Cell::Word(_, set) => {
                if !set(&mut row, take_text(present, frame)?) {
                    return None;
                }
            }
        }
    }
    Some(row)
}

/// Takes the next bytes off the frame.
fn take<'a, const N: usize>(frame: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (bytes, rest) = frame.split_first_chunk()?;
    *frame = rest;
    Some(bytes)
}

/// Takes the bytes of a value that may be absent. The outer `None` is a frame
/// that ends too early.
fn take_if<const N: usize>(present: bool, frame: &mut &[u8]) -> Option<Option<[u8; N]>> {
    if present { take(frame).map(|bytes| Some(*bytes)) } else { Some(None) }
}

/// Takes a string that may be absent; as [`take_if`].
fn take_text<'a>(present: bool, frame: &mut &'a [u8]) -> Option<Option<&'a str>> {
    let Some(length) = take_if(present, frame)? else { return Some(None) };
    let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
    let (bytes, rest) = frame.split_at_checked(length)?;
    *frame = rest;
    str::from_utf8(bytes).ok().map(Some)
}

/// Reads a chunk; the reverse of [`chunk_bytes`].
fn take_chunk(bytes: &[u8; CHUNK_BYTES]) -> Option<Chunk> {
    let mut rest = bytes.as_slice();
    let received = Nanos(i64::from_le_bytes(*take(&mut rest)?));
    let previous_read = Nanos(i64::from_le_bytes(*take(&mut rest)?));
    let read = u32::from_le_bytes(*take(&mut rest)?);
    let length = u32::from_le_bytes(*take(&mut rest)?);
    let tokens = u32::from_le_bytes(*take(&mut rest)?);
    let text_bytes = u32::from_le_bytes(*take(&mut rest)?);
    let [kind, kernel, has_choices, counted] = *take(&mut rest)?;
    Some(Chunk {
        kind: ChunkKind::ALL.into_iter().find(|known| *known as u8 == kind)?,
        received,
        stamp: if kernel == 0 { StampSource::User } else { StampSource::Kernel },
        read,
        previous_read,
        bytes: length,
        tokens: (counted != 0).then_some(tokens),
        text_bytes,
        has_choices: has_choices != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::blank_record;

    #[test]
    fn a_full_disk_is_called_one() {
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let mut journal = JournalWriter { path, file, length: START, frame: Vec::new() };
        let error = journal.append(&blank_record(), &[]).unwrap_err();
        assert!(matches!(error, ResultsError::DiskFull { .. }), "{error}");
        assert!(error.to_string().contains("Every record before this one is safe"), "{error}");
    }

    #[test]
    fn a_write_that_failed_spoils_nothing_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let mut journal = JournalWriter::begin(&path).unwrap();
        let record = |request| Record { request, ..blank_record() };
        journal.append(&record(1), &[]).unwrap();
        journal.file.write_all(b"half a frame").unwrap();
        journal.drop_torn_frame();
        journal.append(&record(2), &[]).unwrap();
        let mut reader = JournalReader::open(&path).unwrap();
        let mut next = || reader.next_record(&mut Vec::new()).unwrap();
        assert_eq!([next(), next(), next()], [Some(record(1)), Some(record(2)), None]);
    }
}

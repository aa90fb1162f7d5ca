//! A Parquet file to rows, in bounded memory.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::vec;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::{Cell, Column, Row, VERSION_KEY};
use crate::ResultsError;
use crate::document::check_version;

/// How many rows are decoded at a time.
const BATCH: usize = 4096;

/// Reads a table from its first row to its last.
pub(crate) struct TableReader<R: Row> {
    path: PathBuf,
    file: SerializedFileReader<File>,
    /// The next row group to open.
    group: usize,
    /// The open row group: what is left of it, and its columns.
    left: usize,
    columns: Vec<(&'static Column<R>, ColumnReader)>,
    batch: vec::IntoIter<R>,
}

impl<R: Row> TableReader<R> {
    /// Opens the table at `path`, of a version that we know, with every column
    /// that a row can't do without.
    pub(crate) fn open(path: &Path) -> Result<TableReader<R>, ResultsError> {
        let file = File::open(path).map_err(|source| ResultsError::reading(path, source))?;
        let file = SerializedFileReader::new(file).map_err(|error| damaged(path, &error))?;
        let reader = TableReader {
            path: path.to_owned(),
            file,
            group: 0,
            left: 0,
            columns: Vec::new(),
            batch: Vec::new().into_iter(),
        };
        let version = reader.note(VERSION_KEY).and_then(|version| version.parse().ok());
        let version =
            version.ok_or_else(|| ResultsError::damaged(path, "it states no schema_version"))?;
        check_version(path, version)?;
        reader.check_columns()?;
        Ok(reader)
    }

    /// A note in the file's metadata.
    pub(crate) fn note(&self, key: &str) -> Option<&str> {
        let notes = self.file.metadata().file_metadata().key_value_metadata()?;
        notes.iter().find(|note| note.key == key)?.value.as_deref()
    }

    /// How many rows the file has.
    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.file.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The next row; `None` after the last.
    pub(crate) fn next_row(&mut self) -> Result<Option<R>, ResultsError> {
        loop {
            if let Some(row) = self.batch.next() {
                return Ok(Some(row));
            }
            if self.left > 0 {
                self.decode_batch()?;
            } else if self.group < self.file.num_row_groups() {
                self.open_group()?;
            } else {
                return Ok(None);
            }
        }
    }

    /// Every row that is left; nothing after one that can't be read.
    pub(crate) fn stream(mut self) -> impl Iterator<Item = Result<R, ResultsError>> + use<R> {
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = self.next_row().transpose();
            ended = !matches!(next, Some(Ok(_)));
            next
        })
    }

    /// The rows at these places in the file, counted from 0 and rising. Nothing between
    /// them is decoded that Parquet lets be passed over.
    ///
    /// # Errors
    /// If the file can't be read, or ends before one of them.
    pub(crate) fn rows_at(mut self, places: &[u64]) -> Result<Vec<R>, ResultsError> {
        debug_assert!(places.is_sorted(), "a file is read from its beginning to its end");
        let mut rows = Vec::with_capacity(places.len());
        let mut places = places;
        let mut begin = 0_u64;
        while !places.is_empty() && self.group < self.file.num_row_groups() {
            self.open_group()?;
            let end = begin + self.left as u64;
            let (here, later) = places.split_at(places.partition_point(|&place| place < end));
            let inside: Vec<usize> = here.iter().map(|&place| (place - begin) as usize).collect();
            rows.extend(self.pick(&inside)?);
            (places, begin) = (later, end);
        }
        match places.first() {
            None => Ok(rows),
            Some(place) => {
                let what = format!("it has {begin} rows, and none at {place}");
                Err(ResultsError::damaged(&self.path, what))
            }
        }
    }

    /// The rows at these places of the group that was just opened.
    fn pick(&mut self, places: &[usize]) -> Result<Vec<R>, ResultsError> {
        let mut rows: Vec<R> = std::iter::repeat_with(R::blank).take(places.len()).collect();
        self.left = 0;
        if rows.is_empty() {
            return Ok(rows);
        }
        for (column, reader) in &mut self.columns {
            let mut next = 0;
            for (&place, row) in places.iter().zip(&mut rows) {
                let picked = skip(reader, place - next)
                    .and_then(|()| decode_column(reader, column, std::slice::from_mut(row)));
                picked.map_err(|error| {
                    ResultsError::damaged(&self.path, format!("column `{}`: {error}", column.name))
                })?;
                next = place + 1;
            }
        }
        Ok(rows)
    }

    /// The place of a column in the file, if the file has it.
    fn place(&self, column: &Column<R>) -> Option<usize> {
        let schema = self.file.metadata().file_metadata().schema_descr();
        (0..schema.num_columns()).find(|&index| schema.column(index).name() == column.name)
    }

    /// Refuses a file that lacks a column, or has it with another type.
    fn check_columns(&self) -> Result<(), ResultsError> {
        let schema = self.file.metadata().file_metadata().schema_descr();
        for column in R::COLUMNS {
            let Some(place) = self.place(column) else {
                if column.optional {
                    continue;
                }
                let what = format!("the column `{}` is missing", column.name);
                return Err(ResultsError::damaged(&self.path, what));
            };
            let found = schema.column(place);
            let levels = i16::from(column.optional);
            if found.physical_type() != column.cell.types().0
                || found.max_def_level() > levels
                || found.max_rep_level() > 0
            {
                let what = format!("the column `{}` has another type", column.name);
                return Err(ResultsError::damaged(&self.path, what));
            }
        }
        Ok(())
    }

    /// Opens the next row group.
    fn open_group(&mut self) -> Result<(), ResultsError> {
        let group =
            self.file.get_row_group(self.group).map_err(|error| damaged(&self.path, &error))?;
        self.columns.clear();
        for column in R::COLUMNS {
            if let Some(place) = self.place(column) {
                let reader =
                    group.get_column_reader(place).map_err(|error| damaged(&self.path, &error))?;
                self.columns.push((column, reader));
            }
        }
        self.left = usize::try_from(group.metadata().num_rows())
            .map_err(|_| ResultsError::damaged(&self.path, "a row group has too many rows"))?;
        self.group += 1;
        Ok(())
    }

    /// Decodes some rows of the open group.
    fn decode_batch(&mut self) -> Result<(), ResultsError> {
        let count = self.left.min(BATCH);
        let mut rows: Vec<R> = std::iter::repeat_with(R::blank).take(count).collect();
        for (column, reader) in &mut self.columns {
            decode_column(reader, column, &mut rows).map_err(|error| {
                ResultsError::damaged(&self.path, format!("column `{}`: {error}", column.name))
            })?;
        }
        self.left -= count;
        self.batch = rows.into_iter();
        Ok(())
    }
}

/// Passes over so many rows of a column.
fn skip(reader: &mut ColumnReader, rows: usize) -> Result<(), ParquetError> {
    let passed = match reader {
        ColumnReader::Int32ColumnReader(reader) => reader.skip_records(rows)?,
        ColumnReader::Int64ColumnReader(reader) => reader.skip_records(rows)?,
        ColumnReader::DoubleColumnReader(reader) => reader.skip_records(rows)?,
        ColumnReader::BoolColumnReader(reader) => reader.skip_records(rows)?,
        ColumnReader::ByteArrayColumnReader(reader) => reader.skip_records(rows)?,
        _ => return Err(ParquetError::General("it has another type".to_owned())),
    };
    if passed == rows { Ok(()) } else { Err(ParquetError::General("it ends too early".to_owned())) }
}

/// Sets one column on every row.
fn decode_column<R: Row>(
    reader: &mut ColumnReader,
    column: &Column<R>,
    rows: &mut [R],
) -> Result<(), ParquetError> {
    let optional = column.optional;
    match (&column.cell, reader) {
        (Cell::Number(_, set), ColumnReader::Int32ColumnReader(reader)) => {
            decode(reader, optional, rows, |row, value: Option<&i32>| {
                set(row, value.map(|value| value.cast_unsigned()));
                Ok(())
            })
        }
        (Cell::Nanos(_, set), ColumnReader::Int64ColumnReader(reader)) => {
            decode(reader, optional, rows, |row, value: Option<&i64>| {
                set(row, value.copied());
                Ok(())
            })
        }
        (Cell::Real(_, set), ColumnReader::DoubleColumnReader(reader)) => {
            decode(reader, optional, rows, |row, value: Option<&f64>| {
                set(row, value.copied());
                Ok(())
            })
        }
        (Cell::Flag(_, set), ColumnReader::BoolColumnReader(reader)) => {
            decode(reader, optional, rows, |row, value: Option<&bool>| {
                set(row, value.copied());
                Ok(())
            })
        }
        (Cell::Text(_, set), ColumnReader::ByteArrayColumnReader(reader)) => {
            decode(reader, optional, rows, |row, value: Option<&ByteArray>| {
                set(row, value.map(ByteArray::as_utf8).transpose()?);
                Ok(())
            })
        }
        (Cell::Word(_, set), ColumnReader::ByteArrayColumnReader(reader)) => {
            decode(reader, optional, rows, |row, value: Option<&ByteArray>| {
                let word = value.map(ByteArray::as_utf8).transpose()?;
                if set(row, word) {
                    return Ok(());
                }
                let word = word.unwrap_or_default();
                Err(ParquetError::General(format!("`{word}` is no word that stands there")))
            })
        }
        _ => Err(ParquetError::General("it has another type".to_owned())),
    }
}

/// Reads as many values as there are rows and hands each to `set`.
fn decode<R, T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    optional: bool,
    rows: &mut [R],
    set: impl Fn(&mut R, Option<&T::T>) -> Result<(), ParquetError>,
) -> Result<(), ParquetError> {
    let mut values = Vec::with_capacity(rows.len());
    let mut present = Vec::with_capacity(if optional { rows.len() } else { 0 });
    let (read, _, levels) =
        reader.read_records(rows.len(), Some(&mut present), None, &mut values)?;
    if read != rows.len() {
        return Err(ParquetError::General("it ends too early".to_owned()));
    }
    let mut values = values.iter();
    for (index, row) in rows.iter_mut().enumerate() {
        // A file may hold every value of a column that could be absent; then
        // it needs no levels.
        let is_present = levels == 0 || present.get(index).is_none_or(|&level| level > 0);
        let value = if is_present { values.next() } else { None };
        if value.is_none() && (is_present || !optional) {
            return Err(ParquetError::General("a value is missing".to_owned()));
        }
        set(row, value)?;
    }
    Ok(())
}

/// A file that Parquet can't read.
fn damaged(path: &Path, error: &ParquetError) -> ResultsError {
    ResultsError::damaged(path, error.to_string())
}

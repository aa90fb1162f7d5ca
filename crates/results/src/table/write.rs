//! Rows to a Parquet file, in bounded memory.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::ColumnPath;

use super::{Cell, Column, Row, VERSION_KEY, schema};
use crate::draft::Draft;
use crate::{ResultsError, SCHEMA_VERSION};

/// Rows are encoded when those waiting weigh this much: some 70,000 chunks.
/// Large enough that delta encoding pays, small enough that two open tables
/// stay below 16 MB together.
const GROUP_BYTES: usize = 4 << 20;

/// How many values of a column are gathered before they are encoded.
const BATCH: usize = 4096;

/// Writes a table to a file that appears when it is whole.
pub(crate) struct TableWriter<R: Row> {
    file: SerializedFileWriter<BufWriter<Draft>>,
    waiting: Vec<R>,
    waiting_bytes: usize,
    rows: u64,
    path: PathBuf,
    safe: &'static str,
}

impl<R: Row> TableWriter<R> {
    /// Begins the table that shall lie at `path`. `notes` go into the file's
    /// metadata; `safe` says what a full disk would not have cost.
    pub(crate) fn begin(
        path: &Path,
        notes: &[(&str, &str)],
        safe: &'static str,
    ) -> Result<TableWriter<R>, ResultsError> {
        let draft = BufWriter::new(Draft::begin(path)?);
        let file =
            SerializedFileWriter::new(draft, schema::<R>(), Arc::new(properties::<R>(notes)))
                .map_err(|error| failed(path, safe, error))?;
        let path = path.to_owned();
        Ok(TableWriter { file, waiting: Vec::new(), waiting_bytes: 0, rows: 0, path, safe })
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: R) -> Result<(), ResultsError> {
        self.rows += 1;
        self.waiting_bytes += row.weight();
        self.waiting.push(row);
        if self.waiting_bytes >= GROUP_BYTES { self.write_group() } else { Ok(()) }
    }

    /// Adds a note to the file's metadata that was not known when it was begun.
    pub(crate) fn note(&mut self, key: &str, value: &str) {
        let value = KeyValue::new(key.to_owned(), value.to_owned());
        self.file.append_key_value_metadata(value);
    }

    /// Ends the table and says how many rows it has. The file is whole then,
    /// but not in its place yet: [`Draft::publish`] puts it there.
    pub(crate) fn finish(mut self) -> Result<(u64, Draft), ResultsError> {
        if !self.waiting.is_empty() {
            self.write_group()?;
        }
        let TableWriter { file, rows, path, safe, .. } = self;
        let buffer = file.into_inner().map_err(|error| failed(&path, safe, error))?;
        let draft = buffer
            .into_inner()
            .map_err(|error| ResultsError::io("write", &path, safe, error.into_error()))?;
        Ok((rows, draft))
    }

    /// Encodes the rows that wait.
    fn write_group(&mut self) -> Result<(), ResultsError> {
        encode_group(&mut self.file, &self.waiting)
            .map_err(|error| failed(&self.path, self.safe, error))?;
        self.waiting.clear();
        self.waiting_bytes = 0;
        Ok(())
    }
}

/// How each column is encoded: numbers as differences, since instants and
/// sequences rise slowly; words by dictionary; the rest plainly.
fn properties<R: Row>(notes: &[(&str, &str)]) -> WriterProperties {
    let version = SCHEMA_VERSION.to_string();
    let mut metadata = vec![KeyValue::new(VERSION_KEY.to_owned(), version)];
    for &(key, value) in notes {
        metadata.push(KeyValue::new(key.to_owned(), value.to_owned()));
    }
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("tokenometer {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(metadata))
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_enabled(false);
    for column in R::COLUMNS {
        let path = ColumnPath::from(column.name);
        properties = match column.cell {
            Cell::Number(..) | Cell::Nanos(..) => {
                properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
            }
            Cell::Word(..) => properties.set_column_dictionary_enabled(path, true),
            // Whole answers and prompts would only fill the footer.
            Cell::Text(..) => {
                properties.set_column_statistics_enabled(path, EnabledStatistics::None)
            }
            Cell::Real(..) | Cell::Flag(..) => properties,
        };
    }
    properties.build()
}

/// Writes one row group, column by column.
fn encode_group<R: Row>(
    file: &mut SerializedFileWriter<impl Write + Send>,
    rows: &[R],
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for column in R::COLUMNS {
        let mut writer = group.next_column()?.expect("the schema was made from these columns");
        encode_column(&mut writer, column, rows)?;
        writer.close()?;
    }
    group.close()?;
    Ok(())
}

/// Writes one column of one row group.
fn encode_column<R: Row>(
    writer: &mut SerializedColumnWriter<'_>,
    column: &Column<R>,
    rows: &[R],
) -> Result<(), ParquetError> {
    let optional = column.optional;
    // Parquet keeps an unsigned number in the bits of a signed one.
    match column.cell {
        Cell::Number(get, _) => encode(writer.typed::<Int32Type>(), optional, rows, |row| {
            get(row).map(u32::cast_signed)
        }),
        Cell::Nanos(get, _) => encode(writer.typed::<Int64Type>(), optional, rows, get),
        Cell::Real(get, _) => encode(writer.typed::<DoubleType>(), optional, rows, get),
        Cell::Flag(get, _) => encode(writer.typed::<BoolType>(), optional, rows, get),
        Cell::Word(get, _) | Cell::Text(get, _) => {
            encode(writer.typed::<ByteArrayType>(), optional, rows, |row| {
                get(row).map(ByteArray::from)
            })
        }
    }
}

/// Writes the values that `get` finds, and where there are none.
fn encode<R, T: DataType>(
    writer: &mut ColumnWriterImpl<'_, T>,
    optional: bool,
    rows: &[R],
    get: impl Fn(&R) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let mut values = Vec::with_capacity(BATCH.min(rows.len()));
    let mut present = Vec::with_capacity(BATCH.min(rows.len()));
    for batch in rows.chunks(BATCH) {
        values.clear();
        present.clear();
        for row in batch {
            let value = get(row);
            present.push(i16::from(value.is_some()));
            values.extend(value);
        }
        writer.write_batch(&values, optional.then_some(&present), None)?;
    }
    Ok(())
}

/// Names the file in which encoding failed; a full disk comes out as one.
fn failed(path: &Path, safe: &'static str, error: ParquetError) -> ResultsError {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => ResultsError::io("write", path, safe, *source),
            Err(source) => ResultsError::Unwritable { path: path.to_owned(), source },
        },
        error => ResultsError::Unwritable { path: path.to_owned(), source: Box::new(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_one_and_says_what_is_safe() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = failed(Path::new("run/chunks.parquet"), "All is safe.", full.into());
        assert!(matches!(error, ResultsError::DiskFull { .. }));
        assert_eq!(
            error.to_string(),
            "failed to write run/chunks.parquet: the disk is full. All is safe. \
             Free some space, or use a folder on another disk"
        );
    }
}

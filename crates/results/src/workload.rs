//! `workload/<name>.parquet`: every request that could be sent, so that anybody
//! can send the same again. A workload that is frozen outside of any run is a
//! file of the same kind.

use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};
use tokenometer_core::{Message, Nanos, OutputLength, Prompt, Request};

use crate::ResultsError;
use crate::table::{Cell, Column, Row, TableReader, TableWriter};

/// The key of the file's metadata that holds the workload's hash.
const HASH_KEY: &str = "workload_sha256";

/// The keys of those that say which rows are measured.
const MEASURED_KEY: &str = "measured_rows";
const OPENS_KEY: &str = "window_opens_ns";

/// What a full disk has cost.
const SAFE: &str = "Nothing has been measured yet, so nothing is lost.";

/// A workload as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The SHA-256 of the workload, in hexadecimal, as it was computed when it
    /// was made.
    pub sha256: String,
    /// Which of the rows are measured; absent in the files of the first
    /// versions.
    pub measured: Option<MeasuredRows>,
    /// Every request.
    pub rows: Vec<WorkloadRow>,
}

/// Which rows of a workload are measured. The hash covers these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuredRows {
    /// How many, from the first one on.
    pub rows: u32,
    /// When the window opens, from the start of the load: the hash counts an
    /// open loop's offsets from there.
    pub opens: Nanos,
}

/// One request of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadRow {
    /// What is asked.
    pub request: Request,
    /// When it is due, from the start of the load; `None` in a closed loop.
    pub offset: Option<Nanos>,
}

/// A row of the file.
struct FileRow {
    row: u32,
    prompt_kind: String,
    prompt: String,
    input_tokens: Option<u32>,
    output: OutputLength,
    offset: Option<i64>,
    fields: String,
}

impl Row for FileRow {
    const COLUMNS: &'static [Column<FileRow>] = &[
        Column {
            name: "row",
            optional: false,
            cell: Cell::Number(|row| Some(row.row), |row, value| row.row = value.unwrap_or(0)),
        },
        Column {
            name: "prompt_kind",
            optional: false,
            cell: Cell::Word(
                |row| Some(&row.prompt_kind),
                |row, word| {
                    row.prompt_kind = word.unwrap_or_default().to_owned();
                    ["text", "messages", "token_ids"].contains(&row.prompt_kind.as_str())
                },
            ),
        },
        Column {
            name: "prompt",
            optional: false,
            cell: Cell::Text(
                |row| Some(&row.prompt),
                |row, text| row.prompt = text.unwrap_or_default().to_owned(),
            ),
        },
        Column {
            name: "input_tokens",
            optional: true,
            cell: Cell::Number(|row| row.input_tokens, |row, value| row.input_tokens = value),
        },
        Column {
            name: "output_tokens",
            optional: false,
            cell: Cell::Number(
                |row| Some(row.output.tokens),
                |row, value| row.output.tokens = value.unwrap_or(0),
            ),
        },
        Column {
            name: "exact",
            optional: false,
            cell: Cell::Flag(
                |row| Some(row.output.exact),
                |row, value| row.output.exact = value.unwrap_or(false),
            ),
        },
        Column {
            name: "offset_ns",
            optional: true,
            cell: Cell::Nanos(|row| row.offset, |row, value| row.offset = value),
        },
        // What the request brings along as fields of its own: a JSON object.
        Column {
            name: "fields",
            optional: true,
            cell: Cell::Text(
                |row| (!row.fields.is_empty()).then_some(&row.fields),
                |row, text| row.fields = text.unwrap_or_default().to_owned(),
            ),
        },
    ];

    fn blank() -> FileRow {
        FileRow {
            row: 0,
            prompt_kind: String::new(),
            prompt: String::new(),
            input_tokens: None,
            output: OutputLength { tokens: 0, exact: false },
            offset: None,
            fields: String::new(),
        }
    }

    fn weight(&self) -> usize {
        size_of::<FileRow>() + self.prompt.len() + self.prompt_kind.len() + self.fields.len()
    }
}

/// Writes a workload to a file that appears when it is whole, one request after
/// the other, so that it needs no memory of its size.
pub struct WorkloadWriter {
    table: TableWriter<FileRow>,
    rows: u32,
}

impl WorkloadWriter {
    /// Begins the file that shall lie at `path`, and replaces what was there.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn begin(path: &Path) -> Result<WorkloadWriter, ResultsError> {
        Ok(WorkloadWriter { table: TableWriter::begin(path, &[], SAFE)?, rows: 0 })
    }

    /// Adds a request, and in an open loop when it is due.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn push(&mut self, request: &Request, offset: Option<Nanos>) -> Result<(), ResultsError> {
        let (prompt_kind, prompt) = prompt_cells(&request.prompt);
        let row = self.rows;
        self.rows += 1;
        self.table.push(FileRow {
            row,
            prompt_kind: prompt_kind.to_owned(),
            prompt,
            input_tokens: request.input_tokens,
            output: request.output,
            offset: offset.map(|offset| offset.0),
            fields: fields_cell(request),
        })
    }

    /// Puts the file in its place, with the hash of the workload and which of
    /// its rows that covers.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn finish(mut self, sha256: &str, measured: MeasuredRows) -> Result<(), ResultsError> {
        self.table.note(HASH_KEY, sha256);
        self.table.note(MEASURED_KEY, &measured.rows.to_string());
        self.table.note(OPENS_KEY, &measured.opens.0.to_string());
        let (_, draft) = self.table.finish()?;
        draft.publish()
    }
}

impl fmt::Debug for WorkloadWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkloadWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Writes a workload.
pub(crate) fn write<'a>(
    path: &Path,
    sha256: &str,
    measured: MeasuredRows,
    rows: impl IntoIterator<Item = (&'a Request, Option<Nanos>)>,
) -> Result<(), ResultsError> {
    let mut writer = WorkloadWriter::begin(path)?;
    rows.into_iter().try_for_each(|(request, offset)| writer.push(request, offset))?;
    writer.finish(sha256, measured)
}

/// Reads a workload from one file, as [`WorkloadWriter`] writes it. Whether it
/// has the hash that it states is for the caller to find out.
///
/// # Errors
/// If there is none, or it is damaged.
pub fn read_workload(path: &Path) -> Result<Workload, ResultsError> {
    let mut table = TableReader::<FileRow>::open(path)?;
    let sha256 = table.note(HASH_KEY).map(str::to_owned);
    let sha256 = sha256.ok_or_else(|| ResultsError::damaged(path, "it states no SHA-256"))?;
    let number = |key| table.note(key).and_then(|number| number.parse::<i64>().ok());
    let measured = number(MEASURED_KEY).zip(number(OPENS_KEY)).and_then(|(rows, opens)| {
        Some(MeasuredRows { rows: rows.try_into().ok()?, opens: Nanos(opens) })
    });
    let mut rows = Vec::new();
    while let Some(row) = table.next_row()? {
        let prompt = prompt_of(&row).map_err(|error| {
            ResultsError::damaged(path, format!("the prompt of row {}: {error}", row.row))
        })?;
        let fields = fields_of(&row).map_err(|error| {
            ResultsError::damaged(path, format!("the fields of row {}: {error}", row.row))
        })?;
        let request = Request { fields, ..Request::new(prompt, row.input_tokens, row.output) };
        rows.push(WorkloadRow { request, offset: row.offset.map(Nanos) });
    }
    Ok(Workload { sha256, measured, rows })
}

/// The shape of a prompt, and the prompt: text as it is, the rest as JSON.
fn prompt_cells(prompt: &Prompt) -> (&'static str, String) {
    const WRITABLE: &str = "strings and numbers have a JSON form";
    match prompt {
        Prompt::Text(text) => ("text", text.clone()),
        Prompt::Messages(messages) => {
            ("messages", serde_json::to_string(messages).expect(WRITABLE))
        }
        Prompt::TokenIds(ids) => ("token_ids", serde_json::to_string(ids).expect(WRITABLE)),
    }
}

/// The fields of a request's own as JSON, or nothing.
fn fields_cell(request: &Request) -> String {
    if request.fields.is_empty() {
        return String::new();
    }
    serde_json::to_string(&request.fields).expect("strings and numbers have a JSON form")
}

/// The fields of a row of the file.
fn fields_of(row: &FileRow) -> Result<Map<String, Value>, serde_json::Error> {
    if row.fields.is_empty() { Ok(Map::new()) } else { serde_json::from_str(&row.fields) }
}

/// The prompt of a row of the file.
fn prompt_of(row: &FileRow) -> Result<Prompt, serde_json::Error> {
    Ok(match row.prompt_kind.as_str() {
        "messages" => Prompt::Messages(serde_json::from_str::<Vec<Message>>(&row.prompt)?),
        "token_ids" => Prompt::TokenIds(serde_json::from_str(&row.prompt)?),
        _ => Prompt::Text(row.prompt.clone()),
    })
}

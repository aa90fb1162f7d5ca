//! `telemetry.parquet`: what was watched beside the requests, one row a
//! reading; and `metrics.parquet`: what the engine's counters were read from,
//! one row a scrape, as it came.
//!
//! The texts are kept so that a later program can read a counter that this one
//! doesn't know. A scrape is 50 to 70 kB of text, once a second: Snappy makes
//! a seventh of it, which is why they aren't kept as plain files.

use std::path::Path;

use tokenometer_core::Nanos;

use crate::records::Kept;
use crate::table::{Cell, Column, Row, TableReader, TableWriter};
use crate::{ResultsError, draft};

/// The name of the file of readings.
pub(crate) const TELEMETRY: &str = "telemetry.parquet";
/// The name of the file of scrapes.
pub(crate) const METRICS: &str = "metrics.parquet";

/// What a full disk has not cost.
const SAFE: &str = "The trial's requests are not touched by it.";

/// One number that was read at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// When, since the Unix epoch.
    pub time: Nanos,
    /// Who told: `engine`, `gpu`, `host` …
    pub source: String,
    /// Which of several alike; absent where there is only one, or where they
    /// were added up.
    pub device: Option<String>,
    /// What was read: `running`, `kv_use` …
    pub name: String,
    /// What it is counted in: `requests`, `share`, `tokens` …
    pub unit: String,
    /// The number.
    pub value: f64,
}

/// One question for an engine's counters, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeRow {
    /// When it was asked, since the Unix epoch.
    pub asked: Nanos,
    /// When the answer was there, or given up.
    pub answered: Nanos,
    /// What it was asked for, if not only because a second had passed:
    /// `measure before`, `measure after` …
    pub moment: Option<String>,
    /// The text of the answer; absent where there was none.
    pub text: Option<String>,
    /// Why there was none.
    pub failure: Option<String>,
}

impl Row for Reading {
    const COLUMNS: &'static [Column<Reading>] = &[
        Column {
            name: "time_ns",
            optional: false,
            cell: Cell::Nanos(
                |row| Some(row.time.0),
                |row, value| row.time = Nanos(value.unwrap_or(0)),
            ),
        },
        Column {
            name: "source",
            optional: false,
            cell: Cell::Word(|row| Some(&row.source), |row, word| put(&mut row.source, word)),
        },
        Column {
            name: "device",
            optional: true,
            cell: Cell::Word(
                |row| row.device.as_deref(),
                |row, word| {
                    row.device = word.map(str::to_owned);
                    true
                },
            ),
        },
        Column {
            name: "name",
            optional: false,
            cell: Cell::Word(|row| Some(&row.name), |row, word| put(&mut row.name, word)),
        },
        Column {
            name: "unit",
            optional: false,
            cell: Cell::Word(|row| Some(&row.unit), |row, word| put(&mut row.unit, word)),
        },
        Column {
            name: "value",
            optional: false,
            cell: Cell::Real(
                |row| Some(row.value),
                |row, value| row.value = value.unwrap_or(f64::NAN),
            ),
        },
    ];

    fn blank() -> Reading {
        Reading {
            time: Nanos::ZERO,
            source: String::new(),
            device: None,
            name: String::new(),
            unit: String::new(),
            value: f64::NAN,
        }
    }

    fn weight(&self) -> usize {
        size_of::<Reading>() + self.source.len() + self.name.len() + self.unit.len()
    }
}

/// Any word may stand in these columns.
fn put(field: &mut String, word: Option<&str>) -> bool {
    word.unwrap_or_default().clone_into(field);
    true
}

impl Row for ScrapeRow {
    const COLUMNS: &'static [Column<ScrapeRow>] = &[
        Column {
            name: "asked_ns",
            optional: false,
            cell: Cell::Nanos(
                |row| Some(row.asked.0),
                |row, value| row.asked = Nanos(value.unwrap_or(0)),
            ),
        },
        Column {
            name: "answered_ns",
            optional: false,
            cell: Cell::Nanos(
                |row| Some(row.answered.0),
                |row, value| row.answered = Nanos(value.unwrap_or(0)),
            ),
        },
        Column {
            name: "moment",
            optional: true,
            cell: Cell::Text(
                |row| row.moment.as_deref(),
                |row, text| row.moment = text.map(str::to_owned),
            ),
        },
        Column {
            name: "text",
            optional: true,
            cell: Cell::Text(
                |row| row.text.as_deref(),
                |row, text| row.text = text.map(str::to_owned),
            ),
        },
        Column {
            name: "failure",
            optional: true,
            cell: Cell::Text(
                |row| row.failure.as_deref(),
                |row, text| row.failure = text.map(str::to_owned),
            ),
        },
    ];

    fn blank() -> ScrapeRow {
        let (asked, answered) = (Nanos::ZERO, Nanos::ZERO);
        ScrapeRow { asked, answered, moment: None, text: None, failure: None }
    }

    fn weight(&self) -> usize {
        let texts = [&self.moment, &self.text, &self.failure];
        size_of::<ScrapeRow>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

/// Keeps scrapes as they come, at most some MiB of them in memory. The file
/// appears when it is whole.
pub struct MetricsWriter {
    table: TableWriter<ScrapeRow>,
}

impl MetricsWriter {
    /// Begins the scrapes of the trial in `folder`.
    pub(crate) fn begin(folder: &Path) -> Result<MetricsWriter, ResultsError> {
        Ok(MetricsWriter { table: TableWriter::begin(&folder.join(METRICS), &[], SAFE)? })
    }

    /// Adds a scrape.
    pub fn keep(&mut self, scrape: ScrapeRow) -> Result<(), ResultsError> {
        self.table.push(scrape)
    }

    /// Puts the file in its place, and says what it holds.
    pub fn finish(self) -> Result<Kept, ResultsError> {
        publish(self.table)
    }
}

/// Writes all readings of the trial in `folder`.
pub(crate) fn write_readings(
    folder: &Path,
    readings: impl IntoIterator<Item = Reading>,
) -> Result<Kept, ResultsError> {
    let mut table = TableWriter::begin(&folder.join(TELEMETRY), &[], SAFE)?;
    for reading in readings {
        table.push(reading)?;
    }
    publish(table)
}

fn publish<R: Row>(table: TableWriter<R>) -> Result<Kept, ResultsError> {
    let (rows, draft) = table.finish()?;
    let path = draft.path().to_owned();
    draft.publish()?;
    Ok(Kept { rows, bytes: draft::length_of(&path)? })
}

/// Streams the readings of the trial in `folder`.
pub(crate) fn readings(
    folder: &Path,
) -> Result<impl Iterator<Item = Result<Reading, ResultsError>> + use<>, ResultsError> {
    TableReader::<Reading>::open(&folder.join(TELEMETRY)).map(TableReader::stream)
}

/// Streams the scrapes of the trial in `folder`.
pub(crate) fn scrapes(
    folder: &Path,
) -> Result<impl Iterator<Item = Result<ScrapeRow, ResultsError>> + use<>, ResultsError> {
    TableReader::<ScrapeRow>::open(&folder.join(METRICS)).map(TableReader::stream)
}

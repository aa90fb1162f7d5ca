//! What the client says of each request, beside what the embedded engine says of it.

use std::collections::HashMap;

use serde::Deserialize;
use tokenometer_core::{Chunk, Phase, Record};
use tokenometer_engine::{Access, Control};
use tokenometer_load::request_id;

use crate::LabError;
use crate::start::Started;

/// One line of the embedded engine's own account.
#[derive(Deserialize)]
pub(super) struct Truth {
    pub(super) request: String,
    pub(super) arrival_ns: i64,
    pub(super) writes: Vec<(i64, u32)>,
}

/// The embedded engine's account of every request, by its name.
pub(super) fn truth(engine: &Started) -> Result<HashMap<String, Truth>, LabError> {
    let control = Control::new(&engine.address, Access::default())?;
    let text = control.get("/truth")?.text();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Truth>(line).ok());
    Ok(lines.map(|line| (line.request.clone(), line)).collect())
}

/// One side's account of a request: when it began, and when its tokens came. All are
/// nanoseconds on the same clock.
pub(super) struct Account {
    pub(super) began: i64,
    pub(super) arrivals: Vec<i64>,
}

impl Account {
    /// To the first token.
    pub(super) fn ttft(&self) -> i64 {
        self.arrivals[0] - self.began
    }

    /// To the last.
    pub(super) fn e2e(&self) -> i64 {
        self.arrivals[self.arrivals.len() - 1] - self.began
    }

    /// Between tokens.
    pub(super) fn gaps(&self) -> impl Iterator<Item = i64> + '_ {
        self.arrivals.windows(2).map(|pair| pair[1] - pair[0])
    }
}

/// Both accounts of a request. Each has at least one arrival, and as many as the other.
pub(super) struct Pair {
    pub(super) said: Account,
    pub(super) was: Account,
    /// From the instant at which it was due to its write.
    pub(super) lateness: i64,
}

/// The measured requests of which both sides have an account that can be compared.
pub(super) fn pairs(records: &[(Record, Vec<Chunk>)], truth: &HashMap<String, Truth>) -> Vec<Pair> {
    let measured = records.iter().filter(|(record, _)| record.phase == Phase::Measure);
    measured.filter_map(|(record, chunks)| pair(record, chunks, truth)).collect()
}

fn pair(record: &Record, chunks: &[Chunk], truth: &HashMap<String, Truth>) -> Option<Pair> {
    let arrivals: Vec<i64> =
        chunks.iter().filter(|chunk| chunk.bears_tokens()).map(|chunk| chunk.received.0).collect();
    let line = truth.get(&request_id(record.phase, record.request))?;
    if arrivals.is_empty() || line.writes.len() != arrivals.len() {
        return None;
    }
    let sent = record.sent?;
    Some(Pair {
        said: Account { began: sent.0, arrivals },
        was: Account {
            began: line.arrival_ns,
            arrivals: line.writes.iter().map(|(at, _)| *at).collect(),
        },
        lateness: (sent - record.intended).0,
    })
}

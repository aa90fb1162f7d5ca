//! Prompts of which there are only so many: those of a file.
//!
//! What is measured takes them from the front of their order, the other phases
//! from its back, so that they meet only where there are too few for both. The
//! order is for others to draw.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};
use tokenometer_core::{Message, Phase, Request};

use super::{Dataset, Form, Row, estimated_tokens};
use crate::WorkloadError;
use crate::lengths::length_class;

/// How many rows of the same estimated length are looked through for one of the
/// same counted length.
const TRIES: u64 = 64;

/// A list of prompts.
#[derive(Debug)]
pub(crate) struct Listed {
    form: Form,
    entries: Vec<Entry>,
    /// The places of all entries of a length class, by estimate.
    by_class: BTreeMap<u32, Vec<usize>>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Entry {
    turns: Vec<Message>,
    output_tokens: u32,
    /// What the request says beside its prompt and its length.
    fields: Map<String, Value>,
    /// Counted when first asked for: counting a whole file would take longer
    /// than many a run.
    input_tokens: OnceLock<u32>,
}

impl Entry {
    /// A conversation up to the answer wanted, and how long that is to be.
    pub(super) fn new(turns: Vec<Message>, output_tokens: u32) -> Entry {
        Entry { turns, output_tokens, fields: Map::new(), input_tokens: OnceLock::new() }
    }

    /// The same with fields of its own.
    pub(super) fn with_fields(self, fields: Map<String, Value>) -> Entry {
        Entry { fields, ..self }
    }

    /// The same, of which it is known already how long its prompt is.
    pub(super) fn counted(self, input_tokens: u32) -> Entry {
        Entry { input_tokens: input_tokens.into(), ..self }
    }
}

impl Listed {
    /// These entries, in this order; there must be one.
    pub(super) fn new(entries: Vec<Entry>, form: Form) -> Listed {
        debug_assert!(!entries.is_empty(), "a dataset without prompts is a mistake");
        let mut by_class: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, entry) in entries.iter().enumerate() {
            by_class.entry(length_class(estimate(&entry.turns))).or_default().push(place);
        }
        Listed { form, entries, by_class }
    }

    /// Where a row stands in the order of the entries.
    fn place(&self, row: Row) -> usize {
        let count = self.entries.len() as u64;
        let from_the_back = match row.phase {
            Phase::Measure => return (row.number % count) as usize,
            Phase::RampIn => row.number * 3,
            Phase::Drain => row.number * 3 + 1,
            Phase::WarmUp => row.number * 3 + 2,
        };
        (count - 1 - from_the_back % count) as usize
    }

    fn write(&self, place: usize) -> Result<Request, WorkloadError> {
        let entry = &self.entries[place];
        let known = self.form.tokenizer.is_some().then(|| self.length(place)).transpose()?;
        let mut request = self.form.request(entry.turns.clone(), known, entry.output_tokens)?;
        request.fields = entry.fields.clone();
        Ok(request)
    }

    fn length(&self, place: usize) -> Result<u32, WorkloadError> {
        let entry = &self.entries[place];
        if let Some(&tokens) = entry.input_tokens.get() {
            return Ok(tokens);
        }
        let tokens = self.form.count(&entry.turns)?.unwrap_or_else(|| estimate(&entry.turns));
        Ok(*entry.input_tokens.get_or_init(|| tokens))
    }
}

impl Dataset for Listed {
    fn rows(&self) -> Option<u64> {
        Some(self.entries.len() as u64)
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        self.write(self.place(row))
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        self.length(self.place(row))
    }

    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError> {
        let like = self.place(like);
        let class = length_class(self.length(like)?);
        let estimated = length_class(estimate(&self.entries[like].turns));
        let alike = &self.by_class[&estimated];
        let count = alike.len() as u64;
        for step in 0..TRIES.min(count) {
            let place = alike[(count - 1 - (row.number + step) % count) as usize];
            if place != like && length_class(self.length(place)?) == class {
                return self.write(place);
            }
        }
        // A class of its own: only the row itself is like the row.
        self.write(like)
    }
}

/// About how many tokens the turns have.
pub(super) fn estimate(turns: &[Message]) -> u32 {
    estimated_tokens(turns.iter().map(|turn| turn.content.len()).sum())
}

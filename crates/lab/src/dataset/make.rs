//! Writes workloads down: frozen, to be sent again as they are, or as lines
//! that other tools read.

use std::io::Write;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use tokenometer_core::{Message, Nanos, Prompt, Request};
use tokenometer_results::{MeasuredRows, WorkloadWriter};
use tokenometer_workload::WorkloadHash;

use super::DatasetError;
use super::work::{Work, WorkSettings};

/// A workload that was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// How many requests are in it.
    pub requests: u64,
    /// The tokens of all prompts together; absent where nothing counted them.
    pub input_tokens: Option<u64>,
    /// The tokens of all answers that are asked for.
    pub output_tokens: u64,
    /// The SHA-256 of the workload, as a closed loop sends it.
    pub workload_sha256: String,
}

/// A list that was written down: of conversations, or of prompts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MadeList {
    /// The file.
    pub path: PathBuf,
    /// How many entries are in it.
    pub count: u32,
}

/// Freezes a workload in the format of a run folder's workloads.
///
/// # Errors
///
/// What keeps the workload from being made, or the file from being written.
pub fn freeze(settings: &WorkSettings, to: &Path) -> Result<Made, DatasetError> {
    let work = settings.open()?;
    let mut writer = WorkloadWriter::begin(to)?;
    let made = write_each(&work, to, |_, request| Ok(writer.push(request, None)?))?;
    let rows = made.requests as u32;
    writer.finish(&made.workload_sha256, MeasuredRows { rows, opens: Nanos::ZERO })?;
    Ok(made)
}

/// Writes a workload as the lines of a custom dataset.
///
/// # Errors
///
/// As [`freeze`]; [`DatasetError::NoLine`] where a request says more than a
/// line can.
pub fn write_lines(
    settings: &WorkSettings,
    to: &Path,
    out: &mut dyn Write,
) -> Result<Made, DatasetError> {
    let failed = |source| DatasetError::file("write", to, source);
    let work = settings.open()?;
    write_each(&work, to, |number, request| {
        let line = line(number, request)?;
        serde_json::to_writer(&mut *out, &line).map_err(|error| failed(error.into()))?;
        out.write_all(b"\n").map_err(failed)
    })
}

/// Hands each request on, and adds them up.
fn write_each(
    work: &Work,
    to: &Path,
    mut write: impl FnMut(u64, &Request) -> Result<(), DatasetError>,
) -> Result<Made, DatasetError> {
    let requests = work.workload.requests(work.count)?;
    let mut hash = WorkloadHash::closed(requests.total().into());
    let (mut count, mut input_tokens, mut output_tokens) = (0, Some(0), 0);
    for request in requests {
        let request = request?;
        count += 1;
        write(count, &request)?;
        hash.add(&request);
        let input = request.input_tokens.map(u64::from);
        input_tokens = input_tokens.zip(input).map(|(sum, tokens)| sum + tokens);
        output_tokens += u64::from(request.output.tokens);
    }
    Ok(Made {
        path: to.to_owned(),
        requests: count,
        input_tokens,
        output_tokens,
        workload_sha256: hash.sha256(),
    })
}

/// A line of a custom dataset.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<&'a [Message]>,
    output_tokens: u32,
}

/// A request as a line, if a line can say all of it.
fn line(number: u64, request: &Request) -> Result<Line<'_>, DatasetError> {
    let too_much = |what| Err(DatasetError::NoLine { number, what });
    let (prompt, messages) = match &request.prompt {
        Prompt::Text(text) => (Some(text.as_str()), None),
        Prompt::Messages(messages) => (None, Some(messages.as_slice())),
        Prompt::TokenIds(_) => return too_much("its prompt is token ids, not text"),
    };
    if !request.fields.is_empty() {
        return too_much("it has fields of its own");
    }
    if request.output.tokens == 0 {
        return too_much("it asks for no token at all");
    }
    Ok(Line { prompt, messages, output_tokens: request.output.tokens })
}

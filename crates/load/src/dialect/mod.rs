//! Dialects: how a request is written, and what a frame of its answer holds.
//!
//! A dialect gives a body before the window opens, and reads frames after a
//! request has ended. It knows nothing of sockets, time or schedules.

mod field;
mod frames;
mod memo;
mod openai;
mod sglang;
mod tgi;
mod triton;

use std::borrow::Cow;

use serde_json::{Map, Value};
use tokenometer_core::{ChunkKind, Dialect, Request};

pub(crate) use frames::Frames;

use crate::{PrepareError, Rendering};

/// What one frame of an answer held; of an answer that is not streamed, all of
/// it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Piece<'a> {
    /// Generated text, in the order of generation.
    pub(crate) text: Cow<'a, str>,
    /// Which part of the answer's text that is.
    pub(crate) portion: Portion,
    /// What kind of text that is, where there is any.
    pub(crate) text_kind: Option<ChunkKind>,
    /// Whether it named a role.
    pub(crate) has_role: bool,
    /// Whether its list of choices held any.
    pub(crate) has_choices: bool,
    /// How many token ids it held.
    pub(crate) token_ids: Option<u32>,
    /// What it counted.
    pub(crate) usage: Option<Usage>,
    /// Why the generation stopped.
    pub(crate) finish_reason: Option<Cow<'a, str>>,
    /// Whether the answer may properly end with it.
    pub(crate) may_end: bool,
    /// What it says went wrong.
    pub(crate) error: Option<String>,
}

/// Which part of an answer's text a frame holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Portion {
    /// What is new in it.
    #[default]
    New,
    /// Everything so far.
    SoFar,
    /// One of the two; the frames of the stream have to tell.
    Unclear,
}

impl Piece<'_> {
    /// The one word for what it holds.
    pub(crate) fn kind(&self) -> ChunkKind {
        match (self.text_kind, &self.error) {
            (_, Some(_)) => ChunkKind::Error,
            (Some(kind), None) => kind,
            (None, None) if self.finish_reason.is_some() => ChunkKind::Finish,
            (None, None) if self.has_role => ChunkKind::Role,
            (None, None) if self.usage.is_some() && !self.has_choices => ChunkKind::Usage,
            (None, None) => ChunkKind::Empty,
        }
    }
}

/// A server's own counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: Option<u32>,
    pub(crate) completion: Option<u32>,
    pub(crate) cached: Option<u32>,
    pub(crate) reasoning: Option<u32>,
}

/// The body of a request, as the dialect has it, before the user's own fields.
pub(crate) fn body(
    dialect: Dialect,
    model: &str,
    request: &Request,
    rendering: &Rendering,
) -> Result<Map<String, Value>, PrepareError> {
    match dialect {
        Dialect::OpenaiCompletions => openai::completions_body(model, request, rendering),
        Dialect::OpenaiChat => openai::chat_body(model, request, rendering),
        Dialect::SglangGenerate => sglang::body(request, rendering),
        Dialect::TritonGenerateStream => triton::body(request, rendering),
        Dialect::Tgi => tgi::body(request, rendering),
    }
}

/// What is missing where an answer of this dialect ends without a piece with
/// which it may.
pub(crate) fn missing_end(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiCompletions | Dialect::OpenaiChat | Dialect::SglangGenerate => {
            "a finish reason"
        }
        Dialect::TritonGenerateStream => "a frame",
        Dialect::Tgi => "the whole text in its last frame",
    }
}

/// Reads one frame of a stream, or the whole body of an answer that is none.
pub(crate) fn read_frame(dialect: Dialect, bytes: &[u8]) -> Result<Piece<'_>, FrameError> {
    match dialect {
        Dialect::OpenaiCompletions | Dialect::OpenaiChat => openai::read_frame(bytes),
        Dialect::SglangGenerate => sglang::read_frame(bytes),
        Dialect::TritonGenerateStream => triton::read_frame(bytes),
        Dialect::Tgi => tgi::read_frame(bytes),
    }
}

/// Why a frame can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("unreadable frame: {0}")]
    Json(#[from] serde_json::Error),
    #[error("unreadable frame: {0}")]
    Utf8(#[from] std::str::Utf8Error),
    #[error("the frame holds more than one choice, and only one was asked for")]
    SeveralChoices,
}

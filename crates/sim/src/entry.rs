//! The paths at which generation is asked for.

use crate::Dialect;

/// What a path settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// How the request is written.
    pub(crate) dialect: Dialect,
    /// Whether the answer is a stream; `None` where the body says it.
    pub(crate) streams: Option<bool>,
    /// Whether each frame holds everything so far, where the dialect leaves
    /// that to the model.
    pub(crate) accumulates: bool,
}

impl Entry {
    /// The entry at this path, if it is one. Of a Triton server's models, an
    /// ensemble gives what is new; any other decodes all tokens again.
    pub(crate) fn at(path: &str) -> Option<Entry> {
        let entry = |dialect, streams| Entry { dialect, streams, accumulates: false };
        match path {
            "/v1/completions" => Some(entry(Dialect::OpenaiCompletions, None)),
            "/v1/chat/completions" => Some(entry(Dialect::OpenaiChat, None)),
            "/generate" => Some(entry(Dialect::SglangGenerate, None)),
            "/generate_stream" => Some(entry(Dialect::Tgi, Some(true))),
            _ => {
                let (model, verb) = path.strip_prefix("/v2/models/")?.split_once('/')?;
                let streams = match verb {
                    "generate_stream" => true,
                    "generate" => false,
                    _ => return None,
                };
                let dialect = Dialect::TritonGenerateStream;
                Some(Entry { dialect, streams: Some(streams), accumulates: model != "ensemble" })
            }
        }
    }
}

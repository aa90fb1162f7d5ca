//! With which eyes a tool reads a stream: which of its events it takes for
//! tokens, which it passes over, and at which it gives up.
//!
//! These are facts, one line for each tool and route, found in the tools'
//! sources. What follows from them for one request is worked out in
//! [`reading`](super::reading).

use tokenometer_core::{Chunk, ChunkKind, Dialect};

use super::View;

/// What the body of a response is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// OpenAI's completions: the new text in `choices[0].text`.
    Completions,
    /// OpenAI's chat: the new text in `choices[0].delta`.
    Chat,
    /// SGLang's own: all text so far, with a running count of tokens.
    Generate,
    /// TensorRT-LLM's behind Triton: the new text in `text_output`.
    Triton,
    /// Text Generation Inference's: a token, and at the end all text.
    Tgi,
}

impl Route {
    /// That of a dialect.
    pub(super) fn of(dialect: Dialect) -> Route {
        match dialect {
            Dialect::OpenaiCompletions => Route::Completions,
            Dialect::OpenaiChat => Route::Chat,
            Dialect::SglangGenerate => Route::Generate,
            Dialect::TritonGenerateStream => Route::Triton,
            Dialect::Tgi => Route::Tgi,
        }
    }
}

/// What a tool takes for an event of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Answer text.
    Text,
    /// Answer text or reasoning.
    Speech,
    /// A list of choices that is not empty, with or without text in it.
    Choices,
    /// A delta with text, reasoning or a tool call, or with an empty text and
    /// no role.
    Delta,
    /// Every frame from the first text on, worth the tokens by which its
    /// running count has risen.
    Running,
    /// Every frame.
    Frame,
    /// Every line of data but `[DONE]`.
    Line,
}

/// Up to where a tool's latency reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The last line of any kind, `[DONE]` included.
    Line,
    /// The last frame but `[DONE]`, which also is what the next gap is measured
    /// from.
    Frame,
    /// The last event of tokens.
    Event,
}

/// What a tool takes for the number of generated tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// What was asked for.
    Asked,
    /// What the server's running count says.
    Running,
    /// What the server says in a frame without choices, else what the tool's
    /// own tokenizer makes of the text.
    Usage,
    /// What the tool's own tokenizer makes of the text.
    Counted,
    /// What was asked for, where the model may not stop before; else as
    /// [`Length::Counted`].
    AskedIfExact,
    /// The number of events.
    Events,
}

/// With which eyes one tool reads one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Eyes {
    pub(super) event: Event,
    pub(super) end: End,
    pub(super) length: Length,
    /// Whether a response without a single event is a success, of 0 ms to the
    /// first token.
    pub(super) empty_succeeds: bool,
    /// Whether it gives up at a comment, which it takes for broken JSON.
    pub(super) chokes_on_comments: bool,
    /// Whether it gives up at a frame that holds no choices.
    pub(super) chokes_without_choices: bool,
    /// Whether it asks for a frame with the server's counts. If it does not,
    /// one that we had asked for is overlooked.
    pub(super) asks_usage: bool,
    /// Whether the server writes its frames as vLLM does: an empty text into
    /// the last one, and reasoning into `reasoning`. vLLM's tool looks for both
    /// in a chat, and finds neither in what SGLang writes.
    pub(super) of_vllm: bool,
}

/// What a tool sees in one event of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing: it would not have come, had the tool sent the request.
    Unseen,
    /// A line without a frame: `[DONE]`, or a comment that it skips.
    Line,
    /// A frame, but no tokens.
    Frame,
    /// An event of tokens.
    Event,
    /// Something that it gives up at: the request has failed.
    Choke,
}

impl Eyes {
    /// Those of the tool on this route. `is_vllm` says whether the server
    /// writes its frames as vLLM does.
    pub(super) fn of(view: View, route: Route, is_vllm: bool) -> Eyes {
        match view {
            View::Sglang0214 | View::Sglang045 | View::Sglang0523 => sglang(view, route),
            View::Vllm084 => vllm_0_8(route),
            View::Vllm033 => vllm_0_33(route, is_vllm),
            View::LlmInfraBench => Eyes {
                event: Event::Line,
                end: End::Event,
                length: Length::Events,
                empty_succeeds: false,
                chokes_on_comments: false,
                ..sglang(view, Route::Chat)
            },
        }
    }

    /// Whether the tool can speak this route at all. Of others its figures are
    /// what comes of reading their frames as its own.
    pub(super) fn speak(view: View, route: Route) -> bool {
        match view {
            View::Sglang0214 => matches!(route, Route::Completions | Route::Triton),
            View::Sglang045 => {
                matches!(route, Route::Completions | Route::Generate | Route::Triton)
            }
            View::Sglang0523 => route != Route::Tgi,
            View::Vllm084 => route != Route::Generate,
            View::Vllm033 => matches!(route, Route::Completions | Route::Chat),
            View::LlmInfraBench => route == Route::Chat,
        }
    }

    /// What it sees in `chunk`. `text_before` says whether text has come
    /// before, and `theirs` whether the tool itself decided what was asked of
    /// the server.
    pub(super) fn see(&self, chunk: &Chunk, text_before: bool, theirs: bool) -> Sight {
        let kind = chunk.kind;
        match kind {
            ChunkKind::Done => Sight::Line,
            ChunkKind::Comment if self.chokes_on_comments => Sight::Choke,
            ChunkKind::Comment => Sight::Line,
            ChunkKind::Usage if !self.asks_usage && !theirs => Sight::Unseen,
            _ if self.event == Event::Line => Sight::Event,
            ChunkKind::Unreadable => Sight::Choke,
            ChunkKind::Error | ChunkKind::Usage if self.chokes_without_choices => Sight::Choke,
            ChunkKind::Error | ChunkKind::Usage => Sight::Frame,
            _ if self.is_event(chunk, text_before) => Sight::Event,
            _ => Sight::Frame,
        }
    }

    /// Whether a frame of the answer is an event of tokens.
    fn is_event(&self, chunk: &Chunk, text_before: bool) -> bool {
        let has_text = chunk.text_bytes > 0;
        match self.event {
            Event::Text => has_text && chunk.kind == ChunkKind::Text,
            Event::Speech => {
                has_text && matches!(chunk.kind, ChunkKind::Text | ChunkKind::Reasoning)
            }
            Event::Choices => chunk.has_choices,
            Event::Delta => match chunk.kind {
                ChunkKind::Role => false,
                ChunkKind::Finish => self.of_vllm,
                ChunkKind::Reasoning => has_text && self.of_vllm,
                ChunkKind::Empty => true,
                _ => has_text,
            },
            Event::Running => has_text || text_before,
            Event::Frame | Event::Line => true,
        }
    }
}

/// `bench_serving`, of which the old version has no route of SGLang's own and
/// no chat.
fn sglang(view: View, route: Route) -> Eyes {
    let text = Eyes {
        event: Event::Text,
        end: End::Line,
        length: Length::Asked,
        empty_succeeds: true,
        chokes_on_comments: true,
        chokes_without_choices: true,
        asks_usage: false,
        of_vllm: false,
    };
    match route {
        Route::Completions => text,
        Route::Chat => Eyes { event: Event::Speech, chokes_without_choices: false, ..text },
        Route::Generate if view == View::Sglang0214 => Eyes { event: Event::Speech, ..text },
        Route::Generate => Eyes { event: Event::Running, length: Length::Running, ..text },
        Route::Triton | Route::Tgi => Eyes { event: Event::Frame, end: End::Event, ..text },
    }
}

/// `benchmark_serving.py`.
fn vllm_0_8(route: Route) -> Eyes {
    let completions = Eyes {
        event: Event::Choices,
        end: End::Event,
        length: Length::Usage,
        empty_succeeds: false,
        chokes_on_comments: true,
        chokes_without_choices: false,
        asks_usage: true,
        of_vllm: true,
    };
    let every = |length, chokes_on_comments| Eyes {
        event: Event::Frame,
        length,
        empty_succeeds: true,
        chokes_on_comments,
        chokes_without_choices: true,
        ..completions
    };
    match route {
        Route::Chat => Eyes { end: End::Frame, empty_succeeds: true, ..completions },
        Route::Completions => completions,
        Route::Generate => Eyes { event: Event::Speech, length: Length::Running, ..completions },
        Route::Triton => every(Length::Counted, true),
        Route::Tgi => every(Length::AskedIfExact, false),
    }
}

/// `vllm bench serve`, which speaks to OpenAI's routes alone.
fn vllm_0_33(route: Route, is_vllm: bool) -> Eyes {
    let completions =
        Eyes { chokes_on_comments: false, end: End::Event, ..vllm_0_8(Route::Completions) };
    match route {
        Route::Chat => Eyes { event: Event::Delta, of_vllm: is_vllm, ..completions },
        Route::Completions => completions,
        _ => vllm_0_8(route),
    }
}

//! The embedded engine, scripted: a server that keeps to a script on real
//! sockets, and knows afterwards exactly what it did.
//!
//! It speaks like an inference server, but what it says and when is laid down:
//! each request's tokens leave at absolute deadlines counted from the instant
//! at which the kernel received the request. [`Server`] serves; [`Settings`]
//! say where and as what; [`Script`] says when and how much; [`Fault`]s say
//! what goes wrong; [`Truth`] is the account of every answer, against which a
//! client's own account is judged.
//!
//! The journey of a request: `http` cuts it out of what `connection` received,
//! `route` finds what it asks for, `plan` settles the answer to the last token,
//! `stream` renders that answer write by write with the help of `render`, and
//! `server`, the event loop, hands each write to the kernel when it is due.
//!
//! It answers `POST /v1/completions`, `/v1/chat/completions`, SGLang's
//! `/generate`, Triton's `/v2/models/MODEL/generate_stream` and `…/generate`,
//! and Text Generation Inference's `/generate_stream` and `/generate`; `GET
//! /v1/models`, `/health`, `/version`, `/metrics` and `POST /tokenize`, as vLLM
//! does; `GET /get_model_info`, `/model_info`, `/get_server_info` and
//! `/server_info`, as SGLang does; `POST /flush_cache`, `/reset_prefix_cache`,
//! `/start_profile` and `/stop_profile`, of which it takes count in `/metrics`
//! and which do nothing; `GET /truth`, a [`Truth`] a line; and `POST
//! /truth/reset`, which empties that, forgets which prompts have been asked,
//! and begins to count [`Lateness`] anew. A request may bring a script and
//! faults of its own: in a header, `x-sim: ttft=5ms; fault=crlf,cut-after:3`,
//! or in a member of its JSON body, `"sim": {"ttft": "5ms", "fault": ["crlf",
//! "cut-after:3"]}`. The keys are those of [`Script::set`], and `fault`.
//!
//! This room shares no code with the client, since it is the other side of the
//! wire and the judge of it. It must never guess: what a request doesn't say is
//! taken from the settings, and what it says wrongly is refused.

mod answer;
mod ask;
mod bend;
mod connection;
mod entry;
mod error;
mod fault;
mod http;
mod kernel;
mod metrics;
mod plan;
mod render;
mod route;
mod script;
mod server;
mod settings;
mod stream;
mod timer;
mod truth;
mod whole;
pub mod words;

pub use error::SimError;
pub use fault::{Empty, ErrorShape, Fault};
pub use metrics::Lateness;
pub use render::Dialect;
pub use script::{Delay, Headers, Script, parse_duration};
pub use server::Server;
pub use settings::{Listen, Settings};
pub use truth::Truth;

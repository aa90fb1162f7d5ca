//! The embedded engine: a server that keeps to a script on real sockets, or
//! simulates a machine, and knows afterwards exactly what it did.
//!
//! It speaks like an inference server, but what it says and when is laid down.
//! By a script each request's tokens leave at absolute deadlines counted from
//! the instant at which the kernel received the request. On a simulated machine
//! a [`scheduled::Scheduler`] forms steps of all requests that are there, and
//! tokens leave at the ends of steps. [`Server`] serves; [`Settings`] say where
//! and as what; [`Script`] says when and how much, or [`Simulation`] what is
//! simulated; [`Fault`]s say what goes wrong; [`Truth`] is the account of every
//! answer, against which a client's own account is judged.
//!
//! The journey of a request: `http` cuts it out of what `connection` received,
//! `route` finds what it asks for, `plan` settles the answer to the last token,
//! `stream` renders that answer write by write with the help of `render`, at the
//! `pace` of the script or of what `simulated` hands out, and `server`, the
//! event loop, hands each write to the kernel when it is due.
//!
//! It answers `POST /v1/completions`, `/v1/chat/completions`, SGLang's
//! `/generate`, Triton's `/v2/models/MODEL/generate_stream` and `…/generate`,
//! and Text Generation Inference's `/generate_stream` and `/generate`; `GET
//! /v1/models`, `/health`, `/version`, `/metrics` and `POST /tokenize`, as vLLM
//! does; `GET /get_model_info`, `/model_info`, `/get_server_info` and
//! `/server_info`, as SGLang does; `POST /flush_cache` and
//! `/reset_prefix_cache`, which empty the prefix cache of a simulated machine,
//! `/start_profile` and `/stop_profile`, which do nothing, and of all of which it
//! takes count in `/metrics`; `GET /truth`, a [`Truth`] a line; and `POST
//! /truth/reset`, which empties that, forgets which prompts have been asked,
//! and begins to count [`Lateness`] anew. A request may bring a script and
//! faults of its own: in a header, `x-sim: ttft=5ms; fault=crlf,cut-after:3`,
//! or in a member of its JSON body, `"sim": {"ttft": "5ms", "fault": ["crlf",
//! "cut-after:3"]}`. The keys are those of [`Script::set`], and `fault`; on a
//! simulated machine those of [`Script::PACE`] are refused.
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
mod pace;
mod plan;
mod render;
mod route;
pub mod scheduled;
mod script;
mod server;
mod settings;
mod simulated;
mod stream;
mod timer;
mod truth;
mod whole;
pub mod words;

pub use error::SimError;
pub use fault::{Empty, ErrorShape, Fault};
pub use metrics::Lateness;
pub use render::Dialect;
pub use scheduled::Simulation;
pub use script::{Delay, Headers, Script, parse_duration};
pub use server::Server;
pub use settings::{Listen, Settings};
pub use truth::Truth;

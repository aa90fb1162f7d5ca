//! The measured window: sends a schedule to a target and stamps what returns.
//!
//! The journey of a request through this room: [`prepare`] renders every byte
//! of every body; a [`Client`] opens its connections; [`Client::run`] sends
//! each request when it is due, asks the kernel when each answer came, cuts the
//! streams into events, and hands the bytes, once a request has ended, to a
//! second thread, which reads them and gives a record to the sink.
//!
//! This room must never tokenise, draw a random number, write a file, or
//! decide what a number means.

mod carry;
mod client;
mod dialect;
mod exchange;
mod pacer;
mod prepare;
mod reading;
mod rules;
mod settings;
mod transport;
mod wire;

pub use client::{Client, Finished, LoadError};
pub use prepare::{PrepareError, Prepared, prepare, request_id};
pub use rules::Wording;
pub use settings::{Header, Limits, Rendering, Stop, Trust};

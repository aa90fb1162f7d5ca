//! Sockets: connecting, writing, and reading with the kernel's stamp.
//!
//! Nothing here knows what a request is.

mod kernel;
mod pool;
mod resolve;
mod socket;
mod tls;

pub(crate) use kernel::{nanos, now};
pub(crate) use pool::{Advance, Pool, Readiness, Stage};
pub(crate) use resolve::resolve;

pub(crate) use tls::TlsSettings;

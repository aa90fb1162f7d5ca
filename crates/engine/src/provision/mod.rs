//! Where an engine comes from: an existing Python environment, a command, a
//! Python environment that is made, a container image.
//!
//! A profile names the ways ([`Provisions`]).
//!
//! It must never start an engine, and reads no environment variable.

mod entry;
mod pin;

pub use entry::{Container, Kind, Provision, Provisions, Python, Runtime};

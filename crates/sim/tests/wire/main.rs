//! The embedded engine over real sockets, as plain standard-library clients
//! see it.

// Clippy's leave to unwrap in tests covers test functions, but not what they
// call.
#![allow(clippy::unwrap_used)]

mod client;
mod connections;
mod faults;
mod pacing;
mod routes;
mod simulated;

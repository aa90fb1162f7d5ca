//! The run folder from outside: what is written comes back, and what is broken
//! is named.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod columns;
mod folder;
mod foreign;
mod records;
mod resume;
mod sample;
mod telemetry;

//! What people and programs see of a trial.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod sample;
mod seen;
mod studies;
mod views;

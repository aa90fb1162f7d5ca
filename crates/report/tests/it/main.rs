//! What people and programs see of a trial.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod findings;
mod forms;
mod sample;
mod seen;
mod studies;
mod two_arms;
mod views;

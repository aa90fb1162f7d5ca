//! What is watched while a load runs: the engine's own counters, once a second.
//!
//! A [`Watch`] is a thread of its own that asks for the counters on a schedule,
//! and hands what comes, as it came, to a [`Keep`] of the caller's. Inside the
//! measured window nothing is read out of a text: that is done afterwards, with
//! [`readings`]. A scrape that brought nothing is a gap with its reason, never a
//! zero.
//!
//! This room must never know what a trial is, and never ask over the
//! connections of the load.

mod keep;
mod reading;
mod schedule;
mod scrape;
mod watch;

pub use keep::{Keep, KeepError};
pub use reading::{Reading, counters, readings};
pub use scrape::{Scrape, scrape};
pub use watch::{Watch, WatchError, WatchSettings, Watched};

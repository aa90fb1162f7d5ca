//! The keeper of engines, as the program itself runs it, with engines that are
//! hard to be rid of.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod cold_start;
mod death;
mod ends;
mod fake;
mod job;

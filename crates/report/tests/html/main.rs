//! The page of a run, as text: what stands in it, that nobody's words become markup, that
//! nothing is loaded, and that it stays small. How it looks and works is for a browser.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod hostile;
mod made;
mod markup;
mod room;
#[path = "../it/sample.rs"]
#[allow(dead_code, reason = "the tests of other reports use the rest")]
mod sample;
mod shown;

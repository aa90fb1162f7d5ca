//! What stands in each chart: its data, and its form for plotly.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod families;
mod forms;
mod made;
mod properties;
mod trials;
mod verdicts;

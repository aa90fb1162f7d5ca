//! What is watched while a load runs: the engine's own counters, once a second.
//!
//! This room must never know what a trial is.

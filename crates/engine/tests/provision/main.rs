//! Engines had in every way, with programs that stand in for uv, docker and
//! podman and write down what they were asked.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod container;
mod existing;
mod python;
mod stage;

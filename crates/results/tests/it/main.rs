//! The run folder from outside: what is written comes back, and what is broken
//! is named.

mod folder;
mod records;
mod sample;

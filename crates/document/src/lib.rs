//! What people write in YAML, read so that all of its mistakes are told at
//! once, each with its file, line and column.
//!
//! [`parse`] makes a [`Document`] of a text; [`Document::read`] makes a type of
//! the document, by walking the type's JSON Schema over it: so what is accepted
//! and the schema that editors complete with can't differ.
//!
//! This room knows YAML and JSON Schema, and nothing of what is written in them.
//! It must never open a file.

mod check;
mod document;
mod length;
mod nearest;
mod node;
mod scalar;
mod schema;
mod wording;
mod yaml;

pub use check::check;
pub use document::{Document, parse};
pub use length::Length;
pub use nearest::nearest;

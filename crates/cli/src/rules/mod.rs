//! What each tool takes for granted: its names for routes, its defaults, and
//! which of its flags act here. Data alone; what is made of it is `settings`'.
//!
//! `docs/rules.md` shows all of it in one table, which a test keeps true.

mod backends;
mod customs;
mod flags;
mod refused;
#[cfg(test)]
mod table;

pub(crate) use backends::Backend;
pub(crate) use customs::{ALL_PROMPTS, Customs, EndOfSequence};
pub(crate) use flags::lacks;
pub(crate) use refused::{Values, refused};

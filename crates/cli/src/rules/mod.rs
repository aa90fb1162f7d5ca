//! What each tool takes for granted: its names for routes, its defaults, and
//! which of its flags act here. Data alone; what is made of it is `settings`'.
//!
//! `docs/rules.md` shows all of it in one table, which a test keeps true.

mod backends;
mod flags;
mod refused;
#[cfg(test)]
mod table;

pub(crate) use backends::Backend;
pub(crate) use flags::lacks;
pub(crate) use refused::{Values, refused};
pub(crate) use tokenometer_lab::{ALL_PROMPTS, Customs, EndOfSequence};

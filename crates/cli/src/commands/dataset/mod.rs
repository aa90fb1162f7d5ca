//! `tokenometer dataset`.

mod fetch;
mod output;
mod sample;

pub(crate) use fetch::fetch;
pub(crate) use sample::sample;

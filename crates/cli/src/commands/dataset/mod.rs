//! `tokenometer dataset`.

mod fetch;
mod make;
mod output;
mod sample;
mod show;

pub(crate) use fetch::fetch;
pub(crate) use make::make;
pub(crate) use sample::sample;
pub(crate) use show::show;

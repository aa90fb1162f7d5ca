//! Datasets before they are sent: brought onto this machine, cut small, looked
//! at, and frozen.
//!
//! It must never send load.

mod error;
mod fetch;
mod known;
mod sample;

pub use error::DatasetError;
pub use fetch::{
    FetchSettings, FetchTokenizerSettings, Fetched, FetchedTokenizer, Hub, fetch, fetch_tokenizer,
};
pub use known::{KNOWN_FILES, KnownFile, Wanted};
pub use sample::{SampleFormat, SampleSettings, Sampled, sample};

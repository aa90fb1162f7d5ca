//! Datasets before they are sent: brought onto this machine, cut small, looked
//! at, and frozen.
//!
//! It must never send load.

mod error;
mod fetch;
mod known;
mod make;
mod prompts;
mod sample;
mod show;
mod work;

pub use error::DatasetError;
pub use fetch::{
    FetchSettings, FetchTokenizerSettings, Fetched, FetchedTokenizer, Hub, fetch, fetch_tokenizer,
};
pub use known::{KNOWN_FILES, KnownFile, Wanted};
pub use make::{Made, MadeList, freeze, write_lines};
pub use prompts::{CATEGORIES, Category, PromptSettings, write_prompts};
pub use sample::{SampleFormat, SampleSettings, Sampled, sample};
pub use show::{FirstRequest, Shown, Spread, show};
pub use work::{WorkSettings, thaw};

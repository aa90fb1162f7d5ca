//! A model to try engines with: small enough that a processor serves it, and
//! made here, so that nothing has to be fetched.
//!
//! It is a Llama of random weights, written in the two forms that engines load: a
//! Hugging Face folder (`config.json`, `model.safetensors` …) and, where asked
//! for, the same weights as GGUF. The same seed gives the same bytes, on every
//! machine and for ever.
//!
//! What it answers is not left to chance. Its answers are words, each a token by
//! itself, and never the end of a text: so an answer is as long as was asked for,
//! each of its tokens can be shown as soon as it is there, and whoever tokenises
//! it again counts as many (`vocabulary.rs`). And each token clearly prefers a next
//! word, so that the rounding of one engine or another decides nothing
//! (`weights.rs`).
//!
//! This room must never overwrite a file of another model, and it must take no
//! number from the system: no entropy, no clock.

mod configuration;
mod error;
mod gguf;
mod place;
mod safetensors;
mod shape;
#[cfg(test)]
mod tests;
mod vocabulary;
mod weights;

use std::path::{Path, PathBuf};

pub use error::TinyModelError;
pub use place::MadeFile;

use serde::Serialize;
use vocabulary::Vocabulary;
use weights::Weights;

/// The name of the file with the weights as GGUF.
pub const GGUF_FILE: &str = "model.gguf";

/// What a tiny model is made from.
#[derive(Clone, Copy, Debug)]
pub struct TinyModel<'a> {
    /// From which all weights follow.
    pub seed: u64,
    /// The `tokenizer.json` of the Hugging Face tokenizers library; byte-level
    /// BPE.
    pub tokenizer: &'a str,
    /// The `tokenizer_config.json` beside it, which names the tokens that begin
    /// and end a text, and holds the chat template.
    pub tokenizer_config: &'a str,
    /// Whether the weights are also written as GGUF.
    pub gguf: bool,
}

/// A tiny model that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MadeModel {
    /// The folder that holds it.
    pub folder: PathBuf,
    /// How many weights it has.
    pub parameters: u64,
    /// Its files, in the order of their making.
    pub files: Vec<MadeFile>,
}

impl TinyModel<'_> {
    /// Makes the model in a folder, which is made if it isn't there. A file that
    /// is there already with the very same contents is left as it is, so that a
    /// making that was broken off can be repeated, and GGUF be added later.
    ///
    /// # Errors
    ///
    /// [`TinyModelError::Occupied`], before anything is written, if the folder
    /// holds a file of the same name with other contents; the rest if a
    /// tokenizer isn't of the kind that is needed, or a file can't be read or
    /// written.
    pub fn make(&self, folder: &Path) -> Result<MadeModel, TinyModelError> {
        let vocabulary = Vocabulary::read(self.tokenizer, self.tokenizer_config)?;
        let weights = Weights::draw(self.seed, &vocabulary);
        let mut files = vec![
            ("config.json", configuration::model(&vocabulary)),
            ("generation_config.json", configuration::generation(&vocabulary)),
            ("tokenizer.json", self.tokenizer.as_bytes().to_vec()),
            ("tokenizer_config.json", self.tokenizer_config.as_bytes().to_vec()),
            ("model.safetensors", safetensors::bytes(&weights, self.seed)),
        ];
        if self.gguf {
            files.push((GGUF_FILE, gguf::bytes(&weights, &vocabulary, self.seed)));
        }
        let files = place::put(folder, &files)?;
        Ok(MadeModel { folder: folder.to_owned(), parameters: weights.count(), files })
    }
}

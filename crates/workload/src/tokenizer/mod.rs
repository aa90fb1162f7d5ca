//! Texts as a model's tokens: counting them, cutting them to length, and
//! finding where in a text each begins.
//!
//! It reads the files that its user named, and those beside them, and downloads
//! nothing. It must never run inside the measured window: prompts are counted
//! before it, answers after it.

mod builtin;
mod closed_words;
mod config;
mod cut;
mod place;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tokenizers::{Encoding, ModelWrapper, PostProcessor};
use tokenometer_core::Message;

use crate::WorkloadError;
use crate::chat_template::ChatTemplate;
pub(crate) use closed_words::ClosedWords;
use config::Config;

/// A model's tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    path: PathBuf,
    config: Config,
    special: BTreeSet<u32>,
    /// Made when first asked for: few workloads need it, and it takes a copy of
    /// the whole vocabulary.
    ordinary: OnceLock<Vec<u32>>,
    /// Compiled when first asked for.
    chat: OnceLock<ChatTemplate>,
}

impl Tokenizer {
    /// Loads a tokenizer from a `tokenizer.json`, from a directory that holds
    /// one, or from a model's folder in the Hugging Face cache
    /// (`models--org--name`), where the snapshot of `main` is taken, or else
    /// the only one. `builtin` is [`Tokenizer::builtin`].
    ///
    /// `tokenizer_config.json` and `chat_template.jinja` are read too where they
    /// lie beside it.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::NoTokenizer`], [`WorkloadError::TokenizerFile`],
    /// [`WorkloadError::TokenizerFormat`] and
    /// [`WorkloadError::TokenizerConfig`].
    pub fn load(path: &Path) -> Result<Tokenizer, WorkloadError> {
        if builtin::is_meant(path) {
            return Ok(Tokenizer::builtin());
        }
        let path = place::locate(path)?;
        let bytes = fs::read(&path)
            .map_err(|source| WorkloadError::TokenizerFile { path: path.clone(), source })?;
        let config = Config::beside(&path)?;
        Tokenizer::read(path, &bytes, config)
    }

    /// The tokenizer in these bytes, which were found at `path`.
    fn read(path: PathBuf, bytes: &[u8], config: Config) -> Result<Tokenizer, WorkloadError> {
        let format = |source| WorkloadError::TokenizerFormat { path: path.clone(), source };
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(format)?;
        // A file may say that texts are to be cut or filled up to some length,
        // which suits training and would falsify every count here.
        inner.with_truncation(None).map_err(format)?;
        inner.with_padding(None);
        let special = inner
            .get_added_tokens_decoder()
            .into_iter()
            .filter(|(_, token)| token.special)
            .map(|(id, _)| id)
            .collect();
        let (ordinary, chat) = (OnceLock::new(), OnceLock::new());
        Ok(Tokenizer { inner, path, config, special, ordinary, chat })
    }

    /// The file it was loaded from; `builtin` for the built-in one.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many tokens a text has by itself, without any that a template would
    /// put around it.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Encode`] where the tokenizer has no token for a part of
    /// the text.
    pub fn count(&self, text: &str) -> Result<u32, WorkloadError> {
        let encoding = self.inner.encode_fast(text, false).map_err(|e| self.refused(e))?;
        Ok(encoding.len() as u32)
    }

    /// How many tokens the tokenizer puts around a text that is sent as a plain
    /// prompt, such as one that begins every sequence. A server adds them to
    /// text, and neither to token ids nor, again, to a rendered conversation.
    pub fn added_tokens(&self) -> u32 {
        self.inner.get_post_processor().map_or(0, |processor| processor.added_tokens(false)) as u32
    }

    /// The ids of a plain prompt, with those of [`Tokenizer::added_tokens`].
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::count`].
    pub fn prompt_ids(&self, text: &str) -> Result<Vec<u32>, WorkloadError> {
        let encoding = self.inner.encode_fast(text, true).map_err(|e| self.refused(e))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The ids of a text by itself.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::count`].
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, WorkloadError> {
        let encoding = self.inner.encode_fast(text, false).map_err(|e| self.refused(e))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of these ids, special tokens included, as the Hugging Face
    /// transformers library up to its version 4 decodes them: where
    /// `clean_up_tokenization_spaces` is set, blanks before punctuation and
    /// English contractions are taken out.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Encode`] where the tokenizer's decoder fails.
    pub fn decode(&self, ids: &[u32]) -> Result<String, WorkloadError> {
        let text = self.inner.decode(ids, false).map_err(|e| self.refused(e))?;
        Ok(if self.config.clean_up { cleaned_up(text) } else { text })
    }

    /// As [`Tokenizer::decode`], but as that library does since its version 5:
    /// texts of a BPE vocabulary are left as they are, whatever is set.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::decode`].
    pub fn decode_since_5(&self, ids: &[u32]) -> Result<String, WorkloadError> {
        if matches!(self.inner.get_model(), ModelWrapper::BPE(_)) {
            return self.inner.decode(ids, false).map_err(|e| self.refused(e));
        }
        self.decode(ids)
    }

    /// The token that begins a sequence, as the model's files name it.
    pub fn bos_token(&self) -> Option<&str> {
        self.config.special_tokens.get("bos_token").map(String::as_str)
    }

    /// Whether there is a chat template.
    pub fn has_chat_template(&self) -> bool {
        self.config.chat_template.is_some()
    }

    /// A conversation as the model reads it, by its chat template.
    /// `add_generation_prompt` asks for the beginning of an answer behind it.
    /// A template that wants to know the day is told 1 January 2025, so that a
    /// workload is the same tomorrow.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::NoChatTemplate`]; [`WorkloadError::ChatTemplate`] where
    /// the template is faulty, or refuses the conversation.
    pub fn chat(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
    ) -> Result<String, WorkloadError> {
        let faulty = |source| WorkloadError::ChatTemplate {
            path: self.path.clone(),
            source: Box::new(source),
        };
        let template = match self.chat.get() {
            Some(template) => template,
            None => {
                let source = self.config.chat_template.as_deref();
                let source = source
                    .ok_or_else(|| WorkloadError::NoChatTemplate { path: self.path.clone() })?;
                let template = ChatTemplate::compile(source, &self.config.special_tokens);
                let template = template.map_err(faulty)?;
                self.chat.get_or_init(|| template)
            }
        };
        template.render(messages, add_generation_prompt).map_err(faulty)
    }

    /// The ids with a meaning of their own, such as the end of a sequence.
    pub fn special_ids(&self) -> &BTreeSet<u32> {
        &self.special
    }

    /// The ids of the special tokens that the model's configuration lists or
    /// names, which transformers calls `all_special_ids`. They are fewer than
    /// [`Tokenizer::special_ids`] where a vocabulary has marks that it doesn't
    /// name; without a configuration there are none.
    pub(crate) fn named_special_ids(&self) -> BTreeSet<u32> {
        let named = self.config.special_tokens.values();
        named
            .chain(&self.config.other_special_tokens)
            .filter_map(|token| self.inner.token_to_id(token))
            .collect()
    }

    /// How many tokens there are, special ones included.
    pub fn vocabulary_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// How many tokens there are without those that were added to the model:
    /// what Hugging Face's `vocab_size` says.
    pub fn model_vocabulary_size(&self) -> usize {
        self.inner.get_vocab_size(false)
    }

    /// Every id that isn't special, ascending.
    pub fn ordinary_ids(&self) -> &[u32] {
        self.ordinary.get_or_init(|| {
            let mut ids: Vec<u32> = self.inner.get_vocab(true).into_values().collect();
            ids.retain(|id| !self.special.contains(id));
            ids.sort_unstable();
            ids.dedup();
            ids
        })
    }

    fn encode(&self, text: &str) -> Result<Encoding, WorkloadError> {
        self.inner.encode(text, false).map_err(|e| self.refused(e))
    }

    fn refused(&self, source: Box<dyn std::error::Error + Send + Sync>) -> WorkloadError {
        WorkloadError::Encode { path: self.path.clone(), source }
    }
}

impl fmt::Debug for Tokenizer {
    /// Names the file; the whole vocabulary would help nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What the transformers library takes out of a decoded text, in this order.
fn cleaned_up(text: String) -> String {
    [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ]
    .into_iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn counts_ids_and_starts_agree() {
        let tokenizer = testing::tokenizer();
        let text = "The river carried the old stone — naïve, 漢字 and 🦀 — home.";
        let starts = tokenizer.token_starts(text).unwrap();
        assert_eq!(starts.len(), tokenizer.count(text).unwrap() as usize);
        assert_eq!(starts[0], 0);
        assert!(starts.is_sorted());
        assert!(starts.iter().all(|&start| text.is_char_boundary(start)));
        let ids = tokenizer.prompt_ids(text).unwrap();
        assert_eq!(ids.len(), starts.len() + tokenizer.added_tokens() as usize);
        assert_eq!(tokenizer.added_tokens(), 1, "the tokenizer of the tests begins sequences");
    }

    #[test]
    fn special_ids_are_not_ordinary() {
        let tokenizer = testing::tokenizer();
        assert_eq!(tokenizer.special_ids().len(), 2);
        let ordinary = tokenizer.ordinary_ids();
        assert_eq!(ordinary.len() + 2, tokenizer.vocabulary_size());
        assert!(ordinary.iter().all(|id| !tokenizer.special_ids().contains(id)));
    }

    /// The text on the right is what transformers 4.46 makes of the one on the
    /// left where its files ask for it.
    #[test]
    fn decoded_text_is_tidied_where_the_files_ask_for_it() {
        let text = "Well , it 's \" done \" . We 've n't ' asked ' ! You 're I 'm ? . .";
        let tidied = "Well, it's \" done \". We'ven't'asked '! You're I'm?..";
        let home = tempfile::tempdir().unwrap();
        testing::write_tokenizer(&home.path().join(place::FILE));
        let decoded = |config: &str| {
            fs::write(home.path().join("tokenizer_config.json"), config).unwrap();
            let tokenizer = Tokenizer::load(home.path()).unwrap();
            let ids = tokenizer.prompt_ids(text).unwrap();
            (tokenizer.decode(&ids[1..]).unwrap(), tokenizer.decode_since_5(&ids[1..]).unwrap())
        };
        assert_eq!(decoded("{}"), (text.to_owned(), text.to_owned()));
        let asked = decoded(r#"{"clean_up_tokenization_spaces": true}"#);
        assert_eq!(asked, (tidied.to_owned(), text.to_owned()));
    }
}

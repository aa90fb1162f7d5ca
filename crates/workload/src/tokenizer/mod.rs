//! Texts as a model's tokens: counting them, cutting them to length, and
//! finding where in a text each begins.
//!
//! It reads one file, the one its user named, and never looks a name up or
//! downloads anything. It must never run inside the measured window: prompts
//! are counted before it, answers after it.

mod builtin;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tokenizers::{Encoding, PostProcessor};

use crate::WorkloadError;

/// The file that the Hugging Face tokenizers library reads and writes.
const FILE: &str = "tokenizer.json";

/// A model's tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    path: PathBuf,
    special: BTreeSet<u32>,
    /// Made when first asked for: few workloads need it, and it takes a copy of
    /// the whole vocabulary.
    ordinary: OnceLock<Vec<u32>>,
}

impl Tokenizer {
    /// Loads a tokenizer from a `tokenizer.json`, from a directory that holds
    /// one, or from a model's folder in the Hugging Face cache
    /// (`models--org--name`), where the snapshot of `main` is taken, or else
    /// the only one. `builtin` is [`Tokenizer::builtin`].
    ///
    /// # Errors
    ///
    /// [`WorkloadError::NoTokenizer`], [`WorkloadError::TokenizerFile`] and
    /// [`WorkloadError::TokenizerFormat`].
    pub fn load(path: &Path) -> Result<Tokenizer, WorkloadError> {
        if builtin::is_meant(path) {
            return Ok(Tokenizer::builtin());
        }
        let path = locate(path)?;
        let bytes = fs::read(&path)
            .map_err(|source| WorkloadError::TokenizerFile { path: path.clone(), source })?;
        Tokenizer::read(path, &bytes)
    }

    /// The tokenizer in these bytes, which were found at `path`.
    fn read(path: PathBuf, bytes: &[u8]) -> Result<Tokenizer, WorkloadError> {
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
        Ok(Tokenizer { inner, path, special, ordinary: OnceLock::new() })
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

    /// The text of these ids, special tokens included.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Encode`] where the tokenizer's decoder fails.
    pub fn decode(&self, ids: &[u32]) -> Result<String, WorkloadError> {
        self.inner.decode(ids, false).map_err(|e| self.refused(e))
    }

    /// Where each token of a text begins: byte offsets, ascending, one a token.
    ///
    /// Bytes that no token covers (blanks that a tokenizer drops or leaves out
    /// of its offsets) belong to the token that follows. Tokens that share one
    /// character all begin where it begins.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::count`].
    pub fn token_starts(&self, text: &str) -> Result<Vec<usize>, WorkloadError> {
        let encoding = self.encode(text)?;
        let mut covered = 0;
        let mut latest = 0;
        let starts = encoding.get_offsets().iter().map(|&(start, end)| {
            latest = latest.max(start.min(covered));
            covered = covered.max(end);
            latest
        });
        Ok(starts.collect())
    }

    /// The beginning of a text that encodes to exactly `tokens` tokens; `None`
    /// where the text is too short, or no such beginning was found.
    ///
    /// A text cut after its n-th token may encode to another number than n,
    /// since what was a part of a word has become a word. So what is cut is
    /// counted again, and if need be a cut a few tokens away is taken.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::count`].
    pub fn truncate<'t>(
        &self,
        text: &'t str,
        tokens: u32,
    ) -> Result<Option<&'t str>, WorkloadError> {
        let encoding = self.encode(text)?;
        self.cut(text, &encoding, tokens)
    }

    /// As [`Tokenizer::truncate`], of a text that is encoded already.
    fn cut<'t>(
        &self,
        text: &'t str,
        encoding: &Encoding,
        tokens: u32,
    ) -> Result<Option<&'t str>, WorkloadError> {
        const REACH: i64 = 8;
        if tokens == 0 {
            return Ok(Some(""));
        }
        let offsets = encoding.get_offsets();
        if offsets.len() == tokens as usize {
            return Ok(Some(text));
        }
        if offsets.len() < tokens as usize {
            return Ok(None);
        }
        let nearest_first = std::iter::once(0).chain((1..=REACH).flat_map(|step| [step, -step]));
        for shift in nearest_first {
            let Some((_, end)) = usize::try_from(i64::from(tokens) - 1 + shift)
                .ok()
                .and_then(|last| offsets.get(last))
            else {
                continue;
            };
            // A token may end inside a character; no text can.
            if let Some(beginning) = text.get(..*end)
                && self.count(beginning)? == tokens
            {
                return Ok(Some(beginning));
            }
        }
        Ok(None)
    }

    /// The ids with a meaning of their own, such as the end of a sequence.
    pub fn special_ids(&self) -> &BTreeSet<u32> {
        &self.special
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

/// The file that is meant by a path.
fn locate(path: &Path) -> Result<PathBuf, WorkloadError> {
    let none = |problem| WorkloadError::NoTokenizer { path: path.to_owned(), problem };
    if path.is_file() {
        return Ok(path.to_owned());
    }
    if !path.is_dir() {
        return Err(none("there is no such file or directory"));
    }
    let direct = path.join(FILE);
    if direct.is_file() {
        return Ok(direct);
    }
    let snapshots = path.join("snapshots");
    if !snapshots.is_dir() {
        return Err(none("the directory holds no tokenizer.json"));
    }
    let snapshot = snapshot_of_main(path)
        .or_else(|| only_entry(&snapshots))
        .ok_or_else(|| none("refs/main names no snapshot, and there isn't just one of them"))?;
    let file = snapshot.join(FILE);
    if file.is_file() { Ok(file) } else { Err(none("the cached snapshot holds no tokenizer.json")) }
}

/// The snapshot that a cached model's `refs/main` names, if it is there.
fn snapshot_of_main(model: &Path) -> Option<PathBuf> {
    let revision = fs::read_to_string(model.join("refs").join("main")).ok()?;
    let snapshot = model.join("snapshots").join(revision.trim());
    snapshot.is_dir().then_some(snapshot)
}

/// The one entry of a directory; `None` where there are several or none.
fn only_entry(directory: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(directory).ok()?;
    let only = entries.next()?.ok()?;
    entries.next().is_none().then(|| only.path())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    proptest! {
        #[test]
        fn starts_and_cuts_of_any_text_are_sound(text in "\\PC{0,40}", tokens in 0_u32..30) {
            let tokenizer = testing::tokenizer();
            let starts = tokenizer.token_starts(&text).unwrap();
            prop_assert_eq!(starts.len(), tokenizer.count(&text).unwrap() as usize);
            prop_assert!(starts.first().is_none_or(|&first| first == 0));
            prop_assert!(starts.is_sorted());
            prop_assert!(starts.iter().all(|&start| text.is_char_boundary(start)));
            if let Some(cut) = tokenizer.truncate(&text, tokens).unwrap() {
                prop_assert_eq!(tokenizer.count(cut).unwrap(), tokens);
            }
        }
    }

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

    /// Blanks go to the token that follows, as in the streams of servers.
    #[test]
    fn a_blank_belongs_to_the_word_after_it() {
        let tokenizer = testing::tokenizer();
        assert_eq!(tokenizer.token_starts("the river the river").unwrap(), [0, 3, 9, 13]);
        let words = testing::word_tokenizer();
        assert_eq!(words.token_starts("the river  the river").unwrap(), [0, 3, 9, 14]);
    }

    #[test]
    fn a_text_is_cut_to_exactly_the_tokens_asked() {
        let tokenizer = testing::tokenizer();
        let text = "Every old harbour remembers the ships, the storms: and 漢字 🦀🦀 on its walls.";
        let whole = tokenizer.count(text).unwrap();
        for tokens in 0..=whole {
            if let Some(cut) = tokenizer.truncate(text, tokens).unwrap() {
                assert_eq!(tokenizer.count(cut).unwrap(), tokens, "{cut:?}");
                assert!(text.starts_with(cut));
            }
        }
        assert_eq!(tokenizer.truncate(text, whole).unwrap(), Some(text));
        assert_eq!(tokenizer.truncate(text, whole + 1).unwrap(), None);
        assert_eq!(tokenizer.truncate(text, 0).unwrap(), Some(""));
    }

    #[test]
    fn special_ids_are_not_ordinary() {
        let tokenizer = testing::tokenizer();
        assert_eq!(tokenizer.special_ids().len(), 2);
        let ordinary = tokenizer.ordinary_ids();
        assert_eq!(ordinary.len() + 2, tokenizer.vocabulary_size());
        assert!(ordinary.iter().all(|id| !tokenizer.special_ids().contains(id)));
    }

    #[test]
    fn a_tokenizer_is_found_in_each_of_its_places() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("any-name.json");
        testing::write_tokenizer(&file);
        assert_eq!(Tokenizer::load(&file).unwrap().path(), file);

        let plain = home.path().join("plain");
        fs::create_dir(&plain).unwrap();
        fs::copy(&file, plain.join(FILE)).unwrap();
        assert_eq!(Tokenizer::load(&plain).unwrap().path(), plain.join(FILE));

        let cached = home.path().join("models--org--name");
        for revision in ["aaaa", "bbbb"] {
            let snapshot = cached.join("snapshots").join(revision);
            fs::create_dir_all(&snapshot).unwrap();
            fs::copy(&file, snapshot.join(FILE)).unwrap();
        }
        let error = Tokenizer::load(&cached).unwrap_err().to_string();
        assert!(error.contains("refs/main names no snapshot"), "{error}");
        fs::create_dir(cached.join("refs")).unwrap();
        fs::write(cached.join("refs/main"), "bbbb\n").unwrap();
        assert_eq!(
            Tokenizer::load(&cached).unwrap().path(),
            cached.join("snapshots/bbbb").join(FILE)
        );
        fs::remove_dir_all(cached.join("refs")).unwrap();
        fs::remove_dir_all(cached.join("snapshots/bbbb")).unwrap();
        assert_eq!(
            Tokenizer::load(&cached).unwrap().path(),
            cached.join("snapshots/aaaa").join(FILE)
        );
    }

    #[test]
    fn what_is_no_tokenizer_says_so() {
        let home = tempfile::tempdir().unwrap();
        let error = |path: &Path| {
            let text = Tokenizer::load(path).unwrap_err().to_string();
            text.replace(&home.path().display().to_string(), "HOME")
        };
        let mut errors = vec![error(&home.path().join("org/name")), error(home.path())];
        fs::write(home.path().join(FILE), "{\"model\": ").unwrap();
        errors.push(error(home.path()));
        insta::assert_snapshot!(errors.join("\n"));
    }
}

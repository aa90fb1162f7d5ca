//! Small tokenizers for the tests of this room.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokenizers::models::TrainerWrapper;
use tokenizers::models::wordlevel::{WordLevel, WordLevelTrainer};
use tokenizers::pre_tokenizers::whitespace::Whitespace;
use tokenizers::{AddedToken, ModelWrapper};

use crate::dataset::{Form, sample_of_prose};
use crate::{PromptShape, Tokenizer};

/// The built-in tokenizer: byte-level BPE of 2048 tokens, two of them special,
/// that puts one token before a sequence.
pub(crate) fn tokenizer() -> Arc<Tokenizer> {
    static ONE: OnceLock<Arc<Tokenizer>> = OnceLock::new();
    ONE.get_or_init(|| Arc::new(Tokenizer::builtin())).clone()
}

/// A form with lengths that may be missed, and with that tokenizer or none.
pub(crate) fn form(shape: PromptShape, with_tokenizer: bool) -> Form {
    Form {
        shape,
        exact: false,
        output_tokens: None,
        tokenizer: with_tokenizer.then(tokenizer),
        chat_template: false,
    }
}

/// Writes that tokenizer into a file.
pub(crate) fn write_tokenizer(path: &Path) {
    let [(_, json), _] = Tokenizer::builtin_files();
    std::fs::write(path, json).unwrap();
}

/// A tokenizer of whole words that drops blanks, so that its offsets have gaps.
pub(crate) fn word_tokenizer() -> Tokenizer {
    let model = WordLevel::builder().unk_token("<unk>".into()).build().unwrap();
    let mut tokenizer = tokenizers::Tokenizer::new(ModelWrapper::WordLevel(model));
    tokenizer.with_pre_tokenizer(Some(Whitespace));
    let trainer = WordLevelTrainer::builder()
        .show_progress(false)
        .special_tokens(vec![AddedToken::from("<unk>", true)])
        .build()
        .unwrap();
    tokenizer
        .train(&mut TrainerWrapper::WordLevelTrainer(trainer), sample_of_prose().iter())
        .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    tokenizer.save(file.path(), false).unwrap();
    Tokenizer::load(file.path()).unwrap()
}

//! Small tokenizers for the tests of this room, trained on its own words.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::wordlevel::{WordLevel, WordLevelTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::whitespace::Whitespace;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, ModelWrapper};

use crate::Tokenizer;
use crate::dataset::sample_of_prose;

/// A byte-level BPE tokenizer of 2048 tokens, two of them special, that puts
/// one token before a sequence.
pub(crate) fn tokenizer() -> Arc<Tokenizer> {
    static ONE: OnceLock<Arc<Tokenizer>> = OnceLock::new();
    ONE.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().unwrap();
        write_tokenizer(file.path());
        Arc::new(Tokenizer::load(file.path()).unwrap())
    })
    .clone()
}

/// Writes that tokenizer into a file.
pub(crate) fn write_tokenizer(path: &Path) {
    static JSON: OnceLock<String> = OnceLock::new();
    let json = JSON.get_or_init(|| train_bpe().to_string(false).unwrap());
    std::fs::write(path, json).unwrap();
}

fn train_bpe() -> tokenizers::Tokenizer {
    let mut tokenizer = tokenizers::Tokenizer::new(ModelWrapper::BPE(BPE::default()));
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
    let trainer = BpeTrainer::builder()
        .vocab_size(2048)
        .show_progress(false)
        .special_tokens(vec![AddedToken::from("<s>", true), AddedToken::from("</s>", true)])
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    tokenizer.train(&mut TrainerWrapper::BpeTrainer(trainer), sample_of_prose().iter()).unwrap();
    let template = TemplateProcessing::builder()
        .try_single("<s> $A")
        .unwrap()
        .special_tokens(vec![("<s>", tokenizer.token_to_id("<s>").unwrap())])
        .build()
        .unwrap();
    tokenizer.with_post_processor(Some(template));
    tokenizer
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

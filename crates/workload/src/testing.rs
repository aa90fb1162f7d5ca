//! Small tokenizers for the tests of this room.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokenizers::decoders::{self, fuse::Fuse, strip::Strip};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::{Unigram, UnigramTrainerBuilder};
use tokenizers::models::wordlevel::{WordLevel, WordLevelTrainer};
use tokenizers::normalizers::{self, Prepend, Replace};
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
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
    train(&mut tokenizer, TrainerWrapper::WordLevelTrainer(trainer));
    loaded(&tokenizer)
}

/// A tokenizer in the manner of SentencePiece's BPE as Llama 2 has it: blanks
/// are marked by a normalizer, one is put before the text, and nothing splits
/// it into words.
pub(crate) fn marking_tokenizer() -> Tokenizer {
    let mut tokenizer = tokenizers::Tokenizer::new(ModelWrapper::BPE(BPE::default()));
    tokenizer.with_pre_tokenizer(Some(Metaspace::new('▁', PrependScheme::Always, true)));
    train(&mut tokenizer, TrainerWrapper::BpeTrainer(bpe_trainer(2000)));
    tokenizer.with_pre_tokenizer(None::<Metaspace>);
    let mark = Replace::new(" ", "▁").unwrap();
    let normalizer = vec![Prepend::new("▁".to_owned()).into(), mark.into()];
    tokenizer.with_normalizer(Some(normalizers::Sequence::new(normalizer))).unwrap();
    let unmark = Replace::new("▁", " ").unwrap();
    let decoder = vec![unmark.into(), Fuse::new().into(), Strip::new(' ', 1, 0).into()];
    tokenizer.with_decoder(Some(decoders::sequence::Sequence::new(decoder)));
    loaded(&tokenizer)
}

/// A unigram tokenizer, as those of T5 and its kin are.
pub(crate) fn unigram_tokenizer() -> Tokenizer {
    let mut tokenizer = tokenizers::Tokenizer::new(ModelWrapper::Unigram(Unigram::default()));
    let marks = Metaspace::new('▁', PrependScheme::Always, true);
    tokenizer.with_pre_tokenizer(Some(marks.clone()));
    tokenizer.with_decoder(Some(marks));
    let mut trainer = UnigramTrainerBuilder::default();
    let unknown = "<unk>".to_owned();
    trainer.show_progress(false).vocab_size(1500).unk_token(Some(unknown));
    trainer.special_tokens(vec![AddedToken::from("<unk>", true)]);
    train(&mut tokenizer, TrainerWrapper::UnigramTrainer(trainer.build().unwrap()));
    loaded(&tokenizer)
}

/// A tokenizer whose tokens reach over several words, so that none is closed.
pub(crate) fn spanning_tokenizer() -> Tokenizer {
    let mut tokenizer = tokenizers::Tokenizer::new(ModelWrapper::BPE(BPE::default()));
    train(&mut tokenizer, TrainerWrapper::BpeTrainer(bpe_trainer(600)));
    tokenizer.with_decoder(Some(Fuse::new()));
    loaded(&tokenizer)
}

fn bpe_trainer(tokens: usize) -> BpeTrainer {
    BpeTrainer::builder().vocab_size(tokens).show_progress(false).build()
}

fn train(tokenizer: &mut tokenizers::Tokenizer, mut trainer: TrainerWrapper) {
    tokenizer.train(&mut trainer, sample_of_prose().iter()).unwrap();
}

/// The tokenizer, saved and loaded again.
fn loaded(tokenizer: &tokenizers::Tokenizer) -> Tokenizer {
    let file = tempfile::NamedTempFile::new().unwrap();
    tokenizer.save(file.path(), false).unwrap();
    Tokenizer::load(file.path()).unwrap()
}

//! The tokenizer that comes with this project.
//!
//! It is a small one, trained on the prose that this project writes: for trying
//! things out, for engines that are simulated, and for tests. It is no model's,
//! so lengths by it say nothing about a real one.

use std::path::{Path, PathBuf};

use super::Tokenizer;
use super::config::Config;

/// The name by which it is asked for, in the place of a path.
pub(super) const NAME: &str = "builtin";

/// It, as the Hugging Face tokenizers library reads and writes it: byte-level
/// BPE with 2048 tokens, two of them special, one of which is put before a
/// sequence.
const TOKENIZER: &str = include_str!("../../data/tokenizer.json");

/// What the Hugging Face transformers library wants to know beside that: the
/// names of the special tokens, and a chat template.
const CONFIG: &str = include_str!("../../data/tokenizer_config.json");

impl Tokenizer {
    /// The tokenizer that comes with this project, also loaded under the name
    /// `builtin`.
    pub fn builtin() -> Tokenizer {
        let known = "a test loads the files that are built in";
        let config = Config::read(Path::new(NAME), CONFIG).expect(known);
        Tokenizer::read(PathBuf::from(NAME), TOKENIZER.as_bytes(), config).expect(known)
    }

    /// The files of the built-in tokenizer, by name: a folder with them is one
    /// that engines and other tools load.
    pub fn builtin_files() -> [(&'static str, &'static str); 2] {
        [("tokenizer.json", TOKENIZER), ("tokenizer_config.json", CONFIG)]
    }
}

/// Whether a path means the built-in tokenizer.
pub(super) fn is_meant(path: &Path) -> bool {
    path == Path::new(NAME)
}

#[cfg(test)]
mod tests {
    use tokenizers::decoders::byte_level::ByteLevel as Decoder;
    use tokenizers::models::TrainerWrapper;
    use tokenizers::models::bpe::{BPE, BpeTrainer};
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;
    use tokenizers::processors::template::TemplateProcessing;
    use tokenizers::{AddedToken, ModelWrapper};

    use super::*;
    use crate::dataset::sample_of_prose;

    /// Trains the tokenizer as it was trained when its file was written.
    fn trained() -> String {
        let mut tokenizer = tokenizers::Tokenizer::new(ModelWrapper::BPE(BPE::default()));
        tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
        tokenizer.with_decoder(Some(Decoder::default()));
        let trainer = BpeTrainer::builder()
            .vocab_size(2048)
            .show_progress(false)
            .special_tokens(vec![AddedToken::from("<s>", true), AddedToken::from("</s>", true)])
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        let mut trainer = TrainerWrapper::BpeTrainer(trainer);
        tokenizer.train(&mut trainer, sample_of_prose().iter()).unwrap();
        let template = TemplateProcessing::builder()
            .try_single("<s> $A")
            .unwrap()
            .special_tokens(vec![("<s>", tokenizer.token_to_id("<s>").unwrap())])
            .build()
            .unwrap();
        tokenizer.with_post_processor(Some(template));
        tokenizer.to_string(false).unwrap() + "\n"
    }

    /// If this test fails, the prose has changed, or the library trains in
    /// another way. Other prose is a mistake; for another library, write the
    /// file again with the test below, and look at what has changed in it.
    #[test]
    fn the_file_is_what_training_gives() {
        assert!(trained() == TOKENIZER, "data/tokenizer.json is another tokenizer");
    }

    #[test]
    #[ignore = "writes data/tokenizer.json anew"]
    fn write_the_file() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/tokenizer.json");
        std::fs::write(path, trained()).unwrap();
    }

    #[test]
    fn it_is_loaded_by_name_and_reads_what_it_writes() {
        let tokenizer = Tokenizer::load(Path::new("builtin")).unwrap();
        assert_eq!(tokenizer.vocabulary_size(), 2048);
        assert_eq!(tokenizer.path(), Path::new("builtin"));
        let text = "The river carried the old stone — naïve, 漢字 and 🦀 — home.\n\n  Why?";
        let ids = tokenizer.prompt_ids(text).unwrap();
        assert_eq!(tokenizer.decode(&ids).unwrap(), format!("<s>{text}"));
    }
}

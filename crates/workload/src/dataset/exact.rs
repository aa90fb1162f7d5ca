//! Texts of exactly as many tokens as are asked for.
//!
//! Where a vocabulary has closed words, they are written one after another and
//! nothing has to be counted. Where it has none, prose is encoded and cut, which
//! takes a thousand times as long and is exact in all but rare cases; then the
//! tokens are counted.

use std::sync::Arc;

use super::{BYTES_PER_TOKEN, Prose};
use crate::seed::Draws;
use crate::tokenizer::ClosedWords;
use crate::{Tokenizer, WorkloadError};

/// How often another text is tried where one can't be cut to the tokens asked.
const ATTEMPTS: u32 = 16;

/// A text, and how many tokens it has by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub tokens: u32,
}

/// A writer of texts whose lengths are exact.
#[derive(Debug)]
pub(super) struct ExactText {
    tokenizer: Arc<Tokenizer>,
    words: Option<ClosedWords>,
}

impl ExactText {
    /// A writer for this tokenizer.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Encode`].
    pub(super) fn new(tokenizer: Arc<Tokenizer>) -> Result<ExactText, WorkloadError> {
        let words = ClosedWords::of(&tokenizer)?;
        Ok(ExactText { tokenizer, words })
    }

    /// A text of so many tokens.
    pub(super) fn text(&self, draws: Draws, tokens: u32) -> Result<Piece, WorkloadError> {
        self.after(&Piece::default(), draws, tokens)
    }

    /// A text that begins as another does, and has so many tokens more.
    pub(super) fn after(
        &self,
        beginning: &Piece,
        mut draws: Draws,
        tokens: u32,
    ) -> Result<Piece, WorkloadError> {
        let tokens_in_all = beginning.tokens + tokens;
        match &self.words {
            Some(words) => {
                let mut text = beginning.text.clone();
                words.write(&mut text, &mut draws, tokens);
                Ok(Piece { text, tokens: tokens_in_all })
            }
            None if tokens == 0 => Ok(beginning.clone()),
            None => {
                let prose = Prose::after(&beginning.text, draws);
                by_tokens(prose, tokens_in_all, &self.tokenizer)
            }
        }
    }
}

/// A text of exactly so many tokens, and how many it has. These are others only
/// where the tokenizer allows no such cut in any of several texts: then the last
/// of them is cut as well as may be.
pub(super) fn by_tokens(
    mut prose: Prose,
    tokens: u32,
    tokenizer: &Tokenizer,
) -> Result<Piece, WorkloadError> {
    let mut bytes = tokens as usize * 5 + 32;
    for _ in 0..ATTEMPTS {
        prose.grow_to(bytes);
        if let Some(text) = tokenizer.truncate(prose.text(), tokens)? {
            return Ok(Piece { text: text.to_owned(), tokens });
        }
        let have = tokenizer.count(prose.text())?;
        if have < tokens {
            bytes = prose.text().len() + (tokens - have) as usize * 6 + 32;
        } else {
            prose = prose.again();
        }
    }
    let text = by_bytes(prose, tokens);
    let tokens = tokenizer.count(&text)?;
    Ok(Piece { text, tokens })
}

/// A text of about so many tokens.
pub(super) fn by_bytes(mut prose: Prose, tokens: u32) -> String {
    let bytes = (f64::from(tokens) * BYTES_PER_TOKEN).round() as usize;
    prose.grow_to(bytes + 1);
    prose.into_cut(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::testing;

    #[test]
    fn texts_are_exact_with_closed_words_and_without() {
        let closed = ExactText::new(testing::tokenizer()).unwrap();
        assert!(closed.words.is_some());
        let cut = ExactText { words: None, tokenizer: testing::tokenizer() };
        let spanning = ExactText::new(Arc::new(testing::spanning_tokenizer())).unwrap();
        assert!(spanning.words.is_none());
        for exact in [closed, cut, spanning] {
            let stream = Seed(2).stream("text");
            let beginning = exact.text(stream.row(0), 100).unwrap();
            assert_eq!(beginning.tokens, 100);
            assert_eq!(exact.after(&beginning, stream.row(1), 0).unwrap(), beginning);
            for tokens in [1, 2, 3, 7, 20] {
                let piece = exact.after(&beginning, stream.row(tokens.into()), tokens).unwrap();
                assert_eq!(piece.tokens, 100 + tokens);
                assert_eq!(exact.tokenizer.count(&piece.text).unwrap(), piece.tokens);
                assert!(piece.text.starts_with(&beginning.text));
            }
        }
    }
}

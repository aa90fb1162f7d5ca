//! Where the tokens of a text lie in it, and how it is cut to a number of them.

use tokenizers::Encoding;

use super::Tokenizer;
use crate::WorkloadError;

impl Tokenizer {
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
}

//! Gives each chunk its tokens where the server did not (M5 b and c).
//!
//! These are rules of evidence: they refuse rather than guess, and leave the
//! chunks as they were if they refuse.

use thiserror::Error;

use super::has_text;
use crate::Chunk;

/// Re-tokenised and told totals may differ by one part in this many.
const TOTALS_AGREE_TO: u64 = 50;

/// Why the chunks of a request were not given tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unassigned {
    /// There are not as many chunks with text as tokens.
    #[error("{chunks} chunks have text, but there are {tokens} tokens")]
    NotOneEach {
        /// Chunks with text.
        chunks: u64,
        /// Tokens up to the last of them.
        tokens: u32,
    },
    /// Re-tokenising gives another total than the server told.
    #[error("re-tokenised, the text has {counted} tokens, not {told}: more than 2 % apart")]
    TotalsDiffer {
        /// Tokens of the text by our tokenizer.
        counted: u64,
        /// Tokens that the text should have.
        told: u32,
    },
    /// The tokens' borders don't fit the text.
    #[error("the tokens' borders fall back, or pass the {text} bytes of text")]
    Offsets {
        /// The length of all the chunks' text.
        text: u64,
    },
}

/// n_L: how many of `generated` tokens the text shows (M4).
///
/// Some servers count the end-of-sequence token that made them stop, though it
/// has no text. It comes after the last text, so it belongs to no chunk.
/// `counts_eos` is what is known of the engine; `last_has_text` whether the last
/// token shows, as it does where special tokens are not skipped.
pub fn shown_tokens(
    generated: u32,
    finish_reason: Option<&str>,
    counts_eos: bool,
    last_has_text: bool,
) -> u32 {
    let hides_eos = finish_reason == Some("stop") && counts_eos && !last_has_text;
    generated.saturating_sub(u32::from(hides_eos))
}

/// One token for each chunk with text, if there are `shown` of them (M5 b);
/// `shown` is n_L, see [`shown_tokens`]. No other chunk keeps a count.
///
/// # Errors
/// [`Unassigned::NotOneEach`] if the numbers differ; the chunks stay untouched.
pub fn assign_one_each(chunks: &mut [Chunk], shown: u32) -> Result<(), Unassigned> {
    let with_text = chunks.iter().filter(|chunk| has_text(chunk)).count() as u64;
    if with_text != u64::from(shown) {
        return Err(Unassigned::NotOneEach { chunks: with_text, tokens: shown });
    }
    for chunk in chunks {
        chunk.tokens = has_text(chunk).then_some(1);
    }
    Ok(())
}

/// The tokens of each chunk with text, from the whole text tokenised again
/// (M5 c): a token belongs to the chunk that holds its first byte, and the
/// numbers are scaled so that they sum to `shown`, which is n_L.
///
/// `token_ends` holds, for each token in turn, the byte of the text before
/// which it ends. No chunk without text keeps a count.
///
/// # Errors
/// [`Unassigned::TotalsDiffer`] if the totals are more than 2 % apart,
/// [`Unassigned::Offsets`] if the borders don't fit the text; the chunks stay
/// untouched.
pub fn assign_retokenised(
    chunks: &mut [Chunk],
    token_ends: &[usize],
    shown: u32,
) -> Result<(), Unassigned> {
    let counted = token_ends.len() as u64;
    if counted.abs_diff(u64::from(shown)) * TOTALS_AGREE_TO > u64::from(shown) {
        return Err(Unassigned::TotalsDiffer { counted, told: shown });
    }
    let text: u64 = chunks
        .iter()
        .filter(|chunk| has_text(chunk))
        .map(|chunk| u64::from(chunk.text_bytes))
        .sum();
    let fits = token_ends.last().is_none_or(|&end| end as u64 <= text);
    if !token_ends.is_sorted() || !fits || (text == 0 && counted > 0) {
        return Err(Unassigned::Offsets { text });
    }
    spread(chunks, token_ends, text, shown);
    Ok(())
}

/// Walks text and tokens side by side.
fn spread(chunks: &mut [Chunk], token_ends: &[usize], text: u64, shown: u32) {
    let counted = token_ends.len() as u64;
    // Scaling running totals, not single counts, keeps the sum exact.
    let scaled = |running: u64| match counted {
        0 => 0,
        _ => (running * u64::from(shown) + counted / 2) / counted,
    };
    let mut chunk_end = 0_u64;
    let mut begun = 0_u64;
    for chunk in chunks {
        if !has_text(chunk) {
            chunk.tokens = None;
            continue;
        }
        chunk_end += u64::from(chunk.text_bytes);
        let before = scaled(begun);
        while begun < counted {
            let start = match begun {
                0 => 0,
                _ => token_ends[begun as usize - 1] as u64,
            };
            // A token of no width at the very end falls to the last chunk.
            if start >= chunk_end && chunk_end < text {
                break;
            }
            begun += 1;
        }
        let tokens = scaled(begun) - before;
        chunk.tokens = Some(u32::try_from(tokens).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChunkKind, Nanos, StampSource};

    /// Chunks of the given lengths; a length of 0 is a role-only chunk.
    fn chunks(lengths: &[u32]) -> Vec<Chunk> {
        let chunk = |(read, &text_bytes): (usize, &u32)| Chunk {
            kind: if text_bytes == 0 { ChunkKind::Role } else { ChunkKind::Text },
            received: Nanos::from_millis(read as i64),
            stamp: StampSource::Kernel,
            read: read as u32,
            previous_read: Nanos::ZERO,
            bytes: 80,
            tokens: None,
            text_bytes,
            has_choices: true,
        };
        lengths.iter().enumerate().map(chunk).collect()
    }

    fn tokens(chunks: &[Chunk]) -> Vec<Option<u32>> {
        chunks.iter().map(|chunk| chunk.tokens).collect()
    }

    #[test]
    fn an_unshown_end_of_sequence_belongs_to_no_chunk() {
        assert_eq!(shown_tokens(8, Some("stop"), true, false), 7);
        assert_eq!(shown_tokens(8, Some("stop"), true, true), 8);
        assert_eq!(shown_tokens(8, Some("stop"), false, false), 8);
        assert_eq!(shown_tokens(8, Some("length"), true, false), 8);
        assert_eq!(shown_tokens(0, Some("stop"), true, false), 0);
    }

    #[test]
    fn one_each_only_if_the_numbers_agree() {
        let mut three = chunks(&[0, 3, 4, 5]);
        three[0].tokens = Some(9);
        assert_eq!(assign_one_each(&mut three, 3), Ok(()));
        assert_eq!(tokens(&three), [None, Some(1), Some(1), Some(1)]);

        let mut again = chunks(&[3, 4]);
        let refused = assign_one_each(&mut again, 3);
        assert_eq!(refused, Err(Unassigned::NotOneEach { chunks: 2, tokens: 3 }));
        assert_eq!(tokens(&again), [None, None]);
    }

    #[test]
    fn a_token_belongs_to_the_chunk_of_its_first_byte() {
        // The text's twelve bytes: tokens [0,3) [3,5) [5,9) [9,12), chunks [0,4)
        // [4,6) [6,8) [8,12). The third token begins in the second chunk.
        let mut cut = chunks(&[4, 0, 2, 2, 4]);
        assert_eq!(assign_retokenised(&mut cut, &[3, 5, 9, 12], 4), Ok(()));
        assert_eq!(tokens(&cut), [Some(2), None, Some(1), Some(0), Some(1)]);
    }

    #[test]
    fn a_token_of_no_width_at_the_end_falls_to_the_last_chunk() {
        let mut cut = chunks(&[4, 4]);
        assert_eq!(assign_retokenised(&mut cut, &[4, 8, 8], 3), Ok(()));
        assert_eq!(tokens(&cut), [Some(1), Some(2)]);
    }

    #[test]
    fn totals_are_scaled_within_two_in_a_hundred_and_refused_beyond() {
        let ends: Vec<usize> = (1..=102).collect();
        let mut hundred = chunks(&[51, 51]);
        assert_eq!(assign_retokenised(&mut hundred, &ends, 100), Ok(()));
        assert_eq!(tokens(&hundred), [Some(50), Some(50)]);

        let mut beyond = chunks(&[51, 52]);
        let ends: Vec<usize> = (1..=103).collect();
        let refused = assign_retokenised(&mut beyond, &ends, 100);
        assert_eq!(refused, Err(Unassigned::TotalsDiffer { counted: 103, told: 100 }));
        assert_eq!(tokens(&beyond), [None, None]);
        assert!(assign_retokenised(&mut chunks(&[3]), &[3], 0).is_err());
    }

    #[test]
    fn borders_outside_the_text_are_refused() {
        for (lengths, ends) in
            [(&[4_u32, 4][..], &[4_usize, 9][..]), (&[4, 4], &[8, 4]), (&[], &[0])]
        {
            let refused = assign_retokenised(&mut chunks(lengths), ends, ends.len() as u32);
            assert!(matches!(refused, Err(Unassigned::Offsets { .. })), "{lengths:?} {ends:?}");
        }
        assert_eq!(assign_retokenised(&mut chunks(&[0]), &[], 0), Ok(()));
    }
}

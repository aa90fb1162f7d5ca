//! Closed words: those of a vocabulary that are one token each, whatever word
//! stands before them. A text of n such words has n tokens by construction, so
//! it can be made without asking the tokenizer.
//!
//! A word is closed if the tokenizer makes one token of it and of the blank
//! before it, and if no token reaches over the end of a word into the next
//! blank. The second is a property of the whole vocabulary: no entry of it has a
//! letter before a blank. Both are looked at here, and a sample of texts is
//! encoded to see that it is so. Vocabularies whose tokens span several words
//! have no closed words.

use std::collections::BTreeSet;

use super::Tokenizer;
use crate::WorkloadError;
use crate::seed::{Draws, Seed};

/// The longest word that is taken, in bytes, which leaves room for its blank.
const LONGEST: usize = 12;

/// How many bytes a word takes in memory. They are written whole and then
/// partly written over by the next word: a copy of fixed size is fast.
const SLOT: usize = 16;

/// As many words are taken as four draws out of 64 bits can tell apart.
const MOST: usize = 1 << 14;

/// With fewer words texts would be too uniform.
const FEWEST: usize = 1 << 7;

/// With fewer words at their beginning too many texts would begin alike.
const FEWEST_FIRST: usize = 16;

/// How many words are tried in one text.
const TRIED_AT_ONCE: usize = 512;

/// How many texts of the sample are encoded, and how many words each has.
const SAMPLE: (u64, u32) = (16, 1024);

/// How many words are written before they are appended to a text.
const BLOCK: usize = 64;

/// The closed words of a vocabulary.
#[derive(Debug)]
pub(crate) struct ClosedWords {
    /// A power of two of them, those with the lowest ids, which are the most
    /// common ones of most vocabularies.
    words: Vec<Slot>,
    /// How many bits of a draw choose one.
    bits: u32,
    /// Those that are also one token at the beginning of a text, without a
    /// blank.
    first: Vec<String>,
}

/// A blank and a word.
#[derive(Clone, Copy, Debug)]
struct Slot {
    bytes: [u8; SLOT],
    length: u8,
}

impl Slot {
    fn of(word: &str) -> Slot {
        let mut bytes = [b' '; SLOT];
        bytes[1..=word.len()].copy_from_slice(word.as_bytes());
        Slot { bytes, length: word.len() as u8 + 1 }
    }
}

impl ClosedWords {
    /// The closed words of a tokenizer; `None` where it has none, or too few.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Encode`].
    pub(crate) fn of(tokenizer: &Tokenizer) -> Result<Option<ClosedWords>, WorkloadError> {
        let Some(candidates) = candidates(tokenizer)? else { return Ok(None) };
        let mut closed = Vec::new();
        for words in candidates.chunks(TRIED_AT_ONCE) {
            let counts = tokens_of_each(tokenizer, words)?;
            let single = words.iter().zip(counts).filter(|(_, count)| *count == 1);
            closed.extend(single.map(|(word, _)| word.clone()));
        }
        if closed.len() < FEWEST {
            return Ok(None);
        }
        let bits = closed.len().min(MOST).ilog2();
        closed.truncate(1 << bits);
        let mut first = Vec::new();
        for word in &closed {
            if tokenizer.count(word)? == 1 {
                first.push(word.clone());
            }
        }
        if first.len() < FEWEST_FIRST {
            return Ok(None);
        }
        let words = closed.iter().map(|word| Slot::of(word)).collect();
        let found = ClosedWords { words, bits, first };
        Ok(found.stand_a_sample(tokenizer)?.then_some(found))
    }

    /// Writes so many words behind a text, each with a blank before it; where
    /// the text is empty, the first has none.
    ///
    /// The first word of a text is drawn among those that may begin one. Each
    /// further draw of 64 bits gives as many words as it can, by its lowest bits
    /// first.
    pub(crate) fn write(&self, text: &mut String, draws: &mut Draws, mut words: u32) {
        if text.is_empty() && words > 0 {
            text.push_str(&self.first[draws.below(self.first.len() as u64) as usize]);
            words -= 1;
        }
        let mask = self.words.len() - 1;
        let of_a_draw = u64::BITS / self.bits;
        text.reserve(words as usize * 7);
        let (mut bits, mut left) = (0, 0);
        while words > 0 {
            let block = words.min(BLOCK as u32);
            words -= block;
            let mut bytes = [0; BLOCK * SLOT];
            let mut end = 0;
            for _ in 0..block {
                if left == 0 {
                    (bits, left) = (draws.word(), of_a_draw);
                }
                let slot = &self.words[bits as usize & mask];
                bits >>= self.bits;
                left -= 1;
                bytes[end..end + SLOT].copy_from_slice(&slot.bytes);
                end += usize::from(slot.length);
            }
            text.push_str(str::from_utf8(&bytes[..end]).expect("closed words are of ASCII"));
        }
    }

    /// Whether texts of these words have as many tokens as words.
    fn stand_a_sample(&self, tokenizer: &Tokenizer) -> Result<bool, WorkloadError> {
        let (texts, words) = SAMPLE;
        let stream = Seed(0).stream("closed words");
        for number in 0..texts {
            let mut text = String::new();
            self.write(&mut text, &mut stream.row(number), words);
            if tokenizer.count(&text)? != words {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The words that may be closed, lowest ids first: lower-case ones of plain
/// letters. `None` where a token of the vocabulary has a letter before a blank.
fn candidates(tokenizer: &Tokenizer) -> Result<Option<Vec<String>>, WorkloadError> {
    let added = tokenizer.inner.get_added_tokens_decoder();
    let mut seen = BTreeSet::new();
    let mut words = Vec::new();
    for &id in tokenizer.ordinary_ids() {
        if added.contains_key(&id) {
            continue;
        }
        let text = tokenizer.decode_since_5(&[id])?;
        let bytes = text.as_bytes();
        if bytes.windows(2).any(|pair| pair[0].is_ascii_alphabetic() && pair[1] == b' ') {
            return Ok(None);
        }
        let word = text.trim_start_matches(' ');
        let plain = word.bytes().all(|byte| byte.is_ascii_lowercase());
        if plain && (2..=LONGEST).contains(&word.len()) && seen.insert(word.to_owned()) {
            words.push(word.to_owned());
        }
    }
    Ok(Some(words))
}

/// How many tokens each of these words has in a row, with the blank before it.
fn tokens_of_each(tokenizer: &Tokenizer, words: &[String]) -> Result<Vec<u32>, WorkloadError> {
    // A word to stand before the first, whose own tokens don't matter.
    let before = words.last().map_or("", String::as_str);
    let text = format!("{before} {}", words.join(" "));
    let encoding = tokenizer.encode(&text)?;
    let mut ends = Vec::with_capacity(words.len());
    let mut end = before.len();
    for word in words {
        end += 1 + word.len();
        ends.push(end);
    }
    let mut counts = vec![0; words.len()];
    for &(_, token_end) in encoding.get_offsets() {
        if token_end > before.len() {
            let place = ends.partition_point(|&end| end < token_end);
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn text(closed: &ClosedWords, row: u64, words: u32) -> String {
        let mut text = String::new();
        closed.write(&mut text, &mut Seed(5).stream("text").row(row), words);
        text
    }

    #[test]
    fn a_text_has_as_many_tokens_as_words() {
        for tokenizer in [
            Tokenizer::builtin(),
            testing::word_tokenizer(),
            testing::marking_tokenizer(),
            testing::unigram_tokenizer(),
        ] {
            let closed = ClosedWords::of(&tokenizer).unwrap().unwrap();
            for words in [0, 1, 2, 63, 64, 65, 66, 500] {
                let text = text(&closed, words.into(), words);
                assert_eq!(text.split_whitespace().count() as u32, words);
                assert_eq!(tokenizer.count(&text).unwrap(), words, "{text:?}");
            }
        }
    }

    /// If this test fails, seeds have lost their meaning where prompts are made
    /// of closed words.
    #[test]
    fn a_seed_keeps_its_words() {
        let closed = ClosedWords::of(&testing::tokenizer()).unwrap().unwrap();
        insta::assert_snapshot!(text(&closed, 0, 40));
        assert!(closed.words.len().is_power_of_two());
        assert!((0..64).any(|row| text(&closed, row, 1) != text(&closed, 64, 1)));
    }

    #[test]
    fn a_vocabulary_of_several_words_a_token_has_none() {
        assert!(ClosedWords::of(&testing::spanning_tokenizer()).unwrap().is_none());
    }
}

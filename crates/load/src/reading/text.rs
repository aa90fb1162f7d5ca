//! Gathers the text of an answer from its frames, whichever part of it each of
//! them holds, so that the `text_bytes` of the chunks cut the whole text into
//! pieces.
//!
//! A frame that holds everything so far usually extends the frame before.
//! Where it doesn't, as where a stop sequence is taken back, or half a
//! character is replaced by the whole of it, the server's last word is what was
//! said. What is taken back is taken from the chunks that had brought it; when
//! they came, and how many tokens were told for them, stands.

use tokenometer_core::{Chunk, ChunkKind};

use crate::dialect::Portion;

/// What stands in a text for bytes that are no character, or not yet.
const REPLACEMENT: char = '\u{fffd}';

/// After how many frames in a row, from the first on, each of which extends the
/// frame before, it is settled that each holds everything so far. Frames that
/// hold only what is new may do so once by chance, as ` a` and ` an` do.
const SETTLED: u32 = 3;

/// The text of an answer.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    text: String,
    /// Whether a frame of an unclear portion holds everything so far; until it
    /// is known, frames are gathered as if each were new.
    holds_all: Option<bool>,
    /// Where the last frame of an unclear portion begins in the text, and how
    /// many frames extended the one before them.
    last: Option<usize>,
    extended: u32,
}

impl Gathered {
    /// Whether there is any.
    pub(super) fn has_any(&self) -> bool {
        !self.text.is_empty()
    }

    /// The whole text, which is then no longer here.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Takes in the text of the last of these chunks, and gives how many bytes
    /// of it are new.
    pub(super) fn take(&mut self, text: &str, portion: Portion, chunks: &mut [Chunk]) -> usize {
        let Some((chunk, before)) = chunks.split_last_mut() else { return 0 };
        let added = match (portion, self.holds_all) {
            // A frame of which it isn't sure what it holds, and that holds
            // nothing, takes nothing back.
            (Portion::Unclear, _) if text.is_empty() => 0,
            (Portion::SoFar, _) | (Portion::Unclear, Some(true)) => self.replace(text, before),
            (Portion::New, _) | (Portion::Unclear, Some(false)) => self.extend(text),
            (Portion::Unclear, None) => {
                self.weigh(text);
                self.extend(text)
            }
        };
        chunk.text_bytes = length(added);
        if self.holds_all.is_none() && self.extended >= SETTLED {
            self.regather(chunks);
        }
        chunks.last().map_or(0, |chunk| chunk.text_bytes as usize)
    }

    /// Settles what is still unclear when the last frame has come.
    pub(super) fn settle(&mut self, chunks: &mut [Chunk]) {
        if self.holds_all.is_none() && self.extended > 0 {
            self.regather(chunks);
        }
    }

    fn extend(&mut self, text: &str) -> usize {
        self.text.push_str(text);
        text.len()
    }

    /// Puts `text` in the place of the text so far.
    fn replace(&mut self, text: &str, before: &mut [Chunk]) -> usize {
        let stands = common(&self.text, text);
        take_back(before, self.text.len() - stands);
        self.text.truncate(stands);
        self.extend(&text[stands..])
    }

    /// Weighs what a frame says about whether frames hold everything so far.
    fn weigh(&mut self, text: &str) {
        let last = self.last.map_or("", |last| &self.text[last..]);
        let whole = last.trim_end_matches(REPLACEMENT);
        if text == last {
            // A word that is said twice is no evidence.
        } else if !text.starts_with(whole) {
            self.holds_all = Some(false);
        } else if !last.is_empty() {
            self.extended += 1;
        }
        self.last = Some(self.text.len());
    }

    /// Gathers again, by frames that each hold everything so far, what was
    /// gathered as if each were new.
    fn regather(&mut self, chunks: &mut [Chunk]) {
        self.holds_all = Some(true);
        let frames = std::mem::take(&mut self.text);
        let mut rest = &frames[..];
        for at in 0..chunks.len() {
            let (before, from) = chunks.split_at_mut(at);
            let chunk = &mut from[0];
            let (frame, after) = rest.split_at(chunk.text_bytes as usize);
            rest = after;
            if frame.is_empty() {
                continue;
            }
            chunk.text_bytes = length(self.replace(frame, before));
            if chunk.text_bytes == 0 && chunk.kind == ChunkKind::Text {
                chunk.kind = ChunkKind::Empty;
            }
        }
    }
}

/// How many bytes both begin with, whole characters only.
fn common(one: &str, other: &str) -> usize {
    if other.starts_with(one) {
        return one.len();
    }
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    (0..=same).rev().find(|at| one.is_char_boundary(*at)).unwrap_or(0)
}

/// Takes the last `bytes` bytes of text back from the chunks that brought them.
fn take_back(chunks: &mut [Chunk], bytes: usize) {
    let mut left = length(bytes);
    for chunk in chunks.iter_mut().rev() {
        if left == 0 {
            return;
        }
        let taken = left.min(chunk.text_bytes);
        chunk.text_bytes -= taken;
        left -= taken;
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokenometer_core::{Nanos, StampSource};

    use super::*;

    fn chunk() -> Chunk {
        Chunk {
            kind: ChunkKind::Text,
            received: Nanos(0),
            stamp: StampSource::Kernel,
            read: 0,
            previous_read: Nanos(0),
            bytes: 0,
            tokens: None,
            text_bytes: 0,
            has_choices: true,
        }
    }

    /// The whole text of these frames, and the pieces into which the chunks
    /// cut it.
    fn gather<S: AsRef<str>>(portion: Portion, frames: &[S]) -> (String, Vec<u32>) {
        let mut gathered = Gathered::default();
        let mut chunks = Vec::new();
        for frame in frames {
            chunks.push(chunk());
            gathered.take(frame.as_ref(), portion, &mut chunks);
        }
        gathered.settle(&mut chunks);
        (gathered.finish(), chunks.iter().map(|chunk| chunk.text_bytes).collect())
    }

    fn pieces(text: &str, lengths: &[u32]) -> (String, Vec<u32>) {
        (text.to_owned(), lengths.to_vec())
    }

    #[test]
    fn the_last_word_counts_where_text_is_replaced() {
        use Portion::SoFar;
        assert_eq!(gather(SoFar, &["a", "a b", "a b", "a bc"]), pieces("a bc", &[1, 2, 0, 1]));
        // Half a character, then the whole of it.
        assert_eq!(gather(SoFar, &["a", "a\u{fffd}", "aé"]), pieces("aé", &[1, 0, 2]));
        // A stop sequence is taken back from the chunks that brought it.
        assert_eq!(gather(SoFar, &["ab", "abST", "abSTOP", "ab"]), pieces("ab", &[2, 0, 0, 0]));
        // `é` and `è` begin with the same byte, which is no character.
        assert_eq!(gather(SoFar, &["xé", "xè"]), pieces("xè", &[1, 2]));
        assert_eq!(gather(SoFar, &["ab", ""]), pieces("", &[0, 0]));
    }

    #[test]
    fn what_frames_hold_is_told_by_the_frames() {
        use Portion::Unclear;
        let new = [" a", " an", " b", " b", ""];
        assert_eq!(gather(Unclear, &new), pieces(" a an b b", &[2, 3, 2, 2, 0]));
        let so_far = ["", " a", " a", " a b", " a b\u{fffd}", " a bé", " a bé c"];
        assert_eq!(gather(Unclear, &so_far), pieces(" a bé c", &[0, 2, 0, 2, 0, 2, 2]));
        // Once it is settled, a text that is replaced changes nothing.
        let stopped = ["a", "ab", "abc", "abcS", "abc", ""];
        assert_eq!(gather(Unclear, &stopped), pieces("abc", &[1, 1, 1, 0, 0, 0]));
        // A token that is said again and again is new each time.
        assert_eq!(gather(Unclear, &["a", "a", "a"]), pieces("aaa", &[1, 1, 1]));
        // The end settles what is left.
        assert_eq!(gather(Unclear, &["a", "ab"]), pieces("ab", &[1, 1]));
    }

    proptest! {
        /// However the frames hold a text, the same text and pieces come out.
        #[test]
        fn both_portions_give_the_same(words in prop::collection::vec("[a-zé ]{1,4}", 1..12)) {
            let so_far: Vec<String> = (1..=words.len()).map(|end| words[..end].concat()).collect();
            let told = gather(Portion::New, &words);
            prop_assert_eq!(&gather(Portion::SoFar, &so_far), &told);
            prop_assert_eq!(&gather(Portion::Unclear, &so_far), &told);
        }

        /// Whatever comes, the chunks cut the text.
        #[test]
        fn the_chunks_cut_the_text(
            frames in prop::collection::vec("[abé\u{fffd}]{0,5}", 0..10),
            portion in prop::sample::select(vec![Portion::New, Portion::SoFar, Portion::Unclear]),
        ) {
            let (text, lengths) = gather(portion, &frames);
            prop_assert_eq!(lengths.iter().sum::<u32>() as usize, text.len());
        }
    }
}

//! The frames of one stream of this route, read one after the other.

use super::frame::read_frame;
use super::growth::Growth;
use crate::dialect::{FrameError, Piece, Portion};

/// Reads the frames of one stream.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    growth: Growth,
    /// Frames with text so far, and what they hold once two of them have told.
    told: u32,
    settled: Option<Portion>,
}

impl Frames {
    /// What the next frame adds to those before it, or holds.
    pub(crate) fn read<'a>(&mut self, frame: &'a [u8]) -> Result<Piece<'a>, FrameError> {
        if let Some(piece) = self.growth.recall(frame) {
            self.tell(Portion::SoFar);
            return Ok(piece);
        }
        self.growth.forget();
        let mut piece = read_frame(frame)?;
        if let Some(ids) = piece.token_ids.take() {
            piece.portion = self.tell(piece.portion);
            // Ids are better evidence than a count (M4), where they are all of
            // them.
            if let (Portion::SoFar, Some(usage)) = (piece.portion, &mut piece.usage) {
                usage.completion = Some(ids);
            }
        }
        Ok(piece)
    }

    /// What a frame holds, by what it tells itself or by what those before it
    /// told: the first holds everything either way, and a count that is wrong
    /// in the last turns nothing over.
    fn tell(&mut self, told: Portion) -> Portion {
        self.told += 1;
        if self.told == 1 {
            return Portion::SoFar;
        }
        if told != Portion::Unclear {
            self.settled.get_or_insert(told);
        }
        self.settled.unwrap_or(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str, ids: &[u32], counted: u32) -> String {
        let ids = serde_json::json!(ids);
        format!(
            r#"{{"text":"{text}","output_ids":{ids},"meta_info":{{"completion_tokens":{counted}}}}}"#
        )
    }

    fn read(frames: &[String]) -> Vec<(String, Portion, Option<u32>)> {
        let mut reader = Frames::default();
        let piece = |frame: &String| {
            let piece = reader.read(frame.as_bytes()).unwrap();
            let count = piece.usage.and_then(|usage| usage.completion);
            (piece.text.into_owned(), piece.portion, count)
        };
        frames.iter().map(piece).collect()
    }

    #[test]
    fn a_wrong_count_turns_nothing_over() {
        let frames = [frame("a", &[1], 1), frame("ab", &[1, 2], 2), frame("abc", &[1, 2, 3], 9)];
        let pieces = read(&frames);
        assert_eq!(pieces[1], ("b".into(), Portion::New, Some(2)));
        assert_eq!(pieces[2], ("abc".into(), Portion::SoFar, Some(3)));
    }

    #[test]
    fn the_ids_of_a_whole_answer_outweigh_its_count() {
        assert_eq!(read(&[frame("abc", &[1, 2, 3], 5)])[0].2, Some(3));
    }

    #[test]
    fn segments_stay_segments() {
        let frames = [frame("a", &[1], 1), frame("ab", &[2], 2), frame("abc", &[1, 2, 3], 5)];
        let pieces = read(&frames);
        assert_eq!(pieces[1], ("ab".into(), Portion::New, Some(2)));
        assert_eq!(pieces[2], ("abc".into(), Portion::New, Some(5)));
    }
}

//! The frames of one stream, read one after the other: by what is known from
//! the frames before where that is enough, and by parsing where it is not.

use tokenometer_core::Dialect;

use super::memo::Memo;
use super::sglang::Growth;
use super::{FrameError, Piece, read_frame};

/// Reads the frames of one stream.
#[derive(Debug)]
pub(crate) struct Frames {
    dialect: Dialect,
    memo: Memo,
    growth: Growth,
}

impl Frames {
    pub(crate) fn new(dialect: Dialect) -> Frames {
        Frames { dialect, memo: Memo::default(), growth: Growth::default() }
    }

    /// What the next frame of the stream holds.
    ///
    /// # Errors
    /// Bytes that are no frame of the dialect.
    pub(crate) fn read<'a>(&mut self, frame: &'a [u8]) -> Result<Piece<'a>, FrameError> {
        if self.dialect == Dialect::SglangGenerate {
            if let Some(piece) = self.growth.recall(frame) {
                return Ok(piece);
            }
            self.growth.forget();
            return read_frame(self.dialect, frame);
        }
        if let Some(piece) = self.memo.recall(frame) {
            return Ok(piece);
        }
        let piece = read_frame(self.dialect, frame)?;
        self.memo.learn(frame, &piece);
        Ok(piece)
    }
}

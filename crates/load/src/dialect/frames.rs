//! The frames of one stream, read one after the other: by what is known from
//! the frames before where that is enough, and by parsing where it is not.

use tokenometer_core::Dialect;

use super::memo::Memo;
use super::{FrameError, Piece, read_frame, sglang};

/// Reads the frames of one stream.
#[derive(Debug)]
pub(crate) enum Frames {
    /// Frames of which each stands for itself.
    Apart { dialect: Dialect, memo: Memo },
    /// Frames that grow.
    Sglang(sglang::Frames),
}

impl Frames {
    pub(crate) fn new(dialect: Dialect) -> Frames {
        match dialect {
            Dialect::SglangGenerate => Frames::Sglang(sglang::Frames::default()),
            _ => Frames::Apart { dialect, memo: Memo::default() },
        }
    }

    /// What the next frame of the stream holds.
    ///
    /// # Errors
    /// Bytes that are no frame of the dialect.
    pub(crate) fn read<'a>(&mut self, frame: &'a [u8]) -> Result<Piece<'a>, FrameError> {
        match self {
            Frames::Sglang(frames) => frames.read(frame),
            Frames::Apart { dialect, memo } => {
                if let Some(piece) = memo.recall(frame) {
                    return Ok(piece);
                }
                let piece = read_frame(*dialect, frame)?;
                memo.learn(frame, &piece);
                Ok(piece)
            }
        }
    }
}

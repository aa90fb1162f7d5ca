//! Understands answers: bytes and reads in, a record and its chunks out.
//!
//! This runs on a thread of its own, after a request has ended (or once its
//! bytes fill a segment), so that nothing of it stands between a byte's
//! arrival and its stamp.

mod outcome;
mod reader;
mod stream;
mod text;

pub(crate) use reader::Reader;

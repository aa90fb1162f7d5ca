//! End-to-end latency (M9), to the last token and to the stream's end.
//!
//! **Formula** L − sent; from *intended*, L − intended; `e2e_stream`, the end
//! of the response − sent. Where the answer is not streamed, L is its body's
//! last byte.
//! **Unit** nanoseconds. **Window** the cohort's `ok` requests.
//! **Absent** if nothing bears tokens.

use super::{Absent, between};
use crate::Nanos;
use crate::timeline::Timeline;

/// L − sent. What follows the last token (a usage frame, `[DONE]`) is no part
/// of it.
///
/// # Errors
/// Why there is none.
pub fn e2e(timeline: &Timeline) -> Result<Nanos, Absent> {
    between(timeline.sent, timeline.last, Absent::NothingBorne)
}

/// L − intended.
///
/// # Errors
/// Why there is none.
pub fn from_intended(timeline: &Timeline) -> Result<Nanos, Absent> {
    timeline.last.map(|last| last - timeline.intended).ok_or(Absent::NothingBorne)
}

/// The response's end − sent.
///
/// # Errors
/// Why there is none.
pub fn e2e_stream(timeline: &Timeline) -> Result<Nanos, Absent> {
    between(timeline.sent, timeline.end, Absent::NoEnd)
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn the_tail_after_the_last_token_is_only_in_the_stream() {
        let timeline = fixture::timeline();
        assert_eq!(e2e(&timeline), Ok(Nanos::from_millis(330)));
        assert_eq!(from_intended(&timeline), Ok(Nanos::from_millis(332)));
        assert_eq!(e2e_stream(&timeline), Ok(Nanos::from_millis(345)));
        assert_eq!(e2e(&fixture::not_streamed()), Ok(Nanos::from_millis(330)));
    }

    #[test]
    fn what_was_not_seen_is_absent() {
        let silent = Timeline { last: None, end: None, ..fixture::timeline() };
        assert_eq!(e2e(&silent), Err(Absent::NothingBorne));
        assert_eq!(e2e_stream(&silent), Err(Absent::NoEnd));
        let unsent = Timeline { sent: None, ..fixture::timeline() };
        assert_eq!(e2e(&unsent), Err(Absent::NotSent));
    }
}

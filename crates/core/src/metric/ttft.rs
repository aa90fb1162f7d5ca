//! Time to first token (M8).
//!
//! **Formula** T − sent, where T is the first arrival that bears tokens:
//! answer text, reasoning or a tool call. From *intended* it includes whatever
//! wait there was before the send.
//! **Unit** nanoseconds. **Window** the cohort's `ok` requests.
//! **Absent** if the response is not streamed, or nothing in it bears tokens.

use super::{Absent, between};
use crate::Nanos;
use crate::timeline::Timeline;

/// T − sent.
///
/// # Errors
/// Why there is none.
pub fn ttft(timeline: &Timeline) -> Result<Nanos, Absent> {
    between(timeline.sent, Some(first(timeline)?), Absent::NothingBorne)
}

/// T − intended.
///
/// # Errors
/// Why there is none.
pub fn from_intended(timeline: &Timeline) -> Result<Nanos, Absent> {
    Ok(first(timeline)? - timeline.intended)
}

/// T, or why there is none.
fn first(timeline: &Timeline) -> Result<Nanos, Absent> {
    match timeline.first {
        _ if !timeline.is_streamed => Err(Absent::NotStreamed),
        Some(first) => Ok(first),
        None => Err(Absent::NothingBorne),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn is_counted_from_sent_or_from_intended() {
        let timeline = fixture::timeline();
        assert_eq!(ttft(&timeline), Ok(Nanos::from_millis(100)));
        assert_eq!(from_intended(&timeline), Ok(Nanos::from_millis(102)));
    }

    #[test]
    fn is_absent_without_a_stream_or_without_tokens() {
        assert_eq!(ttft(&fixture::not_streamed()), Err(Absent::NotStreamed));
        let silent = Timeline { first: None, ..fixture::timeline() };
        assert_eq!(ttft(&silent), Err(Absent::NothingBorne));
    }
}

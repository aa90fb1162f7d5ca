//! Time per output token (M6): the pace of one request after its first arrival.
//!
//! **Formula** (L − T) / (n_L − n₁): what came with the first arrival took no
//! time after it, and is not divided by.
//! **Unit** nanoseconds a token. **Window** the cohort's `ok` requests.
//! **Absent** if n_L = n₁: one arrival, one token, or no stream. Where the
//! tokens of the chunks are unknown (M5 d) it lies between exact ends, because
//! each later chunk holds at least one token and all chunks together hold n;
//! within 1 % of each other, the middle stands.

use super::{Absent, Bounds, PerToken};
use crate::TokenRule;
use crate::timeline::Timeline;

/// (L − T) and (n_L − n₁).
///
/// # Errors
/// Why there is no such quotient. [`Absent::TokensUnknown`] only if it has no
/// exact ends either; see [`PerToken::value`] for whether they lie together.
pub fn tpot(timeline: &Timeline) -> Result<PerToken, Absent> {
    if !timeline.is_streamed {
        return Err(Absent::NotStreamed);
    }
    let (first, last) = timeline.first.zip(timeline.last).ok_or(Absent::NothingBorne)?;
    if timeline.arrivals < 2 {
        return Err(Absent::OneArrival);
    }
    let tokens = later_tokens(timeline).ok_or(Absent::TokensUnknown)?;
    if tokens.high == Some(0) {
        return Err(Absent::OneArrival);
    }
    Ok(PerToken { span: last - first, tokens })
}

/// n_L − n₁, or its ends.
fn later_tokens(timeline: &Timeline) -> Option<Bounds> {
    if timeline.rule != TokenRule::Unknown {
        let (shown, first) = timeline.shown_tokens.zip(timeline.first_tokens)?;
        return Some(Bounds::exactly(u64::from(shown.saturating_sub(first))));
    }
    // At least one token in each chunk: so the later chunks hold no fewer than
    // they are, and the first arrival leaves them no more than the rest of n.
    let low = timeline.chunks - timeline.first_chunks;
    let high = timeline.tokens?.checked_sub(timeline.first_chunks)?;
    // More chunks than tokens contradicts the premise.
    (low <= high).then_some(Bounds { low: u64::from(low), high: Some(u64::from(high)) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn unknown(tokens: Option<u32>, chunks: u32, first_chunks: u32) -> Timeline {
        Timeline {
            rule: TokenRule::Unknown,
            tokens,
            first_tokens: None,
            shown_tokens: None,
            chunks,
            first_chunks,
            ..fixture::timeline()
        }
    }

    #[test]
    fn a_bundled_first_chunk_is_not_divided_by() {
        // 24 tokens in chunks of 8, 80 ms apart: 10 ms a token, where
        // (E2E − TTFT)/(n − 1) says 7.
        let bundled = Timeline {
            last: Some(crate::Nanos::from_millis(262)),
            first_tokens: Some(8),
            arrivals: 3,
            chunks: 3,
            ..fixture::timeline()
        };
        assert_eq!(tpot(&bundled).unwrap().value(), Some(10e6));
    }

    #[test]
    fn an_end_of_sequence_that_is_not_shown_is_not_divided_by() {
        let stopped = Timeline { tokens: Some(25), ..fixture::timeline() };
        assert_eq!(tpot(&stopped).unwrap().value(), Some(10e6));
    }

    #[test]
    fn one_arrival_and_no_stream_have_none() {
        let one = Timeline {
            arrivals: 1,
            chunks: 1,
            last: fixture::timeline().first,
            ..fixture::timeline()
        };
        assert_eq!(tpot(&one), Err(Absent::OneArrival));
        assert_eq!(tpot(&fixture::not_streamed()), Err(Absent::NotStreamed));
    }

    #[test]
    fn unknown_tokens_leave_exact_ends() {
        // 230 ms; 11 later chunks, at most 23 later tokens.
        let wide = tpot(&unknown(Some(24), 12, 1)).unwrap();
        assert_eq!(wide.ends(), Some((10e6, 230e6 / 11.0)));
        assert_eq!(wide.value(), None);
        // 101 tokens in 100 chunks: 99 to 100 later tokens, 1.01 % apart. One
        // chunk more and it is 0.99 %: the middle stands.
        assert_eq!(tpot(&unknown(Some(101), 100, 1)).unwrap().value(), None);
        let narrow = tpot(&unknown(Some(102), 101, 1)).unwrap();
        assert_eq!(narrow.value(), Some((230e6 / 101.0 + 230e6 / 100.0) / 2.0));
        // What came with the first arrival is no later chunk.
        assert_eq!(
            tpot(&unknown(Some(24), 12, 4)).unwrap().ends(),
            Some((230e6 / 20.0, 230e6 / 8.0))
        );
    }

    #[test]
    fn no_count_or_a_contradiction_leaves_nothing() {
        assert_eq!(tpot(&unknown(None, 12, 1)), Err(Absent::TokensUnknown));
        assert_eq!(tpot(&unknown(Some(11), 12, 1)), Err(Absent::TokensUnknown));
    }
}

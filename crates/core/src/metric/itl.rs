//! Inter-token latency (M7).
//!
//! **Formula** the gap before an arrival ÷ its tokens, repeated for each of
//! them; so its mean over one request is that request's TPOT.
//! **Unit** nanoseconds a token. **Window** the arrivals of the cohort's `ok`
//! requests, pooled: long requests weigh more.
//! **Absent** where the tokens of the chunks are unknown (M5 d). Withheld
//! where more than 1 % of the arrivals are coalesced. With speculation or a
//! stream interval it hides the stalls that ICL shows.

use super::{Absent, icl};
use crate::timeline::Timeline;
use crate::{Nanos, TokenRule};

/// The gap a token. The value counts once for each of `tokens`, so with none
/// there is no value.
pub fn itl(gap: Nanos, tokens: u32) -> Option<f64> {
    (tokens > 0).then(|| gap.0 as f64 / f64::from(tokens))
}

/// Why a request has no gap a token.
pub fn missing(timeline: &Timeline) -> Option<Absent> {
    let unknown = timeline.rule == TokenRule::Unknown;
    icl::missing(timeline).or(unknown.then_some(Absent::TokensUnknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_shared_by_its_tokens() {
        assert_eq!(itl(Nanos::from_millis(80), 8), Some(10e6));
        assert_eq!(itl(Nanos::from_millis(80), 0), None);
    }
}

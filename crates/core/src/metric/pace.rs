//! Pace (M6): time a token over many requests, each token weighing the same.
//!
//! **Formula** Σ(L − T) / Σ(n_L − n₁), over requests; TPOT is the same over
//! one. **Unit** nanoseconds a token. **Window** the cohort's `ok` requests
//! that have more than one arrival.
//! **Absent** if no request has one, or if the tokens of chunks are unknown
//! and the exact ends of the quotient are more than 1 % apart.

use super::Bounds;
use crate::Nanos;

/// A span, and the tokens that came in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerToken {
    /// L − T.
    pub span: Nanos,
    /// n_L − n₁, or what it must lie between.
    pub tokens: Bounds,
}

impl PerToken {
    /// No span and no tokens.
    pub const NONE: PerToken = PerToken { span: Nanos::ZERO, tokens: Bounds::NONE };

    /// The span a token, in nanoseconds; the middle of its ends where they lie
    /// within 1 % of each other.
    pub fn value(self) -> Option<f64> {
        let (low, high) = self.ends()?;
        self.tokens.agree().then_some((low + high) / 2.0)
    }

    /// The least and the most that the span a token can be, in nanoseconds.
    /// `None` if there are no tokens, or no bound.
    pub fn ends(self) -> Option<(f64, f64)> {
        let most = self.tokens.high.filter(|_| self.tokens.low > 0)?;
        let span = self.span.0 as f64;
        Some((span / most as f64, span / self.tokens.low as f64))
    }
}

/// The pace over several requests: spans and tokens are added, then divided.
pub fn pace(requests: impl IntoIterator<Item = PerToken>) -> PerToken {
    requests.into_iter().fold(PerToken::NONE, |sum, one| PerToken {
        span: sum.span + one.span,
        tokens: sum.tokens + one.tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_weighs_the_same() {
        let request = |millis, tokens| PerToken {
            span: Nanos::from_millis(millis),
            tokens: Bounds::exactly(tokens),
        };
        // 10 ms a token over 10 tokens and 20 ms over 90: 19 ms, not 15.
        let both = pace([request(100, 10), request(1800, 90)]);
        assert_eq!(both.value(), Some(19e6));
        assert_eq!(pace([]).value(), None);
    }
}

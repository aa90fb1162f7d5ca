//! Every metric of one request or of one window, one file each: its formula,
//! its unit, its window, and what makes it absent.
//!
//! The functions here take what was seen and return a span or a count. They
//! must not choose which requests count or turn many values into one number:
//! that is the work of [`summary`](crate::summary) and [`stats`](crate::stats).
//! The numbered rules (M1 to M15) stand in `docs/metrics.md`.

pub mod bounds;
pub mod concurrency;
pub mod connect;
pub mod counts;
pub mod e2e;
pub mod goodput;
pub mod icl;
pub mod itl;
pub mod lateness;
pub mod outcomes;
pub mod pace;
pub mod throughput;
pub mod tpot;
pub mod ttfo;
pub mod ttft;

pub use bounds::Bounds;
pub use goodput::{Objectives, Standard};
pub use pace::PerToken;

use crate::Nanos;

/// Why a request has no value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Absent {
    /// It was never sent.
    NotSent,
    /// It did not come as a stream, so nothing is known of its inside.
    NotStreamed,
    /// Nothing that bears tokens arrived.
    NothingBorne,
    /// All its tokens arrived at one instant.
    OneArrival,
    /// How many tokens its chunks hold is not known well enough.
    TokensUnknown,
    /// It ended before it began to answer: reasoning only.
    ReasoningOnly,
    /// Its end was not seen.
    NoEnd,
}

impl Absent {
    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Absent::NotSent => "not_sent",
            Absent::NotStreamed => "not_streamed",
            Absent::NothingBorne => "nothing_borne",
            Absent::OneArrival => "one_arrival",
            Absent::TokensUnknown => "tokens_unknown",
            Absent::ReasoningOnly => "reasoning_only",
            Absent::NoEnd => "no_end",
        }
    }
}

/// The span between two instants, if both were seen.
fn between(from: Option<Nanos>, to: Option<Nanos>, unseen: Absent) -> Result<Nanos, Absent> {
    let from = from.ok_or(Absent::NotSent)?;
    to.map(|to| to - from).ok_or(unseen)
}

#[cfg(test)]
pub(crate) mod fixture {
    //! A timeline that the tests of this folder change where they need to.

    use crate::timeline::Timeline;
    use crate::{Nanos, TokenRule};

    /// Due at 0 ms, sent at 2 ms, 24 tokens in 24 arrivals from 102 ms to
    /// 332 ms, ended at 347 ms.
    pub(crate) fn timeline() -> Timeline {
        Timeline {
            intended: Nanos::ZERO,
            sent: Some(Nanos::from_millis(2)),
            first: Some(Nanos::from_millis(102)),
            first_answer: Some(Nanos::from_millis(102)),
            last: Some(Nanos::from_millis(332)),
            end: Some(Nanos::from_millis(347)),
            is_streamed: true,
            rule: TokenRule::OneEach,
            tokens: Some(24),
            first_tokens: Some(1),
            shown_tokens: Some(24),
            arrivals: 24,
            coalesced: 0,
            chunks: 24,
            first_chunks: 1,
        }
    }

    /// The same, not streamed: the body's last byte came at 332 ms.
    pub(crate) fn not_streamed() -> Timeline {
        Timeline {
            first: None,
            first_answer: None,
            is_streamed: false,
            rule: TokenRule::Unknown,
            first_tokens: None,
            shown_tokens: None,
            arrivals: 0,
            chunks: 0,
            first_chunks: 0,
            ..timeline()
        }
    }
}

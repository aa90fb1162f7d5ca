//! Goodput (M13): requests that were served as well as somebody wants.
//!
//! **Formula** a request is good if it ended `ok` and meets every objective;
//! attainment = good ÷ cohort, all outcomes counted; goodput = good ÷ |W|.
//! **Unit** a share, and requests a second. **Window** the cohort.
//! **Absent** if no objective was stated, or if one can't be told for an `ok`
//! request for want of evidence. An objective for the pace of a request that
//! came in one piece can't be missed, so it is met.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Absent, e2e, tpot, ttfo, ttft};
use crate::Nanos;
use crate::timeline::Timeline;

/// What every request should meet: the longest spans allowed, from *sent*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Objectives {
    /// To the first token.
    pub ttft: Option<Duration>,
    /// To the first answer text.
    pub ttfo: Option<Duration>,
    /// A token after the first arrival.
    pub tpot: Option<Duration>,
    /// To the last token.
    pub e2e: Option<Duration>,
}

/// How one request stands to the objectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// It meets all of them.
    Met,
    /// It misses one.
    Missed,
    /// It misses none that can be told, but one can't be told, for this reason.
    Untold(Absent),
}

impl Objectives {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Objectives::default()
    }

    /// How an `ok` request stands to them.
    pub fn judge(&self, timeline: &Timeline) -> Standard {
        let each = [
            self.ttft.map(|limit| within(ttft::ttft(timeline), limit)),
            self.ttfo.map(|limit| answers_within(timeline, limit)),
            self.tpot.map(|limit| paces_within(timeline, limit)),
            self.e2e.map(|limit| within(e2e::e2e(timeline), limit)),
        ];
        each.into_iter().flatten().fold(Standard::Met, |so_far, one| match (so_far, one) {
            (Standard::Missed, _) | (_, Standard::Missed) => Standard::Missed,
            (Standard::Untold(why), _) | (_, Standard::Untold(why)) => Standard::Untold(why),
            (Standard::Met, Standard::Met) => Standard::Met,
        })
    }
}

/// Whether a span keeps to its limit.
fn within(span: Result<Nanos, Absent>, limit: Duration) -> Standard {
    match span {
        Ok(span) if span <= Nanos::from(limit) => Standard::Met,
        Ok(_) => Standard::Missed,
        Err(why) => Standard::Untold(why),
    }
}

/// An answer that never began did not begin in time.
fn answers_within(timeline: &Timeline, limit: Duration) -> Standard {
    match ttfo::ttfo(timeline) {
        Err(Absent::ReasoningOnly) => Standard::Missed,
        span => within(span, limit),
    }
}

/// Where the tokens of chunks are unknown, the ends of TPOT may still lie on
/// one side of the limit.
fn paces_within(timeline: &Timeline, limit: Duration) -> Standard {
    let limit = Nanos::from(limit).0 as f64;
    match tpot::tpot(timeline) {
        Err(Absent::OneArrival | Absent::NotStreamed) => Standard::Met,
        Err(why) => Standard::Untold(why),
        Ok(pace) => match (pace.value(), pace.ends()) {
            (Some(value), _) if value <= limit => Standard::Met,
            (Some(_), _) => Standard::Missed,
            (None, Some((_, high))) if high <= limit => Standard::Met,
            (None, Some((low, _))) if low > limit => Standard::Missed,
            _ => Standard::Untold(Absent::TokensUnknown),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::TokenRule;

    fn tpot_within(millis: u64) -> Objectives {
        Objectives { tpot: Some(Duration::from_millis(millis)), ..Objectives::default() }
    }

    fn ttft_within(millis: u64) -> Objectives {
        Objectives { ttft: Some(Duration::from_millis(millis)), ..Objectives::default() }
    }

    #[test]
    fn a_limit_is_met_when_reached_exactly() {
        // TTFT 100 ms, TPOT 10 ms, E2E 330 ms.
        let timeline = fixture::timeline();
        let all = |ttft, tpot, e2e| Objectives {
            ttft: Some(Duration::from_millis(ttft)),
            ttfo: Some(Duration::from_millis(ttft)),
            tpot: Some(Duration::from_millis(tpot)),
            e2e: Some(Duration::from_millis(e2e)),
        };
        assert_eq!(all(100, 10, 330).judge(&timeline), Standard::Met);
        for missed in [all(99, 10, 330), all(100, 9, 330), all(100, 10, 329)] {
            assert_eq!(missed.judge(&timeline), Standard::Missed);
        }
        assert_eq!(Objectives::default().judge(&timeline), Standard::Met);
    }

    #[test]
    fn a_pace_that_cannot_exist_is_met_but_an_unseen_first_token_is_not_told() {
        let whole = fixture::not_streamed();
        assert_eq!(tpot_within(1).judge(&whole), Standard::Met);
        assert_eq!(ttft_within(1).judge(&whole), Standard::Untold(Absent::NotStreamed));
    }

    #[test]
    fn unknown_tokens_leave_some_limits_decided() {
        // 230 ms over 11 to 23 tokens: 10 to 20.9 ms.
        let unknown = Timeline { rule: TokenRule::Unknown, chunks: 12, ..fixture::timeline() };
        assert_eq!(tpot_within(21).judge(&unknown), Standard::Met);
        assert_eq!(tpot_within(9).judge(&unknown), Standard::Missed);
        assert_eq!(tpot_within(15).judge(&unknown), Standard::Untold(Absent::TokensUnknown));
        // A limit that is missed for certain settles the request.
        let both = Objectives { ttft: Some(Duration::from_millis(1)), ..tpot_within(15) };
        assert_eq!(both.judge(&unknown), Standard::Missed);
    }

    #[test]
    fn an_answer_that_never_began_misses() {
        let thinks = Timeline { first_answer: None, ..fixture::timeline() };
        let limit = Some(Duration::from_secs(9));
        let answers = Objectives { ttfo: limit, ..Objectives::default() };
        assert_eq!(answers.judge(&thinks), Standard::Missed);
    }
}

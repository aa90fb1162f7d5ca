//! What requests said in words, counted: why they failed, and why the server
//! stopped. No metric comes of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::{Outcome, Phase, Record};

/// One way in which requests failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureSeen {
    /// Their outcome.
    pub outcome: Outcome,
    /// Their HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What was said, by the server or the operating system.
    pub error: Option<String>,
    /// How many requests of the cohort.
    pub requests: u64,
    /// The number of the first of them, to look it up in `requests.parquet`.
    pub first_request: u32,
}

/// The most ways of failing that are kept apart. Servers may put a request's
/// number into every error, and the rows have them all.
const MOST_FAILURES: usize = 20;

/// A way of failing: the outcome, the HTTP status, what was said.
type Way = (Outcome, Option<u16>, Option<String>);

/// Counts the cohort's words while its records stream by.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many requests failed in each way, and the first of them.
    failures: BTreeMap<Way, (u64, u32)>,
    finish_reasons: BTreeMap<String, u64>,
}

impl Tally {
    /// Takes notice of one record. Only the cohort's count.
    pub fn notice(&mut self, record: &Record) {
        if record.phase != Phase::Measure {
            return;
        }
        if let Some(reason) = &record.finish_reason {
            *self.finish_reasons.entry(reason.clone()).or_default() += 1;
        }
        if !record.outcome.is_ok() {
            let mut key = (record.outcome, record.status, record.error.clone());
            if !self.failures.contains_key(&key) && self.failures.len() >= MOST_FAILURES {
                key.2 = None;
            }
            let (requests, first) = self.failures.entry(key).or_insert((0, record.request));
            *requests += 1;
            *first = record.request.min(*first);
        }
    }

    /// Every way of failing, the most frequent first.
    pub fn failures(&self) -> Vec<FailureSeen> {
        let mut seen: Vec<FailureSeen> = self
            .failures
            .iter()
            .map(|((outcome, status, error), &(requests, first_request))| FailureSeen {
                outcome: *outcome,
                status: *status,
                error: error.clone(),
                requests,
                first_request,
            })
            .collect();
        seen.sort_by_key(|failure| (std::cmp::Reverse(failure.requests), failure.first_request));
        seen
    }

    /// Requests by the server's reason for stopping.
    pub fn finish_reasons(&self) -> &BTreeMap<String, u64> {
        &self.finish_reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::blank_record;

    #[test]
    fn only_the_cohort_is_counted_and_rare_words_are_joined() {
        let mut tally = Tally::default();
        for request in 0..100 {
            let error = Some(format!("request {request} was too long"));
            let outcome = Outcome::HttpError;
            let phase = if request < 10 { Phase::WarmUp } else { Phase::Measure };
            let status = Some(400);
            let finish_reason = Some("stop".to_owned());
            tally.notice(&Record {
                request,
                phase,
                outcome,
                status,
                error,
                finish_reason,
                ..blank_record()
            });
        }
        let failures = tally.failures();
        assert_eq!(failures.len(), MOST_FAILURES + 1);
        assert_eq!(failures[0].requests, 70);
        assert_eq!(failures[0].error, None);
        assert_eq!(failures[1].error.as_deref(), Some("request 10 was too long"));
        assert_eq!(failures.iter().map(|failure| failure.requests).sum::<u64>(), 90);
        assert_eq!(tally.finish_reasons()["stop"], 90);
    }
}

//! Time to first output (M8): how long until the answer begins, when a model
//! reasons first.
//!
//! **Formula** first arrival with answer text or a tool call − sent. Without
//! reasoning it equals TTFT.
//! **Unit** nanoseconds. **Window** the cohort's `ok` requests.
//! **Absent** as TTFT is, and where a request ended in its reasoning, which is
//! counted. Absent for all requests if reasoning stands unparsed among the
//! answer of any: then nobody knows where an answer begins.

use super::{Absent, between};
use crate::Nanos;
use crate::timeline::Timeline;

/// Marks of reasoning that a server should have parsed out of the answer.
const REASONING_MARKS: [&str; 3] = ["<think>", "</think>", "<|channel|>"];

/// First answer text − sent.
///
/// # Errors
/// Why there is none.
pub fn ttfo(timeline: &Timeline) -> Result<Nanos, Absent> {
    if !timeline.is_streamed {
        return Err(Absent::NotStreamed);
    }
    if timeline.first.is_none() {
        return Err(Absent::NothingBorne);
    }
    between(timeline.sent, timeline.first_answer, Absent::ReasoningOnly)
}

/// Whether generated text holds marks of reasoning that was not parsed.
pub fn has_unparsed_reasoning(text: &str) -> bool {
    REASONING_MARKS.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn is_counted_to_the_answer_and_absent_if_none_came() {
        let thinks =
            Timeline { first_answer: Some(Nanos::from_millis(322)), ..fixture::timeline() };
        assert_eq!(ttfo(&thinks), Ok(Nanos::from_millis(320)));
        let only_thinks = Timeline { first_answer: None, ..thinks };
        assert_eq!(ttfo(&only_thinks), Err(Absent::ReasoningOnly));
        assert_eq!(ttfo(&fixture::not_streamed()), Err(Absent::NotStreamed));
    }

    #[test]
    fn marks_of_reasoning_are_seen() {
        assert!(has_unparsed_reasoning("well, 4.</think>It is 4."));
        assert!(!has_unparsed_reasoning("I think it is 4."));
    }
}

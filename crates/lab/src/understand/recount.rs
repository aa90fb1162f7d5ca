//! Counts tokens with our own tokenizer, after the run: of prompts and
//! answers, beside the server's counts, and of chunks where nothing better is
//! known (M4, M5 c).

use std::sync::Arc;

use tokenometer_core::timeline::assign_retokenised;
use tokenometer_core::{Chunk, Dialect, Phase, Prompt, Record, Request, TokenRule};
use tokenometer_workload::Tokenizer;

/// Our own counts. Without a tokenizer it has none, and completes nothing.
#[derive(Debug, Default)]
pub(crate) struct Recount {
    tokenizer: Option<Arc<Tokenizer>>,
    /// The prompt tokens of each row of the schedule.
    input: Vec<Option<u32>>,
}

impl Recount {
    /// Counts the prompts of a schedule, as `dialect` sends them.
    pub(crate) fn of(
        tokenizer: Option<Arc<Tokenizer>>,
        requests: &[Request],
        dialect: Dialect,
    ) -> Recount {
        let input = match &tokenizer {
            Some(tokenizer) => {
                requests.iter().map(|request| prompt_tokens(tokenizer, request, dialect)).collect()
            }
            None => Vec::new(),
        };
        Recount { tokenizer, input }
    }

    /// Adds our counts to a record, and to its chunks where they have none.
    /// What the tokenizer refuses stays uncounted.
    pub(crate) fn complete(&self, record: &mut Record, chunks: &mut [Chunk]) {
        // The rows of a warm-up are of another schedule.
        if record.phase != Phase::WarmUp {
            record.input.counted = self.input.get(record.row as usize).copied().flatten();
        }
        let Some(tokenizer) = &self.tokenizer else { return };
        if record.text.is_empty() {
            return;
        }
        record.output.counted = tokenizer.count(&record.text).ok();
        if record.streamed && record.token_rule == TokenRule::Unknown {
            retokenise(tokenizer, record, chunks);
        }
    }
}

/// A text is counted with the tokens that servers put around it. What a chat
/// template adds to messages is the server's affair, and unknown here.
fn prompt_tokens(tokenizer: &Tokenizer, request: &Request, dialect: Dialect) -> Option<u32> {
    match (&request.prompt, dialect) {
        (Prompt::TokenIds(ids), _) => u32::try_from(ids.len()).ok(),
        (Prompt::Text(_) | Prompt::Messages(_), Dialect::OpenaiChat) | (Prompt::Messages(_), _) => {
            None
        }
        (Prompt::Text(text), _) => Some(tokenizer.count(text).ok()? + tokenizer.added_tokens()),
    }
}

/// Finds which chunk holds which token, from the offsets of the tokens in the
/// whole text.
fn retokenise(tokenizer: &Tokenizer, record: &mut Record, chunks: &mut [Chunk]) {
    let Ok(starts) = tokenizer.token_starts(&record.text) else { return };
    let ends: Vec<usize> =
        starts.iter().skip(1).copied().chain([record.text.len()]).take(starts.len()).collect();
    let Some(shown) = record.output.best() else { return };
    if assign_retokenised(chunks, &ends, shown).is_ok() {
        record.token_rule = TokenRule::Retokenised;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    #[test]
    fn a_warm_ups_rows_are_not_taken_for_the_measured_ones() {
        let recount = Recount { tokenizer: None, input: vec![Some(3)] };
        let mut measured = record();
        recount.complete(&mut measured, &mut []);
        assert_eq!(measured.input.counted, Some(3));
        let mut warm_up = Record { phase: Phase::WarmUp, ..record() };
        recount.complete(&mut warm_up, &mut []);
        assert_eq!(warm_up.input.counted, None);
    }
}

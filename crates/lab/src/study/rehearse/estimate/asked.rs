//! What a cell asks, request by request: the lengths of what will be sent, and the
//! tokens where prompts may begin alike.

use std::sync::Arc;

use tokenometer_core::Prompt;
use tokenometer_sim::scheduled::{Asked, Prompt as Simulated};
use tokenometer_workload::{Tokenizer, Workload, WorkloadError, drawn_lengths};

use crate::TrialSettings;

/// The most requests whose text is made. Where a cell has more, their lengths come
/// again: an estimate needs no more of them.
const MADE: u32 = 1024;

/// What is asked, with the tokenizer that comes with this program.
pub(super) struct Asking {
    tokenizer: Arc<Tokenizer>,
}

impl Asking {
    pub(super) fn new() -> Asking {
        Asking { tokenizer: Arc::new(Tokenizer::builtin()) }
    }

    /// The first `count` requests of a cell, none of them due at any time.
    ///
    /// # Errors
    /// Where they can't be made.
    pub(super) fn requests(
        &self,
        settings: &TrialSettings,
        count: u32,
    ) -> Result<Vec<Asked>, WorkloadError> {
        let drawn = drawn_lengths(&settings.workload, count, Some(&self.tokenizer))?;
        let made: Vec<Asked> = match drawn {
            Some(lengths) => lengths.into_iter().map(|lengths| of_lengths(&lengths)).collect(),
            None => {
                let workload = Workload::open(&settings.workload, Some(self.tokenizer.clone()))?;
                let requests = workload.requests(count.min(MADE))?;
                requests.map(|request| self.of_request(request?)).collect::<Result<_, _>>()?
            }
        };
        Ok(filled_up(made, count))
    }

    fn of_request(&self, request: tokenometer_core::Request) -> Result<Asked, WorkloadError> {
        let ids = match request.prompt {
            Prompt::TokenIds(ids) => ids,
            Prompt::Text(text) => self.tokenizer.ids(&text)?,
            Prompt::Messages(messages) => {
                let said: Vec<String> =
                    messages.into_iter().map(|message| message.content).collect();
                self.tokenizer.ids(&said.join("\n"))?
            }
        };
        Ok(Asked {
            prompt: Simulated::Tokens(ids),
            output: request.output.tokens.max(1),
            due: None,
        })
    }
}

fn of_lengths((input, output): &(u32, u32)) -> Asked {
    Asked { prompt: Simulated::Unique((*input).max(1)), output: (*output).max(1), due: None }
}

/// As many as are wanted: where fewer were made, their lengths come again, with
/// prompts of their own.
fn filled_up(made: Vec<Asked>, count: u32) -> Vec<Asked> {
    let lengths: Vec<(u32, u32)> = made
        .iter()
        .map(|asked| match &asked.prompt {
            Simulated::Tokens(ids) => (ids.len() as u32, asked.output),
            Simulated::Unique(length) => (*length, asked.output),
        })
        .collect();
    let missing = (count as usize).saturating_sub(made.len());
    let again = lengths.iter().cycle().take(missing).map(of_lengths);
    made.into_iter().chain(again).collect()
}

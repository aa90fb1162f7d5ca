//! Making token ids into a text that is tokenised to a given number of them.

use super::super::Order;
use crate::WorkloadError;

/// How often the text of too many or too few tokens is mended.
const ROUNDS: u32 = 10;

/// A text, and the ids to which it is tokenised, without any that the tokenizer
/// adds.
#[derive(Debug)]
pub(super) struct Fitted {
    pub text: String,
    pub ids: Vec<u32>,
}

/// Turns ids into text and back, since text need not be tokenised to the ids
/// from which it was made. While there are then too few, `more` of them are
/// drawn; what is too much is cut off. After ten rounds it stays as it is.
pub(super) fn fit(
    order: Order<'_>,
    mut ids: Vec<u32>,
    length: usize,
    mut more: impl FnMut(usize) -> Vec<u32>,
) -> Result<Fitted, WorkloadError> {
    let tokenizer = order.tokenizer()?;
    let mut left = ROUNDS;
    loop {
        let text = order.decode(&ids)?;
        ids = tokenizer.ids(&text)?;
        if left == 0 || ids.len() == length {
            return Ok(Fitted { text, ids });
        }
        match length.checked_sub(ids.len()) {
            Some(missing) => ids.extend(more(missing)),
            None => ids.truncate(length),
        }
        left -= 1;
    }
}

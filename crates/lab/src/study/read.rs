//! From a text to a study. Mistakes of form and names that lead nowhere are
//! found together, so that one slip doesn't hide the others.

use std::path::Path;

use tokenometer_core::Mistake;
use tokenometer_document::{Document, parse};

use super::{Study, engines, names};

/// A study as it was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it says.
    pub study: Study,
    /// Where it says it.
    pub document: Document,
    /// Its text, to the byte.
    pub text: String,
}

/// Reads a study; `name` is what its file is called in mistakes, and `folder` the
/// one that it lies in.
///
/// # Errors
///
/// Every mistake of form, and every name that leads nowhere, in the order of the
/// text.
pub fn read(name: &str, text: &str, folder: &Path) -> Result<Written, Vec<Mistake>> {
    let document = parse(name, text)?;
    let mut mistakes = names::judge(&document);
    match document.read::<Study>() {
        Ok(study) if mistakes.is_empty() => {
            return Ok(Written { study, document, text: text.to_owned() });
        }
        Ok(_) => {}
        Err(more) => mistakes.extend(more),
    }
    // Without a whole study there is no plan that would tell these.
    mistakes.extend(engines::judge(&document, folder));
    Err(in_order(mistakes))
}

/// Mistakes in the order of the text.
pub(super) fn in_order(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    let place = |mistake: &Mistake| {
        let mut parts = mistake.place.rsplit(':');
        let column = parts.next().and_then(|part| part.parse::<usize>().ok());
        let line = parts.next().and_then(|part| part.parse::<usize>().ok());
        (line, column)
    };
    mistakes.sort_by_key(place);
    mistakes
}

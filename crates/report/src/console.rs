//! The console report of one trial: a page to read from top to bottom, which
//! says what was measured, what came of it, and how far to trust it.

mod head;
mod latency;
mod outcomes;
mod rates;
mod trust;

use tokenometer_results::Trial;

pub(crate) use head::{load, load_words, workload_words};

use crate::Style;
use crate::page::Page;

/// With fewer blocks than this there is no verdict (S1).
const BLOCKS_FOR_A_VERDICT: u32 = 3;

/// The report of a trial. `run` is the folder that holds it, as the reader
/// would name it.
///
/// Estimates stand with how many values and requests they rest on and with
/// their 95 % intervals; what is withheld stands as `–`, with the reason below.
pub fn console(trial: &Trial, run: &str, style: Style) -> String {
    let mut page = Page::new(style);
    head::write(&mut page, trial);
    outcomes::write(&mut page, trial);
    rates::write(&mut page, trial);
    latency::write(&mut page, trial);
    trust::write(&mut page, trial);
    foot(&mut page, trial, run);
    page.into_text()
}

/// What these numbers can't say, and where they are kept.
fn foot(page: &mut Page, trial: &Trial, run: &str) {
    page.line("");
    if trial.blocks < BLOCKS_FOR_A_VERDICT {
        let blocks = if trial.blocks == 1 { "One block" } else { "Two blocks" };
        page.aside(&format!(
            "{blocks}: these are numbers, not a verdict. Another start of the same engine gives \
             others, and how far they lie apart takes three blocks to say. The intervals above \
             describe this one trial."
        ));
    }
    page.verbatim("Kept in", run);
    page.verbatim("See it again", &format!("tokenometer report {}", shell_word(run)));
}

/// A path as a word of a shell command.
pub(crate) fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=@:,%".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

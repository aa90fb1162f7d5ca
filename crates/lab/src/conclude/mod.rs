//! From a run folder to a verdict: gathers what was planned and what came of it, and has
//! the verdict's rules decide.
//!
//! Everything is read from the run folder, so that a stranger who has only that comes to
//! the same answer. Nothing here decides anything itself, and nothing is measured.

mod contrasts;
mod facts;
mod locked;
mod model;
mod seen;
mod work;

pub use facts::{Setup, facts};
pub(crate) use work::{Work, prompt_tokens};

use tokenometer_core::Verdict;
use tokenometer_results::Run;
use tokenometer_verdict::answer;

use self::locked::Locked;
use self::seen::Gathered;
use crate::LabError;

/// What a study has to say, as far as its run folder holds it; `None` for the run of a
/// bench, which compares nothing.
///
/// # Errors
///
/// If the folder can't be read.
pub fn conclude(run: &Run) -> Result<Option<Verdict>, LabError> {
    let Some(locked) = Locked::of(run)? else { return Ok(None) };
    let gathered = Gathered::of(run, &locked)?;
    Ok(Some(answer::conclude(&gathered.study(&locked))))
}

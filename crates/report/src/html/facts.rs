//! Labels with what belongs to them, and the trials from which they are had.

use std::collections::BTreeSet;

use tokenometer_results::Trial;

use super::words::Words;
use crate::{Ending, StudySeen};

/// A label, and what belongs to it.
pub(super) type Fact = (&'static str, Words);

/// Labels with what belongs to them, those of which nothing is known left out.
pub(super) fn known<const N: usize>(facts: [(&'static str, Option<String>); N]) -> Vec<Fact> {
    facts.into_iter().filter_map(|(label, text)| Some((label, Words::of(&text?)))).collect()
}

/// The trials that were carried out, whether or not they count.
pub(super) fn carried<'a>(seen: &'a StudySeen<'_>) -> impl Iterator<Item = &'a Trial> {
    seen.cells.iter().filter_map(|cell| match cell.ending {
        Ending::Carried(trial) => Some(trial),
        Ending::Failed { .. } | Ending::Missing => None,
    })
}

/// What trials say, each wording once; `None` where they say nothing.
pub(super) fn each(trials: &[&Trial], of: impl Fn(&Trial) -> Option<String>) -> Option<String> {
    let all: BTreeSet<String> = trials.iter().filter_map(|trial| of(trial)).collect();
    (!all.is_empty()).then(|| all.into_iter().collect::<Vec<_>>().join("; "))
}

//! How well the tokens of chunks are known over a cohort, and by which one
//! rule all of its requests are read.

use std::collections::BTreeMap;

use super::cohort::Cohort;
use crate::TokenRule;
use crate::metric::counts::NoTotal;
use crate::timeline::Bearing;

/// One in so many requests may lack the tokens of its chunks before the
/// metrics that rest on them are withheld.
const KNOWN_TO: u64 = 100;

/// Whether so many of all are too many to be passed over.
pub(super) fn too_many(unknown: u64, all: u64) -> bool {
    unknown * KNOWN_TO > all
}

/// The sentence for it.
pub(super) fn unknown_in(unknown: u64, all: u64) -> String {
    format!("the tokens of the chunks are unknown in {unknown} of {all} requests")
}

/// What is known of the tokens of chunks.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Streamed `ok` requests by how theirs are known.
    pub counts: BTreeMap<TokenRule, u64>,
    /// By what chunks bear tokens: by count only if every request has counts.
    pub bearing: Bearing,
    /// The weakest rule in use; [`TokenRule::Unknown`] if too many are that.
    pub rule: TokenRule,
    /// Why single gaps can't be divided by their tokens.
    pub no_itl: Option<String>,
    /// Why no metric may rest on a number of tokens at all.
    pub no_tokens: Option<String>,
}

impl Evidence {
    /// Weighs the cohort. No rule stronger than `strongest` is used; if that
    /// is none, the cohort forgets the tokens of its chunks.
    pub fn weigh(cohort: &mut Cohort, strongest: TokenRule, total: Option<NoTotal>) -> Evidence {
        let counts = cohort.rules();
        if strongest == TokenRule::Unknown {
            cohort.forget_tokens();
        }
        let (unknown, all) = cohort.unknown_among_paced();
        let known = counts.keys().copied().filter(|&rule| rule != TokenRule::Unknown).max();
        let weakest = counts.keys().copied().max().map_or(strongest, |rule| rule.max(strongest));
        let wanting = too_many(unknown, all);
        Evidence {
            bearing: match weakest {
                TokenRule::Told => Bearing::Counted,
                _ => Bearing::Text,
            },
            rule: match known {
                Some(rule) if !wanting => rule.max(strongest),
                _ => TokenRule::Unknown,
            },
            no_itl: wanting.then(|| unknown_in(unknown, all)),
            no_tokens: total
                .filter(|why| matches!(why, NoTotal::Differ { .. }))
                .map(|why| why.to_string()),
            counts,
        }
    }
}

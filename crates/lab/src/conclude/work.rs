//! Whether arms did equal work: what each server counted of the same prompts, and how far
//! the same greedy answers agree.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tokenometer_core::{Outcome, Phase};
use tokenometer_results::TrialFolder;

use super::model::short;
use crate::LabError;

/// What a trial did of the workload, row by row.
pub(crate) struct Work {
    rows: BTreeMap<u32, Row>,
}

/// A request that ended well.
struct Row {
    /// Prompt tokens, as the server counted them.
    input: Option<u32>,
    /// What it said.
    text: [u8; 32],
}

impl Work {
    /// Reads what a trial did in its window.
    pub(crate) fn of(folder: &TrialFolder) -> Result<Work, LabError> {
        let mut rows = BTreeMap::new();
        for row in folder.records()? {
            let (record, _) = row?;
            if record.phase == Phase::Measure && record.outcome == Outcome::Ok {
                let text = Sha256::digest(record.text.as_bytes()).into();
                rows.insert(record.row, Row { input: record.input.server, text });
            }
        }
        Ok(Work { rows })
    }
}

/// What the prompts of all arms come to, as each server counted those that all of them
/// have answered: the same words where the counts are the same, request by request.
/// `None` for an arm whose server didn't count.
pub(crate) fn prompt_tokens(all: &[Work]) -> Vec<Option<String>> {
    let Some((first, rest)) = all.split_first() else { return Vec::new() };
    let common: Vec<u32> = first
        .rows
        .keys()
        .filter(|row| rest.iter().all(|work| work.rows.contains_key(row)))
        .copied()
        .collect();
    all.iter().map(|work| counted(work, &common)).collect()
}

fn counted(work: &Work, common: &[u32]) -> Option<String> {
    let mut hash = Sha256::new();
    let mut sum = 0_u64;
    for row in common {
        let tokens = work.rows[row].input?;
        hash.update(row.to_le_bytes());
        hash.update(tokens.to_le_bytes());
        sum += u64::from(tokens);
    }
    let digest: String = short(hash).chars().take(8).collect();
    (!common.is_empty())
        .then(|| format!("{sum} in {} requests that all arms answered ({digest})", common.len()))
}

/// How many of the requests that both answered have the same text in both, and of how
/// many.
pub(super) fn agreement(one: &Work, other: &Work) -> (u64, u64) {
    let both = one.rows.iter().filter_map(|(row, ours)| Some((ours, other.rows.get(row)?)));
    both.fold((0, 0), |(same, all), (ours, theirs)| {
        (same + u64::from(ours.text == theirs.text), all + 1)
    })
}

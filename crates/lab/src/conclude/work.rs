//! Whether arms did equal work: what each server counted of the same prompts, and how far
//! the same greedy answers agree.

use sha2::{Digest, Sha256};
use tokenometer_core::{Outcome, Phase};
use tokenometer_results::TrialFolder;

use super::model::short;
use crate::LabError;

/// What a trial did of the workload: its rows, each once, rising. A row is 28 bytes, so that a
/// million of them are no burden.
pub(crate) struct Work {
    rows: Vec<Row>,
}

/// A row of the workload whose request ended well.
struct Row {
    /// Its number.
    row: u32,
    /// Prompt tokens, as the server counted them.
    input: Option<u32>,
    /// What it said, by the first half of its hash: enough to tell texts apart.
    text: [u8; 16],
}

impl Work {
    /// Reads what a trial did in its window. Of a row that was sent more than once, the
    /// request that was kept last stands.
    pub(crate) fn of(folder: &TrialFolder) -> Result<Work, LabError> {
        let mut rows = Vec::new();
        for answered in folder.answered()? {
            let answered = answered?;
            if answered.phase == Phase::Measure && answered.outcome == Outcome::Ok {
                let hash = Sha256::digest(answered.text.as_bytes());
                let text = *hash.first_chunk().expect("a hash has 32 bytes");
                rows.push(Row { row: answered.row, input: answered.input_server, text });
            }
        }
        Ok(Work::in_order(rows))
    }

    /// The same, with so many tokens taken off every prompt: those that its server is declared
    /// to count beside what it was sent (W1).
    pub(crate) fn without(mut self, tokens: i64) -> Work {
        for row in &mut self.rows {
            let sent = row.input.map(|counted| i64::from(counted) - tokens);
            row.input = sent.and_then(|sent| sent.try_into().ok());
        }
        self
    }

    fn in_order(mut rows: Vec<Row>) -> Work {
        rows.sort_by_key(|row| row.row);
        rows.dedup_by(|later, kept| {
            let is_same = later.row == kept.row;
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
        Work { rows }
    }

    /// The row of this number.
    fn row(&self, number: u32) -> Option<&Row> {
        self.rows.binary_search_by_key(&number, |row| row.row).ok().map(|place| &self.rows[place])
    }
}

/// What the prompts of all arms come to, as each server counted those that all of them
/// have answered: the same words where the counts are the same, request by request.
/// `None` for an arm whose server didn't count.
pub(crate) fn prompt_tokens(all: &[Work]) -> Vec<Option<String>> {
    let Some((first, rest)) = all.split_first() else { return Vec::new() };
    let numbers = first.rows.iter().map(|row| row.row);
    let common: Vec<u32> =
        numbers.filter(|&number| rest.iter().all(|work| work.row(number).is_some())).collect();
    all.iter().map(|work| counted(work, &common)).collect()
}

fn counted(work: &Work, common: &[u32]) -> Option<String> {
    let mut hash = Sha256::new();
    let mut sum = 0_u64;
    for &number in common {
        let tokens = work.row(number)?.input?;
        hash.update(number.to_le_bytes());
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
    let both = one.rows.iter().filter_map(|ours| Some((ours, other.row(ours.row)?)));
    both.fold((0, 0), |(same, all), (ours, theirs)| {
        (same + u64::from(ours.text == theirs.text), all + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(rows: &[(u32, u32, &str)]) -> Work {
        let rows = rows.iter().map(|&(row, tokens, text)| Row {
            row,
            input: Some(tokens),
            text: *Sha256::digest(text).first_chunk().unwrap(),
        });
        Work::in_order(rows.collect())
    }

    #[test]
    fn of_a_row_that_was_sent_again_the_last_stands() {
        let again = work(&[(2, 7, "no"), (1, 5, "old"), (1, 6, "older"), (1, 9, "yes")]);
        assert_eq!(again.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(again.row(1).unwrap().input, Some(9));
        assert_eq!(agreement(&again, &work(&[(1, 9, "yes"), (2, 7, "yes")])), (1, 2));
    }

    #[test]
    fn prompts_are_compared_where_all_arms_answered() {
        let one = work(&[(0, 10, ""), (1, 11, ""), (3, 13, "")]);
        let same = work(&[(3, 13, ""), (1, 11, ""), (2, 12, "")]);
        let other = work(&[(3, 14, ""), (1, 10, "")]);
        let told = prompt_tokens(&[one, same, other]);
        assert!(told[0].as_deref().unwrap().starts_with("24 in 2 requests"), "{told:?}");
        assert_eq!(told[0], told[1]);
        // What is declared is taken off, and must be that of each prompt.
        let with = |rows: &[(u32, u32, &str)], offset| work(rows).without(offset);
        let plain = [(1, 11, ""), (3, 13, "")];
        let told_with = |rows, offset| prompt_tokens(&[work(&plain), with(rows, offset)]);
        let longer = [(1, 12, ""), (3, 14, "")];
        assert_eq!(told_with(&longer, 1)[0], told_with(&longer, 1)[1]);
        assert_ne!(told_with(&longer, 2)[0], told_with(&longer, 2)[1]);
        let uneven = [(1, 13, ""), (3, 13, "")];
        assert_ne!(told_with(&uneven, 1)[0], told_with(&uneven, 1)[1]);
        // The same sum of other counts is not the same.
        assert!(told[2].as_deref().unwrap().starts_with("24 in 2 requests"), "{told:?}");
        assert_ne!(told[0], told[2]);
    }
}

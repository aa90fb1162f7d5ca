//! How the cohort ended (M11).
//!
//! **Formula** a count for each outcome. **Unit** requests. **Window** the
//! whole cohort: the counts sum to its size.
//! **Absent** never; an outcome that did not occur is counted as 0.

use std::collections::BTreeMap;

use crate::Outcome;

/// Requests by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes([u64; Outcome::ALL.len()]);

impl Outcomes {
    /// Counts one more.
    pub fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// How many ended so.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// By the names used in files, every outcome among them.
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        Outcome::ALL.iter().map(|&o| (o.name().to_owned(), self.of(o))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_and_named() {
        let mut outcomes = Outcomes::default();
        for outcome in Outcome::ALL {
            outcomes.add(outcome);
        }
        outcomes.add(Outcome::Ok);
        let names = outcomes.by_name();
        assert_eq!(names.len(), Outcome::ALL.len());
        assert_eq!(names["ok"], 2);
        assert_eq!(names.values().sum::<u64>(), 14);
    }
}

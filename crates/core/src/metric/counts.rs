//! Token totals, and whose word they rest on (M4).
//!
//! **Formula** Σ n over requests: the server's counts if it gave one for every
//! request, else our own if we have one for every request. The two are never
//! added up in one total.
//! **Unit** tokens. **Window** the cohort's `ok` requests.
//! **Absent** if neither column is full, or if ours must stand in and differs
//! by more than 2 % from the server's over the requests that have both.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::record::Counts;

/// Ours and the server's totals may differ by one part in this many.
const COLUMNS_AGREE_TO: u128 = 50;

/// Whose counts a total is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountSource {
    /// The server's own.
    Server,
    /// Our tokenizer's, after the run.
    Counted,
}

/// Why there is no total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoTotal {
    /// Neither column is full.
    #[error(
        "{missing} of {requests} requests have no count from the server, and not all have ours"
    )]
    Missing {
        /// Requests without the server's count.
        missing: u64,
        /// All requests.
        requests: u64,
    },
    /// Our counts can't stand in for the server's.
    #[error(
        "{missing} requests have no count from the server, and where both exist ours \
         ({counted}) and the server's ({server}) differ by more than 2 %"
    )]
    Differ {
        /// Requests without the server's count.
        missing: u64,
        /// Our total over the requests that have both.
        counted: u64,
        /// The server's total over the same.
        server: u64,
    },
}

/// The columns of counts, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    requests: u64,
    with_server: u64,
    with_counted: u64,
    server: u64,
    counted: u64,
    both_server: u64,
    both_counted: u64,
}

impl Tally {
    /// Adds one request.
    pub fn add(&mut self, counts: Counts) {
        self.requests += 1;
        if let Some(server) = counts.server {
            self.with_server += 1;
            self.server += u64::from(server);
        }
        if let Some(counted) = counts.counted {
            self.with_counted += 1;
            self.counted += u64::from(counted);
        }
        if let (Some(server), Some(counted)) = (counts.server, counts.counted) {
            self.both_server += u64::from(server);
            self.both_counted += u64::from(counted);
        }
    }

    /// The total and whose it is; `None` of no requests.
    ///
    /// # Errors
    /// Why there is none.
    pub fn total(&self) -> Result<Option<(u64, CountSource)>, NoTotal> {
        let missing = self.requests - self.with_server;
        if self.requests == 0 {
            return Ok(None);
        }
        if missing == 0 {
            return Ok(Some((self.server, CountSource::Server)));
        }
        if self.with_counted < self.requests {
            return Err(NoTotal::Missing { missing, requests: self.requests });
        }
        let (server, counted) = (self.both_server, self.both_counted);
        if u128::from(server.abs_diff(counted)) * COLUMNS_AGREE_TO > u128::from(server) {
            return Err(NoTotal::Differ { missing, counted, server });
        }
        Ok(Some((self.counted, CountSource::Counted)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(rows: &[(Option<u32>, Option<u32>)]) -> Result<Option<(u64, CountSource)>, NoTotal> {
        let mut tally = Tally::default();
        for &(server, counted) in rows {
            tally.add(Counts { asked: Some(1000), server, counted });
        }
        tally.total()
    }

    #[test]
    fn the_servers_word_comes_first_and_is_never_mixed_with_ours() {
        assert_eq!(total(&[]), Ok(None));
        let all = [(Some(10), Some(11)), (Some(20), None)];
        assert_eq!(total(&all), Ok(Some((30, CountSource::Server))));
        let ours = [(Some(100), Some(101)), (None, Some(50))];
        assert_eq!(total(&ours), Ok(Some((151, CountSource::Counted))));
    }

    #[test]
    fn without_a_full_column_there_is_no_total() {
        let holes = [(Some(10), None), (None, Some(20))];
        assert_eq!(total(&holes), Err(NoTotal::Missing { missing: 1, requests: 2 }));
        let apart = [(Some(100), Some(103)), (None, Some(50))];
        assert_eq!(total(&apart), Err(NoTotal::Differ { missing: 1, counted: 103, server: 100 }));
    }
}

//! Lateness: how far the client was behind its own schedule.
//!
//! **Formula** sent − intended. **Unit** nanoseconds. **Window** every request
//! of the cohort that was sent, whatever became of it.
//! **Absent** for a request that was never sent. On an open loop with a cap it
//! holds the wait for a free slot, which is declared, and no fault.

use super::Absent;
use crate::Nanos;
use crate::timeline::Timeline;

/// sent − intended.
///
/// # Errors
/// [`Absent::NotSent`].
pub fn lateness(timeline: &Timeline) -> Result<Nanos, Absent> {
    timeline.sent.map(|sent| sent - timeline.intended).ok_or(Absent::NotSent)
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn is_counted_from_intended() {
        assert_eq!(lateness(&fixture::timeline()), Ok(Nanos::from_millis(2)));
        let unsent = Timeline { sent: None, ..fixture::timeline() };
        assert_eq!(lateness(&unsent), Err(Absent::NotSent));
    }
}

//! Which requests of a trial are shown one by one, and what of them.

use tokenometer_core::{Nanos, Record, Window};
use tokenometer_results::{ResultsError, TrialFolder};

use super::{RequestSeen, Waterfall};

/// How many requests are shown at most.
const MOST_SHOWN: usize = 200;
/// How much of a text is shown, in characters.
const MOST_TEXT: usize = 200;

/// Where to find a request of the cohort.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    /// When it was due.
    pub(super) intended: Nanos,
    /// Its number in the trial.
    pub(super) request: u32,
    /// Its place among the records.
    pub(super) place: u64,
}

impl Waterfall {
    /// Every how-manieth of the cohort by the instant at which it was due, so that what is
    /// shown lies evenly over all.
    pub(super) fn of(
        mut cohort: Vec<Due>,
        folder: &TrialFolder,
        window: Window,
    ) -> Result<Waterfall, ResultsError> {
        cohort.sort_unstable();
        let every = cohort.len().div_ceil(MOST_SHOWN).max(1);
        let mut places: Vec<u64> = cohort.iter().step_by(every).map(|due| due.place).collect();
        places.sort_unstable();
        let mut records = folder.records_at(&places)?;
        records.sort_unstable_by_key(|record| (record.intended, record.request));
        let rows = records.into_iter().map(|record| RequestSeen::of(record, window)).collect();
        Ok(Waterfall { rows, of: cohort.len() as u64, every: every as u64 })
    }
}

impl RequestSeen {
    fn of(record: Record, window: Window) -> RequestSeen {
        let since = |instant: Nanos| (instant - window.opens).as_secs_f64();
        RequestSeen {
            request: record.request,
            intended_s: since(record.intended),
            sent_s: record.sent.map(since),
            first_s: record.first.map(since),
            last_s: record.last.map(since),
            end_s: record.end.map(since),
            outcome: record.outcome.name().to_owned(),
            error: record.error.as_deref().map(beginning),
            input: record.input.best(),
            output: record.output.best(),
            text: beginning(&record.text),
        }
    }
}

/// The beginning of a text.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(MOST_TEXT).collect()
}

//! The measured requests of a workload one after the other, so that a workload
//! larger than the memory can be looked at and written down.

use std::vec::IntoIter;

use tokenometer_core::{Phase, Request};

use crate::WorkloadError;
use crate::workload::Ours;

/// How many requests are made at once: enough to keep several threads busy, and
/// no more than some hundred megabytes of the longest prompts.
const BLOCK: u32 = 2048;

/// The measured requests of a workload, in the order of sending.
#[derive(Debug)]
pub struct Requests<'w> {
    /// Who makes those to come; `None` where all are made.
    maker: Option<&'w Ours>,
    /// How many there are from first to last.
    count: u32,
    /// The row of the first that is not made yet.
    next_row: u32,
    /// Those that are made already.
    made: IntoIter<Request>,
}

impl<'w> Requests<'w> {
    /// Those of our own rules.
    pub(crate) fn made(ours: &'w Ours, count: u32) -> Requests<'w> {
        Requests { maker: Some(ours), count, next_row: 0, made: Vec::new().into_iter() }
    }

    /// Those that another tool drew.
    pub(crate) fn drawn(requests: Vec<Request>) -> Requests<'w> {
        let count = requests.len() as u32;
        Requests { maker: None, count, next_row: count, made: requests.into_iter() }
    }

    /// How many there are from first to last, whichever have been given.
    pub fn total(&self) -> u32 {
        self.count
    }
}

impl Iterator for Requests<'_> {
    type Item = Result<Request, WorkloadError>;

    fn next(&mut self) -> Option<Result<Request, WorkloadError>> {
        if let Some(request) = self.made.next() {
            return Some(Ok(request));
        }
        let ours = self.maker.filter(|_| self.next_row < self.count)?;
        let end = self.count.min(self.next_row + BLOCK);
        match ours.block(Phase::Measure, self.next_row..end) {
            Ok(block) => {
                (self.made, self.next_row) = (block.into_iter(), end);
                self.made.next().map(Ok)
            }
            Err(error) => {
                self.next_row = self.count;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokenometer_core::Pace;

    use crate::{
        DatasetSettings, Extent, LoadSettings, Pattern, PromptShape, Workload, WorkloadHash,
        WorkloadSettings, workload_sha256,
    };

    #[test]
    fn they_are_those_of_the_schedule_and_have_its_hash() {
        let settings = WorkloadSettings::new(DatasetSettings::Builtin, PromptShape::Text);
        let workload = Workload::open(&settings, None).unwrap();
        for count in [1, 2048, 2049, 5000] {
            let load = LoadSettings {
                pattern: Pattern::Closed { concurrency: 1 },
                extent: Extent::Requests(count),
                drain_limit: None,
                warm_up_requests: None,
                pool: None,
            };
            let schedule = workload.schedule(&load, None).unwrap();
            let Pace::Closed { measured, .. } = &schedule.pace else { panic!("it is closed") };
            let requests = workload.requests(count).unwrap();
            let mut hash = WorkloadHash::closed(requests.total().into());
            let mut seen = 0;
            for (request, scheduled) in requests.zip(&schedule.requests) {
                let request = request.unwrap();
                assert_eq!(request, *scheduled);
                hash.add(&request);
                seen += 1;
            }
            assert_eq!((seen, measured.clone()), (count, 0..count));
            assert_eq!(hash.sha256(), workload_sha256(&schedule));
        }
    }
}

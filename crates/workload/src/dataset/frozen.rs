//! Requests that were made before, and written down: sent as they are, in
//! their own order.
//!
//! It must never change one: whoever wants them otherwise makes them anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokenometer_core::{Phase, Prompt, Request};

use super::{Dataset, Row, estimated_tokens};
use crate::lengths::length_class;
use crate::{FrozenSettings, WorkloadError};

/// A frozen workload.
#[derive(Debug)]
pub(crate) struct Frozen {
    requests: Arc<Vec<Request>>,
    /// The places of all requests of a length class.
    by_class: BTreeMap<u32, Vec<usize>>,
}

impl Frozen {
    /// These requests; there must be one.
    pub(crate) fn new(frozen: &FrozenSettings) -> Frozen {
        let mut by_class: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, request) in frozen.requests.iter().enumerate() {
            by_class.entry(length_class(length(request))).or_default().push(place);
        }
        Frozen { requests: Arc::clone(&frozen.requests), by_class }
    }

    /// What is measured is taken from the front, the other phases from the
    /// back, so that they meet only where there are too few for both.
    fn place(&self, row: Row) -> usize {
        let count = self.requests.len() as u64;
        let from_the_back = match row.phase {
            Phase::Measure => return (row.number % count) as usize,
            Phase::RampIn => row.number * 3,
            Phase::Drain => row.number * 3 + 1,
            Phase::WarmUp => row.number * 3 + 2,
        };
        (count - 1 - from_the_back % count) as usize
    }
}

impl Dataset for Frozen {
    fn rows(&self) -> Option<u64> {
        Some(self.requests.len() as u64)
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        Ok(self.requests[self.place(row)].clone())
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        Ok(length(&self.requests[self.place(row)]))
    }

    fn request_like(&self, row: Row, like: Row) -> Result<Request, WorkloadError> {
        let like = self.place(like);
        let alike = &self.by_class[&length_class(length(&self.requests[like]))];
        let count = alike.len() as u64;
        let place = alike[(count - 1 - row.number % count) as usize];
        Ok(self.requests[place].clone())
    }
}

/// The length of a prompt, in tokens; where it wasn't written down, about.
fn length(request: &Request) -> u32 {
    request.input_tokens.unwrap_or_else(|| match &request.prompt {
        Prompt::Text(text) => estimated_tokens(text.len()),
        Prompt::Messages(turns) => {
            estimated_tokens(turns.iter().map(|turn| turn.content.len()).sum())
        }
        Prompt::TokenIds(ids) => ids.len() as u32,
    })
}

#[cfg(test)]
mod tests {
    use tokenometer_core::OutputLength;

    use super::*;
    use crate::{
        DatasetSettings, Extent, LoadSettings, Pattern, PromptShape, Workload, WorkloadSettings,
    };

    fn frozen(count: u32) -> FrozenSettings {
        let request = |number: u32| {
            let prompt = Prompt::Text(format!("{number} {}", "word ".repeat(number as usize)));
            Request::new(prompt, Some(number + 1), OutputLength { tokens: number, exact: true })
        };
        let requests = Arc::new((0..count).map(request).collect());
        FrozenSettings { path: "x.parquet".into(), sha256: "abc".to_owned(), requests }
    }

    #[test]
    fn what_is_measured_is_sent_as_it_is_in_its_own_order() {
        let frozen = frozen(30);
        let dataset = DatasetSettings::Frozen(frozen.clone());
        let settings =
            WorkloadSettings { seed: 7, ..WorkloadSettings::new(dataset, PromptShape::Messages) };
        let workload = Workload::open(&settings, None).unwrap();
        assert_eq!(workload.rows(), Some(30));
        let load = LoadSettings {
            pattern: Pattern::Closed { concurrency: 2 },
            extent: Extent::Requests(30),
            drain_limit: None,
            warm_up_requests: Some(4),
            pool: None,
        };
        let schedule = workload.schedule(&load, None).unwrap();
        assert_eq!(schedule.requests[..30], frozen.requests[..]);
        let warm_up = workload.warm_up(&load, 0).unwrap().unwrap();
        assert!(warm_up.requests.iter().all(|request| frozen.requests.contains(request)));
    }

    #[test]
    fn a_warm_up_finds_another_request_of_the_same_length() {
        let dataset = Frozen::new(&frozen(40));
        let like = Row::measured(20);
        let other = dataset.request_like(Row { phase: Phase::WarmUp, number: 0 }, like).unwrap();
        assert_ne!(other, dataset.request(like).unwrap());
        assert_eq!(length_class(length(&other)), length_class(dataset.input_length(like).unwrap()));
    }
}

//! A workload that another tool would have sent: its requests, when they are
//! due, and what it sends to warm up.

use std::sync::{Arc, Mutex, PoisonError};

use tokenometer_core::{Arrival, Close, Nanos, Pace, Phase, Request, Rules, Schedule, Window};

use super::arrivals::{Spacing, offsets};
use super::{Drawn, Order, draw, mistaken};
use crate::{
    Extent, LoadSettings, Mistake, Pattern, Ramp, Tokenizer, WorkloadError, WorkloadSettings,
};

/// The most tokens that SGLang's newer tools ask for in a warm-up.
const WARM_UP_OUTPUT: u32 = 32;

/// A workload by another tool's rules.
#[derive(Debug)]
pub(crate) struct Theirs {
    rules: Rules,
    settings: WorkloadSettings,
    tokenizer: Option<Arc<Tokenizer>>,
    /// What was drawn last, and for how many prompts: drawing takes time, and
    /// one run asks several times.
    drawn: Mutex<Option<(u32, Arc<Drawn>)>>,
}

impl Theirs {
    /// Nothing is drawn before it is known how many requests there are to be.
    pub(crate) fn open(
        rules: Rules,
        settings: &WorkloadSettings,
        tokenizer: Option<Arc<Tokenizer>>,
    ) -> Result<Theirs, WorkloadError> {
        Ok(Theirs { rules, settings: settings.clone(), tokenizer, drawn: Mutex::default() })
    }

    /// All that the tool sends, and nothing around it.
    pub(crate) fn schedule(&self, load: &LoadSettings) -> Result<Schedule, WorkloadError> {
        let drawn = self.drawn(load)?;
        let requests = drawn.requests.clone();
        let count = requests.len() as u32;
        let pace = match load.pattern.in_effect() {
            Pattern::Closed { concurrency } => {
                at_once(concurrency.min(count), count, Phase::Measure)
            }
            Pattern::Open { rate: f64::INFINITY, cap, .. } => {
                due(vec![Nanos::ZERO; count as usize], cap)
            }
            Pattern::Open { rate, burstiness, cap } => {
                due(self.offsets(Spacing::steady(rate, burstiness), &drawn)?, cap)
            }
            Pattern::Ramp(ramp) => due(self.offsets(Spacing::rising(ramp), &drawn)?, ramp.cap),
        };
        Ok(Schedule { requests, pace })
    }

    /// The first request again, as often as was asked for, all at once.
    pub(crate) fn warm_up(&self, load: &LoadSettings) -> Result<Option<Schedule>, WorkloadError> {
        let count = load.warm_up_requests.unwrap_or(1);
        if count == 0 {
            return Ok(None);
        }
        let drawn = self.drawn(load)?;
        let Some(first) = drawn.requests.first() else { return Ok(None) };
        let request = self.shortened(first);
        let slots = match load.pattern.in_effect() {
            Pattern::Closed { concurrency } => concurrency.min(count),
            Pattern::Open { cap, .. } | Pattern::Ramp(Ramp { cap, .. }) => {
                cap.map_or(count, |cap| cap.min(count))
            }
        };
        let requests = vec![request; count as usize];
        Ok(Some(Schedule { requests, pace: at_once(slots, count, Phase::WarmUp) }))
    }

    fn offsets(&self, spacing: Spacing, drawn: &Drawn) -> Result<Vec<Nanos>, WorkloadError> {
        offsets(self.rules, spacing, drawn.requests.len(), &mut drawn.numpy.clone())
    }

    fn shortened(&self, request: &Request) -> Request {
        let mut request = request.clone();
        if matches!(self.rules, Rules::Sglang045 | Rules::Sglang0523) {
            request.output.tokens = request.output.tokens.min(WARM_UP_OUTPUT);
        }
        request
    }

    fn drawn(&self, load: &LoadSettings) -> Result<Arc<Drawn>, WorkloadError> {
        let Extent::Requests(count) = load.extent else {
            return Err(mistaken(Mistake::new(
                format!("--duration with --rules {}", self.rules),
                "that tool sends a number of requests, and knows no duration",
                "give --num-prompts instead, or leave out --rules",
            )));
        };
        let mut kept = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((for_count, drawn)) = &*kept
            && *for_count == count
        {
            return Ok(drawn.clone());
        }
        let order = Order {
            rules: self.rules,
            settings: &self.settings,
            count,
            tokenizer: self.tokenizer.as_deref(),
        };
        let drawn = Arc::new(draw(order)?);
        if drawn.requests.is_empty() {
            return Err(mistaken(Mistake::new(
                format!("--dataset-name {}", self.settings.dataset.name()),
                format!("by the rules of {} nothing in it may be sent", self.rules),
                "give a larger file, or other lengths",
            )));
        }
        *kept = Some((count, drawn.clone()));
        Ok(drawn)
    }
}

/// A closed loop whose slots start together.
fn at_once(slots: u32, count: u32, measured_as: Phase) -> Pace {
    Pace::Closed {
        starts: vec![Nanos::ZERO; slots as usize],
        ramp_in: 0..0,
        measured: 0..count,
        drain: count..count,
        close: Close::AllEnded,
        measured_as,
    }
}

/// Every request in turn, at these offsets.
fn due(offsets: Vec<Nanos>, cap: Option<u32>) -> Pace {
    let closes = offsets.last().copied().unwrap_or(Nanos::ZERO) + Nanos(1);
    let arrivals = (0..)
        .zip(offsets)
        .map(|(request, offset)| Arrival { offset, request, phase: Phase::Measure })
        .collect();
    Pace::Open { arrivals, window: Window { opens: Nanos::ZERO, closes }, cap }
}

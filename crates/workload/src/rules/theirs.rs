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

    /// The first request again, as often as was asked for, or else as often as
    /// the tool does by itself, all at once.
    pub(crate) fn warm_up(&self, load: &LoadSettings) -> Result<Option<Schedule>, WorkloadError> {
        let count = load.warm_up_requests.unwrap_or(self.usual_warm_up());
        if count == 0 {
            return Ok(None);
        }
        let drawn = self.drawn(load)?;
        let Some(first) = drawn.requests.first() else { return Ok(None) };
        let requests = vec![self.for_warm_up(first); count as usize];
        let cap = match load.pattern.in_effect() {
            // This version's cap is for what is measured alone.
            _ if self.rules == Rules::Sglang045 => None,
            Pattern::Closed { concurrency } => Some(concurrency),
            Pattern::Open { cap, .. } | Pattern::Ramp(Ramp { cap, .. }) => cap,
        };
        let slots = cap.map_or(count, |cap| cap.min(count));
        Ok(Some(Schedule { requests, pace: at_once(slots, count, Phase::WarmUp) }))
    }

    /// How many requests the tool warms up with where nobody says it.
    fn usual_warm_up(&self) -> u32 {
        match self.rules {
            Rules::Sglang0214 | Rules::Sglang045 | Rules::Sglang0523 | Rules::Vllm084 => 1,
            Rules::Vllm033 | Rules::VllmThroughput07Dstack | Rules::LlmInfraBench => 0,
        }
    }

    fn offsets(&self, spacing: Spacing, drawn: &Drawn) -> Result<Vec<Nanos>, WorkloadError> {
        offsets(self.rules, spacing, drawn.requests.len(), &mut drawn.numpy.clone())
    }

    /// A request as the tool warms up with it: SGLang's newer ones ask for no
    /// more than a few tokens, and leave out what is the request's own.
    fn for_warm_up(&self, request: &Request) -> Request {
        let mut request = request.clone();
        if matches!(self.rules, Rules::Sglang045 | Rules::Sglang0523) {
            request.output.tokens = request.output.tokens.min(WARM_UP_OUTPUT);
            request.fields.clear();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DatasetSettings, PromptShape, RandomSettings, testing};

    fn theirs(rules: Rules) -> Theirs {
        let random = RandomSettings { output_ratio: 1.0, ..RandomSettings::fixed(5, 50) };
        let mut settings =
            WorkloadSettings::new(DatasetSettings::RandomIds(random), PromptShape::Text);
        settings.rules = Some(rules);
        Theirs::open(rules, &settings, Some(testing::tokenizer())).unwrap()
    }

    /// How many requests warm up, how many of them at once, and how many tokens
    /// each asks for.
    fn warm_up(rules: Rules, requests: Option<u32>) -> Option<(usize, usize, u32)> {
        let load = LoadSettings {
            pattern: Pattern::Closed { concurrency: 2 },
            extent: Extent::Requests(3),
            drain_limit: None,
            warm_up_requests: requests,
            pool: None,
        };
        let schedule = theirs(rules).warm_up(&load).unwrap()?;
        let Pace::Closed { starts, .. } = schedule.pace else { panic!("a warm-up is closed") };
        Some((schedule.requests.len(), starts.len(), schedule.requests[0].output.tokens))
    }

    #[test]
    fn a_warm_up_is_the_tools() {
        assert_eq!(warm_up(Rules::Sglang045, None), Some((1, 1, 32)));
        assert_eq!(warm_up(Rules::Sglang045, Some(4)), Some((4, 4, 32)));
        assert_eq!(warm_up(Rules::Sglang0523, None), Some((1, 1, 32)));
        assert_eq!(warm_up(Rules::Sglang0523, Some(4)), Some((4, 2, 32)));
        assert_eq!(warm_up(Rules::Sglang0523, Some(0)), None);
        assert_eq!(warm_up(Rules::VllmThroughput07Dstack, None), None);
        assert_eq!(warm_up(Rules::VllmThroughput07Dstack, Some(1)), Some((1, 1, 50)));
        let usual = Rules::ALL.map(|rules| theirs(rules).usual_warm_up());
        assert_eq!(usual, [1, 1, 1, 1, 0, 0, 0]);
    }

    /// A tool that knows no duration, and no rate, is given neither.
    #[test]
    fn what_a_tool_does_not_know_is_told() {
        let load = |pattern, extent| LoadSettings {
            pattern,
            extent,
            drain_limit: None,
            warm_up_requests: None,
            pool: None,
        };
        let rate = Pattern::Open { rate: 2.0, burstiness: 1.0, cap: None };
        let told = |load: LoadSettings| {
            theirs(Rules::VllmThroughput07Dstack).schedule(&load).unwrap_err().to_string()
        };
        let duration = Extent::Duration(std::time::Duration::from_secs(1));
        let closed = Pattern::Closed { concurrency: 2 };
        insta::assert_snapshot!(
            [told(load(closed, duration)), told(load(rate, Extent::Requests(2)))].join("\n")
        );
    }
}

//! An engine's own counters: what it says is running, waiting and done.

use crate::error::EngineError;
use crate::http::Control;
use crate::metrics::{Sample, parse_metrics};

/// What an engine counts of itself; `None` where it publishes no such number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineCounters {
    /// Requests that it is working on, now.
    pub running: Option<f64>,
    /// Requests that wait in its queue, now.
    pub waiting: Option<f64>,
    /// Prompt tokens since it started.
    pub prompt_tokens: Option<f64>,
    /// Generated tokens since it started.
    pub generation_tokens: Option<f64>,
    /// When its process started, in seconds since the Unix epoch. It changes
    /// when the engine was restarted behind our back.
    pub process_start_s: Option<f64>,
}

/// The name of one number in each engine that publishes it.
struct Names {
    read: fn(&mut EngineCounters) -> &mut Option<f64>,
    names: &'static [&'static str],
}

/// An engine publishes under one prefix only, so the order among the names
/// does not matter.
const NUMBERS: &[Names] = &[
    Names {
        read: |counters| &mut counters.running,
        names: &["vllm:num_requests_running", "sglang:num_running_reqs"],
    },
    Names {
        read: |counters| &mut counters.waiting,
        names: &["vllm:num_requests_waiting", "sglang:num_queue_reqs"],
    },
    Names {
        read: |counters| &mut counters.prompt_tokens,
        names: &["vllm:prompt_tokens_total", "sglang:prompt_tokens_total"],
    },
    Names {
        read: |counters| &mut counters.generation_tokens,
        names: &["vllm:generation_tokens_total", "sglang:generation_tokens_total"],
    },
    Names {
        read: |counters| &mut counters.process_start_s,
        names: &["process_start_time_seconds"],
    },
];

impl EngineCounters {
    /// Reads the counters out of a scrape. Series of several replicas, models
    /// or routes add up; those that every rank of one replica publishes
    /// (tensor and pipeline ranks) count once, by rank 0.
    pub fn read(samples: &[Sample]) -> EngineCounters {
        let mut counters = EngineCounters::default();
        for number in NUMBERS {
            *(number.read)(&mut counters) =
                number.names.iter().find_map(|name| total(samples, name));
        }
        counters
    }
}

/// The sum over all series of a name; `None` if there is none, or if one of
/// them is not a number.
fn total(samples: &[Sample], name: &str) -> Option<f64> {
    let is_first_rank = |sample: &&Sample| {
        ["tp_rank", "pp_rank"].iter().all(|rank| matches!(sample.label(rank), None | Some("0")))
    };
    let sum = samples
        .iter()
        .filter(|sample| sample.name == name)
        .filter(is_first_rank)
        .map(|sample| sample.value)
        .reduce(|sum, value| sum + value)?;
    sum.is_finite().then_some(sum)
}

/// Asks for `/metrics` and reads the counters. A server without that route
/// (404) gives `None`.
pub fn scrape(control: &Control) -> Result<Option<EngineCounters>, EngineError> {
    let answer = control.get("/metrics")?;
    if answer.status == 404 {
        return Ok(None);
    }
    if !answer.is_success() {
        return Err(control.refusal(&answer));
    }
    let samples = parse_metrics(&answer.text())
        .map_err(|source| EngineError::Metrics { url: answer.url.clone(), source })?;
    Ok(Some(EngineCounters::read(&samples)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_add_up_and_ranks_do_not() {
        let text = "\
vllm:num_requests_running{engine=\"0\"} 3
vllm:num_requests_running{engine=\"1\"} 4
vllm:num_requests_waiting_by_reason{reason=\"capacity\"} 9
";
        let counters = EngineCounters::read(&parse_metrics(text).unwrap());
        assert_eq!(counters.running, Some(7.0));
        assert_eq!(counters.waiting, None);
        let text = "\
sglang:num_running_reqs{tp_rank=\"0\",dp_rank=\"0\"} 3
sglang:num_running_reqs{tp_rank=\"1\",dp_rank=\"0\"} 3
sglang:num_running_reqs{tp_rank=\"0\",dp_rank=\"1\"} 2
sglang:num_queue_reqs{tp_rank=\"0\"} NaN
";
        let counters = EngineCounters::read(&parse_metrics(text).unwrap());
        assert_eq!(counters.running, Some(5.0));
        assert_eq!(counters.waiting, None);
    }
}

//! One number out of many samples.

use std::collections::BTreeMap;

use super::{Counter, Picked, Series};
use crate::metrics::Sample;

/// Labels that tell the ranks of one replica apart. Each rank publishes what
/// the replica does as a whole.
const RANKS: [&str; 3] = ["tp_rank", "pp_rank", "moe_ep_rank"];

/// How the series of several replicas make one number.
#[derive(Clone, Copy)]
enum Join {
    Sum,
    Mean,
    Latest,
}

/// The value of a counter by the first of its series that is there; `None` if
/// none is, or if what it holds is no number.
pub(super) fn value(samples: &[Sample], counter: Counter, series: &[Series]) -> Option<f64> {
    let join = match counter {
        // Replicas of one server are alike, so the mean of their shares is the
        // share of all their room.
        Counter::KvUse => Join::Mean,
        Counter::ProcessStart => Join::Latest,
        _ => Join::Sum,
    };
    let found = series.iter().find(|series| is_there(samples, series))?;
    of_series(samples, found, join).filter(|value| value.is_finite())
}

/// Whether samples of a series, and of those that it is made of, are in the
/// scrape at all.
fn is_there(samples: &[Sample], series: &Series) -> bool {
    let others = match series {
        Series::Named(_) => Vec::new(),
        Series::Picked(picked) => vec![&picked.plus, &picked.times, &picked.over],
    };
    samples.iter().any(|sample| belongs(sample, series))
        && others.into_iter().flatten().all(|other| is_there(samples, other))
}

/// Whether a sample is one of a series.
fn belongs(sample: &Sample, series: &Series) -> bool {
    match series {
        Series::Named(name) => sample.name == *name,
        Series::Picked(picked) => {
            sample.name == picked.name
                // A label that is missing is one that is empty, as Prometheus has it.
                && picked.labels.iter().all(|(label, values)| {
                    values.hold(sample.label(label).unwrap_or_default())
                })
        }
    }
}

fn of_series(samples: &[Sample], series: &Series, join: Join) -> Option<f64> {
    let samples_of = first_ranks(samples.iter().filter(|sample| belongs(sample, series)));
    let Series::Picked(picked) = series else {
        return joined(samples_of.iter().map(|sample| Some(sample.value)), join);
    };
    let value = joined(samples_of.iter().map(|sample| raw(sample, picked)), join)?;
    let other = |other: &Option<Box<Series>>, without| match other {
        None => Some(without),
        Some(other) => of_series(samples, other, join),
    };
    let sum = value * picked.scale.unwrap_or(1.0) + other(&picked.plus, 0.0)?;
    Some(sum * other(&picked.times, 1.0)? / other(&picked.over, 1.0)?)
}

/// Of the samples that differ by their rank alone, the one of the lowest rank.
///
/// It is not rank 0 that is looked for: where the replicas of one server share
/// their ranks out, the second replica's begin higher.
fn first_ranks<'a>(samples: impl Iterator<Item = &'a Sample>) -> Vec<&'a Sample> {
    let mut firsts: BTreeMap<Vec<(&str, &str)>, &Sample> = BTreeMap::new();
    for sample in samples {
        let labels = sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut identity: Vec<_> = labels.filter(|(name, _)| !RANKS.contains(name)).collect();
        identity.sort_unstable();
        let first = firsts.entry(identity).or_insert(sample);
        if rank(sample) < rank(first) {
            *first = sample;
        }
    }
    firsts.into_values().collect()
}

/// A sample's ranks, in the order of [`RANKS`].
fn rank(sample: &Sample) -> [u64; RANKS.len()] {
    RANKS.map(|rank| sample.label(rank).and_then(|rank| rank.parse().ok()).unwrap_or(0))
}

/// The number in one sample.
fn raw(sample: &Sample, picked: &Picked) -> Option<f64> {
    if picked.product.is_empty() {
        return Some(sample.value);
    }
    picked.product.iter().map(|label| sample.label(label)?.parse::<f64>().ok()).product()
}

/// Several numbers as one; `None` without any, or if one of them is missing.
fn joined(values: impl Iterator<Item = Option<f64>>, join: Join) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    if values.is_empty() {
        return None;
    }
    Some(match join {
        Join::Sum => values.iter().sum(),
        Join::Mean => values.iter().sum::<f64>() / values.len() as f64,
        Join::Latest => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
    })
}

#[cfg(test)]
mod tests {
    use crate::counters::CounterNames;
    use crate::{EngineCounters, parse_metrics};

    fn read(text: &str, names: &str) -> EngineCounters {
        let names: CounterNames = serde_json::from_str(names).unwrap();
        EngineCounters::read(&parse_metrics(text).unwrap(), Some(&names))
    }

    #[test]
    fn replicas_add_up_and_ranks_do_not() {
        let text = "\
vllm:num_requests_running{engine=\"0\"} 3
vllm:num_requests_running{engine=\"1\"} 4
vllm:num_requests_waiting_by_reason{reason=\"capacity\"} 9
";
        let counters = EngineCounters::read(&parse_metrics(text).unwrap(), None);
        assert_eq!(counters.running, Some(7.0));
        assert_eq!(counters.waiting, None);
        // With data-parallel attention the ranks are shared out to replicas.
        let text = "\
sglang:num_running_reqs{tp_rank=\"0\",dp_rank=\"0\"} 3
sglang:num_running_reqs{tp_rank=\"1\",dp_rank=\"0\"} 3
sglang:num_running_reqs{tp_rank=\"2\",dp_rank=\"1\"} 2
sglang:num_queue_reqs{tp_rank=\"0\"} NaN
";
        let counters = EngineCounters::read(&parse_metrics(text).unwrap(), None);
        assert_eq!(counters.running, Some(5.0));
        assert_eq!(counters.waiting, None);
    }

    #[test]
    fn shares_of_replicas_are_averaged_and_the_latest_start_counts() {
        let text = "use{e=\"0\"} 20\nuse{e=\"1\"} 40\nstart{p=\"0\"} 5\nstart{p=\"1\"} 7\n";
        let names = r#"{"names": {
            "kv_use": [{"name": "use", "scale": 0.01}], "process_start_s": ["start"]
        }}"#;
        let counters = read(text, names);
        assert_eq!(counters.kv_use, Some(0.3));
        assert_eq!(counters.process_start_s, Some(7.0));
    }

    #[test]
    fn a_number_is_made_of_labels_and_other_series() {
        let text = "\
blocks{kind=\"used\"} 3
blocks{kind=\"max\"} 12
blocks{kind=\"tokens_per\"} 16
config{num_gpu_blocks=\"100\",block_size=\"8\"} 1
";
        let names = r#"{"names": {
            "kv_use": [{
                "name": "blocks", "where": {"kind": "used"},
                "over": {"name": "blocks", "where": {"kind": "max"}}
            }],
            "kv_capacity": [{
                "name": "blocks", "where": {"kind": "max"},
                "times": {"name": "blocks", "where": {"kind": "tokens_per"}}
            }],
            "prompt_tokens": [{"name": "config", "product": ["num_gpu_blocks", "block_size"]}],
            "running": [{"name": "config", "product": ["block_size", "no_such_label"]}],
            "waiting": [{"name": "blocks", "where": {"kind": ["max", "used"], "other": ""}}],
            "finished": [{"name": "blocks", "where": {"kind": "max"}, "over": "nothing"}],
            "drafts": [
                {"name": "blocks", "where": {"kind": "max"}, "plus": "nothing"},
                {
                    "name": "blocks", "where": {"kind": "max"},
                    "plus": {"name": "blocks", "where": {"kind": "used"}},
                    "times": {"name": "blocks", "where": {"kind": "tokens_per"}}
                }
            ]
        }}"#;
        let counters = read(text, names);
        assert_eq!(counters.kv_use, Some(0.25));
        assert_eq!(counters.kv_capacity, Some(192.0));
        assert_eq!(counters.prompt_tokens, Some(800.0));
        assert_eq!(counters.running, None);
        assert_eq!(counters.waiting, Some(15.0));
        assert_eq!(counters.finished, None);
        assert_eq!(counters.drafts, Some(240.0));
    }

    #[test]
    fn the_first_name_that_is_there_counts() {
        let names = r#"{"names": {"kv_use": ["new", "old"]}}"#;
        assert_eq!(read("old 0.5\nother 1\n", names).kv_use, Some(0.5));
        assert_eq!(read("old 0.5\nnew 0.25\n", names).kv_use, Some(0.25));
        // What can't be a number is not replaced by another version's series.
        assert_eq!(read("old 0.5\nnew NaN\n", names).kv_use, None);
    }

    #[test]
    fn an_unknown_counter_or_field_is_refused() {
        for wrong in [r#"{"names": {"runing": ["a"]}}"#, r#"{"path": "/metrics"}"#] {
            assert!(serde_json::from_str::<CounterNames>(wrong).is_err(), "{wrong}");
        }
    }
}

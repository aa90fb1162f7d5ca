//! What the server counts about itself, and the text of `/metrics`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tokenometer_core::Nanos;

use crate::render::Finish;

/// How punctual a server was: the time of each write with tokens less its
/// deadline.
///
/// A write isn't judged if it couldn't have been on time: in a burst, where it
/// is due at once with the one before; where the client hadn't read what came
/// before; or where its request was sent ahead of an earlier answer's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// Writes that were judged.
    pub writes: u64,
    /// Half of them were at most this late, to 3 %; absent without writes.
    pub p50: Option<Nanos>,
    /// 99 of 100 were at most this late, to 3 %; absent without writes.
    pub p99: Option<Nanos>,
    /// The latest; exact; absent without writes.
    pub max: Option<Nanos>,
    /// Requests for generation that arrived.
    pub arrivals: u64,
    /// Those whose arrival the kernel didn't stamp.
    pub unstamped: u64,
    /// Writes that the socket took only in part, because the client didn't
    /// read fast enough.
    pub stalled: u64,
}

/// Sub-buckets to a power of two: 2^5, so that a bucket is at most 1/32 wide.
const SUB_BITS: u32 = 5;
/// Buckets for every 64-bit number.
const BUCKETS: usize = ((64 - SUB_BITS as usize) << SUB_BITS) + (1 << SUB_BITS);

/// Counts of numbers in buckets whose width grows with the number.
struct Histogram {
    counts: Box<[u64]>,
    total: u64,
    max: u64,
    sum: u128,
}

impl Histogram {
    fn new() -> Histogram {
        Histogram { counts: vec![0; BUCKETS].into(), total: 0, max: 0, sum: 0 }
    }

    fn add(&mut self, number: u64) {
        self.counts[bucket(number)] += 1;
        self.total += 1;
        self.max = self.max.max(number);
        self.sum += u128::from(number);
    }

    /// The series of a Prometheus summary, in seconds.
    fn series(&self, name: &str) -> Vec<(String, f64)> {
        let quantile = |share: f64| {
            let nanos = self.quantile(share)?;
            Some((format!("{name}{{quantile=\"{share}\"}}"), nanos as f64 / 1e9))
        };
        let mut series: Vec<_> = [0.5, 0.99, 1.0].into_iter().filter_map(quantile).collect();
        series.push((format!("{name}_sum"), self.sum as f64 / 1e9));
        series.push((format!("{name}_count"), self.total as f64));
        series
    }

    /// The upper edge of the bucket in which the quantile lies, by nearest
    /// rank.
    fn quantile(&self, share: f64) -> Option<u64> {
        let rank = ((share * self.total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(upper_edge(found).min(self.max))
    }
}

fn bucket(number: u64) -> usize {
    if number < 1 << SUB_BITS {
        return number as usize;
    }
    let shift = number.ilog2() - SUB_BITS;
    ((shift as usize) << SUB_BITS) + (number >> shift) as usize
}

/// The largest number in a bucket.
fn upper_edge(bucket: usize) -> u64 {
    let shift = (bucket >> SUB_BITS).saturating_sub(1);
    let lead = bucket as u64 - ((shift as u64) << SUB_BITS);
    ((lead + 1) << shift).wrapping_sub(1)
}

/// Everything that is counted.
pub(crate) struct Counters {
    lateness: Histogram,
    started: Nanos,
    pub(crate) running: u64,
    pub(crate) prompt_tokens: u64,
    pub(crate) generated_tokens: u64,
    pub(crate) finished_by_length: u64,
    pub(crate) finished_by_stop: u64,
    pub(crate) arrivals: u64,
    pub(crate) unstamped: u64,
    pub(crate) stalled: u64,
    /// How often each switch was asked for, by its path.
    pub(crate) switched: BTreeMap<String, u64>,
}

impl Counters {
    pub(crate) fn new(now: Nanos) -> Counters {
        Counters {
            lateness: Histogram::new(),
            started: now,
            running: 0,
            prompt_tokens: 0,
            generated_tokens: 0,
            finished_by_length: 0,
            finished_by_stop: 0,
            arrivals: 0,
            unstamped: 0,
            stalled: 0,
            switched: BTreeMap::new(),
        }
    }

    /// Notes how late a write was.
    pub(crate) fn judge(&mut self, late: Nanos) {
        self.lateness.add(u64::try_from(late.0).unwrap_or(0));
    }

    /// Notes an answer that came to its intended end.
    pub(crate) fn finished(&mut self, finish: Finish) {
        match finish {
            Finish::Length => self.finished_by_length += 1,
            Finish::Stop => self.finished_by_stop += 1,
        }
    }

    pub(crate) fn lateness(&self) -> Lateness {
        let nanos = |number: u64| Nanos(i64::try_from(number).unwrap_or(i64::MAX));
        let late = &self.lateness;
        Lateness {
            writes: late.total,
            p50: late.quantile(0.5).map(nanos),
            p99: late.quantile(0.99).map(nanos),
            max: (late.total > 0).then(|| nanos(late.max)),
            arrivals: self.arrivals,
            unstamped: self.unstamped,
            stalled: self.stalled,
        }
    }

    /// Begins to count anew what belongs to `/truth`: the punctuality and the
    /// arrivals. What a scraper takes differences of goes on.
    pub(crate) fn reset_punctuality(&mut self) {
        self.lateness = Histogram::new();
        (self.arrivals, self.unstamped, self.stalled) = (0, 0, 0);
    }

    /// The text of `/metrics`, in Prometheus' exposition format and under
    /// vLLM's names.
    pub(crate) fn exposition(&self, model: &str) -> String {
        let model = model.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels = format!("engine=\"0\",model_name=\"{model}\"");
        let mut text = String::new();
        let mut put = |name: &str, kind: &str, help: &str, lines: &[(String, f64)]| {
            // Writing to a string can't fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for (series, value) in lines {
                let _ = writeln!(text, "{series} {value:?}");
            }
        };
        for (name, kind, help, value) in [
            ("vllm:num_requests_running", "gauge", "Requests being answered.", self.running),
            ("vllm:num_requests_waiting", "gauge", "Requests in a queue: there is none.", 0),
            ("vllm:prompt_tokens_total", "counter", "Prompt tokens taken in.", self.prompt_tokens),
            ("vllm:generation_tokens_total", "counter", "Tokens that left.", self.generated_tokens),
        ] {
            put(name, kind, help, &[(format!("{name}{{{labels}}}"), value as f64)]);
        }
        let success = "vllm:request_success_total";
        let by = |reason: &str| format!("{success}{{{labels},finished_reason=\"{reason}\"}}");
        put(
            success,
            "counter",
            "Answers that came to their end, by finish reason.",
            &[
                (by("stop"), self.finished_by_stop as f64),
                (by("length"), self.finished_by_length as f64),
            ],
        );
        let start = "process_start_time_seconds";
        put(
            start,
            "gauge",
            "When the server was bound, since the Unix epoch.",
            &[(start.to_owned(), self.started.as_secs_f64())],
        );
        let switched = "tokenometer_sim_switched_total";
        let by_path = |(path, times): (&String, &u64)| {
            (format!("{switched}{{path=\"{path}\"}}"), *times as f64)
        };
        let series: Vec<_> = self.switched.iter().map(by_path).collect();
        put(switched, "counter", "How often a cache or a profile was switched.", &series);
        let late = "tokenometer_sim_lateness_seconds";
        let help = "Time of a write with tokens less its deadline.";
        put(late, "summary", help, &self.lateness.series(late));
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_holds_its_number_and_is_narrow(number: u64) {
            let edge = upper_edge(bucket(number));
            prop_assert!(edge >= number);
            prop_assert!(edge - number <= number / 32);
            if edge < u64::MAX {
                prop_assert_eq!(bucket(edge + 1), bucket(number) + 1);
            }
        }
    }

    #[test]
    fn quantiles_are_those_of_the_numbers() {
        let mut counters = Counters::new(Nanos::ZERO);
        assert_eq!(counters.lateness().p50, None);
        for micros in 1..=1000 {
            counters.judge(Nanos(micros * 1000));
        }
        let late = counters.lateness();
        assert_eq!((late.writes, late.max), (1000, Some(Nanos(1_000_000))));
        let close = |said: Option<Nanos>, wanted: f64| {
            (said.unwrap().0 as f64 / wanted - 1.0).abs() < 1.0 / 32.0
        };
        assert!(close(late.p50, 500_000.0) && close(late.p99, 990_000.0), "{late:?}");
    }

    #[test]
    fn the_exposition_is_what_a_scraper_expects() {
        let mut counters = Counters::new(Nanos::from_millis(1500));
        counters.running = 2;
        counters.finished(Finish::Stop);
        counters.judge(Nanos(20));
        counters.switched.insert("/flush_cache".to_owned(), 2);
        let text = counters.exposition("a\"b");
        for line in [
            "vllm:num_requests_running{engine=\"0\",model_name=\"a\\\"b\"} 2.0",
            "vllm:num_requests_waiting{engine=\"0\",model_name=\"a\\\"b\"} 0.0",
            "vllm:request_success_total{engine=\"0\",model_name=\"a\\\"b\",finished_reason=\"stop\"} 1.0",
            "# TYPE vllm:generation_tokens_total counter",
            "process_start_time_seconds 1.5",
            "tokenometer_sim_switched_total{path=\"/flush_cache\"} 2.0",
            "tokenometer_sim_lateness_seconds{quantile=\"0.99\"} 2e-8",
            "tokenometer_sim_lateness_seconds_count 1.0",
        ] {
            assert!(text.lines().any(|said| said == line), "{line} isn't in\n{text}");
        }
    }
}

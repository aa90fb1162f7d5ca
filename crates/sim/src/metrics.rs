//! What the server counts about itself, and the text of `/metrics`.

mod exposition;
mod histogram;
mod latency;
mod sglang;
mod tally;
mod vllm;

use std::collections::BTreeMap;

use tokenometer_core::Nanos;
use tokenometer_core::roofline::Scheduling;

use crate::Simulation;
use crate::render::Finish;
use crate::scheduled::Gauges;
use exposition::{Exposition, quoted};
use histogram::Histogram;
pub(crate) use tally::Tally;

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
            writes: late.total(),
            p50: late.quantile(0.5).map(nanos),
            p99: late.quantile(0.99).map(nanos),
            max: late.max().map(nanos),
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

    /// The text of `/metrics`, in Prometheus' exposition format: under vLLM's
    /// names, and where a machine is simulated under SGLang's too.
    pub(crate) fn exposition(&self, model: &str, machine: Option<&Readings<'_>>) -> String {
        let mut out = Exposition::default();
        match machine {
            Some(readings) => {
                vllm::put_simulated(&mut out, model, self, readings);
                sglang::put_simulated(&mut out, model, readings);
                put_simulated(&mut out, readings);
            }
            None => vllm::put_scripted(&mut out, model, self),
        }
        self.put_own(&mut out);
        out.into_text()
    }

    /// What concerns the server itself.
    fn put_own(&self, out: &mut Exposition) {
        let start = "process_start_time_seconds";
        let help = "When the server was bound, since the Unix epoch.";
        out.put(start, "gauge", help, &[(start.to_owned(), self.started.as_secs_f64())]);
        let switched = "tokenometer_sim_switched_total";
        let by_path = |(path, times): (&String, &u64)| {
            (format!("{switched}{{path=\"{path}\"}}"), *times as f64)
        };
        let series: Vec<_> = self.switched.iter().map(by_path).collect();
        out.put(switched, "counter", "How often a cache or a profile was switched.", &series);
        let late = "tokenometer_sim_lateness_seconds";
        let help = "Time of a write with tokens less its deadline.";
        out.put(late, "summary", help, &self.lateness.series(late));
    }
}

/// A simulated machine at the instant of a scrape.
pub(crate) struct Readings<'a> {
    pub(crate) simulation: &'a Simulation,
    pub(crate) scheduling: Scheduling,
    /// Whether tokens are drafted.
    pub(crate) drafts: bool,
    pub(crate) gauges: Gauges,
    pub(crate) tally: &'a Tally,
}

impl Readings<'_> {
    /// The share of the KV cache that is in use.
    fn use_share(&self) -> f64 {
        self.gauges.kv_used as f64 / self.gauges.kv_capacity as f64
    }
}

/// Says that all this is simulated, and of what, and how many steps that took.
fn put_simulated(out: &mut Exposition, readings: &Readings<'_>) {
    let simulation = readings.simulation;
    let name = "tokenometer_simulated";
    let series = format!(
        "{name}{{machine=\"{}\",gpus=\"{}\",model=\"{}\",calibration=\"{}\",\
         calibrated=\"{}\",time_scale=\"{}\"}}",
        quoted(&simulation.machine().name),
        simulation.gpus(),
        quoted(&simulation.model().name),
        quoted(&simulation.calibration().name),
        simulation.calibration().calibrated,
        simulation.time_scale(),
    );
    out.put(name, "gauge", "The machine that is simulated here.", &[(series, 1.0)]);
    let steps = "tokenometer_sim_steps_total";
    let series = [(steps.to_owned(), readings.gauges.steps as f64)];
    out.put(steps, "counter", "Steps that have ended.", &series);
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let text = counters.exposition("a\"b", None);
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

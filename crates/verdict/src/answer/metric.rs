//! The metrics that a verdict can be of.

use tokenometer_core::{Gate, GateStatus, Ranked, Standing, Summary, Tail, Validity};

/// What a metric is about: some are not to be ranked where others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricClass {
    /// Work done in a time.
    Throughput,
    /// Requests done in a time, or how long one takes: either hangs on how long the
    /// answers are.
    PerRequest,
    /// How long a part of a request takes, whatever its length.
    Latency,
    /// The share of requests that meet objectives.
    Attainment,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, as `primary` in a study writes it.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// Its unit, where it has one.
    pub unit: &'static str,
    /// The name under which a gate withholds it.
    pub withheld_as: &'static str,
    /// Whether more of it is better.
    pub higher_is_better: bool,
    /// Whether it is a share, so that arms differ by points of it.
    pub in_points: bool,
    /// What it is about.
    pub class: MetricClass,
    /// How many requests must have met every objective, in both arms of every block, for a
    /// ratio to mean anything (S12); 0 where the metric doesn't count those.
    pub least_good: u64,
    read: fn(&Summary) -> Result<f64, &'static str>,
}

impl Metric {
    /// Its value in a trial, or why there is none.
    ///
    /// # Errors
    ///
    /// What makes it absent.
    pub fn of(&self, summary: &Summary) -> Result<f64, &'static str> {
        (self.read)(summary)
    }

    /// Whether a trial counts at all, for whichever metric.
    ///
    /// # Errors
    ///
    /// Why it doesn't.
    pub fn counts(validity: &Validity) -> Result<(), String> {
        match validity.standing {
            Standing::Invalid => Err("the trial is void".to_owned()),
            Standing::Failed => Err("the engine failed".to_owned()),
            Standing::Saturated | Standing::Valid => Ok(()),
        }
    }

    /// Its value in a trial, if the trial counts for it: one that is void or failed counts
    /// for nothing, one that couldn't keep up for no latency, and what a gate withholds
    /// isn't there.
    ///
    /// # Errors
    ///
    /// Why it doesn't count, or what makes it absent.
    pub fn counting(&self, validity: &Validity, summary: &Summary) -> Result<f64, String> {
        Metric::counts(validity)?;
        // Too short a window, or too few requests, touch every metric.
        let is_too_little = |gate: &&Gate| gate.id == ENOUGH && gate.status == GateStatus::Failed;
        if let Some(gate) = validity.gates.iter().find(is_too_little) {
            return Err(format!("withheld by {} {}", gate.id, gate.name));
        }
        if validity.standing == Standing::Saturated && self.is_a_latency() {
            return Err("the engine couldn't keep up with the load".to_owned());
        }
        match withheld_by(validity, self.withheld_as) {
            Some(gate) => Err(format!("withheld by {} {}", gate.id, gate.name)),
            None => self.of(summary).map_err(str::to_owned),
        }
    }

    /// Whether it is a time of requests, so that an engine that can't keep up has none.
    pub fn is_a_latency(&self) -> bool {
        self.class == MetricClass::Latency
            || (self.class == MetricClass::PerRequest && !self.higher_is_better)
    }
}

/// The gate that failed and withholds a metric of a trial, by the name under which gates
/// withhold it (`ttft_ms`, `output_throughput`).
pub fn withheld_by<'a>(validity: &'a Validity, name: &str) -> Option<&'a Gate> {
    let withholds = |gate: &&Gate| gate.withholds.iter().any(|withheld| withheld == name);
    validity.gates.iter().filter(|gate| gate.status == GateStatus::Failed).find(withholds)
}

/// The unit of throughputs.
pub const PER_SECOND: &str = "a second";

/// The gate that asks whether a trial was long enough to rest anything on it.
const ENOUGH: &str = "W4";

/// How many good requests a ratio of goodputs needs in either arm of every block (S12).
const LEAST_GOOD: u64 = 20;

const ABSENT: &str = "it is absent";
const UNBOUNDED: &str = "so many requests failed that it has no bound";
const WITHHELD: &str = "too few requests to say";

const fn throughput(
    name: &'static str,
    title: &'static str,
    class: MetricClass,
    read: fn(&Summary) -> Result<f64, &'static str>,
) -> Metric {
    let unit = PER_SECOND;
    Metric {
        name,
        title,
        unit,
        withheld_as: name,
        higher_is_better: true,
        in_points: false,
        class,
        least_good: 0,
        read,
    }
}

const fn latency(
    (name, withheld_as): (&'static str, &'static str),
    title: &'static str,
    class: MetricClass,
    read: fn(&Summary) -> Result<f64, &'static str>,
) -> Metric {
    Metric {
        name,
        title,
        unit: "ms",
        withheld_as,
        higher_is_better: false,
        in_points: false,
        class,
        least_good: 0,
        read,
    }
}

/// A quantile with failures at +∞.
fn tail(summary: &Summary, name: &str, level: fn(&Ranked) -> Tail) -> Result<f64, &'static str> {
    match summary.ranked.get(name).map(level) {
        Some(Tail::At(value)) => Ok(value),
        Some(Tail::Unbounded) => Err(UNBOUNDED),
        Some(Tail::Withheld) => Err(WITHHELD),
        None => Err(ABSENT),
    }
}

/// Every metric that a verdict can be of.
pub const METRICS: &[Metric] = &[
    throughput("output_throughput", "output tokens/s", MetricClass::Throughput, |summary| {
        summary.output_throughput.ok_or(ABSENT)
    }),
    throughput("total_throughput", "total tokens/s", MetricClass::Throughput, |summary| {
        summary.total_throughput.ok_or(ABSENT)
    }),
    throughput("input_throughput", "input tokens/s", MetricClass::Throughput, |summary| {
        summary.input_throughput.ok_or(ABSENT)
    }),
    throughput("request_throughput", "requests/s", MetricClass::PerRequest, |summary| {
        summary.request_throughput.ok_or(ABSENT)
    }),
    latency(("ttft_p50", "ttft_ms"), "median TTFT", MetricClass::Latency, |summary| {
        tail(summary, "ttft_ms", |ranked| ranked.p50)
    }),
    latency(("ttft_p99", "ttft_ms"), "p99 TTFT", MetricClass::Latency, |summary| {
        tail(summary, "ttft_ms", |ranked| ranked.p99)
    }),
    latency(("ttft_mean", "ttft_ms"), "mean TTFT", MetricClass::Latency, |summary| {
        summary.ttft_ms.mean.ok_or(ABSENT)
    }),
    latency(("tpot_p50", "tpot_ms"), "median TPOT", MetricClass::Latency, |summary| {
        tail(summary, "tpot_ms", |ranked| ranked.p50)
    }),
    latency(("tpot_p99", "tpot_ms"), "p99 TPOT", MetricClass::Latency, |summary| {
        tail(summary, "tpot_ms", |ranked| ranked.p99)
    }),
    latency(("tpot_mean", "tpot_ms"), "mean TPOT", MetricClass::Latency, |summary| {
        summary.tpot_ms.mean.ok_or(ABSENT)
    }),
    latency(("itl_mean", "itl_ms"), "mean ITL", MetricClass::Latency, |summary| {
        summary.itl_ms.mean.ok_or(ABSENT)
    }),
    latency(("e2e_p50", "e2e_ms"), "median E2E", MetricClass::PerRequest, |summary| {
        tail(summary, "e2e_ms", |ranked| ranked.p50)
    }),
    latency(("e2e_p99", "e2e_ms"), "p99 E2E", MetricClass::PerRequest, |summary| {
        tail(summary, "e2e_ms", |ranked| ranked.p99)
    }),
    latency(("e2e_mean", "e2e_ms"), "mean E2E", MetricClass::PerRequest, |summary| {
        summary.e2e_ms.mean.ok_or(ABSENT)
    }),
    Metric {
        name: "attainment",
        title: "share of requests that meet every objective",
        unit: "points",
        withheld_as: "goodput",
        higher_is_better: true,
        in_points: true,
        class: MetricClass::Attainment,
        least_good: 0,
        read: |summary| {
            summary.goodput.as_ref().and_then(|goodput| goodput.attainment).ok_or(ABSENT)
        },
    },
    Metric {
        name: "goodput",
        title: "requests/s that meet every objective",
        unit: PER_SECOND,
        withheld_as: "goodput",
        higher_is_better: true,
        in_points: false,
        class: MetricClass::PerRequest,
        least_good: LEAST_GOOD,
        read: |summary| {
            summary.goodput.as_ref().and_then(|goodput| goodput.per_second).ok_or(ABSENT)
        },
    },
];

/// The metric of this name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

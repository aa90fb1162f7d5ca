//! The figures of a trial that tables, charts and exports show.

use tokenometer_core::{Gate, Standing, Summary};
use tokenometer_results::Trial;
use tokenometer_verdict::answer::withheld_by;

/// A figure of a trial.
#[derive(Debug)]
pub struct Figure {
    /// Its name in files: `ttft_p50_ms`.
    pub name: &'static str,
    /// What it is called: `TTFT p50`.
    pub title: &'static str,
    /// In what it is given: `ms`, `tokens/s` …
    pub unit: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// Where it is found.
    pub of: fn(&Summary) -> Option<f64>,
}

/// What kind of number a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Work done in a time: the more the better.
    Rate,
    /// A waiting time: the less the better. A loop that can't keep up leaves it without
    /// meaning, since it grows with the length of the window (A3).
    Latency,
    /// A share of something, from 0 to 1: the more the better.
    Share,
    /// What describes the load, and is neither good nor bad.
    Load,
}

impl Kind {
    /// Whether a number of this kind counts in a trial: none does in an invalid one, a failed
    /// or an interrupted one, and no latency in a saturated one.
    pub fn counts(self, trial: &Trial) -> bool {
        let counts = match trial.validity.standing {
            Standing::Valid => true,
            Standing::Saturated => self != Kind::Latency,
            Standing::Invalid | Standing::Failed => false,
        };
        counts && !trial.interrupted
    }
}

impl Figure {
    /// The figure of a trial, if it counts there, no gate withholds it, and it isn't absent.
    pub fn value(&self, trial: &Trial) -> Option<f64> {
        let counts = self.kind.counts(trial) && self.withheld(trial).is_none();
        counts.then(|| (self.of)(&trial.summary)).flatten()
    }

    /// The gate that withholds it in a trial where it would count.
    pub fn withheld<'a>(&self, trial: &'a Trial) -> Option<&'a Gate> {
        withheld_by(&trial.validity, &self.withheld_as()).filter(|_| self.kind.counts(trial))
    }

    /// The name under which gates withhold it: a latency's whole distribution at once.
    fn withheld_as(&self) -> String {
        match self.kind {
            Kind::Latency => {
                let metric = self.name.split('_').next().expect("a text has a first part");
                format!("{metric}_ms")
            }
            Kind::Share => "goodput".to_owned(),
            Kind::Rate | Kind::Load => self.name.to_owned(),
        }
    }

    /// Whether more of it is better.
    pub fn higher_is_better(&self) -> bool {
        matches!(self.kind, Kind::Rate | Kind::Share)
    }
}

macro_rules! figures {
    ($($name:literal $title:literal $unit:literal $kind:ident |$summary:ident| $of:expr;)*) => {
        /// Every figure, those of rates first.
        pub const FIGURES: &[Figure] = &[$(Figure {
            name: $name,
            title: $title,
            unit: $unit,
            kind: Kind::$kind,
            of: |$summary: &Summary| $of,
        }),*];
    };
}

figures! {
    "output_throughput" "output throughput" "tokens/s" Rate |s| s.output_throughput;
    "input_throughput" "input throughput" "tokens/s" Rate |s| s.input_throughput;
    "total_throughput" "total throughput" "tokens/s" Rate |s| s.total_throughput;
    "request_throughput" "request throughput" "requests/s" Rate |s| s.request_throughput;
    "goodput" "goodput" "requests/s" Rate |s| s.goodput.as_ref().and_then(|g| g.per_second);
    "attainment" "requests that meet every objective" "share" Share
        |s| s.goodput.as_ref().and_then(|g| g.attainment);
    "ttft_mean_ms" "TTFT mean" "ms" Latency |s| s.ttft_ms.mean;
    "ttft_p50_ms" "TTFT p50" "ms" Latency |s| s.ttft_ms.p50;
    "ttft_p90_ms" "TTFT p90" "ms" Latency |s| s.ttft_ms.p90;
    "ttft_p99_ms" "TTFT p99" "ms" Latency |s| s.ttft_ms.p99;
    "tpot_mean_ms" "TPOT mean" "ms" Latency |s| s.tpot_ms.mean;
    "tpot_p50_ms" "TPOT p50" "ms" Latency |s| s.tpot_ms.p50;
    "tpot_p90_ms" "TPOT p90" "ms" Latency |s| s.tpot_ms.p90;
    "tpot_p99_ms" "TPOT p99" "ms" Latency |s| s.tpot_ms.p99;
    "itl_mean_ms" "ITL mean" "ms" Latency |s| s.itl_ms.mean;
    "itl_p50_ms" "ITL p50" "ms" Latency |s| s.itl_ms.p50;
    "itl_p90_ms" "ITL p90" "ms" Latency |s| s.itl_ms.p90;
    "itl_p99_ms" "ITL p99" "ms" Latency |s| s.itl_ms.p99;
    "e2e_mean_ms" "E2E mean" "ms" Latency |s| s.e2e_ms.mean;
    "e2e_p50_ms" "E2E p50" "ms" Latency |s| s.e2e_ms.p50;
    "e2e_p90_ms" "E2E p90" "ms" Latency |s| s.e2e_ms.p90;
    "e2e_p99_ms" "E2E p99" "ms" Latency |s| s.e2e_ms.p99;
    "concurrency" "requests in flight" "" Load |s| s.concurrency;
    "duration_s" "length of the window" "s" Load |s| Some(s.duration_s);
    "makespan_s" "first sent to last end" "s" Load |s| s.makespan_s;
}

/// The figure of this name.
pub fn figure(name: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.name == name)
}

#[cfg(test)]
mod tests {
    use tokenometer_verdict::answer::METRICS;

    use super::*;

    #[test]
    fn a_figure_is_withheld_under_the_name_that_the_verdict_knows() {
        let names: Vec<&str> = METRICS.iter().map(|metric| metric.withheld_as).collect();
        let ranked = |figure: &&Figure| figure.kind != Kind::Load;
        for figure in FIGURES.iter().filter(ranked) {
            let name = figure.withheld_as();
            assert!(names.contains(&&*name), "{}: {name}", figure.name);
        }
    }
}

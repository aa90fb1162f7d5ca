//! The figures that stand alone: rates over the window, totals, goodput.

use super::cohort::Ordered;
use super::summariser::{Flow, Tallies};
use super::{Goodput, Summary};
use crate::Nanos;
use crate::metric::counts::{CountSource, NoTotal};
use crate::metric::throughput::per_second;
use crate::metric::{Bounds, Objectives, Standard};
use crate::schedule::Window;

/// Why a rate of tokens is missing.
const WIDE: &str =
    "the tokens of some chunks are unknown, and the ends of their sum are more than 1 % apart";
const NO_PROMPTS: &str = "more than 1 % of the prompts have no count";
const NO_LENGTH: &str = "the window has no length";

impl Summary {
    /// Notes why a figure is missing; the first reason stands.
    pub(super) fn lacks(&mut self, name: &str, why: &str) {
        self.withheld.entry(name.to_owned()).or_insert_with(|| why.to_owned());
    }

    /// What flowed through the window. `no_tokens` says why no count of output
    /// tokens can be trusted, if so.
    pub(super) fn take_flow(&mut self, flow: &Flow, window: Window, no_tokens: Option<&str>) {
        let length = window.length();
        let rate = |count: f64| per_second(count, length);
        self.duration_s = length.as_secs_f64();
        self.concurrency = flow.in_flight.mean();
        self.littles_error = flow.in_flight.littles_error();
        self.request_throughput = rate(flow.completed as f64);
        self.input_throughput = flow.prompts.total().and_then(rate);
        let makespan = flow.makespan.length();
        self.makespan_s = makespan.map(Nanos::as_secs_f64);
        if let Some(why) = no_tokens {
            self.lacks("output_throughput", why);
            self.lacks("output_throughput_makespan", why);
        } else {
            self.output_throughput = flow.output.settled().and_then(rate);
            self.output_throughput_bounds = ends(flow.output, length);
            self.output_throughput_makespan =
                flow.cohort_output.settled().and_then(|tokens| per_second(tokens, makespan?));
        }
        self.total_throughput =
            self.input_throughput.zip(self.output_throughput).map(|(a, b)| a + b);
        self.explain_flow(flow, length);
    }

    /// Says why rates are missing.
    fn explain_flow(&mut self, flow: &Flow, length: Nanos) {
        if length <= Nanos::ZERO {
            for name in
                ["request_throughput", "input_throughput", "output_throughput", "concurrency"]
            {
                self.lacks(name, NO_LENGTH);
            }
        }
        if flow.prompts.total().is_none() {
            self.lacks("input_throughput", NO_PROMPTS);
        }
        if !flow.output.agree() {
            self.lacks("output_throughput", WIDE);
        }
        if !flow.cohort_output.agree() {
            self.lacks("output_throughput_makespan", WIDE);
        }
        let part = ["input_throughput", "output_throughput"];
        if let Some(why) = part.iter().find_map(|&name| self.withheld.get(name).cloned()) {
            self.lacks("total_throughput", &why);
        }
    }

    /// Counts over the cohort.
    pub(super) fn take_tallies(&mut self, tallies: &Tallies) {
        self.outcomes = tallies.outcomes.by_name();
        self.requests = tallies.requests;
        self.connections_opened = tallies.connections_opened;
        self.count_disagreements = tallies.disagreements.clone();
        let shown = tallies.shown_tokens;
        self.textless_share = (shown > 0).then(|| tallies.textless_tokens as f64 / shown as f64);
        (self.input_tokens, self.input_source) = self.total("input_tokens", tallies.input.total());
        (self.output_tokens, self.output_source) =
            self.total("output_tokens", tallies.output.total());
    }

    /// A total and whose it is, or the note why it is missing.
    fn total(
        &mut self,
        name: &str,
        total: Result<Option<(u64, CountSource)>, NoTotal>,
    ) -> (Option<u64>, Option<CountSource>) {
        match total {
            Ok(total) => total.unzip(),
            Err(why) => {
                self.lacks(name, &why.to_string());
                (None, None)
            }
        }
    }
}

/// The ends of a rate that is not known exactly.
fn ends(count: Bounds, length: Nanos) -> Option<[f64; 2]> {
    let high = count.high.filter(|&high| high != count.low)?;
    Some([per_second(count.low as f64, length)?, per_second(high as f64, length)?])
}

/// The requests that met every objective; `None` if there is none to meet.
pub(super) fn goodput(
    cohort: &Ordered,
    objectives: &Objectives,
    window: Window,
) -> Option<Goodput> {
    if objectives.is_empty() {
        return None;
    }
    let mut good = 0_u64;
    let mut untold = None;
    for (_, timeline) in cohort.ok() {
        match objectives.judge(timeline) {
            Standard::Met => good += 1,
            Standard::Missed => {}
            Standard::Untold(why) => untold = untold.or(Some(why)),
        }
    }
    if let Some(why) = untold {
        let why = format!("an objective can't be told for every request: {}", why.name());
        return Some(Goodput { withheld: Some(why), ..Goodput::default() });
    }
    let all = cohort.len() as f64;
    Some(Goodput {
        good: Some(good),
        attainment: (all > 0.0).then(|| good as f64 / all),
        per_second: per_second(good as f64, window.length()),
        withheld: None,
    })
}

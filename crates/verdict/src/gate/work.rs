//! W1 to W8, but for the cache and the warm-up: was it the work that the
//! numbers are named after? A gate that fails here withholds the metrics that it
//! touches; the trial still counts.

use tokenometer_core::{Gate, GateClass};

use super::{LATENCIES, Rule, THROUGHPUTS, matters, trend, withholding};
use crate::evidence::{Evidence, Load};
use crate::thresholds::Thresholds;
use crate::trend::Trend;
use crate::wording::{digits, p_value, percent, s};

const PROMPTS: Rule = Rule::new("W1", "prompt tokens", GateClass::Work);
const COUNTS: Rule = Rule::new("W2", "token counts", GateClass::Work);
const ENOUGH: Rule = Rule::new("W4", "enough", GateClass::Work);
const STEADY: Rule = Rule::new("W5", "steady", GateClass::Work);
const IN_FLIGHT: Rule = Rule::new("W7", "in flight", GateClass::Work);
const TOKENIZER: Rule = Rule::new("W8", "tokenizer", GateClass::Work);

/// The metrics that rest on the number of generated tokens.
const TOKEN_METRICS: &[&str] = &[
    "output_tokens",
    "output_throughput",
    "total_throughput",
    "output_throughput_makespan",
    "tpot_ms",
    "itl_ms",
    "pace_ms",
    "tokens_per_arrival",
];

/// W1: do all engines see the same prompts?
pub(super) fn w1_prompt_tokens(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    PROMPTS.waived("compares the prompt counts of several arms; this is a single one")
}

/// W2: do the server's counts and ours agree?
pub(super) fn w2_counts(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let Some(facts) = &evidence.tokenizer else {
        return COUNTS.unknown("no tokenizer was given to count with (--tokenizer)");
    };
    let (Some(server), Some(counted)) = (facts.output_server, facts.output_counted) else {
        return COUNTS.unknown("the server sent no counts to compare with ours");
    };
    let off = match server {
        0 if counted == 0 => 0.0,
        0 => f64::INFINITY,
        _ => (counted as f64 - server as f64) / server as f64,
    };
    let saw = format!(
        "the server counts {server} generated tokens, we count {counted}: {} off (limit {})",
        percent(off),
        percent(thresholds.count_share)
    );
    if off.abs() <= thresholds.count_share {
        return COUNTS.passed(saw);
    }
    let gate = COUNTS.failed(
        saw,
        "one of the two counts is not of this text, so every number for each token is off by as \
         much; check that --tokenizer is the model's own. Text of random weights or with hidden \
         tokens never tokenises back to what it was: then believe the server's count",
    );
    withholding(gate, TOKEN_METRICS)
}

/// W4: is there enough to conclude from? Nothing is withheld: the numbers are
/// what they are, and only a verdict could not rest on them.
pub(super) fn w4_enough(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let summary = &evidence.summary;
    let floor = thresholds.window_floor.as_secs_f64();
    let by_e2e = summary.e2e_ms.p50.map(|e2e| thresholds.window_in_e2e * e2e / 1e3);
    let by_load = summary.concurrency.map(|n| thresholds.cohort_in_concurrency * n);
    let window = floor.max(by_e2e.unwrap_or(0.0));
    let cohort = (thresholds.cohort_floor as f64).max(by_load.unwrap_or(0.0).ceil());
    let saw = format!(
        "window {} (at least {}), {} requests (at least {})",
        s(summary.duration_s),
        s(window),
        summary.requests,
        digits(cohort)
    );
    let is_enough = summary.duration_s >= window && summary.requests as f64 >= cohort;
    if !is_enough && evidence.rehearsal {
        return ENOUGH.waived(format!("{saw}: too little, waived as a rehearsal"));
    }
    if !is_enough {
        return ENOUGH.failed(
            saw,
            "what was in flight at the window's ends, and single waves of prefill, weigh too much \
             in so short a trial: read the numbers as a first look, and rest no verdict on them; \
             raise --duration or --num-prompts",
        );
    }
    match (by_e2e, by_load) {
        (Some(_), Some(_)) => ENOUGH.passed(saw),
        _ => ENOUGH.unknown(format!("{saw}: the length of an answer or the load is not known")),
    }
}

/// W5: did the load and the engine hold one pace over the window?
pub(super) fn w5_steady(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    if let Load::Burst { .. } = evidence.load {
        return STEADY.waived("all requests are due at once: such a load is never steady");
    }
    let Some(bins) = &evidence.steadiness else {
        return STEADY.unknown("the course of the window is not known");
    };
    let rate = trend(&bins.tokens_per_second, thresholds);
    let load = trend(&bins.in_flight, thresholds);
    let told = |trend: Option<Trend>| match trend {
        Some(trend) => format!("changed by {} ({})", percent(trend.change), p_value(trend.p)),
        None => "in too few bins to tell".to_owned(),
    };
    let saw = format!(
        "tokens/s {}, in flight {} (limit {} at p < {})",
        told(rate),
        told(load),
        percent(thresholds.trend_change),
        digits(thresholds.trend_p)
    );
    let drifts = |trend: Option<Trend>| trend.is_some_and(|trend| matters(trend, thresholds));
    let mut gate = match (drifts(rate) || drifts(load), rate.and(load)) {
        (true, _) => STEADY.failed(saw, UNSTEADY),
        (false, Some(_)) => STEADY.passed(saw),
        (false, None) => STEADY.unknown(saw),
    };
    if drifts(rate) {
        gate = withholding(gate, THROUGHPUTS);
    }
    if drifts(load) {
        gate = withholding(withholding(gate, LATENCIES), &["concurrency"]);
    }
    gate
}

const UNSTEADY: &str = "the trial drifted while it was measured, so its means are those of no state \
    that lasts and change with its length; warm up longer (--warmup-requests), measure longer \
    (--duration, --num-prompts), and if an open loop keeps rising, lower --request-rate";

/// W7: do client and engine agree on how many requests were in flight?
pub(super) fn w7_in_flight(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let Some(client) = evidence.summary.concurrency else {
        return IN_FLIGHT.unknown("the client's own count is not known");
    };
    let Some(server) = evidence.server_concurrency else {
        return IN_FLIGHT.unknown("the engine's counters were not read");
    };
    let limit = thresholds.in_flight_floor.max(thresholds.in_flight_share * client);
    let saw = format!(
        "the client counts {}, the engine {} (within {})",
        digits(client),
        digits(server),
        digits(limit)
    );
    if (client - server).abs() <= limit {
        return IN_FLIGHT.passed(saw);
    }
    let gate = IN_FLIGHT.failed(
        saw,
        "requests wait somewhere between client and engine, or the engine serves others too, so \
         its load was not the one asked for; look for a proxy or a queue before it, and for other \
         users of it",
    );
    withholding(gate, &["concurrency"])
}

/// W8: is our tokenizer the server's? Only a warning: the server's count is
/// the one that is used.
pub(super) fn w8_tokenizer(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    let Some(facts) = &evidence.tokenizer else {
        return TOKENIZER.unknown("no tokenizer was given to count with (--tokenizer)");
    };
    let (Some(server), Some(counted)) = (facts.input_server, facts.input_counted) else {
        return TOKENIZER.unknown(
            "no prompt has both counts: the server sent none, or a chat template, which we don't \
             know, adds to what we count",
        );
    };
    let differing = evidence.summary.count_disagreements.input_server_counted;
    let saw = format!(
        "the server counts {server} prompt tokens, we count {counted}; {differing} requests differ \
         (limit 0)"
    );
    match server == counted && differing == 0 {
        true => TOKENIZER.passed(saw),
        false => TOKENIZER.failed(
            saw,
            "prompts are longer or shorter for the engine than the workload says, by a template, a \
             start token or another tokenizer; the server's counts are used. Give the model's own \
             --tokenizer, or a data set of token ids",
        ),
    }
}

//! A1 to A5: did the engine do its part? A trial that fails here counts, as a
//! failure or as saturation, and is never run again for a better result: else
//! the losing arm would disappear.

use tokenometer_core::{Gate, GateClass, Outcome};

use super::{Rule, matters, trend};
use crate::evidence::{Evidence, Load};
use crate::thresholds::Thresholds;
use crate::trend::Trend;
use crate::wording::{digits, p_value, percent, share};

const ALIVE: Rule = Rule::new("A1", "alive", GateClass::Arm);
const FAILURES: Rule = Rule::new("A2", "failures", GateClass::Arm);
pub(crate) const SATURATED: Rule = Rule::new("A3", "saturated", GateClass::Arm);
const LENGTHS: Rule = Rule::new("A4", "lengths", GateClass::Arm);
const CONFIGURATION: Rule = Rule::new("A5", "configuration", GateClass::Arm);

/// Start times are floats of whole jiffies; a restart takes far longer.
const SAME_START_S: f64 = 0.5;

/// The ways in which an engine fails a request. Wrong lengths are A4's, what
/// was never sent is I7's, and what we gave up ourselves is nobody's fault.
const FAILED: [Outcome; 7] = [
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Timeout,
    Outcome::HttpError,
    Outcome::StreamError,
    Outcome::Truncated,
    Outcome::Empty,
];

/// A1: was it the same engine, alive, from start to end?
pub(super) fn a1_alive(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    let engine = &evidence.engine;
    let silent = match evidence.count(Outcome::Timeout) {
        0 => Some(0),
        _ => engine.idle_timeouts,
    };
    let is_restarted = match (engine.start_before_s, engine.start_after_s) {
        (Some(before), Some(after)) => Some((after - before).abs() > SAME_START_S),
        _ => None,
    };
    let mut faults = Vec::new();
    if engine.answers_after == Some(false) {
        faults.push("it no longer answers (limit: it does)".to_owned());
    }
    if is_restarted == Some(true) {
        faults.push("its process was started anew (limit: the same start time)".to_owned());
    }
    if let Some(silent @ 1..) = silent {
        faults.push(format!("{silent} streams fell silent until the idle limit (limit 0)"));
    }
    if !faults.is_empty() {
        return ALIVE.failed(
            faults.join(", "),
            "the engine died, was restarted or hung while it was measured, so the numbers are \
             those of its fall; see its log, and run it with less: --max-concurrency, \
             --request-rate, or shorter prompts",
        );
    }
    match (engine.answers_after, silent, is_restarted) {
        (None, ..) => ALIVE.unknown("whether it still answers was not asked after the load"),
        (_, None, _) => ALIVE.unknown("it answers; which limit its timeouts met is not known"),
        (_, _, None) => ALIVE.passed("it answers after the load; its start time is not published"),
        _ => ALIVE.passed("it answers after the load, and its start time is unchanged"),
    }
}

/// A2: did it answer?
pub(super) fn a2_failures(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let cohort = evidence.summary.requests;
    let finished = evidence.count_any(&[Outcome::Ok, Outcome::Short, Outcome::Long]);
    // In an open loop, what is unfinished long after the window is how
    // saturation looks (A3). Nowhere else has an engine reason to leave a
    // request open, nor if it has never finished one.
    let counts_censored = finished == 0 || !matches!(evidence.load, Load::Open { .. });
    let mut outcomes = FAILED.to_vec();
    outcomes.extend(counts_censored.then_some(Outcome::Censored));
    let failed = evidence.count_any(&outcomes);
    let Some(failed_share) = share(failed, cohort) else {
        return FAILURES.unknown("no request was due in the window");
    };
    let kinds: Vec<String> = outcomes
        .into_iter()
        .filter(|outcome| evidence.count(*outcome) > 0)
        .map(|outcome| format!(", {outcome} {}", evidence.count(outcome)))
        .collect();
    let saw = format!(
        "{failed} of {cohort} requests failed, {} (limit {}){}",
        percent(failed_share),
        percent(thresholds.failed_share),
        kinds.concat()
    );
    match failed_share <= thresholds.failed_share {
        true => FAILURES.passed(saw),
        false => FAILURES.failed(
            saw,
            "latencies are those of the requests that worked, which may have been the easy ones, \
             and a tail quantile without the failed ones says little; read the errors in \
             requests.parquet and the engine's log, or lower --max-concurrency or --request-rate",
        ),
    }
}

/// A3: did it keep up with the load?
pub(super) fn a3_saturated(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    match evidence.load {
        Load::Closed => return SATURATED.waived("a closed loop waits for the engine"),
        Load::Burst { .. } => {
            return SATURATED.waived("all requests are due at once, so a queue is what was asked");
        }
        Load::Open { .. } => {}
    }
    // Censored requests ended later still than the moment at which the
    // unfinished are counted, so they are among them.
    let censored = evidence.count(Outcome::Censored);
    let unfinished = evidence.unfinished_late.unwrap_or(0).max(censored);
    let unfinished_share = share(unfinished, evidence.summary.requests).unwrap_or(0.0);
    let course = evidence.steadiness.as_ref().and_then(|bins| trend(&bins.in_flight, thresholds));
    let saw = format!(
        "{}; {} of the cohort unfinished long after the window (limit {})",
        rise_seen(course, thresholds),
        percent(unfinished_share),
        percent(thresholds.unfinished_share)
    );
    let is_rising = course.map(|trend| trend.change > 0.0 && matters(trend, thresholds));
    if is_rising == Some(true) || unfinished_share > thresholds.unfinished_share {
        return SATURATED.failed(
            saw,
            "requests came faster than the engine finished them, so the queue, and every latency \
             with it, grows for as long as the load lasts: only throughput says something; lower \
             --request-rate to what it sustains, or hold it with --max-concurrency",
        );
    }
    match is_rising {
        Some(_) => SATURATED.passed(saw),
        None => SATURATED.unknown(saw),
    }
}

fn rise_seen(trend: Option<Trend>, thresholds: &Thresholds) -> String {
    match trend {
        Some(trend) => format!(
            "in flight changed by {} over the window, {} (limit: a rise of {} at p < {})",
            percent(trend.change),
            p_value(trend.p),
            percent(thresholds.trend_change),
            digits(thresholds.trend_p)
        ),
        None => "the course of requests in flight is not known".to_owned(),
    }
}

/// A4: did it generate as much as was asked?
pub(super) fn a4_lengths(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    if !evidence.exact_lengths {
        return LENGTHS.waived("no exact length was asked (--ignore-eos)");
    }
    let (ok, wrong) =
        (evidence.count(Outcome::Ok), evidence.count_any(&[Outcome::Short, Outcome::Long]));
    let Some(exact) = share(ok, ok + wrong) else {
        return LENGTHS.unknown("no request finished");
    };
    if evidence.summary.output_tokens.is_none() && ok > 0 {
        return LENGTHS.unknown("the generated tokens are not known: the server sent no counts");
    }
    let totals = match (evidence.output_tokens_finished, evidence.output_tokens_asked) {
        (Some(finished), Some(asked)) if asked > 0 => {
            Some((finished as f64 - asked as f64) / asked as f64)
        }
        _ => None,
    };
    let mut saw = format!(
        "{} of {} finished requests have the length asked (at least {})",
        percent(exact),
        ok + wrong,
        percent(thresholds.exact_share)
    );
    if let Some(off) = totals {
        let limit = percent(thresholds.exact_total_share);
        saw = format!("{saw}, tokens in all {} off (limit {limit})", percent(off));
    }
    let is_off = totals.is_some_and(|off| off.abs() > thresholds.exact_total_share);
    match exact >= thresholds.exact_share && !is_off {
        true => LENGTHS.passed(saw),
        false => LENGTHS.failed(
            saw,
            "answers end early or run on, so this engine did less or more work than was asked \
             and its numbers are those of another job; check that it honours --ignore-eos and \
             that prompt and answer fit into its context, or measure without --ignore-eos",
        ),
    }
}

/// A5: is the engine set up as declared?
pub(super) fn a5_configuration(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    let Some(facts) = &evidence.configuration else {
        return CONFIGURATION.waived("nothing was declared: measured as served");
    };
    let told = facts.as_declared + facts.otherwise.len() as u64;
    let declared = told + facts.not_told;
    if !facts.otherwise.is_empty() {
        return CONFIGURATION.failed(
            format!("of {declared} declared options: {}", facts.otherwise.join("; ")),
            "the engine runs with other settings than the study says, so its numbers are not \
             those of this arm; declare what it can do, or mend its profile",
        );
    }
    match told {
        0 => CONFIGURATION.unknown(format!("of {declared} declared options the engine tells none")),
        told => CONFIGURATION
            .passed(format!("{told} of {declared} declared options are told, and as declared")),
    }
}

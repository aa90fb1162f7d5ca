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

/// How an engine came down, for reasons that a client can't bring about by
/// being slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fall {
    /// It ended, or was started anew.
    Died,
    /// It is there, and answers nothing.
    Hung,
}

/// Whether the engine came down.
pub(crate) fn fall(evidence: &Evidence) -> Option<Fall> {
    let engine = &evidence.engine;
    let is_gone = engine.answers_after == Some(false) || engine.same_process == Some(false);
    if is_gone || is_restarted(evidence) == Some(true) {
        return Some(Fall::Died);
    }
    let answered_none = finished(evidence) == 0 && failed_kinds(evidence).next().is_some();
    let is_silent = silent(evidence).is_some_and(|silent| silent > 0);
    (answered_none || is_silent).then_some(Fall::Hung)
}

/// Whether the engine says that it started at another time than before.
fn is_restarted(evidence: &Evidence) -> Option<bool> {
    let (before, after) = (evidence.engine.start_before_s?, evidence.engine.start_after_s?);
    Some((after - before).abs() > SAME_START_S)
}

/// Streams that fell silent until the idle limit, as far as it is known which
/// limit a timeout met.
fn silent(evidence: &Evidence) -> Option<u64> {
    match evidence.count(Outcome::Timeout) {
        0 => Some(0),
        _ => evidence.engine.idle_timeouts,
    }
}

/// Requests of the cohort that came to their end.
fn finished(evidence: &Evidence) -> u64 {
    evidence.count_any(&[Outcome::Ok, Outcome::Short, Outcome::Long])
}

/// The ways in which the engine failed requests of the cohort, each with how
/// many.
///
/// In an open loop, what is unfinished long after the window is how saturation
/// looks (A3). Nowhere else has an engine reason to leave a request open, nor if
/// it has never finished one.
fn failed_kinds(evidence: &Evidence) -> impl Iterator<Item = (Outcome, u64)> + '_ {
    let counts_censored = finished(evidence) == 0 || !matches!(evidence.load, Load::Open { .. });
    let outcomes = FAILED.into_iter().chain(counts_censored.then_some(Outcome::Censored));
    outcomes.map(|outcome| (outcome, evidence.count(outcome))).filter(|(_, count)| *count > 0)
}

/// A1: was it the same engine, alive, from start to end?
pub(super) fn a1_alive(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    let engine = &evidence.engine;
    let (silent, is_restarted) = (silent(evidence), is_restarted(evidence));
    let mut faults = Vec::new();
    if engine.answers_after == Some(false) {
        faults.push("it no longer answers (limit: it does)".to_owned());
    }
    if is_restarted == Some(true) {
        faults.push("its process was started anew (limit: the same start time)".to_owned());
    }
    if engine.same_process == Some(false) {
        faults.push("the process from before the load is gone (limit: it lives)".to_owned());
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
    let same = match (is_restarted, engine.same_process) {
        (Some(_), Some(_)) => "its process and its start time are unchanged",
        (Some(_), None) => "its start time is unchanged",
        (None, Some(_)) => "its process is the same",
        (None, None) => {
            return ALIVE.unknown(
                "whether it was started anew meanwhile: it publishes no start time, and its \
                 process is not ours to see",
            );
        }
    };
    match (engine.answers_after, silent) {
        (None, _) => ALIVE.unknown("whether it still answers was not asked after the load"),
        (_, None) => ALIVE.unknown("it answers; which limit its timeouts met is not known"),
        _ => ALIVE.passed(format!("it answers after the load, and {same}")),
    }
}

/// A2: did it answer?
pub(super) fn a2_failures(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let cohort = evidence.summary.requests;
    let failed = failed_kinds(evidence).map(|(_, count)| count).sum();
    let Some(failed_share) = share(failed, cohort) else {
        return FAILURES.unknown("no request was due in the window");
    };
    let kinds: Vec<String> =
        failed_kinds(evidence).map(|(outcome, count)| format!(", {outcome} {count}")).collect();
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
    let unfinished = unfinished(evidence, thresholds);
    let course = evidence.steadiness.as_ref().and_then(|bins| trend(&bins.in_flight, thresholds));
    let saw = format!("{}; {}", rise_seen(course, thresholds), unfinished.saw);
    let is_rising = course.map(|trend| trend.change > 0.0 && matters(trend, thresholds));
    if is_rising == Some(true) || unfinished.is_too_much == Some(true) {
        return SATURATED.failed(
            saw,
            "requests came faster than the engine finished them, so the queue, and every latency \
             with it, grows for as long as the load lasts: only throughput says something; lower \
             --request-rate to what it sustains, or hold it with --max-concurrency",
        );
    }
    match is_rising.and(unfinished.is_too_much) {
        Some(_) => SATURATED.passed(saw),
        None => SATURATED.unknown(saw),
    }
}

/// What was unfinished long after the window.
struct Unfinished {
    saw: String,
    is_too_much: Option<bool>,
}

/// Looks at what was unfinished at the window's end plus twice the warm-up's p99
/// of E2E. Without a warm-up nobody knows how long that is; then what was
/// unfinished at the window's end is more than enough, if it is little.
fn unfinished(evidence: &Evidence, thresholds: &Thresholds) -> Unfinished {
    // Censored requests ended later than anything that is asked about here.
    let censored = evidence.count(Outcome::Censored);
    let of_cohort = |count: u64| share(count.max(censored), evidence.summary.requests);
    let limit = thresholds.unfinished_share;
    let told = |share: f64, when: &str| {
        format!("{} of the cohort unfinished {when} (limit {})", percent(share), percent(limit))
    };
    if let Some(late) = evidence.unfinished_late.and_then(of_cohort) {
        let saw = told(late, "long after the window");
        return Unfinished { saw, is_too_much: Some(late > limit) };
    }
    if of_cohort(0).is_some_and(|censored| censored > limit) {
        let saw = told(of_cohort(0).unwrap_or_default(), "at the drain limit");
        return Unfinished { saw, is_too_much: Some(true) };
    }
    match evidence.unfinished_at_end.and_then(of_cohort) {
        Some(open) => {
            let saw = told(open, "at the window's end, no warm-up telling how long to wait");
            Unfinished { saw, is_too_much: (open <= limit).then_some(false) }
        }
        None => Unfinished {
            saw: "how much was unfinished after the window is not known".to_owned(),
            is_too_much: None,
        },
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
    let declared = told + facts.not_told.len() as u64;
    if !facts.otherwise.is_empty() {
        return CONFIGURATION.failed(
            format!("of {declared} declared options: {}", facts.otherwise.join("; ")),
            "the engine runs with other settings than the study says, so its numbers are not \
             those of this arm; declare what it can do, or mend its profile",
        );
    }
    let silent = facts.not_told.join(", ");
    match (told, facts.not_told.is_empty()) {
        (0, _) => CONFIGURATION
            .unknown(format!("of {declared} declared options the engine tells none: {silent}")),
        (_, true) => {
            CONFIGURATION.passed(format!("{told} declared options are told, and as declared"))
        }
        (_, false) => CONFIGURATION.passed(format!(
            "{told} of {declared} declared options are told, and as declared; not told: {silent}"
        )),
    }
}

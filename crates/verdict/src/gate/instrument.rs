//! I1 to I8: was the client itself good enough? A trial that fails here is
//! void, whatever the engine did, and is to be run again.

use statrs::distribution::{Binomial, DiscreteCDF};
use tokenometer_core::{Gate, GateClass, Outcome};

use super::{Rule, withholding};
use crate::evidence::{Evidence, Load};
use crate::thresholds::Thresholds;
use crate::wording::{digits, ms, ns, percent, s, share};

const LATENESS: Rule = Rule::new("I1", "lateness", GateClass::Instrument);
pub(crate) const CPU: Rule = Rule::new("I2", "client CPU", GateClass::Instrument);
pub(crate) const BACKLOG: Rule = Rule::new("I3", "receive backlog", GateClass::Instrument);
const STAMPS: Rule = Rule::new("I4", "stamps", GateClass::Instrument);
const COALESCED: Rule = Rule::new("I5", "coalesced arrivals", GateClass::Instrument);
pub(crate) const CLOCK: Rule = Rule::new("I6", "clock", GateClass::Instrument);
const OFFERED: Rule = Rule::new("I7", "offered load", GateClass::Instrument);
const NOISE: Rule = Rule::new("I8", "noise floor", GateClass::Instrument);

/// How far the number of clock samples may fall short of the rate times the
/// window: the first and the last fall outside its borders.
const BORDER_SAMPLES: f64 = 2.0;

/// I1: were requests sent when they were due?
pub(super) fn i1_lateness(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let lateness = &evidence.summary.lateness_ms;
    let Some(max) = lateness.max else { return LATENESS.unknown("no request was sent") };
    let ttft = evidence.summary.ttft_ms.p50.unwrap_or(0.0);
    let limit = thresholds.lateness_floor_ms.max(thresholds.lateness_share_of_ttft * ttft);
    let largest = format!("largest {} (limit {})", ms(max), ms(thresholds.lateness_max_ms));
    let (is_within, saw) = match lateness.p99 {
        Some(p99) => {
            (Some(p99 <= limit), format!("p99 {} (limit {}), {largest}", ms(p99), ms(limit)))
        }
        None => {
            let late = evidence.lateness_ms.iter().filter(|late| **late > limit).count() as u64;
            let saw = format!("{largest}, {late} later than {} (limit 1 %)", ms(limit));
            (few_are_late(late, max <= limit, evidence, thresholds), saw)
        }
    };
    let saw = format!("{saw}, n = {}", lateness.n);
    match is_within {
        Some(true) if max <= thresholds.lateness_max_ms => LATENESS.passed(saw),
        None if max <= thresholds.lateness_max_ms => LATENESS
            .unknown(format!("{saw}: too few requests to tell whether that is more than chance")),
        _ if evidence.load.is_capped() => LATENESS.unknown(format!(
            "{saw}: waiting behind --max-concurrency can't be told from being late"
        )),
        _ => LATENESS.failed(saw, lateness_advice(evidence.load)),
    }
}

/// Whether so many late requests are no more than a hundredth, of too few for a
/// p99: yes if none is, no if so many would hardly be by chance, and unknown in
/// between.
fn few_are_late(
    late: u64,
    is_none: bool,
    evidence: &Evidence,
    thresholds: &Thresholds,
) -> Option<bool> {
    if is_none {
        return Some(true);
    }
    let sent = evidence.lateness_ms.len() as u64;
    let chance = Binomial::new(0.01, sent).ok()?.sf(late.checked_sub(1)?);
    (chance < thresholds.lateness_doubt).then_some(false)
}

fn lateness_advice(load: Load) -> String {
    let lower = match load {
        Load::Closed => "--max-concurrency",
        Load::Open { .. } | Load::Burst { .. } => "--request-rate",
    };
    format!(
        "the client sent requests later than they were due, so the engine met another load than \
         the one asked for; stop other programs on this machine, give the client a core of its \
         own, keep idle processors awake (docs/validity.md says how), or lower {lower}"
    )
}

/// I2: had the client CPU to spare?
pub(super) fn i2_cpu(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let busiest = evidence.instrument.cpu_busy_shares.iter().copied().reduce(f64::max);
    let waited = evidence.instrument.run_queue_share;
    let part = |what: &str, share: Option<f64>, limit: f64| match share {
        Some(share) => format!("{what} {} (limit {})", percent(share), percent(limit)),
        None => format!("{what} not known"),
    };
    let saw = format!(
        "{}, {}",
        part("busiest second", busiest, thresholds.cpu_busy_share),
        part("waited for a CPU", waited, thresholds.run_queue_share)
    );
    let too_busy = busiest.is_some_and(|share| share > thresholds.cpu_busy_share);
    let waited_long = waited.is_some_and(|share| share > thresholds.run_queue_share);
    if too_busy || waited_long {
        return CPU.failed(
            saw,
            "the client's thread was short of CPU, so requests leave late and answers are read \
             late; stop other programs on this machine, give the client a core of its own, or \
             lower --max-concurrency or --request-rate",
        );
    }
    match (busiest, waited) {
        (Some(_), Some(_)) => CPU.passed(saw),
        _ => CPU.unknown(format!("{saw}: this system does not tell")),
    }
}

/// I3: were answers read soon after they came?
pub(super) fn i3_backlog(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let Some(p99) = evidence.instrument.backlog_p99_ns else {
        return BACKLOG.unknown("the kernel stamped no read, so nothing tells how long it waited");
    };
    let tpot = evidence.summary.tpot_ms.p50.unwrap_or(0.0);
    let limit = thresholds.backlog_floor_ms.max(thresholds.backlog_share_of_tpot * tpot);
    let saw = format!("p99 from stamp to read {} (limit {})", ns(p99), ms(limit));
    match p99 as f64 / 1e6 <= limit {
        true => BACKLOG.passed(saw),
        false => BACKLOG.failed(
            saw,
            "answers waited in the kernel for the client, so several may have shared one stamp \
             and gaps between tokens are not to be trusted; give the client a core of its own, \
             or lower --max-concurrency",
        ),
    }
}

/// I4: did the kernel stamp what came?
pub(super) fn i4_stamps(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let (stamped, unstamped) =
        (evidence.instrument.reads_stamped, evidence.instrument.reads_unstamped);
    let Some(stamped_share) = share(stamped, stamped.saturating_add(unstamped)) else {
        return STAMPS.unknown("nothing was read in the window");
    };
    if stamped == 0 {
        // One source for all, so gaps are at least consistent: a unix socket,
        // or a system without stamps. How late they are can't be seen.
        return STAMPS.unknown(
            "no read was stamped by the kernel: every time is the client's own, and holds the \
             client's own delay",
        );
    }
    let saw = format!(
        "{} of {} reads stamped by the kernel (at least {})",
        percent(stamped_share),
        stamped.saturating_add(unstamped),
        percent(thresholds.stamped_share)
    );
    match stamped_share >= thresholds.stamped_share {
        true => STAMPS.passed(saw),
        false => STAMPS.failed(
            saw,
            "times from the kernel and from the client are mixed, and differ by how busy the \
             client was, so gaps between tokens jump; see what `tokenometer doctor` says of \
             kernel stamps",
        ),
    }
}

/// I5: could tokens be told apart in time? A failure withholds ITL and ICL,
/// and leaves the rest of the trial as it is.
pub(super) fn i5_coalesced(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let Some(coalesced) = evidence.summary.coalesced_share else {
        return COALESCED.unknown("no token arrived in a stream");
    };
    let saw = format!(
        "{} of token arrivals held several chunks (limit {})",
        percent(coalesced),
        percent(thresholds.coalesced_share)
    );
    if coalesced <= thresholds.coalesced_share {
        return COALESCED.passed(saw);
    }
    let gate = COALESCED.failed(
        saw,
        "chunks that come in one read can't be told apart in time, so gaps between tokens are \
         partly unknown and ITL and ICL are withheld; either the server writes several chunks \
         at once, or the client is too slow: see I2 and I3, or lower --max-concurrency",
    );
    withholding(gate, &["itl_ms", "icl_ms"])
}

/// I6: did the clock run evenly?
pub(super) fn i6_clock(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let (samples, step) = (evidence.instrument.clock_samples, evidence.instrument.clock_step_ns);
    let wanted = thresholds.clock_samples_per_second * evidence.summary.duration_s - BORDER_SAMPLES;
    if step != 0 {
        return CLOCK.failed(
            format!("a step of {} beyond what slewing allows (limit 0 ms)", ns(step)),
            "the system's clock was set while the trial ran, so times before and after it do not \
             fit together; stop whatever sets it (or let it slew: `chronyd`, `ntpd -x`), and run \
             again",
        );
    }
    let saw = format!("no step in {samples} samples over {}", s(evidence.summary.duration_s));
    match samples > 0 && samples as f64 >= wanted {
        true => CLOCK.passed(saw),
        false => CLOCK.unknown(format!(
            "{saw}: at least {} a second are needed to see one",
            digits(thresholds.clock_samples_per_second)
        )),
    }
}

/// I7: did the client offer the load that was asked for? Only its half: what
/// the engine could not take is another gate's matter.
pub(super) fn i7_offered_load(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    if evidence.interrupted {
        return OFFERED.failed(
            "stopped before its end",
            "the load ended early, so the window holds less than what was planned; let the run \
             end, or ask for less with --num-prompts or --duration",
        );
    }
    if evidence.summary.requests == 0 {
        return OFFERED.unknown("no request was due in the window");
    }
    let unsent = evidence.count(Outcome::Unsent);
    // One that the server closed while idle was replaced outside any request,
    // and costs none. A request that fails takes its connection with it, and
    // the next has to open another: that is the engine's doing, and A2 counts it.
    let opened = evidence.summary.connections_opened.saturating_sub(failed(evidence));
    let opened_share = share(opened, evidence.summary.requests).unwrap_or(0.0);
    let again = retransmitted(evidence);
    let saw = format!(
        "{unsent} of {} due requests unsent (limit 0), {} on new connections (limit {}), {}",
        evidence.summary.requests,
        percent(opened_share),
        percent(thresholds.new_connection_share),
        match again {
            Some(share) => format!(
                "{} of segments sent again (limit {})",
                percent(share),
                percent(thresholds.retransmitted_share)
            ),
            None => "segments sent again not known: the kernel doesn't tell here".to_owned(),
        }
    );
    let advice = if unsent > 0 {
        "the client could not send everything that was due, so the engine met less load than \
         asked for; lower --request-rate, or give the client more CPU"
    } else if opened_share > thresholds.new_connection_share {
        "the server closes connections after few requests, so many of them pay for a new \
         one in their latency; raise its keep-alive limit, or take out the proxy between"
    } else if again.is_some_and(|share| share > thresholds.retransmitted_share) {
        "the network loses segments, so latencies hold its retransmissions; run the client \
         nearer to the server, or on a link that is not full"
    } else {
        return match again {
            Some(_) => OFFERED.passed(saw),
            None => OFFERED.unknown(saw),
        };
    };
    OFFERED.failed(saw, advice)
}

/// Requests that can't have left their connection usable.
fn failed(evidence: &Evidence) -> u64 {
    use Outcome::{Censored, HttpError, Refused, Reset, StreamError, Timeout, Truncated};
    let failures = [Refused, Reset, Timeout, HttpError, StreamError, Truncated, Censored];
    evidence.count_any(&failures)
}

fn retransmitted(evidence: &Evidence) -> Option<f64> {
    share(evidence.instrument.segments_retransmitted?, evidence.instrument.segments_sent?)
}

/// I8: is the effect larger than the client's own noise? A question to a
/// verdict, which has an effect; a trial has none.
pub(super) fn i8_noise_floor(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    NOISE.waived("asked of a verdict between arms; one trial claims no difference")
}

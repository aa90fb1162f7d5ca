//! What the gates of the instrument are to find.

use tokenometer_core::{Instrument, Outcome};
use tokenometer_verdict::Load;

use crate::sound::set;
use crate::{Case, Failed, Passed, Unknown, Waived};

pub const CASES: &[Case] = &[
    ("I1", "late by the floor", |e| e.summary.lateness_ms.p99 = Some(0.25), Passed),
    (
        "I1",
        "late, but 1 % of TTFT is more",
        |e| {
            e.summary.lateness_ms.p99 = Some(0.9);
            e.summary.ttft_ms.p50 = Some(100.0);
        },
        Passed,
    ),
    ("I1", "late", |e| e.summary.lateness_ms.p99 = Some(0.26), Failed),
    ("I1", "one very late", |e| e.summary.lateness_ms.max = Some(51.0), Failed),
    (
        "I1",
        "late in a closed loop",
        |e| {
            e.load = Load::Closed;
            e.summary.lateness_ms.p99 = Some(3.0);
        },
        Failed,
    ),
    (
        "I1",
        "waiting behind a cap",
        |e| {
            e.load = Load::Open { capped: true };
            e.summary.lateness_ms.p99 = Some(900.0);
            e.summary.lateness_ms.max = Some(2000.0);
        },
        Unknown,
    ),
    (
        "I1",
        "few, all in time",
        |e| {
            e.summary.lateness_ms.p99 = None;
            e.summary.lateness_ms.max = Some(0.2);
        },
        Passed,
    ),
    ("I1", "few, one a little late", |e| e.summary.lateness_ms.p99 = None, Unknown),
    (
        "I1",
        "few, one very late",
        |e| {
            e.summary.lateness_ms.p99 = None;
            e.summary.lateness_ms.max = Some(60.0);
        },
        Failed,
    ),
    (
        "I1",
        "five of a hundred a little late",
        |e| {
            e.summary.lateness_ms.p99 = None;
            e.lateness_ms = [vec![0.3; 5], vec![0.1; 95]].concat();
        },
        Unknown,
    ),
    (
        "I1",
        "six of a hundred late",
        |e| {
            e.summary.lateness_ms.p99 = None;
            e.lateness_ms = [vec![0.3; 6], vec![0.1; 94]].concat();
        },
        Failed,
    ),
    ("I1", "nothing sent", |e| e.summary.lateness_ms.max = None, Unknown),
    ("I2", "as busy as allowed", |e| e.instrument.cpu_busy_shares[7] = 0.7, Passed),
    ("I2", "one busy second", |e| e.instrument.cpu_busy_shares[7] = 0.93, Failed),
    ("I2", "waiting for a CPU", |e| e.instrument.run_queue_share = Some(0.02), Failed),
    ("I2", "half known", |e| e.instrument.run_queue_share = None, Unknown),
    (
        "I2",
        "half known, and bad",
        |e| {
            e.instrument.run_queue_share = None;
            e.instrument.cpu_busy_shares[0] = 1.0;
        },
        Failed,
    ),
    ("I3", "as late as allowed", |e| e.instrument.backlog_p99_ns = Some(500_000), Passed),
    (
        "I3",
        "late, but a tenth of TPOT is more",
        |e| {
            e.instrument.backlog_p99_ns = Some(1_900_000);
            e.summary.tpot_ms.p50 = Some(20.0);
        },
        Passed,
    ),
    ("I3", "late", |e| e.instrument.backlog_p99_ns = Some(600_000), Failed),
    ("I3", "no stamps", |e| e.instrument.backlog_p99_ns = None, Unknown),
    (
        "I4",
        "one in a thousand",
        |e| {
            e.instrument.reads_stamped = 999;
            e.instrument.reads_unstamped = 1;
        },
        Passed,
    ),
    ("I4", "mixed", |e| e.instrument.reads_unstamped = 600, Failed),
    ("I4", "none stamped", |e| e.instrument.reads_stamped = 0, Unknown),
    ("I4", "none read", |e| e.instrument = Instrument::default(), Unknown),
    ("I5", "one in a hundred", |e| e.summary.coalesced_share = Some(0.01), Passed),
    ("I5", "many", |e| e.summary.coalesced_share = Some(0.04), Failed),
    ("I5", "no stream", |e| e.summary.coalesced_share = None, Unknown),
    ("I6", "two samples short", |e| e.instrument.clock_samples = 598, Passed),
    ("I6", "a step", |e| e.instrument.clock_step_ns = 4_000_000, Failed),
    ("I6", "a step back", |e| e.instrument.clock_step_ns = -4_000_000, Failed),
    ("I6", "rarely looked", |e| e.instrument.clock_samples = 60, Unknown),
    ("I7", "reconnected once in a hundred", |e| e.summary.connections_opened = 6, Passed),
    ("I7", "one unsent", |e| set(e, Outcome::Unsent, 1), Failed),
    ("I7", "reconnected often", |e| e.summary.connections_opened = 7, Failed),
    (
        "I7",
        "reconnected after failures",
        |e| {
            set(e, Outcome::Reset, 300);
            e.summary.connections_opened = 300;
        },
        Passed,
    ),
    ("I7", "a lossy network", |e| e.instrument.segments_retransmitted = Some(200), Failed),
    ("I7", "segments not known", |e| e.instrument.segments_sent = None, Unknown),
    ("I7", "interrupted", |e| e.interrupted = true, Failed),
    ("I7", "nothing due", |e| e.summary.requests = 0, Unknown),
    ("I8", "always", |_| (), Waived),
];

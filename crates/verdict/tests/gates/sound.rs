//! A sound trial, and how to spoil it.

use std::time::Duration;

use tokenometer_core::{Instrument, Outcome, Summary};
use tokenometer_verdict::{
    CacheFacts, EngineFacts, Evidence, Load, MachineFacts, Steadiness, TokenizerFacts, WarmUp,
    WarmUpBatch,
};

/// A trial without a fault: 600 requests at 10 a second for 60 s, of 0.5 s.
pub fn sound() -> Evidence {
    let mut summary = Summary {
        requests: 600,
        duration_s: 60.0,
        output_tokens: Some(60_000),
        concurrency: Some(5.0),
        coalesced_share: Some(0.001),
        ..Summary::default()
    };
    summary.outcomes.insert("ok".into(), 600);
    summary.lateness_ms.n = 600;
    summary.lateness_ms.p99 = Some(0.05);
    summary.lateness_ms.max = Some(0.4);
    summary.ttft_ms.p50 = Some(20.0);
    summary.tpot_ms.p50 = Some(5.0);
    summary.e2e_ms.p50 = Some(500.0);
    let instrument = Instrument {
        reads_stamped: 60_000,
        reads_unstamped: 6,
        backlog_p99_ns: Some(50_000),
        cpu_busy_shares: vec![0.2; 60],
        run_queue_share: Some(0.001),
        clock_samples: 600,
        segments_retransmitted: Some(0),
        segments_sent: Some(100_000),
        ..Instrument::default()
    };
    let batch = WarmUpBatch { tokens_per_second: Some(1000.0), tpot_p50_ms: Some(5.0) };
    Evidence {
        summary,
        instrument,
        load: Load::Open { capped: false },
        exact_lengths: true,
        output_tokens_asked: Some(60_000),
        output_tokens_finished: Some(60_000),
        warm_up: Some(WarmUp {
            requests: 100,
            length: Duration::from_secs(12),
            batches: vec![batch; 5],
            saw_every_class: Some(true),
            repeated: Some(0),
            compiled: Some(None),
        }),
        steadiness: Some(Steadiness { tokens_per_second: wobble(1000.0), in_flight: wobble(5.0) }),
        unfinished_late: Some(0),
        unfinished_at_end: Some(5),
        server_concurrency: Some(5.2),
        engine: EngineFacts {
            answers_after: Some(true),
            start_before_s: Some(1e9),
            start_after_s: Some(1e9),
            same_process: Some(true),
            idle_timeouts: Some(0),
        },
        tokenizer: Some(TokenizerFacts {
            input_server: Some(6000),
            input_counted: Some(6000),
            output_server: Some(60_000),
            output_counted: Some(60_030),
        }),
        cache: CacheFacts {
            hit_share: Some(0.1),
            expected_share: Some(0.11),
            ..CacheFacts::default()
        },
        machine: Some(machine()),
        ..Evidence::default()
    }
}

/// A machine without a GPU that was ours alone.
pub fn machine() -> MachineFacts {
    MachineFacts {
        has_gpu: Some(false),
        others_cpu_share: Ok(0.012),
        steal_share: Ok(0.001),
        pages_swapped_in: Ok(0),
        shared_cpus: Ok(Vec::new()),
        changes: Ok(Vec::new()),
    }
}

/// 20 bins that go up and down by 1 %.
pub fn wobble(mean: f64) -> Vec<f64> {
    (0..20).map(|i| mean * if i % 2 == 0 { 1.01 } else { 0.99 }).collect()
}

/// 20 bins that rise by 40 %.
pub fn climb(mean: f64) -> Vec<f64> {
    (0..20).map(|i| mean * (0.8 + 0.02 * f64::from(i))).collect()
}

pub fn set(evidence: &mut Evidence, outcome: Outcome, count: u64) {
    let outcomes = &mut evidence.summary.outcomes;
    *outcomes.get_mut("ok").unwrap() -= count;
    outcomes.insert(outcome.name().into(), count);
}

//! The evidence of a trial in which nothing is wrong with the client or the machine, for the
//! verdict's own gates to judge.

use std::time::Duration;

use tokenometer_core::{Instrument, Summary};
use tokenometer_results::Traffic;
use tokenometer_verdict::{
    CacheFacts, EngineFacts, Evidence, Load, MachineFacts, TokenizerFacts, WarmUp, WarmUpBatch,
};

use crate::plan::{Arm, Scenario};
use crate::seen::Known;

/// What the client would have seen of itself, had it been there.
pub(crate) fn instrument(known: &Known, summary: &Summary) -> Instrument {
    let length_s = known.window.length().as_secs_f64();
    Instrument {
        reads_stamped: known.output[1],
        backlog_p99_ns: Some(60_000),
        backlog_max_ns: Some(900_000),
        cpu_busy_shares: vec![0.06; (length_s as usize).clamp(1, 600)],
        run_queue_share: Some(0.001),
        clock_samples: (length_s * 12.0) as u64,
        segments_retransmitted: Some(0),
        segments_sent: Some(summary.requests * 4),
        ..Instrument::default()
    }
}

/// All that the gates look at.
pub(crate) fn evidence(
    summary: &Summary,
    known: &Known,
    (arm, scenario): (&Arm, &Scenario),
) -> Evidence {
    Evidence {
        summary: summary.clone(),
        instrument: instrument(known, summary),
        lateness_ms: known.lateness_ms.clone(),
        load: load(scenario.traffic),
        exact_lengths: true,
        output_tokens_asked: Some(known.output[0]),
        output_tokens_finished: Some(known.output[1]),
        warm_up: Some(warm_up(summary)),
        steadiness: Some(known.steadiness.clone()),
        unfinished_at_end: Some(known.unfinished),
        server_concurrency: summary.concurrency,
        engine: EngineFacts {
            answers_after: Some(true),
            start_before_s: Some(1e9),
            start_after_s: Some(1e9),
            same_process: Some(true),
            idle_timeouts: Some(0),
        },
        tokenizer: Some(tokenizer(known)),
        cache: CacheFacts {
            hit_share: Some(cached_share(known).unwrap_or(0.0)),
            expected_share: Some(arm.cached_share),
            ..CacheFacts::default()
        },
        machine: Some(MachineFacts {
            has_gpu: Some(true),
            others_cpu_share: Ok(0.01),
            steal_share: Ok(0.0),
            pages_swapped_in: Ok(0),
            shared_cpus: Ok(Vec::new()),
            changes: Ok(Vec::new()),
        }),
        ..Evidence::default()
    }
}

/// The share of prompt tokens that was found in a cache; `None` where nothing was sent.
fn cached_share(known: &Known) -> Option<f64> {
    let [prompts, cached] = known.prompts;
    (prompts > 0).then(|| cached as f64 / prompts as f64)
}

fn load(traffic: Traffic) -> Load {
    match traffic {
        Traffic::Closed { .. } => Load::Closed,
        Traffic::Open { cap, .. } | Traffic::Ramp { cap, .. } => {
            Load::Open { capped: cap.is_some() }
        }
    }
}

/// A warm-up that had settled.
fn warm_up(summary: &Summary) -> WarmUp {
    let batch = WarmUpBatch {
        tokens_per_second: summary.output_throughput,
        tpot_p50_ms: summary.tpot_ms.p50,
    };
    WarmUp {
        requests: 60,
        length: Duration::from_secs(12),
        batches: vec![batch; 4],
        saw_every_class: Some(true),
        repeated: Some(0),
        compiled: Some(None),
    }
}

/// Counts on which both sides agree.
fn tokenizer(known: &Known) -> TokenizerFacts {
    TokenizerFacts {
        input_server: Some(known.prompts[0]),
        input_counted: Some(known.prompts[0]),
        output_server: Some(known.output[1]),
        output_counted: Some(known.output[1]),
    }
}

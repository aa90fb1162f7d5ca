//! Whatever the evidence, it is judged.

use proptest::prelude::*;
use tokenometer_core::{Gate, GateClass, Instrument, Outcome, Standing};
use tokenometer_verdict::{
    Evidence, Load, MachineFacts, Steadiness, Thresholds, TokenizerFacts, WarmUpBatch, judge,
};

use crate::Failed;
use crate::sound::sound;

prop_compose! {
    fn any_evidence()(
        counts in proptest::collection::vec(0..1000_u64, 13),
        shares in proptest::collection::vec(proptest::option::of(0.0..2.0_f64), 8),
        millis in proptest::collection::vec(proptest::option::of(0.0..1e5_f64), 6),
        totals in proptest::collection::vec(proptest::option::of(any::<u64>()), 8),
        bins in proptest::collection::vec(0.0..1e9_f64, 0..25),
        wide in any::<[u64; 6]>(),
        step in any::<i64>(),
        flags in any::<[bool; 7]>(),
        load in 0..5_u8,
    ) -> Evidence {
        let mut evidence = sound();
        let summary = &mut evidence.summary;
        for (outcome, count) in Outcome::ALL.iter().zip(&counts) {
            summary.outcomes.insert(outcome.name().into(), *count);
        }
        summary.requests = counts.iter().sum();
        summary.duration_s = millis[0].unwrap_or(0.0);
        summary.concurrency = millis[1];
        summary.coalesced_share = shares[0];
        summary.lateness_ms.p99 = millis[2];
        summary.lateness_ms.max = millis[3];
        summary.ttft_ms.p50 = millis[4];
        summary.e2e_ms.p50 = millis[5];
        summary.output_tokens = totals[0];
        evidence.instrument = Instrument {
            reads_stamped: wide[0],
            reads_unstamped: wide[1],
            backlog_p99_ns: totals[1].map(|total| total as i64),
            cpu_busy_shares: bins.clone(),
            run_queue_share: shares[1],
            clock_samples: wide[2],
            clock_step_ns: step,
            connections_opened: wide[3],
            segments_retransmitted: totals[2],
            segments_sent: totals[3],
            ..Instrument::default()
        };
        evidence.load = match load {
            0 => Load::Closed,
            1 => Load::Open { capped: false },
            2 => Load::Open { capped: true },
            3 => Load::Burst { capped: false },
            _ => Load::Burst { capped: true },
        };
        (evidence.interrupted, evidence.rehearsal) = (flags[0], flags[1]);
        (evidence.exact_lengths, evidence.cache.cold) = (flags[2], flags[3]);
        evidence.output_tokens_asked = totals[4];
        evidence.output_tokens_finished = totals[5];
        evidence.unfinished_late = totals[6];
        evidence.server_concurrency = shares[2];
        evidence.cache.hit_share = shares[3];
        evidence.cache.expected_share = shares[4];
        evidence.tokenizer = totals[7].map(|total| TokenizerFacts {
            input_server: Some(total),
            input_counted: totals[6],
            output_server: totals[5],
            output_counted: Some(wide[4]),
        });
        evidence.engine.start_after_s = shares[5];
        evidence.engine.answers_after = Some(flags[4]);
        evidence.engine.same_process = Some(flags[5]);
        evidence.machine = flags[6].then(|| MachineFacts {
            has_gpu: None,
            others_cpu_share: shares[7].ok_or_else(String::new),
            steal_share: shares[0].ok_or_else(String::new),
            pages_swapped_in: totals[0].ok_or_else(String::new),
            shared_cpus: Ok(Vec::new()),
            changes: Ok(Vec::new()),
        });
        evidence.warm_up.as_mut().unwrap().batches =
            bins.iter().map(|bin| WarmUpBatch { tokens_per_second: Some(*bin), tpot_p50_ms: shares[6] }).collect();
        evidence.steadiness =
            Some(Steadiness { tokens_per_second: bins.clone(), in_flight: bins });
        evidence
    }
}

/// Whether an engine is gone, is another one, or has answered nothing.
fn came_down(evidence: &Evidence) -> bool {
    let engine = &evidence.engine;
    let (before, after) = (engine.start_before_s.unwrap(), engine.start_after_s);
    engine.answers_after == Some(false)
        || engine.same_process == Some(false)
        || after.is_some_and(|after| after != before)
        || evidence.count(Outcome::Timeout) > 0
        || evidence.count_any(&[Outcome::Ok, Outcome::Short, Outcome::Long]) == 0
}

proptest! {
    #[test]
    fn any_evidence_is_judged(evidence in any_evidence()) {
        let validity = judge(&evidence, &Thresholds::default());
        prop_assert_eq!(validity.gates.len(), 27);
        let voids = |gate: &Gate| {
            gate.status == Failed
                && matches!(gate.class, GateClass::Instrument | GateClass::Environment)
                && gate.id != "I5"
        };
        let is_void = validity.gates.iter().any(voids);
        // Only an engine that came down keeps a void trial from being invalid.
        match validity.standing {
            Standing::Invalid => prop_assert!(is_void),
            Standing::Failed => prop_assert!(!is_void || came_down(&evidence)),
            Standing::Saturated | Standing::Valid => prop_assert!(!is_void),
        }
        for gate in &validity.gates {
            prop_assert!(gate.withholds.is_empty() || gate.status == Failed);
        }
    }
}

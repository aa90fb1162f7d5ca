//! What must hold of every summary, whatever the records.

mod story;

use proptest::prelude::*;
use story::{Story, summarise, summarise_over, window};
use tokenometer_core::{Distribution, Outcome, Phase, Summary, TokenRule};

/// A request with a stream of random gaps, tokens and fate.
fn any_story() -> impl Strategy<Value = Story> {
    let arrivals = prop::collection::vec((0_i64..50, 0_u32..4, any::<bool>()), 0..12);
    let fate = (0_i64..9_000, 0_usize..20, 0_u32..4, 0_u8..10);
    (arrivals, fate).prop_map(|(arrivals, (sent, outcome, rule, phase))| {
        let mut at = 10;
        let mut story = Story::sent(0, sent);
        let mut tokens = 0;
        for (gap, count, joined) in arrivals {
            at += gap;
            tokens += count.max(1);
            let first = story.chunks.is_empty();
            story = story.text(at, count.max(1));
            if joined && !first {
                story = story.in_the_same_read();
            }
        }
        let outcome = Outcome::ALL.get(outcome).copied().unwrap_or(Outcome::Ok);
        let outcome = if tokens == 0 && outcome.is_ok() { Outcome::Empty } else { outcome };
        let story = story.ended(at + 5).generated(tokens).outcome(outcome);
        let story = story.with(|record| {
            record.token_rule = TokenRule::ALL[rule as usize];
            record.phase = match phase {
                0 => Phase::RampIn,
                1 => Phase::Drain,
                2 => Phase::WarmUp,
                _ => Phase::Measure,
            };
        });
        if rule == 3 { story.tokens_unknown() } else { story }
    })
}

fn any_trial() -> impl Strategy<Value = Vec<Story>> {
    prop::collection::vec(any_story(), 0..60).prop_map(|mut stories| {
        for (number, story) in stories.iter_mut().enumerate() {
            story.record.request = number as u32;
        }
        stories
    })
}

fn distributions(summary: &Summary) -> [&Distribution; 12] {
    [
        &summary.ttft_ms,
        &summary.ttft_intended_ms,
        &summary.ttfo_ms,
        &summary.tpot_ms,
        &summary.itl_ms,
        &summary.icl_ms,
        &summary.e2e_ms,
        &summary.e2e_intended_ms,
        &summary.e2e_stream_ms,
        &summary.lateness_ms,
        &summary.connect_ms,
        &summary.tokens_per_arrival,
    ]
}

proptest! {
    #[test]
    fn outcomes_sum_to_the_cohort(stories in any_trial()) {
        let summary = summarise(&stories);
        let measured = stories.iter().filter(|s| s.record.phase == Phase::Measure).count() as u64;
        prop_assert_eq!(summary.requests, measured);
        prop_assert_eq!(summary.outcomes.values().sum::<u64>(), measured);
        let ok = summary.outcomes["ok"];
        for latency in [&summary.ttft_ms, &summary.e2e_ms, &summary.tpot_ms, &summary.icl_ms] {
            prop_assert_eq!(latency.requests + latency.absent.values().sum::<u64>(), ok);
        }
    }

    #[test]
    fn the_order_of_adding_does_not_matter(stories in any_trial(), seed in any::<u64>()) {
        let mut shuffled = stories.clone();
        // Any fixed mixing of the numbers is a shuffle.
        shuffled.sort_by_key(|s| u64::from(s.record.request).wrapping_add(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        prop_assert_eq!(summarise(&shuffled), summarise(&stories));
    }

    #[test]
    fn a_higher_quantile_is_never_lower_and_lies_in_its_interval(stories in any_trial()) {
        let summary = summarise(&stories);
        for d in distributions(&summary) {
            let quantiles: Vec<f64> = [d.p50, d.p90, d.p95, d.p99, d.max].into_iter().flatten().collect();
            prop_assert!(quantiles.is_sorted(), "{d:?}");
            for (name, value) in [("mean", d.mean), ("p50", d.p50), ("p90", d.p90), ("p95", d.p95)] {
                if let Some([low, high]) = d.intervals.get(name) {
                    let value = value.expect("an interval comes with its statistic");
                    prop_assert!(*low <= value && value <= *high, "{name}: {d:?}");
                }
            }
        }
    }

    /// Whatever is missing is explained, and whatever is explained is missing.
    #[test]
    fn what_is_missing_is_explained(stories in any_trial()) {
        let summary = summarise(&stories);
        for d in distributions(&summary) {
            let all = d.withheld.contains_key("all");
            for (name, value) in [("mean", d.mean), ("p50", d.p50), ("p90", d.p90), ("p95", d.p95), ("p99", d.p99)] {
                prop_assert_eq!(value.is_none(), all || d.withheld.contains_key(name), "{}: {:?}", name, d);
                let interval = d.withheld.contains_key(&format!("{name}_interval"));
                let explained = all || interval || d.withheld.contains_key(name);
                prop_assert_eq!(!d.intervals.contains_key(name), explained, "{}: {:?}", name, d);
            }
        }
        for (name, value) in [
            ("output_throughput", summary.output_throughput),
            ("input_throughput", summary.input_throughput),
            ("total_throughput", summary.total_throughput),
            ("pace_ms", summary.pace_ms),
        ] {
            prop_assert_eq!(value.is_none(), summary.withheld.contains_key(name), "{}", name);
        }
    }

    /// Windows side by side share out exactly what arrived.
    #[test]
    fn tokens_are_conserved(stories in any_trial(), cut in 1_i64..11_999) {
        let known: Vec<Story> = stories
            .into_iter()
            .filter(|s| s.record.token_rule != TokenRule::Unknown && s.record.phase != Phase::WarmUp)
            .collect();
        let tokens = |opens, closes| {
            let summary = summarise_over(window(opens, closes), &known);
            summary.output_throughput.unwrap() * summary.duration_s
        };
        let all: u64 = known.iter().filter_map(|s| s.record.output.server).map(u64::from).sum();
        prop_assert!((tokens(0, cut) + tokens(cut, 12_000) - all as f64).abs() < 1e-6);
    }

    /// Within one request, the mean ITL is its TPOT.
    #[test]
    fn the_mean_gap_a_token_is_the_pace(story in any_story()) {
        let story = story.outcome(Outcome::Ok).with(|record| record.phase = Phase::Measure);
        let summary = summarise(&[story]);
        if let (Some(itl), Some(tpot)) = (summary.itl_ms.mean, summary.tpot_ms.mean) {
            prop_assert!((itl - tpot).abs() < 1e-9 * tpot.max(1.0), "{itl} {tpot}");
        }
    }
}

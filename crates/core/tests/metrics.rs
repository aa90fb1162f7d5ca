//! Every metric against timelines told by hand, and the traps in which other
//! tools' numbers went wrong: each test names the trap.

mod story;

use std::time::Duration;

use story::{Story, close, feed, summarise, summarise_over, window};
use tokenometer_core::metric::Objectives;
use tokenometer_core::metric::counts::CountSource;
use tokenometer_core::summary::Summariser;
use tokenometer_core::{ChunkKind, Nanos, Outcome, Phase, Tail, TokenRule};

/// 24 tokens, one each 10 ms from 100 ms on, after a role-only chunk; usage
/// comes 15 ms after the last of them.
fn healthy(request: u32, millis: i64) -> Story {
    Story::sent(request, millis)
        .chunk(ChunkKind::Role, 40, Some(0), 0)
        .texts(100, 10, 24, 1)
        .tail(345, 346)
        .generated(24)
}

#[test]
fn a_role_chunk_is_no_first_token_and_a_late_usage_frame_is_no_last() {
    let summary = summarise(&[healthy(0, 0)]);
    assert!(close(summary.ttft_ms.mean, 100.0));
    assert!(close(summary.ttfo_ms.mean, 100.0));
    assert!(close(summary.e2e_ms.mean, 330.0));
    assert!(close(summary.e2e_stream_ms.mean, 346.0));
    assert!(close(summary.tpot_ms.mean, 10.0));
    assert!(close(summary.pace_ms, 10.0));
    assert!(close(summary.itl_ms.mean, 10.0));
    assert!(close(summary.icl_ms.max, 10.0));
    assert_eq!((summary.itl_ms.n, summary.itl_ms.requests), (23, 1));
    assert_eq!(summary.output_tokens, Some(24));
    assert_eq!(summary.output_source, Some(CountSource::Server));
    assert_eq!(summary.token_rule, TokenRule::Told);
}

#[test]
fn empty_chunks_and_comments_change_nothing() {
    let plain = summarise(&[healthy(0, 0)]);
    let noisy = Story::sent(0, 0)
        .chunk(ChunkKind::Comment, 10, None, 0)
        .chunk(ChunkKind::Role, 40, Some(0), 0)
        .chunk(ChunkKind::Empty, 90, None, 0)
        .texts(100, 10, 12, 1)
        .chunk(ChunkKind::Empty, 215, None, 0)
        .texts(220, 10, 12, 1)
        .chunk(ChunkKind::Finish, 335, None, 0)
        .tail(345, 346)
        .generated(24);
    assert_eq!(summarise(&[noisy]), plain);
}

#[test]
fn several_tokens_a_chunk_share_a_gap_and_the_first_bundle_is_free() {
    // Three chunks of 8 tokens, 80 ms apart. Dividing by n − 1 says 7 ms.
    let story = Story::sent(0, 0).texts(100, 80, 3, 8).tail(275, 276).generated(24);
    let summary = summarise(&[story]);
    assert!(close(summary.tpot_ms.mean, 10.0));
    assert!(close(summary.itl_ms.mean, 10.0));
    assert!(close(summary.icl_ms.mean, 80.0));
    assert!(close(summary.tokens_per_arrival.mean, 8.0));
    assert_eq!((summary.itl_ms.n, summary.icl_ms.n, summary.tokens_per_arrival.n), (16, 2, 2));
}

#[test]
fn reasoning_is_a_first_token_but_no_first_output() {
    let reasoning = |story: Story, millis| story.chunk(ChunkKind::Reasoning, millis, Some(4), 16);
    let story = [200, 240, 280].into_iter().fold(Story::sent(0, 0), reasoning);
    let story = story.texts(320, 40, 3, 4).tail(415, 416).generated(24);
    let summary = summarise(&[story]);
    assert!(close(summary.ttft_ms.mean, 200.0));
    assert!(close(summary.ttfo_ms.mean, 320.0));
    assert!(close(summary.tpot_ms.mean, 10.0));
    assert!(close(summary.e2e_ms.mean, 400.0));
}

#[test]
fn a_request_that_only_reasoned_is_counted_and_has_no_first_output() {
    let story = Story::sent(0, 0)
        .chunk(ChunkKind::Reasoning, 100, Some(1), 4)
        .chunk(ChunkKind::Reasoning, 110, Some(1), 4)
        .ended(111)
        .generated(2);
    let summary = summarise(&[story, healthy(1, 0)]);
    assert_eq!(summary.ttfo_ms.n, 1);
    assert_eq!(summary.ttfo_ms.absent["reasoning_only"], 1);
    assert_eq!(summary.ttft_ms.n, 2);
}

#[test]
fn unparsed_reasoning_takes_the_first_output_from_all() {
    let story = healthy(0, 0).with(|record| record.text = "<think>Hm.</think>4".to_owned());
    let summary = summarise(&[story, healthy(1, 0)]);
    assert_eq!(summary.ttfo_ms.mean, None);
    assert!(summary.ttfo_ms.withheld["all"].contains("answers of 1 requests"));
    assert!(close(summary.ttft_ms.mean, 100.0));
}

#[test]
fn one_arrival_has_no_pace() {
    let one = Story::sent(0, 0).text(100, 24).tail(115, 116).generated(24);
    let summary = summarise(&[one]);
    assert!(close(summary.ttft_ms.mean, 100.0));
    assert!(close(summary.e2e_ms.mean, 100.0));
    assert_eq!((summary.tpot_ms.mean, summary.tpot_ms.n), (None, 0));
    assert_eq!(summary.tpot_ms.absent["one_arrival"], 1);
    assert_eq!(summary.pace_ms, None);
    assert_eq!(summary.icl_ms.withheld["all"], "there is no value");
}

#[test]
fn what_is_not_streamed_has_an_end_and_nothing_inside() {
    let story =
        Story::sent(0, 0).chunk(ChunkKind::Text, 330, None, 96).ended(331).generated(24).with(
            |record| {
                record.streamed = false;
                record.token_rule = TokenRule::Unknown;
                record.last = Some(Nanos::from_millis(330));
            },
        );
    let summary = summarise(&[story]);
    assert_eq!(summary.ttft_ms.absent["not_streamed"], 1);
    assert_eq!(summary.tpot_ms.absent["not_streamed"], 1);
    assert!(close(summary.e2e_ms.mean, 330.0));
    assert!(close(summary.output_throughput, 2.4));
    assert!(close(summary.input_throughput, 10.0));
    assert!(summary.ranked.contains_key("e2e_ms") && !summary.ranked.contains_key("ttft_ms"));
}

#[test]
fn an_error_inside_a_stream_is_no_success_with_a_first_token_of_zero() {
    let at_once = Story::sent(0, 0)
        .chunk(ChunkKind::Error, 20, None, 0)
        .ended(21)
        .outcome(Outcome::StreamError);
    let later = Story::sent(1, 0).texts(100, 10, 6, 1).ended(151).outcome(Outcome::StreamError);
    let summary = summarise(&[at_once, later, healthy(2, 0)]);
    assert_eq!(summary.outcomes["stream_error"], 2);
    assert_eq!(summary.outcomes["ok"], 1);
    assert_eq!((summary.requests, summary.ttft_ms.n), (3, 1));
    assert!(close(summary.tpot_ms.mean, 10.0));
    // What a failed request generated arrived all the same.
    assert!(close(summary.output_throughput, 3.0));
    assert!(close(summary.request_throughput, 0.1));
    assert_eq!(summary.output_tokens, Some(24));
}

#[test]
fn a_server_that_stops_early_is_credited_what_it_made() {
    let story = Story::sent(0, 0).texts(100, 10, 8, 1).tail(185, 186).generated(8);
    let summary = summarise(&[story.with(|record| record.output.asked = Some(24))]);
    assert_eq!(summary.output_tokens, Some(8));
    assert!(close(summary.tpot_ms.mean, 10.0));
}

#[test]
fn an_end_of_sequence_without_text_arrives_with_the_end_and_slows_nothing() {
    // 24 chunks with text, 25 tokens counted: M5 (b) over n_L = 24.
    let story = healthy(0, 0).generated(25).with(|record| {
        record.token_rule = TokenRule::OneEach;
        record.finish_reason = Some("stop".to_owned());
    });
    let summary = summarise(std::slice::from_ref(&story));
    assert!(close(summary.tpot_ms.mean, 10.0));
    assert!(close(summary.output_throughput, 2.5));
    assert_eq!(summary.output_tokens, Some(25));
    // Its end lies after this window.
    let cut = summarise_over(window(0, 340), &[story]);
    assert!(close(cut.output_throughput, 24.0 / 0.34));
}

#[test]
fn chunks_of_one_read_are_one_arrival() {
    let story = Story::sent(0, 0)
        .text(100, 1)
        .text(110, 1)
        .text(110, 1)
        .in_the_same_read()
        .text(130, 1)
        .tail(140, 141)
        .generated(4);
    let summary = summarise(&[story]);
    assert!(close(summary.coalesced_share, 1.0 / 3.0));
    // The coalesced read followed that of the first chunk, 10 ms before.
    assert!(close(summary.coalesced_gap_p99_ms, 10.0));
    assert!(close(summary.tpot_ms.mean, 10.0));
    for gaps in [&summary.itl_ms, &summary.icl_ms] {
        assert_eq!(gaps.mean, None);
        assert!(gaps.withheld["all"].contains("33.3 % of the arrivals"), "{gaps:?}");
    }
}

#[test]
fn up_to_one_arrival_in_a_hundred_may_be_coalesced() {
    let coalesced = |request, gaps: u32| {
        Story::sent(request, 0)
            .texts(100, 10, gaps, 1)
            .text(5000, 1)
            .text(5000, 1)
            .in_the_same_read()
            .ended(5001)
            .generated(gaps + 2)
    };
    let at_limit = summarise(&[coalesced(0, 99)]);
    assert!(close(at_limit.coalesced_share, 0.01));
    assert_eq!((at_limit.icl_ms.n, at_limit.itl_ms.n), (99, 100));
    assert!(at_limit.icl_ms.mean.is_some());
    let beyond = summarise(&[coalesced(0, 98)]);
    assert!(beyond.icl_ms.mean.is_none());
}

#[test]
fn unknown_tokens_leave_bounds() {
    // 230 ms, 12 chunks, 24 tokens: 11 to 23 later tokens.
    let story = Story::sent(0, 0).texts(100, 230, 2, 1).texts(340, 1, 10, 1).ended(400);
    let story = story.generated(24).tokens_unknown();
    let summary = summarise(&[story]);
    assert_eq!(summary.token_rule, TokenRule::Unknown);
    assert_eq!(summary.token_rules[&TokenRule::Unknown], 1);
    assert_eq!(summary.tpot_ms.mean, None);
    assert!(summary.tpot_ms.withheld["all"].contains("unknown in 1 of 1"));
    let [low, high] = summary.tpot_mean_bounds_ms.unwrap();
    assert!(close(Some(low), 249.0 / 23.0) && close(Some(high), 249.0 / 11.0));
    assert_eq!(summary.pace_ms, None);
    assert!(summary.withheld["pace_ms"].contains("unknown"));
    assert!(summary.itl_ms.withheld.contains_key("all"));
    assert!(summary.icl_ms.mean.is_some());
    // The stream lies in the window, so its total is all that arrived.
    assert!(close(summary.output_throughput, 2.4));
}

#[test]
fn a_stream_of_unknown_tokens_that_straddles_the_window_has_a_rate_between_bounds() {
    // Four of eight chunks inside: 4 to 12 of 16 tokens.
    let story = Story::sent(0, 0).texts(100, 100, 8, 1).ended(900).generated(16).tokens_unknown();
    let summary = summarise_over(window(0, 500), std::slice::from_ref(&story));
    assert_eq!(summary.output_throughput, None);
    assert_eq!(summary.output_throughput_bounds, Some([8.0, 24.0]));
    assert!(summary.withheld["output_throughput"].contains("unknown"));
    assert!(summary.withheld.contains_key("total_throughput"));
    // Without any count, not even a bound is left.
    let uncounted = story.with(|record| record.output.server = None);
    let summary = summarise_over(window(0, 500), &[uncounted]);
    assert_eq!((summary.output_throughput, summary.output_throughput_bounds), (None, None));
    assert_eq!(summary.output_tokens, None);
}

#[test]
fn a_hundredth_of_requests_with_unknown_tokens_is_left_out_and_more_withholds() {
    let mut stories: Vec<Story> = (0..100).map(|i| healthy(i, i64::from(i))).collect();
    // 16 tokens in 12 chunks: the ends of TPOT are far apart.
    let vague = |request| {
        let story = Story::sent(request, 0).texts(100, 10, 12, 1).tail(245, 246);
        story.generated(16).tokens_unknown()
    };
    stories[0] = vague(0);
    let summary = summarise(&stories);
    assert_eq!((summary.tpot_ms.n, summary.tpot_ms.absent["tokens_unknown"]), (99, 1));
    assert_eq!((summary.itl_ms.requests, summary.itl_ms.absent["tokens_unknown"]), (99, 1));
    assert_eq!((summary.icl_ms.requests, summary.token_rule), (100, TokenRule::Told));
    stories[1] = vague(1);
    let summary = summarise(&stories);
    assert_eq!(summary.token_rule, TokenRule::Unknown);
    assert!(summary.tpot_ms.withheld["all"].contains("2 of 100"));
    assert!(summary.itl_ms.withheld["all"].contains("2 of 100"));
    assert_eq!(summary.ranked["tpot_ms"].p50, Tail::Withheld);
}

#[test]
fn all_requests_are_read_by_the_weakest_evidence_among_them() {
    // The server tells of a token without text 10 ms before the first text,
    // and of another in between.
    let told = Story::sent(0, 0)
        .chunk(ChunkKind::Empty, 90, Some(1), 0)
        .text(100, 1)
        .chunk(ChunkKind::Empty, 110, Some(1), 0)
        .text(120, 1)
        .text(130, 1)
        .ended(131)
        .generated(5);
    let alone = summarise(std::slice::from_ref(&told));
    assert!(close(alone.ttft_ms.mean, 90.0));
    assert!(close(alone.tpot_ms.mean, 10.0));
    assert!(close(alone.textless_share, 0.4));
    assert_eq!((alone.token_rule, alone.icl_ms.n), (TokenRule::Told, 4));

    let by_text = |summary: &tokenometer_core::Summary| {
        assert!(close(summary.ttft_ms.mean, 100.0), "{:?}", summary.ttft_ms);
        assert_eq!(summary.token_rule, TokenRule::OneEach);
    };
    let other = healthy(1, 0).with(|record| record.token_rule = TokenRule::OneEach);
    let both = summarise(&[told.clone(), other]);
    by_text(&both);
    assert_eq!(both.icl_ms.n, 2 + 23);
    // The same where another arm of the comparison has no counts: two tokens
    // came with the first text, and three after it in 30 ms.
    let weak = Summariser::new(window(0, 10_000)).no_stronger_than(TokenRule::OneEach);
    let lone = feed(weak, std::slice::from_ref(&told));
    by_text(&lone);
    assert!(close(lone.tpot_ms.mean, 10.0));
    assert!(close(lone.tokens_per_arrival.max, 2.0));

    let none = Summariser::new(window(0, 10_000)).no_stronger_than(TokenRule::Unknown);
    let none = feed(none, &[told]);
    assert_eq!((none.token_rule, none.itl_ms.mean), (TokenRule::Unknown, None));
    let [low, high] = none.tpot_mean_bounds_ms.unwrap();
    assert!(close(Some(low), 30.0 / 4.0) && close(Some(high), 30.0 / 2.0));
}

#[test]
fn counts_of_two_sources_are_never_added_up() {
    let counted = |story: Story, tokens| story.with(|record| record.output.counted = Some(tokens));
    let silent = || healthy(1, 0).with(|record| record.output.server = None);
    let agree = summarise(&[counted(healthy(0, 0), 24), counted(silent(), 24)]);
    assert_eq!((agree.output_tokens, agree.output_source), (Some(48), Some(CountSource::Counted)));
    assert_eq!(agree.count_disagreements.output_server_missing, 1);

    let differ = summarise(&[counted(healthy(0, 0), 25), counted(silent(), 24)]);
    assert_eq!(differ.output_tokens, None);
    assert_eq!(differ.count_disagreements.output_server_counted, 1);
    for metric in [&differ.tpot_ms, &differ.itl_ms] {
        assert!(metric.withheld["all"].contains("more than 2 %"), "{metric:?}");
    }
    assert_eq!((differ.output_throughput, differ.pace_ms), (None, None));
    assert!(differ.ttft_ms.mean.is_some() && differ.icl_ms.mean.is_some());
}

#[test]
fn the_window_counts_arrivals_of_every_phase_but_warm_up() {
    let in_phase = |phase, story: Story| story.with(move |record| record.phase = phase);
    let stories = [
        in_phase(Phase::WarmUp, healthy(0, 0)),
        // Arrivals at 900 to 1130 ms, the window opening at 1000: 14 inside.
        in_phase(Phase::RampIn, healthy(1, 800)),
        healthy(2, 1000),
        // Arrivals at 1950 to 2180 ms, the window closing at 2000: 5 inside.
        healthy(3, 1850),
        in_phase(Phase::Drain, healthy(4, 1999)),
    ];
    let summary = summarise_over(window(1000, 2000), &stories);
    assert!(close(summary.output_throughput, 14.0 + 24.0 + 5.0));
    // T of the ramp-in lies before the window, that of the drain after it.
    assert!(close(summary.input_throughput, 200.0));
    assert!(close(summary.total_throughput, 243.0));
    // Ended at 1146 and 1346.
    assert!(close(summary.request_throughput, 2.0));
    assert_eq!((summary.requests, summary.ttft_ms.n), (2, 2));
    // In flight: 146 of the ramp-in, 346, 150, and 1 of the drain.
    assert!(close(summary.concurrency, 0.643));
    assert!(close(summary.makespan_s, 1.196));
    assert!(close(summary.output_throughput_makespan, 48.0 / 1.196));
}

#[test]
fn an_arrival_at_the_opening_is_inside_and_one_at_the_closing_is_not() {
    let story = Story::sent(0, 0).texts(100, 100, 3, 1).ended(301).generated(3);
    assert!(close(summarise_over(window(100, 300), &[story]).output_throughput, 10.0));
}

#[test]
fn latency_is_counted_from_sent_and_from_intended() {
    let late = healthy(0, 50).with(|record| record.intended = Nanos::ZERO);
    let unsent = Story::sent(1, 0).outcome(Outcome::Unsent).with(|record| record.sent = None);
    let summary = summarise(&[late, unsent]);
    assert!(close(summary.ttft_ms.mean, 100.0));
    assert!(close(summary.ttft_intended_ms.mean, 150.0));
    assert!(close(summary.e2e_intended_ms.mean, 380.0));
    assert!(close(summary.lateness_ms.max, 50.0));
    assert_eq!((summary.lateness_ms.n, summary.lateness_ms.absent["not_sent"]), (1, 1));
}

#[test]
fn connections_are_counted_and_timed() {
    let opened = healthy(0, 0).with(|record| {
        record.reused = false;
        record.connect = Some(Nanos::from_millis(3));
    });
    let summary = summarise(&[opened, healthy(1, 0)]);
    assert_eq!((summary.connections_opened, summary.connect_ms.n), (1, 1));
    assert!(close(summary.connect_ms.mean, 3.0));
}

/// A hundred requests whose E2E is 1 to 100 ms, in mixed order; the slowest
/// `failed` of them ended otherwise.
fn hundred(failed: i64, outcome: Outcome, end: i64) -> Vec<Story> {
    let story = |i: u32| {
        let millis = i64::from(i * 37 % 100) + 1;
        let story = Story::sent(i, i64::from(i)).text(millis, 1).generated(1);
        match millis <= 100 - failed {
            true => story.ended(millis),
            false => story.outcome(outcome).ended(end),
        }
    };
    (0..100).map(story).collect()
}

#[test]
fn failures_rank_above_every_success() {
    let ranked = |failed| summarise(&hundred(failed, Outcome::Reset, 2)).ranked["e2e_ms"].clone();
    assert_eq!(ranked(0).p90, Tail::At(90.1));
    // Of 100 in all, whatever failed: the 90th value is still the 90th.
    assert_eq!(ranked(9).p90, Tail::At(90.1));
    assert_eq!(ranked(10).p90, Tail::Unbounded);
    assert_eq!(ranked(10).p50, Tail::At(50.5));
    assert_eq!(ranked(10).p99, Tail::Withheld);
    assert_eq!(ranked(50).p50, Tail::Unbounded);
    assert!(ranked(10).kaplan_meier.is_empty());
}

#[test]
fn latencies_of_successes_alone_are_labelled_by_their_number() {
    let summary = summarise(&hundred(10, Outcome::Reset, 2));
    assert_eq!((summary.e2e_ms.n, summary.requests), (90, 100));
    assert!(close(summary.e2e_ms.mean, 45.5));
}

#[test]
fn censored_requests_give_a_product_limit_and_no_mean() {
    // Ten were cut off after 45 ms, having shown a token before or not.
    let summary = summarise(&hundred(10, Outcome::Censored, 45));
    let ranked = &summary.ranked["e2e_ms"];
    // 45 of 100 had ended by 45 ms: S = 0.55. Of the 55 then at risk ten were
    // cut off there, so each end after takes 1/45 of what is left.
    let median = (1..=45).find(|i| 0.55 * (1.0 - f64::from(*i) / 45.0) <= 0.5).unwrap();
    assert_eq!(ranked.kaplan_meier["p50"], Some(45.0 + f64::from(median)));
    assert_eq!(ranked.kaplan_meier["p90"], Some(82.0));
    assert_eq!(ranked.kaplan_meier["p99"], None);
    // Their first token had come, so TTFT is not censored.
    assert_eq!(summary.ranked["ttft_ms"].kaplan_meier["p50"], Some(50.0));
    for latency in [&summary.e2e_ms, &summary.ttft_ms] {
        assert_eq!(latency.mean, None);
        assert!(latency.withheld["mean"].contains("10 requests"), "{latency:?}");
        assert!(latency.p50.is_some() && !latency.intervals.contains_key("mean"));
    }
    assert!(summary.lateness_ms.mean.is_some());
}

#[test]
fn goodput_counts_those_that_meet_everything_over_all() {
    let objectives = Objectives {
        ttft: Some(Duration::from_millis(100)),
        tpot: Some(Duration::from_millis(10)),
        ..Objectives::default()
    };
    let count = |stories: &[Story]| {
        let summariser = Summariser::new(window(0, 10_000)).objectives(objectives);
        feed(summariser, stories).goodput.unwrap()
    };
    let slow = Story::sent(1, 0).texts(101, 10, 24, 1).ended(340).generated(24);
    let one = Story::sent(2, 0).text(100, 24).ended(101).generated(24);
    let failed = healthy(3, 0).outcome(Outcome::Truncated);
    let stories = [healthy(0, 0), slow, one, failed];
    let goodput = count(&stories);
    assert_eq!((goodput.good, goodput.attainment), (Some(2), Some(0.5)));
    assert_eq!(goodput.per_second, Some(0.2));

    let vague = Story::sent(4, 0).texts(90, 12, 12, 1).ended(400);
    let vague = vague.generated(16).tokens_unknown();
    let untold = count(&[healthy(0, 0), vague]);
    assert_eq!((untold.good, untold.attainment, untold.per_second), (None, None, None));
    assert!(untold.withheld.unwrap().contains("tokens_unknown"));
    assert_eq!(summarise(&stories).goodput, None);
}

#[test]
fn small_numbers_have_a_mean_and_few_percentiles() {
    let summary =
        summarise(&[healthy(0, 0), Story::sent(1, 0).text(200, 1).ended(201).generated(1)]);
    let ttft = &summary.ttft_ms;
    assert!(close(ttft.mean, 150.0) && close(ttft.std, 50.0 * 2.0_f64.sqrt()));
    assert!(close(ttft.max, 200.0));
    assert_eq!((ttft.p50, ttft.p99), (None, None));
    assert_eq!(ttft.withheld["p50"], "it takes 6 independent values; these are worth 2");
    assert!(ttft.withheld["mean_interval"].contains("takes 10 requests; there are 2"));
    assert!(ttft.intervals.is_empty());
}

#[test]
fn of_nothing_nothing_is_said() {
    let summary = summarise(&[]);
    assert_eq!(summary.requests, 0);
    assert_eq!(summary.outcomes.len(), Outcome::ALL.len());
    assert_eq!(
        (summary.output_tokens, summary.makespan_s, summary.littles_error),
        (None, None, None)
    );
    assert_eq!(summary.ttft_ms.withheld["all"], "there is no value");
    // Nothing arrived in ten seconds: that is a rate of zero, and known.
    assert_eq!(summary.output_throughput, Some(0.0));
    let no_window = summarise_over(window(5, 5), &[]);
    assert_eq!((no_window.output_throughput, no_window.concurrency), (None, None));
    assert!(no_window.withheld.contains_key("output_throughput"));
}

#[test]
fn littles_law_holds_for_a_standing_load() {
    // Four slots, requests of 346 ms back to back from −5 s to 25 s, each slot
    // begun a quarter later; the window is 0 to 20 s.
    let mut stories = Vec::new();
    for slot in 0..4 {
        for turn in 0..87 {
            let sent = -5000 + slot * 86 + turn * 346;
            let phase = match sent {
                ..0 => Phase::RampIn,
                0..20_000 => Phase::Measure,
                _ => Phase::Drain,
            };
            let story = healthy(stories.len() as u32, sent);
            stories.push(story.with(|record| record.phase = phase));
        }
    }
    let summary = summarise_over(window(0, 20_000), &stories);
    assert!(close(summary.concurrency, 4.0));
    assert!(summary.littles_error.unwrap() < 0.02, "{:?}", summary.littles_error);
    // Half the ends left out of the window's load break it.
    let half: Vec<Story> = stories
        .into_iter()
        .map(|story| {
            let lost = story.record.request % 2 == 0;
            story.with(|record| record.end = record.end.filter(|_| !lost))
        })
        .collect();
    assert!(summarise_over(window(0, 20_000), &half).littles_error.unwrap() > 0.02);
}

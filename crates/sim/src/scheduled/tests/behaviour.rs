//! How the engine behaves under load.

use tokenometer_core::roofline::Batch;

use super::*;

#[test]
fn throughput_rises_with_concurrency_and_saturates() {
    let of = |in_flight: u32| {
        let told = told(&[], &closed(4 * in_flight, 200, 60, in_flight));
        assert_eq!(told.max_running, in_flight.min(256));
        throughput(&told)
    };
    let [one, eight, many, more] = [1, 8, 256, 512].map(of);
    assert!(eight > 5.0 * one && many > 5.0 * eight, "{one} {eight} {many}");
    assert!((more / many - 1.0).abs() < 0.1, "{many} {more}");
}

#[test]
fn first_tokens_come_late_once_the_cache_is_full() {
    let course = closed(128, 200, 60, 64);
    let roomy = told(&[], &course);
    let full = told(&[("kv-tokens", "2600")], &course);
    assert_eq!(roomy.max_running, 64);
    assert!(full.max_running <= 2600 / 200 && full.max_waiting > 40, "{}", full.max_running);
    assert!(full.max_kv_used <= 2600);
    assert!(ttft(&full) > 5.0 * ttft(&roomy), "{} {}", ttft(&full), ttft(&roomy));
}

#[test]
fn chunks_of_prompts_bound_the_gap_between_tokens() {
    let mut course = Course::default();
    course.requests.extend((0..8).map(|_| due(0, 20, 300)));
    course.requests.extend((1..5).map(|turn| due(200 * turn, 12_000, 5)));
    let whole = told(
        &[("policy", "whole-prompt"), ("max-num-batched-tokens", "16384"), ("step-noise", "0")],
        &course,
    );
    let mixed = told(&[("max-num-batched-tokens", "512"), ("step-noise", "0")], &course);
    assert!(longest_gap(&whole) > 10.0 * longest_gap(&mixed));
    // The price: the long prompts themselves take longer.
    let long = |told: &Foretold| told.requests[8].first().unwrap();
    assert!(long(&mixed) > long(&whole));
}

#[test]
fn nothing_decodes_while_prompts_come_first() {
    let course = Course {
        requests: vec![due(0, 20, 100), due(20, 8000, 2), due(20, 8000, 2)],
        in_flight: None,
    };
    let quiet = [("step-noise", "0"), ("max-num-batched-tokens", "2048")];
    let with = |policy| told(&[quiet[0], quiet[1], ("policy", policy)], &course);
    let (mixed, first) = (with("mixed"), with("prefill-first"));
    assert!(longest_gap(&first) > 6.0 * longest_gap(&mixed));
    // Chunks of 2048 tokens either way, but one of them loses a token to decoding.
    let last = |told: &Foretold| told.requests[2].first().unwrap();
    assert!(last(&first) < last(&mixed));
}

#[test]
fn preemption_is_counted_and_takes_time() {
    let course = closed(32, 100, 200, 16);
    let roomy = told(&[], &course);
    let tight = told(&[("kv-tokens", "2400"), ("prefix-cache", "off")], &course);
    assert_eq!(roomy.gauges.preemptions, 0);
    assert!(tight.gauges.preemptions > 0);
    assert!(tight.gauges.computed_tokens > roomy.gauges.computed_tokens);
    assert!(tight.duration > roomy.duration);
    assert!(tight.requests.iter().all(|told| told.tokens() == 200));
    assert_eq!(tight.gauges.prompt_tokens, 3200);
    let shared = told(&[("kv-tokens", "2400")], &course).gauges;
    assert!(shared.preemptions > 0);
    assert_eq!((shared.prefix_queries, shared.prefix_hits), (3200, 0), "once for each");
    // Who reserves half of what is asked for preempts less.
    let cautious = told(
        &[("kv-tokens", "2400"), ("prefix-cache", "off"), ("admission", "prompt-and-half")],
        &course,
    );
    assert!(cautious.gauges.preemptions < tight.gauges.preemptions);
    assert!(cautious.max_running < tight.max_running);
}

#[test]
fn a_limit_on_sequences_queues_the_others() {
    let told = told(&[("max-num-seqs", "4")], &closed(32, 50, 20, 16));
    assert_eq!((told.max_running, told.max_waiting), (4, 12));
}

#[test]
fn requests_leave_when_they_are_due_or_when_there_is_a_place() {
    let requests: Vec<_> = (0..20).map(|turn| due(5 * turn, 50, 40)).collect();
    let free = told(&[], &Course { requests: requests.clone(), in_flight: None });
    for (told, asked) in free.requests.iter().zip(&requests) {
        assert_eq!(Some(told.sent), asked.due);
    }
    let held = told(&[], &Course { requests: requests.clone(), in_flight: Some(2) });
    for (turn, told) in held.requests.iter().enumerate().skip(2) {
        let before = &held.requests[..turn];
        let under_way = before.iter().filter(|before| before.last().unwrap() > told.sent).count();
        assert!(under_way < 2, "{turn}");
        // It left at the very instant at which another ended, or when it was due.
        let freed = before.iter().any(|before| before.last() == Some(told.sent));
        assert!(freed || Some(told.sent) == requests[turn].due);
    }
    assert_eq!(held.max_running, 2);
}

#[test]
fn nobody_is_sent_before_the_one_before() {
    let course = Course { requests: vec![due(50, 10, 5), due(20, 10, 5)], in_flight: None };
    let sent: Vec<_> = told(&[], &course).requests.iter().map(|told| told.sent).collect();
    assert_eq!(sent, [Nanos::from_millis(50); 2]);
}

#[test]
fn a_load_without_a_place_is_refused() {
    let said = foretell(&simulation(&[]), &closed(1, 10, 10, 0)).unwrap_err().to_string();
    assert!(said.contains("at least one request"), "{said}");
    assert_eq!(told(&[], &Course::default()).duration, Nanos::ZERO);
}

#[test]
fn what_never_fits_is_refused_and_holds_up_nobody() {
    let mut course = closed(3, 100, 20, 1);
    course.requests[1].output = 600;
    let told = told(&[("kv-tokens", "640")], &course);
    let refused = told.requests[1].refused.as_ref().unwrap();
    assert!(refused.contains("700") && refused.contains("640"), "{refused}");
    assert_eq!(sizes(&told.requests[1]), [0_u32; 0]);
    assert_eq!(told.requests.iter().map(Told::tokens).collect::<Vec<_>>(), [20, 0, 20]);
}

#[test]
fn nothing_is_faster_than_the_roofline() {
    for (policy, in_flight) in [("mixed", 1), ("mixed", 64), ("prefill-first", 64)] {
        let options = [("policy", policy), ("step-noise", "0"), ("start-noise", "0")];
        let told = told(&options, &closed(4 * in_flight, 300, 80, in_flight));
        let mut batch = Batch::default();
        (0..in_flight).for_each(|_| batch.decode(300, 1));
        let bound = f64::from(in_flight) / simulation(&[]).roofline().unwrap().device(&batch);
        assert!(throughput(&told) < bound, "{policy} {in_flight}");
    }
}

#[test]
fn a_cache_of_three_million_tokens_is_held_token_by_token() {
    let options = [("kv-tokens", "3000000"), ("block-size", "1")];
    let told = told(&options, &closed(64, 1000, 20, 32));
    assert_eq!(told.gauges.kv_capacity, 3_000_000);
    assert_eq!((told.gauges.kv_used, told.max_running), (0, 32));
    assert_eq!(told.gauges.kv_cached, 64 * 1019);
}

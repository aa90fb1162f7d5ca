//! How many tokens come together.

use super::*;

#[test]
fn the_first_token_comes_at_once_and_then_so_many_together() {
    let one = told(&[("stream-interval", "5")], &closed(1, 10, 13, 1));
    assert_eq!(sizes(&one.requests[0]), [1, 5, 5, 2]);
    let all = told(&[("stream-interval", "100")], &closed(1, 10, 13, 1));
    assert_eq!(sizes(&all.requests[0]), [1, 12]);
    // How tokens are packed takes no time.
    let each = told(&[], &closed(1, 10, 13, 1));
    assert_eq!((each.duration, one.duration), (all.duration, all.duration));
}

#[test]
fn steps_scheduled_at_once_bring_their_tokens_together() {
    let quiet = [("step-noise", "0"), ("start-noise", "0")];
    let runs = told(&[quiet[0], quiet[1], ("decode-steps", "10")], &closed(1, 10, 25, 1));
    assert_eq!(sizes(&runs.requests[0]), [1, 10, 10, 4]);
    let each = told(&quiet, &closed(1, 10, 25, 1));
    // The same steps at the same cost, since this calibration has none for later
    // ones; but the last run goes on to its end.
    assert_eq!(runs.gauges.steps, 31);
    assert_eq!(runs.requests[0].first(), each.requests[0].first());
    let tenth = |told: &Foretold, chunk: usize| told.requests[0].chunks[chunk].0.0 as f64;
    assert!((tenth(&runs, 1) / tenth(&each, 10) - 1.0).abs() < 1e-6);
}

#[test]
fn a_prompt_waits_for_the_end_of_a_run() {
    let course = Course { requests: vec![due(0, 10, 1000), due(1000, 10, 1)], in_flight: None };
    let wait = |steps| {
        let told = told(&[("decode-steps", steps)], &course);
        (told.requests[1].first().unwrap() - told.requests[1].sent).as_secs_f64()
    };
    assert!(wait("100") > 10.0 * wait("1"), "{} {}", wait("100"), wait("1"));
}

#[test]
fn accepted_drafts_come_with_the_token_that_follows_them() {
    let with = |acceptance| {
        told(&[("num-speculative-tokens", "3"), ("acceptance", acceptance)], &closed(1, 10, 12, 1))
    };
    let all = with("1");
    assert_eq!(sizes(&all.requests[0]), [1, 4, 4, 3]);
    // Never more drafts than are owed: the last step needs but two.
    let of = |told: &Foretold| {
        let gauges = told.gauges;
        (gauges.drafts, gauges.draft_tokens, gauges.accepted_tokens)
    };
    assert_eq!(of(&all), (3, 8, 8));
    let none = with("0");
    assert_eq!(sizes(&none.requests[0]), [1; 12]);
    assert_eq!(of(&none), (10, 27, 0));
}

#[test]
fn as_many_drafts_are_accepted_as_their_share_has_it() {
    let options = [("num-speculative-tokens", "3"), ("acceptance", "0.6")];
    let told = told(&options, &closed(20, 10, 500, 10));
    let each = told.gauges.accepted_tokens as f64 / told.gauges.drafts as f64;
    // a + a² + a³ for a = 0.6.
    assert!((each - 1.176).abs() < 0.05, "{each}");
    assert!(told.requests.iter().all(|told| told.tokens() == 500));
}

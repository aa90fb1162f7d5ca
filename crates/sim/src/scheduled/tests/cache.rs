//! What the prefix cache finds, and what that is worth.

use super::super::{Emission, Scheduler, Sequence};
use super::*;
use crate::words;

/// So many requests, one after the other, whose prompts begin with the same 4000
/// tokens.
fn sharing() -> Course {
    let prompt = |tail: u32| (0..4000).chain((0..16).map(|at| 10_000 + 16 * tail + at)).collect();
    let asked = |tail| Asked { prompt: Prompt::Tokens(prompt(tail)), output: 4, due: None };
    Course { requests: (0..8).map(asked).collect(), in_flight: Some(1) }
}

#[test]
fn a_shared_beginning_is_worth_something_only_with_the_cache() {
    let alike = sharing();
    let unlike = closed(8, 4016, 4, 1);
    let (on, off) = ([("prefix-cache", "on")], [("prefix-cache", "off")]);
    let found = told(&on, &alike);
    assert!(ttft(&found) < 0.4 * ttft(&told(&on, &unlike)));
    assert_eq!(found.requests.iter().map(|told| told.cached).collect::<Vec<_>>()[..2], [0, 4000]);
    assert_eq!((found.gauges.prefix_queries, found.gauges.prefix_hits), (8 * 4016, 7 * 4000));
    assert_eq!(told(&off, &alike), told(&off, &unlike));
    assert_eq!(told(&off, &alike).gauges.prefix_queries, 0);
}

#[test]
fn the_cache_holds_whole_blocks_and_the_last_token_is_computed() {
    let asked = Asked { prompt: Prompt::Tokens((0..96).collect()), output: 1, due: None };
    let course = Course { requests: vec![asked; 2], in_flight: Some(1) };
    for (block_size, cached) in [("1", 95), ("16", 80), ("32", 64), ("128", 0)] {
        let told = told(&[("block-size", block_size)], &course);
        assert_eq!(told.requests[1].cached, cached, "{block_size}");
        assert_eq!(told.gauges.computed_tokens, u64::from(96 + 96 - cached));
    }
}

#[test]
fn what_was_generated_is_found_in_the_next_turn() {
    let mut scheduler = Scheduler::new(&simulation(&[])).unwrap();
    let mut out = Vec::new();
    let mut ask = |id, prompt: Vec<u32>, output| {
        let at = Nanos::from_millis(1000 * id as i64);
        scheduler.submit(Sequence { id, prompt, key: 77, output }, at).unwrap();
        out.clear();
        scheduler.advance(at + Nanos::from_millis(900), &mut out);
        out.iter().map(|emission: &Emission| emission.cached).next().unwrap()
    };
    let mut prompt: Vec<u32> = (0..40).collect();
    assert_eq!(ask(0, prompt.clone(), 60), 0);
    prompt.extend((0..60).map(|index| words::generated(77, index)));
    prompt.extend(500..520);
    // Of the 100 tokens of the first turn the last was never computed.
    assert_eq!(ask(1, prompt, 1), 96);
}

#[test]
fn the_cache_is_flushed_only_when_nothing_runs() {
    let mut scheduler = Scheduler::new(&simulation(&[])).unwrap();
    let ask = |id| Sequence { id, prompt: (0..64).collect(), key: 1, output: 5 };
    let (mut out, mut now) = (Vec::new(), Nanos::ZERO);
    let mut cached = Vec::new();
    for id in 0..3 {
        scheduler.submit(ask(id), now).unwrap();
        assert_eq!(scheduler.cached_tokens(id), None);
        scheduler.advance(now, &mut out);
        cached.push(scheduler.cached_tokens(id).unwrap());
        assert!(!scheduler.flush_cache());
        now += Nanos::from_millis(500);
        scheduler.advance(now, &mut out);
        assert_eq!(scheduler.gauges().kv_cached, 64);
        if id == 1 {
            assert!(scheduler.flush_cache());
            assert_eq!(scheduler.gauges().kv_cached, 0);
        }
    }
    assert_eq!(cached, [0, 48, 0]);
}

#[test]
fn the_end_of_a_prompt_is_evicted_before_its_beginning() {
    let of = |name: u32, length: u32| Asked {
        prompt: Prompt::Tokens((0..length).map(|at| 1000 * name + at).collect()),
        output: 1,
        due: None,
    };
    // The second takes the two blank blocks and two of the first one's four.
    let requests = vec![of(1, 64), of(2, 64), of(1, 80)];
    let course = Course { requests, in_flight: Some(1) };
    let told = told(&[("kv-tokens", "96"), ("block-size", "16")], &course);
    assert_eq!(told.requests[2].cached, 32);
}

#[test]
fn a_prompt_begins_as_soon_as_another_has_made_room_for_it() {
    let asked = Asked { prompt: Prompt::Tokens((0..128).collect()), output: 40, due: None };
    let course = Course { requests: vec![asked; 2], in_flight: None };
    // Two prompts of eight blocks have no room side by side, but seven are shared.
    let told = told(&[("kv-tokens", "192"), ("block-size", "16")], &course);
    assert!(told.requests[1].first() < told.requests[0].last());
    assert_eq!(told.requests[1].cached, 112);
}

#[test]
fn what_was_cached_is_said_of_the_first_beginning() {
    let simulation = simulation(&[("kv-tokens", "320"), ("block-size", "1")]);
    let mut scheduler = Scheduler::new(&simulation).unwrap();
    for id in 0..2 {
        let prompt = (0..100).map(|at| 1000 * id as u32 + at).collect();
        scheduler.submit(Sequence { id, prompt, key: id, output: 150 }, Nanos::ZERO).unwrap();
    }
    let (mut out, mut now) = (Vec::new(), Nanos::ZERO);
    loop {
        scheduler.advance(now, &mut out);
        assert!(scheduler.running.iter().all(|live| live.is_found(&scheduler.pool)));
        let Some(end) = scheduler.next_end() else { break };
        now = end;
    }
    // The second was preempted, and found much of itself again.
    let gauges = scheduler.gauges();
    assert!(gauges.preemptions > 0 && gauges.computed_tokens > 200);
    assert!(out.iter().all(|emission| emission.cached == 0));
    assert_eq!((gauges.prefix_queries, gauges.prefix_hits), (200, 0));
}

#[test]
fn what_nobody_uses_makes_room_the_oldest_first() {
    let prompt = |name: u32| Prompt::Tokens((0..64).map(|at| 1000 * name + at).collect());
    let asked = |name| Asked { prompt: prompt(name), output: 1, due: None };
    // There is room for three of them: the fourth evicts the first.
    let names = [1, 2, 3, 4, 2, 1];
    let course = Course { requests: names.map(asked).to_vec(), in_flight: Some(1) };
    let told = told(&[("kv-tokens", "192"), ("block-size", "16")], &course);
    let cached: Vec<_> = told.requests.iter().map(|told| told.cached).collect();
    assert_eq!(cached, [0, 0, 0, 0, 48, 0]);
}

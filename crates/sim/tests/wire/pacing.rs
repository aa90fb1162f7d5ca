//! When writes leave. The bounds are loose and on medians, since the machine
//! may be busy; that nothing leaves early holds without exception.

use tokenometer_sim::Truth;

use crate::client::{Response, Sim};

fn run(words: &str, body: &str) -> (Response, Truth) {
    let sim = Sim::scripted(words);
    let response = sim.connect().post("/v1/completions", &[("x-request-id", "p")], body);
    let truth = sim.truth("p");
    (response, truth)
}

fn median(mut numbers: Vec<i64>) -> i64 {
    numbers.sort_unstable();
    numbers[numbers.len() / 2]
}

const TOKENS: &str = r#"{"prompt":"w1 w2","max_tokens":41,"stream":true}"#;

#[test]
fn deadlines_are_absolute_and_never_drift() {
    let (_, truth) = run("ttft=30ms gap=5ms", TOKENS);
    let late: Vec<i64> = (0..)
        .zip(&truth.writes)
        .map(|(index, (at, _))| at - (truth.arrival_ns + 30_000_000 + index * 5_000_000))
        .collect();
    assert_eq!(late.len(), 41);
    assert!(late.iter().all(|late| *late >= 0), "{late:?}");
    assert!(median(late[..10].to_vec()) < 5_000_000, "{late:?}");
    // Were each gap counted from the write before it, the last writes would be
    // late by the sum of all that came before.
    assert!(median(late[31..].to_vec()) < 5_000_000, "{late:?}");
}

#[test]
fn tokens_reach_the_client_when_the_truth_says() {
    let (response, truth) = run("ttft=10ms gap=5ms", TOKENS);
    let mut ends = Vec::new();
    let mut at = 0;
    for frame in &response.frames()[..41] {
        at += frame.len() + 2;
        ends.push(at);
    }
    let behind: Vec<i64> = ends
        .iter()
        .zip(&truth.writes)
        .map(|(end, (left, _))| {
            response.reads.iter().find(|(_, have)| have >= end).unwrap().0 - left
        })
        .collect();
    assert!(behind.iter().all(|behind| *behind >= 0), "nothing is read before it is written");
    assert!(median(behind) < 5_000_000);
}

#[test]
fn headers_come_early_or_with_the_first_token() {
    for (headers, early) in [("early", true), ("late", false)] {
        let sim = Sim::scripted(&format!("ttft=80ms gap=0 headers={headers}"));
        let body = r#"{"messages":[{"role":"user","content":"a"}],"max_tokens":2,"stream":true}"#;
        let ids = [("x-request-id", "h")];
        let response = sim.connect().post("/v1/chat/completions", &ids, body);
        let truth = sim.truth("h");
        let first = response.reads[0].0 - truth.arrival_ns;
        assert_eq!(first < 80_000_000, early, "{headers}: {first}");
        assert_eq!(response.events()[0]["choices"][0]["delta"]["role"], "assistant");
    }
}

#[test]
fn a_burst_leaves_at_once() {
    let (response, truth) =
        run("ttft=5ms gap=0", r#"{"prompt":"a","max_tokens":2000,"stream":true}"#);
    assert_eq!(response.events().len(), 2000);
    let span = truth.writes[1999].0 - truth.writes[0].0;
    assert!(span < 500_000_000, "{span}");
}

#[test]
fn drawn_delays_are_the_same_for_the_same_seed() {
    let words = "ttft=uniform:1ms:40ms gap=exponential:4ms seed=5";
    let offsets = |truth: &Truth| -> Vec<i64> {
        truth.writes.iter().map(|(at, _)| at - truth.arrival_ns).collect()
    };
    let (first, second) = (run(words, TOKENS).1, run(words, TOKENS).1);
    let apart: Vec<i64> =
        offsets(&first).iter().zip(offsets(&second)).map(|(a, b)| (a - b).abs()).collect();
    assert!(median(apart) < 5_000_000);
    let gaps: Vec<i64> = offsets(&first).windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().max().unwrap() - gaps.iter().min().unwrap() > 5_000_000, "{gaps:?}");
}

#[test]
fn punctuality_is_reported() {
    let sim = Sim::scripted("ttft=5ms gap=2ms");
    sim.connect().post("/v1/completions", &[], TOKENS);
    let lateness = sim.stop();
    assert_eq!(lateness.writes, 41);
    assert!(lateness.p50.unwrap().0 < 5_000_000, "{lateness:?}");
    assert!(lateness.p50 <= lateness.p99 && lateness.p99 <= lateness.max);
    assert_eq!((lateness.arrivals, lateness.unstamped), (1, 0));
}

//! Each fault: what it does to the bytes, and what the truth says about it.

use serde_json::{Value, json};
use tokenometer_core::Outcome;
use tokenometer_sim::{Fault, Settings, Truth, words};

use crate::client::{Client, Ending, Response, Sim, said};

/// What became of one request for eight tokens, exactly.
fn befall(fault: &str) -> (Response, Truth) {
    befall_body(
        fault,
        r#"{"prompt":"w1","max_tokens":8,"ignore_eos":true,"stream":true,
        "stream_options":{"include_usage":true}}"#,
    )
}

fn befall_body(fault: &str, body: &str) -> (Response, Truth) {
    let sim = Sim::scripted("ttft=5ms gap=2ms");
    let mut client = sim.connect();
    let silence = std::time::Duration::from_millis(400);
    client.stream.set_read_timeout(Some(silence)).unwrap();
    let headers = [("x-request-id", "f"), ("x-sim", &*format!("fault={fault}"))];
    let response = client.post("/v1/completions", &headers, body);
    drop(client);
    (response, sim.truth("f"))
}

/// How many tokens the events hold.
fn tokens(events: &[Value]) -> usize {
    events.iter().map(|event| words::count(&said(event))).sum()
}

fn written(truth: &Truth) -> u32 {
    truth.writes.iter().map(|(_, tokens)| tokens).sum()
}

#[test]
fn an_error_frame_comes_after_the_tokens_and_the_end_is_proper() {
    let (response, truth) = befall("error-after:3");
    let events = response.events();
    assert_eq!((events.len(), tokens(&events)), (4, 3));
    assert!(events[3]["error"]["message"].as_str().unwrap().contains("3 tokens"));
    assert_eq!(events[3]["error"]["code"], 500);
    assert!(response.is_done() && response.ending == Ending::Proper);
    assert_eq!((truth.outcome, written(&truth)), (Outcome::StreamError, 3));
    assert_eq!(truth.faults, [Fault::ErrorAfter(3)]);

    let (response, truth) = befall("error-text-after:3");
    assert!(response.events()[3]["error"].is_string());
    assert!(!response.is_done() && response.ending == Ending::Proper);
    assert_eq!(truth.outcome, Outcome::StreamError);
}

#[test]
fn cut_reset_and_silent_connections_end_after_the_tokens() {
    for (fault, ending, outcome) in [
        ("cut-after:3", Ending::Closed, Outcome::Truncated),
        ("reset-after:3", Ending::Reset, Outcome::Reset),
        ("silence-after:3", Ending::Silence, Outcome::Timeout),
    ] {
        let (response, truth) = befall(fault);
        assert_eq!((response.status, response.ending), (200, ending), "{fault}");
        assert_eq!(tokens(&response.events()), 3, "{fault}");
        assert_eq!((truth.outcome, written(&truth)), (outcome, 3), "{fault}");
    }
    let (response, truth) = befall("cut-after:0");
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_eq!((truth.outcome, truth.writes.len()), (Outcome::Truncated, 0));
}

#[test]
fn a_half_closed_stream_lacks_only_its_last_chunk() {
    let (response, truth) = befall("half-close");
    assert!(response.is_done());
    assert_eq!(response.ending, Ending::Closed);
    assert_eq!((tokens(&response.events()), truth.outcome), (8, Outcome::Truncated));
}

#[test]
fn finish_and_done_can_be_withheld() {
    let (response, truth) = befall("no-finish");
    let reasons =
        response.events().into_iter().filter(|e| e["choices"][0]["finish_reason"] != Value::Null);
    assert_eq!(reasons.count(), 0);
    assert!(response.is_done() && response.ending == Ending::Proper);
    assert_eq!(truth.outcome, Outcome::Truncated);

    let (response, truth) = befall("no-done");
    assert!(!response.is_done() && response.ending == Ending::Proper);
    assert_eq!(response.events()[7]["choices"][0]["finish_reason"], "length");
    assert_eq!(truth.outcome, Outcome::Ok);
}

#[test]
fn slow_headers_come_late_and_excuse_a_client_that_gives_up() {
    let (response, truth) = befall("slow-headers:60ms");
    assert!(response.reads[0].0 - truth.arrival_ns >= 60_000_000);
    assert!(truth.writes[0].0 - truth.arrival_ns >= 60_000_000);
    assert_eq!((written(&truth), truth.outcome), (8, Outcome::Ok));

    let (response, truth) = befall("slow-headers:5s");
    assert_eq!((response.status, response.ending), (0, Ending::Silence));
    assert_eq!((truth.outcome, written(&truth)), (Outcome::Timeout, 0));
}

#[test]
fn error_statuses_have_the_shape_that_was_asked_for() {
    for (fault, status, pointer) in [
        ("status:429", 429, Some("/error/message")),
        ("status:503:flat", 503, Some("/message")),
        ("status:422:detail", 422, Some("/detail")),
        ("status:422:detail-list", 422, Some("/detail/0/msg")),
        ("status:500:text", 500, None),
    ] {
        let (response, truth) = befall(fault);
        assert_eq!((response.status, response.ending), (status, Ending::Proper));
        let message = format!("status {status}, as asked");
        match pointer {
            Some(pointer) => assert_eq!(response.json().pointer(pointer), Some(&json!(message))),
            None => assert_eq!(response.text(), message),
        }
        assert_eq!((truth.outcome, truth.prompt_tokens), (Outcome::HttpError, Some(1)));
    }
}

#[test]
fn bad_utf8_is_bad_in_its_own_event_only() {
    let (response, truth) = befall("bad-utf8:3");
    let frames: Vec<&[u8]> = response.body.split(|byte| *byte == b'\n').collect();
    let bad: Vec<usize> = frames
        .iter()
        .filter(|frame| !frame.is_empty())
        .enumerate()
        .filter(|(_, frame)| std::str::from_utf8(frame).is_err())
        .map(|(index, _)| index)
        .collect();
    assert_eq!(bad, [2]);
    assert_eq!((truth.outcome, written(&truth)), (Outcome::StreamError, 8));
}

#[test]
fn events_can_be_huge_or_bundled() {
    let (response, truth) = befall("huge-event:200000");
    assert_eq!(response.frames()[0].len() + 2, 200_000);
    assert!(response.frames()[1].len() < 300);
    assert_eq!((truth.outcome, written(&truth)), (Outcome::Ok, 8));

    let (response, truth) = befall("bundled-first:5");
    let sizes: Vec<usize> = response.events().iter().map(|e| words::count(&said(e))).collect();
    assert_eq!(sizes, [5, 1, 1, 1, 0]);
    assert_eq!(truth.writes.iter().map(|w| w.1).collect::<Vec<_>>(), [5, 1, 1, 1]);
}

#[test]
fn usage_can_be_wrong_missing_or_elsewhere() {
    let (response, truth) = befall("wrong-usage:+3");
    assert_eq!(response.events()[8]["usage"]["completion_tokens"], 11);
    assert_eq!((truth.outcome, truth.output_tokens), (Outcome::Long, 8));
    let (_, truth) = befall("wrong-usage:-3");
    assert_eq!(truth.outcome, Outcome::Short);

    let (response, truth) = befall("no-usage");
    assert!(response.events().iter().all(|event| event.get("usage").is_none()));
    assert_eq!((response.events().len(), truth.outcome), (8, Outcome::Ok));

    let (response, truth) = befall("usage-in-finish");
    assert_eq!(response.events().len(), 8);
    assert_eq!(response.events()[7]["usage"]["completion_tokens"], 8);
    assert_eq!(truth.outcome, Outcome::Ok);

    let (response, _) = befall("finish-apart,usage-in-finish");
    let events = response.events();
    assert_eq!(events[7]["choices"][0]["finish_reason"], Value::Null);
    assert_eq!(events[8]["choices"][0]["finish_reason"], "length");
    assert_eq!(
        (said(&events[8]), &events[8]["usage"]["completion_tokens"]),
        ("".into(), &json!(8))
    );
}

#[test]
fn comments_and_line_ends_are_harmless() {
    let (response, truth) = befall("comments");
    let frames = response.frames();
    assert_eq!(frames.len(), 2 * 10);
    assert!(frames.iter().step_by(2).all(|frame| *frame == ": ping"));
    assert_eq!((tokens(&response.events()), truth.outcome), (8, Outcome::Ok));

    let (response, truth) = befall("crlf,comments");
    assert!(!response.text().replace("\r\n", "").contains('\n'));
    assert_eq!((tokens(&response.events()), truth.outcome), (8, Outcome::Ok));
}

#[test]
fn a_split_stream_is_whole_in_the_end_and_cut_inside_characters() {
    let (response, truth) = befall("split");
    let plain = befall("none").0;
    assert_eq!(response.said().replace('é', "w"), plain.said());
    assert!(response.reads.len() > 16, "only {} reads", response.reads.len());
    assert_eq!((written(&truth), truth.outcome), (8, Outcome::Ok));
}

#[test]
fn answers_can_be_empty_short_or_long() {
    let (response, truth) = befall("empty:cut");
    assert_eq!((response.status, response.body.len(), response.ending), (200, 0, Ending::Closed));
    assert_eq!(truth.outcome, Outcome::Truncated);
    let (response, truth) = befall("empty:bare");
    assert_eq!((response.status, response.body.len(), response.ending), (200, 0, Ending::Proper));
    assert_eq!(truth.outcome, Outcome::Truncated);
    let (response, truth) = befall("empty:finished");
    assert_eq!(response.events()[0]["choices"][0]["finish_reason"], "stop");
    assert_eq!(response.events()[1]["usage"]["completion_tokens"], 0);
    assert!(response.is_done());
    assert_eq!((tokens(&response.events()), truth.outcome), (0, Outcome::Empty));

    let (response, truth) = befall("stop-at:3");
    assert_eq!(response.events()[2]["choices"][0]["finish_reason"], "stop");
    assert_eq!((truth.outcome, truth.output_tokens), (Outcome::Short, 3));
    let (_, truth) = befall("overrun:2");
    assert_eq!((truth.outcome, truth.output_tokens), (Outcome::Long, 10));
}

#[test]
fn whole_answers_are_spoilt_in_their_middle() {
    let body = r#"{"prompt":"w1","max_tokens":8,"ignore_eos":true}"#;
    for (fault, ending, outcome) in [
        ("cut-after:3", Ending::Closed, Outcome::Truncated),
        ("half-close", Ending::Closed, Outcome::Truncated),
        ("reset-after:3", Ending::Reset, Outcome::Reset),
        ("silence-after:3", Ending::Silence, Outcome::Timeout),
    ] {
        let (response, truth) = befall_body(fault, body);
        assert_eq!((response.status, response.ending), (200, ending), "{fault}");
        let length: usize = response.header("content-length").unwrap().parse().unwrap();
        assert!(response.body.len() < length && !response.body.is_empty(), "{fault}");
        assert_eq!((truth.outcome, truth.writes.len()), (outcome, 0), "{fault}");
    }
    let (response, truth) = befall_body("error-after:3", body);
    assert!(response.json()["error"].is_object());
    assert_eq!(truth.outcome, Outcome::StreamError);
    let (response, truth) = befall_body("stop-at:3", body);
    assert_eq!(response.json()["choices"][0]["finish_reason"], "stop");
    assert_eq!(truth.outcome, Outcome::Short);
}

#[test]
fn a_server_draws_faults_by_share_and_the_truth_says_which() {
    let script = crate::client::script("ttft=0 gap=0 output-tokens=4");
    let faults = vec![(Fault::ErrorAfter(1), 0.3), (Fault::NoFinish, 0.3)];
    let settings = || Settings { script, faults: faults.clone(), ..Settings::default() };
    let run = || {
        let sim = Sim::start(settings());
        let mut client = sim.connect();
        for row in 0..60 {
            let id = format!("r-{row}");
            let body = format!(r#"{{"prompt":"w{row}","stream":true}}"#);
            let response = client.post("/v1/completions", &[("x-request-id", &id)], &body);
            let truth = sim.truth(&id);
            let erred = response.events().iter().any(|event| event.get("error").is_some());
            assert_eq!(erred, truth.faults == [Fault::ErrorAfter(1)]);
            assert_eq!(erred, truth.outcome == Outcome::StreamError);
        }
        let body = r#"{"prompt":"w0","stream":true,"sim":{"fault":"none"}}"#;
        client.post("/v1/completions", &[("x-request-id", "spared")], body);
        assert_eq!(sim.truth("spared").faults, []);
        sim.truths().into_iter().map(|truth| truth.faults).collect::<Vec<_>>()
    };
    let first = run();
    let struck = first.iter().filter(|faults| !faults.is_empty()).count();
    // Binomial(60, 0.6): 36 ± 3.8.
    assert!((21..51).contains(&struck), "{struck}");
    assert_eq!(run(), first, "the same seed strikes the same requests");
}

#[test]
fn a_client_that_hangs_up_is_noted() {
    let sim = Sim::scripted("ttft=1ms gap=20ms");
    let mut client = Client::new(sim.connect().stream);
    let body = r#"{"prompt":"a","max_tokens":500,"stream":true}"#;
    client.send("POST", "/v1/completions", &[("x-request-id", "gone")], body);
    std::thread::sleep(std::time::Duration::from_millis(50));
    drop(client);
    let truth = sim.truth("gone");
    assert_eq!(truth.outcome, Outcome::Cancelled);
    assert!((1..10).contains(&truth.writes.len()), "{}", truth.writes.len());
}

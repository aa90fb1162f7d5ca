//! Every route, streaming and not, and what it refuses.

use serde_json::{Value, json};
use tokenometer_core::Outcome;
use tokenometer_sim::{Dialect, Settings, words};

use crate::client::{Ending, Sim, said};

const FAST: &str = "ttft=2ms gap=0";

#[test]
fn a_completion_streams_its_tokens_one_by_one() {
    let sim = Sim::scripted(FAST);
    let body = r#"{"model":"sim","prompt":"w1 w2 w3","max_tokens":5,"stream":true,
        "ignore_eos":true,"stream_options":{"include_usage":true}}"#;
    let response = sim.connect().post("/v1/completions", &[("x-request-id", "r-1")], body);
    assert_eq!((response.status, response.ending), (200, Ending::Proper));
    assert_eq!(response.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(response.header("x-request-id"), Some("r-1"));
    let events = response.events();
    assert_eq!(events.len(), 6);
    for event in &events[..5] {
        assert_eq!(event["object"], "text_completion");
        assert_eq!(words::count(&said(event)), 1);
        assert!(event.get("usage").is_none());
    }
    let reasons: Vec<&Value> =
        events[..5].iter().map(|event| &event["choices"][0]["finish_reason"]).collect();
    assert_eq!(json!(reasons), json!([null, null, null, null, "length"]));
    assert_eq!(events[5]["choices"], json!([]));
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8});
    assert_eq!(events[5]["usage"], usage);
    assert!(response.is_done());

    let truth = sim.truth("r-1");
    assert_eq!((truth.dialect, truth.outcome), (Dialect::OpenaiCompletions, Outcome::Ok));
    assert_eq!((truth.prompt_tokens, truth.output_tokens), (Some(3), 5));
    let tokens: Vec<u32> = truth.writes.iter().map(|(_, tokens)| *tokens).collect();
    assert_eq!(tokens, [1, 1, 1, 1, 1]);
}

#[test]
fn a_chat_opens_with_its_role_and_has_natural_events() {
    let sim = Sim::scripted(FAST);
    let body = r#"{"messages":[{"role":"user","content":"w1 w2"}],"max_completion_tokens":3,"stream":true}"#;
    let response = sim.connect().post("/v1/chat/completions", &[], body);
    let events = response.events();
    assert_eq!(events.len(), 4, "no usage was asked for");
    assert_eq!(events[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(words::count(&response.said()), 3);
    for frame in &response.frames()[1..4] {
        assert!((200..280).contains(&frame.len()), "{} bytes", frame.len());
    }
    assert_eq!(response.header("x-request-id"), Some("sim-1"));
    assert_eq!(sim.truth("sim-1").prompt_tokens, Some(3));
}

#[test]
fn events_are_packed_and_padded_as_scripted() {
    let sim =
        Sim::scripted("ttft=2ms gap=1ms tokens-per-chunk=3 chunks-per-write=2 event-bytes=500");
    let body = r#"{"prompt":"a","max_tokens":10,"stream":true}"#;
    let response = sim.connect().post("/v1/completions", &[("x-request-id", "r")], body);
    let sizes: Vec<usize> =
        response.events().iter().map(|event| words::count(&said(event))).collect();
    assert_eq!(sizes, [3, 3, 3, 1]);
    for frame in &response.frames()[..4] {
        assert!((500..=512).contains(&(frame.len() + 2)), "{} bytes", frame.len() + 2);
    }
    let tokens: Vec<u32> = sim.truth("r").writes.iter().map(|(_, tokens)| *tokens).collect();
    assert_eq!(tokens, [6, 4]);
}

#[test]
fn ids_and_counts_ride_on_every_event_when_asked_for() {
    let sim = Sim::scripted("ttft=2ms gap=0 tokens-per-chunk=2");
    let body = r#"{"prompt":[7,8],"max_tokens":3,"stream":true,"return_token_ids":true,
        "stream_options":{"include_usage":true,"continuous_usage_stats":true}}"#;
    let response = sim.connect().post("/v1/completions", &[], body);
    let events = response.events();
    let counts: Vec<&Value> =
        events.iter().map(|event| &event["usage"]["completion_tokens"]).collect();
    assert_eq!(json!(counts), json!([2, 3, 3]));
    assert_eq!(events[0]["choices"][0]["prompt_token_ids"], json!([7, 8]));
    for event in &events[..2] {
        let spelt: Vec<u32> = words::ids(&said(event)).collect();
        assert_eq!(event["choices"][0]["token_ids"], json!(spelt));
    }
}

#[test]
fn generate_frames_are_cumulative() {
    let sim = Sim::scripted(FAST);
    let body = r#"{"text":"w1 w2","sampling_params":{"max_new_tokens":3,"ignore_eos":true},"stream":true}"#;
    let response = sim.connect().post("/generate", &[("x-request-id", "g")], body);
    let events = response.events();
    assert_eq!(events.len(), 3);
    for (event, count) in events.iter().zip(1..) {
        let text = event["text"].as_str().unwrap();
        assert_eq!(words::count(text), count);
        assert_eq!(event["output_ids"], json!(words::ids(text).collect::<Vec<u32>>()));
        assert_eq!(event["meta_info"]["completion_tokens"], json!(count));
        assert_eq!(event["meta_info"]["prompt_tokens"], 2);
    }
    let finish = json!({"type": "length", "length": 3});
    assert_eq!(events[2]["meta_info"]["finish_reason"], finish);
    assert!(response.is_done());
    assert_eq!(sim.truth("g").outcome, Outcome::Ok);
}

#[test]
fn triton_frames_hold_text_and_the_body_just_ends() {
    let sim = Sim::scripted("ttft=2ms gap=1ms");
    let body = r#"{"text_input":"w1 w2","max_tokens":3,"min_length":3,"stream":true}"#;
    let path = "/v2/models/ensemble/generate_stream";
    let response = sim.connect().post(path, &[("x-request-id", "t")], body);
    let said: Vec<usize> = response
        .events()
        .iter()
        .map(|event| words::count(event["text_output"].as_str().unwrap()))
        .collect();
    assert_eq!((said.as_slice(), response.ending), (&[1, 1, 1][..], Ending::Proper));
    assert!(!response.is_done());
    let truth = sim.truth("t");
    assert_eq!((truth.dialect, truth.outcome), (Dialect::TritonGenerateStream, Outcome::Ok));
    assert_eq!((truth.prompt_tokens, truth.output_tokens), (Some(2), 3));

    let path = "/v2/models/tensorrt_llm_bls/generate_stream";
    let events = sim.connect().post(path, &[], body).events();
    assert_eq!(words::count(events[2]["text_output"].as_str().unwrap()), 3);
    let whole = sim.connect().post("/v2/models/ensemble/generate", &[], body).json();
    assert_eq!(whole["text_output"], events[2]["text_output"]);
    let refused = sim.connect().post("/v2/models/ensemble/generate", &[], "{}");
    assert_eq!((refused.status, refused.json()), (400, json!({"error": "text_input is missing"})));
}

#[test]
fn tgi_frames_are_tokens_and_the_last_has_the_details() {
    let sim = Sim::scripted("ttft=2ms gap=1ms tokens-per-chunk=2");
    let body = r#"{"inputs":"w1 w2","parameters":{"max_new_tokens":3,"details":true}}"#;
    let response = sim.connect().post("/generate_stream", &[("x-request-id", "t")], body);
    let events = response.events();
    assert_eq!((events.len(), response.ending, response.is_done()), (3, Ending::Proper, false));
    let text: String =
        events.iter().map(|event| event["token"]["text"].as_str().unwrap()).collect();
    assert_eq!(events[2]["generated_text"], json!(text));
    assert_eq!(events[2]["details"]["input_length"], 2);
    let truth = sim.truth("t");
    assert_eq!((truth.dialect, truth.outcome), (Dialect::Tgi, Outcome::Ok));
    let tokens: Vec<u32> = truth.writes.iter().map(|(_, tokens)| *tokens).collect();
    assert_eq!(tokens, [2, 1], "two frames a write");

    let whole = sim.connect().post("/generate", &[("x-request-id", "w")], body).json();
    assert_eq!(whole["generated_text"], json!(text));
    assert_eq!(whole["details"]["generated_tokens"], 3);
    assert_eq!(sim.truth("w").dialect, Dialect::Tgi);
}

#[test]
fn whole_answers_say_what_streams_say() {
    let sim = Sim::scripted("ttft=2ms gap=1ms output-tokens=4");
    let mut client = sim.connect();
    let whole = client.post("/v1/completions", &[("x-request-id", "w")], r#"{"prompt":"w1 w2"}"#);
    let stream = client.post("/v1/completions", &[], r#"{"prompt":"w1 w2","stream":true}"#);
    assert_eq!(whole.json()["choices"][0]["text"], json!(stream.said()));
    assert_eq!(whole.json()["choices"][0]["finish_reason"], "length");
    assert_eq!(whole.json()["usage"]["completion_tokens"], 4);
    let chat = r#"{"messages":[{"role":"user","content":"w1"}]}"#;
    let chat = client.post("/v1/chat/completions", &[], chat).json();
    assert_eq!(words::count(chat["choices"][0]["message"]["content"].as_str().unwrap()), 4);
    let generated = client.post("/generate", &[], r#"{"input_ids":[1,2]}"#).json();
    assert_eq!(generated["meta_info"]["completion_tokens"], 4);
    assert_eq!(generated["text"], whole.json()["choices"][0]["text"], "the same tokens were asked");

    let truth = sim.truth("w");
    let span = truth.writes[0].0 - truth.arrival_ns;
    assert_eq!(truth.writes.len(), 1);
    assert_eq!(truth.writes[0].1, 4);
    assert!(span >= 5_000_000, "2 ms and three gaps, but {span} ns");
}

#[test]
fn control_routes_answer() {
    let settings = Settings { model: "m \"1\"".into(), max_model_len: 99, ..Settings::default() };
    let sim = Sim::start(settings);
    let mut client = sim.connect();
    let health = client.get("/health");
    assert_eq!((health.status, health.body.len()), (200, 0));
    let model = &client.get("/v1/models").json()["data"][0];
    assert_eq!((&model["id"], &model["max_model_len"]), (&json!("m \"1\""), &json!(99)));
    assert!(client.get("/version").json()["version"].is_string());
    let counted = client.post("/tokenize", &[], r#"{"prompt":"w3 w4"}"#).json();
    assert_eq!(counted["count"], 2);
    assert_eq!(counted["tokens"], json!([3, 4]));
    assert_eq!(counted["max_model_len"], 99);
    let messages = r#"{"messages":[{"role":"user","content":"w3 w4"}]}"#;
    assert_eq!(client.post("/tokenize", &[], messages).json()["count"], 3);
    let info = client.get("/get_model_info").json();
    assert_eq!(
        (&info["model_path"], &info["tokenizer_path"]),
        (&json!("m \"1\""), &json!("builtin"))
    );
    assert_eq!(client.get("/server_info").json(), info);
    for path in ["/flush_cache", "/reset_prefix_cache", "/start_profile", "/stop_profile"] {
        assert_eq!(client.get(path).status, 405, "{path}");
        assert_eq!(client.post(path, &[], "").status, 200, "{path}");
        let counted = format!("tokenometer_sim_switched_total{{path=\"{path}\"}} 1.0");
        assert!(client.get("/metrics").text().lines().any(|line| line == counted), "{path}");
    }
    let unknown = client.get("/v2/models");
    assert_eq!((unknown.status, unknown.text()), (404, r#"{"detail":"Not Found"}"#));
    let wrong = client.get("/v1/completions");
    assert_eq!((wrong.status, wrong.text()), (405, r#"{"detail":"Method Not Allowed"}"#));
    assert_eq!(client.post("/health", &[], "").status, 405);
}

#[test]
fn metrics_count_what_left_and_truth_can_be_emptied() {
    let sim = Sim::scripted(FAST);
    let mut client = sim.connect();
    let body = r#"{"prompt":"w1 w2","max_tokens":5,"stream":true}"#;
    client.post("/v1/completions", &[("x-request-id", "m")], body);
    sim.truth("m");
    let metrics = client.get("/metrics");
    for line in [
        "vllm:num_requests_running{engine=\"0\",model_name=\"sim\"} 0.0",
        "vllm:prompt_tokens_total{engine=\"0\",model_name=\"sim\"} 2.0",
        "vllm:generation_tokens_total{engine=\"0\",model_name=\"sim\"} 5.0",
        "vllm:request_success_total{engine=\"0\",model_name=\"sim\",finished_reason=\"length\"} 1.0",
    ] {
        assert!(metrics.text().lines().any(|said| said == line), "{line}\n{}", metrics.text());
    }
    assert!(metrics.text().contains("tokenometer_sim_lateness_seconds{quantile=\"0.99\"}"));
    assert_eq!(client.post("/truth/reset", &[], "").status, 200);
    assert_eq!(sim.truths(), []);
    assert!(client.get("/metrics").text().contains("tokenometer_sim_lateness_seconds_count 0.0"));
}

#[test]
fn refusals_are_openai_errors_and_part_of_the_truth() {
    let sim = Sim::scripted(FAST);
    let mut client = sim.connect();
    for (body, status, why) in [
        ("{", 400, "can't be read"),
        (r#"{"prompt":"a","model":"b"}"#, 404, "`b`"),
        (r#"{"prompt":"a","max_tokens":200000}"#, 400, "200001 tokens"),
        (r#"{"prompt":"a","sim":{"fault":"bang"}}"#, 400, "error-after:TOKENS"),
    ] {
        let response = client.post("/v1/completions", &[], body);
        assert_eq!(response.status, status, "{body}");
        let error = &response.json()["error"];
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
        assert_eq!(error["code"], status);
    }
    let outcomes: Vec<Outcome> = sim.truths().into_iter().map(|truth| truth.outcome).collect();
    assert_eq!(outcomes, [Outcome::HttpError; 4]);
    assert_eq!(sim.truths()[0].prompt_tokens, None);

    let any = Sim::start(Settings { check_model: false, ..Settings::default() });
    let body = r#"{"prompt":"a","model":"b","max_tokens":1}"#;
    assert_eq!(any.connect().post("/v1/completions", &[], body).status, 200);
}

#[test]
fn the_same_seed_says_the_same_and_another_something_else() {
    let body = r#"{"prompt":"w1 w2","max_tokens":20,"stream":true}"#;
    let say =
        |words: &str| Sim::scripted(words).connect().post("/v1/completions", &[], body).said();
    let first = say("ttft=1ms gap=0 seed=1");
    assert_eq!(say("ttft=1ms gap=0 seed=1"), first);
    assert_ne!(say("ttft=1ms gap=0 seed=2"), first);
}

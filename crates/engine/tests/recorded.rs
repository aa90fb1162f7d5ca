//! Probes, discovery, one token and counters over what real engines answered.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::path::Path;

use common::{Canned, answers, plain, recorded, recordings, told};
use tokenometer_core::{Dialect, Target};
use tokenometer_engine::profile::ProfileFile;
use tokenometer_engine::{
    Ask, Counter, EngineError, OneToken, Probed, ServedModel, one_token, parse_metrics, probe,
    scrape, scrape_named,
};

fn target(server: &Canned, dialect: Dialect) -> Target {
    Target { address: server.address.clone(), dialect, model: "tiny".into() }
}

/// What a probe found, without the port.
fn summary(probed: &Probed) -> String {
    let models = match &probed.models {
        Ok(models) => format!("{models:?}"),
        Err(why) => format!("unlisted: {why}"),
    };
    format!(
        "name: {:?}\nversion: {:?}\nevidence: {:#?}\nmodels: {models}\nhealthy: {:?}",
        probed.identity.name, probed.identity.version, probed.identity.evidence, probed.healthy
    )
}

#[test]
fn vllm_is_told_with_two_questions() {
    let server = Canned::new(recordings(
        "vllm",
        &[("/v1/models", "get-models"), ("/version", "get-version")],
    ));
    let probed = probe(&server.control()).unwrap();
    insta::assert_snapshot!(summary(&probed));
    assert_eq!(server.lines(), ["GET /v1/models", "GET /version"]);
    assert_eq!(probed.choose(None).unwrap(), "tiny");
    assert_eq!(probed.served("tiny").unwrap().max_model_len, Some(2048));
    let wrong = probed.choose(Some("tiny-llama")).unwrap_err();
    assert!(matches!(&wrong, EngineError::ModelNotServed { served, .. } if served == &["tiny"]));
}

#[test]
fn sglang_is_told_without_its_slow_health() {
    let server = Canned::new(recordings(
        "sglang",
        &[
            ("/v1/models", "get-models"),
            ("/get_server_info", "get-server_info"),
            ("/get_model_info", "get-model_info"),
        ],
    ));
    let probed = probe(&server.control()).unwrap();
    insta::assert_snapshot!(summary(&probed));
    assert!(!server.lines().iter().any(|line| line.contains("health")));
}

#[test]
fn llama_cpp_python_is_told_by_its_own_description() {
    let server = Canned::new(recordings(
        "llama-cpp-python",
        &[("/v1/models", "get-models"), ("/openapi.json", "get-openapi")],
    ));
    let probed = probe(&server.control()).unwrap();
    insta::assert_snapshot!(summary(&probed));
    assert_eq!(probed.choose(None).unwrap(), "tiny");
}

#[test]
fn transformers_can_not_list_and_says_so() {
    let server = Canned::new(recordings(
        "transformers",
        &[
            ("/v1/models", "get-models"),
            ("/health", "get-health"),
            ("/openapi.json", "get-openapi"),
        ],
    ));
    let probed = probe(&server.control()).unwrap();
    insta::assert_snapshot!(summary(&probed));
    assert_eq!(probed.choose(Some("/models/tiny")).unwrap(), "/models/tiny");
    let error = probed.choose(None).unwrap_err();
    assert!(matches!(error, EngineError::ModelsUnlisted { .. }));
}

#[test]
fn a_list_of_transformers_cache_is_not_taken_for_what_it_serves() {
    let mut routes = recordings("transformers", &[("/openapi.json", "get-openapi")]);
    let list = r#"{"object":"list","data":[{"id":"a/cached","owned_by":"a"}]}"#;
    routes.insert("/v1/models".into(), plain(200, list));
    let probed = probe(&Canned::new(routes).control()).unwrap();
    assert_eq!(probed.choose(Some("another")).unwrap(), "another");
    assert!(probed.choose(None).is_err());
}

#[test]
fn the_simulated_engine_and_llama_server_are_told() {
    let server = Canned::new(answers(&[
        ("/v1/models", plain(200, r#"{"data":[{"id":"sim","owned_by":"tokenometer"}]}"#)),
        ("/version", plain(200, r#"{"version":"0.1.0"}"#)),
    ]));
    let identity = probe(&server.control()).unwrap().identity;
    assert_eq!(identity.name.as_deref(), Some("tokenometer-sim"));
    assert_eq!(identity.version.as_deref(), Some("0.1.0"));

    let server = Canned::new(answers(&[
        ("/v1/models", plain(200, r#"{"data":[{"id":"x.gguf","owned_by":"llamacpp"}]}"#)),
        ("/props", plain(200, r#"{"build_info":"b4242-abcdef0"}"#)),
    ]));
    let identity = probe(&server.control()).unwrap().identity;
    assert_eq!(identity.name.as_deref(), Some("llama.cpp"));
    assert_eq!(identity.version.as_deref(), Some("b4242-abcdef0"));
}

#[test]
fn a_server_of_no_known_kind_is_still_there() {
    let probed = probe(&Canned::new(answers(&[])).control()).unwrap();
    assert_eq!(probed.identity.name, None);
    assert_eq!(probed.healthy, Some(false));
    let why = probed.models.unwrap_err();
    assert_eq!(why, "/v1/models answered HTTP 404: Not Found");
}

#[test]
fn one_token_is_read_from_every_engine_and_form() {
    let token = |text: &str, counts: Option<(u32, u32)>| OneToken {
        text: text.into(),
        input_tokens: counts.map(|counts| counts.0),
        output_tokens: counts.map(|counts| counts.1),
        finish_reason: Some("length".into()),
    };
    let completions = Dialect::OpenaiCompletions;
    for (engine, name, dialect, expected) in [
        ("vllm", "sse-completions-1tok", completions, token("into", Some((8, 1)))),
        (
            "vllm",
            "json-completions",
            completions,
            token("intory resourcery resource", Some((8, 5))),
        ),
        ("sglang", "sse-completions-1tok", completions, token("into", Some((8, 1)))),
        (
            "llama-cpp-python",
            "json-completions",
            completions,
            token("intory resource warranty []", Some((8, 5))),
        ),
        ("transformers", "sse-completions-1tok", completions, token("De", Some((1, 1)))),
        ("transformers", "sse-chat-1tok", Dialect::OpenaiChat, token("ecause", Some((10, 1)))),
    ] {
        let server = Canned::new(recordings(engine, &[(dialect.route(true), name)]));
        let got = one_token(&server.control(), &target(&server, dialect), &Ask::default());
        assert_eq!(got.unwrap(), expected, "{engine} {name}");
    }
}

#[test]
fn own_routes_are_asked_and_read_in_their_own_words() {
    let ended = |text: &str, input, reason: Option<&str>| OneToken {
        text: text.into(),
        input_tokens: input,
        output_tokens: input.map(|_| 1),
        finish_reason: reason.map(str::to_owned),
    };
    let stream = |frames: &str| -> Vec<u8> {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        format!("{head}{frames}").into_bytes()
    };
    for (dialect, frames, expected) in [
        (
            Dialect::SglangGenerate,
            concat!(
                r#"data: {"text":"","meta_info":{"finish_reason":null}}"#,
                "\n\n",
                r#"data: {"text":" a","meta_info":{"finish_reason":{"type":"length"},"#,
                r#""prompt_tokens":3,"completion_tokens":1}}"#,
                "\n\ndata: [DONE]\n\n"
            ),
            ended(" a", Some(3), Some("length")),
        ),
        (
            Dialect::TritonGenerateStream,
            "data: {\"model_name\":\"ensemble\",\"text_output\":\"\"}\n\n",
            ended("", None, None),
        ),
        (
            Dialect::Tgi,
            concat!(
                r#"data:{"token":{"text":" a"},"generated_text":" a","details":"#,
                r#"{"finish_reason":"length","generated_tokens":1,"input_length":3}}"#,
                "\n\n"
            ),
            ended(" a", Some(3), Some("length")),
        ),
    ] {
        let server = Canned::new(answers(&[(dialect.route(true), stream(frames))]));
        let got = one_token(&server.control(), &target(&server, dialect), &Ask::default());
        assert_eq!(got.unwrap(), expected, "{dialect}");
    }
}

#[test]
fn another_route_is_asked_where_one_is_named() {
    let server = Canned::new(recordings("vllm", &[("/elsewhere", "sse-completions-1tok")]));
    let ask = Ask { route: Some("/elsewhere".into()), ..Ask::default() };
    one_token(&server.control(), &target(&server, Dialect::OpenaiCompletions), &ask).unwrap();
    assert_eq!(server.lines(), ["POST /elsewhere"]);
}

#[test]
fn the_bytes_of_the_question_are_those_of_the_dialect() {
    let server = Canned::new(recordings("vllm", &[("/v1/completions", "sse-completions-1tok")]));
    let ask = Ask { ignore_eos: true, token_ids: true, ..Ask::default() };
    one_token(&server.control(), &target(&server, Dialect::OpenaiCompletions), &ask).unwrap();
    let seen = &server.seen()[0];
    assert!(seen.headers.contains(&"content-type: application/json".to_owned()));
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    insta::assert_snapshot!(body);
}

#[test]
fn objections_name_what_is_objected_to() {
    let full = Ask {
        ignore_eos: true,
        token_ids: true,
        extra: serde_json::from_str(r#"{"top_k": "x"}"#).unwrap(),
        ..Ask::default()
    };
    let made_up = |status, body: &str| plain(status, body);
    let cases = [
        ("vllm: unknown model", recorded("vllm", "err-unknown-model")),
        ("vllm: no such route", recorded("vllm", "err-notfound")),
        ("vllm: a wrong type, but none of ours", recorded("vllm", "err-badtype")),
        ("vllm: error frame in a 200", recorded("vllm", "err-tokid-oov")),
        ("sglang: flat error", recorded("sglang", "err-badtype")),
        ("llama-cpp-python: plain text", recorded("llama-cpp-python", "err-badjson")),
        ("transformers: unknown field", recorded("transformers", "err-ignore-eos")),
        ("transformers: pinned model", recorded("transformers", "err-unknown-model")),
        (
            "a field of the user's own",
            made_up(422, r#"{"detail":[{"loc":["body","top_k"],"msg":"not a number"}]}"#),
        ),
        (
            "token ids refused",
            made_up(
                500,
                r#"{"error":{"message":"('body', 'prompt') Input should be a valid string"}}"#,
            ),
        ),
        ("a field to leave out", made_up(400, r#"{"error":"stream_options is not supported"}"#)),
        ("no key", made_up(401, r#"{"error":{"message":"missing key"}}"#)),
        ("busy", made_up(503, r#"{"error":"no capacity"}"#)),
        ("a page", made_up(200, "<html><body>Welcome</body></html>")),
        ("nothing at all", made_up(200, "")),
        ("no choice", made_up(200, r#"{"choices":[]}"#)),
    ];
    let lines: Vec<String> = cases
        .into_iter()
        .map(|(case, bytes)| {
            let server = Canned::new(answers(&[("/v1/completions", bytes)]));
            let mut target = target(&server, Dialect::OpenaiCompletions);
            target.model = "nope".into();
            let error = one_token(&server.control(), &target, &full).unwrap_err();
            format!("{case}:\n  {}", told(&error, port(&server)))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_stream_that_is_cut_before_its_first_event_hangs_up() {
    let routes = [("/v1/completions", "err-too-long")];
    let server = Canned::new(recordings("llama-cpp-python", &routes));
    let target = target(&server, Dialect::OpenaiCompletions);
    let error = one_token(&server.control(), &target, &Ask::default()).unwrap_err();
    assert!(matches!(error, EngineError::HungUp { .. }), "{error:?}");
}

#[test]
fn counters_are_scraped_under_each_engines_names() {
    let vllm = Canned::new(recordings("vllm", &[("/metrics", "get-metrics")]));
    let counters = scrape(&vllm.control()).unwrap().unwrap();
    assert_eq!(counters.running, Some(0.0));
    assert_eq!(counters.waiting, Some(0.0));
    assert_eq!(counters.prompt_tokens, Some(0.0));
    assert_eq!(counters.generation_tokens, Some(0.0));
    assert_eq!(counters.process_start_s, Some(1.79529617955e9));
    let sglang = Canned::new(recordings("sglang", &[("/metrics", "get-metrics")]));
    let counters = scrape(&sglang.control()).unwrap().unwrap();
    assert_eq!(counters.running, Some(0.0));
    assert_eq!(counters.waiting, Some(0.0));
    assert_eq!(counters.prompt_tokens, Some(8.0));
    assert_eq!(counters.generation_tokens, Some(8.0));
    assert_eq!(counters.process_start_s, None);
    let llama = Canned::new(recordings("llama-cpp-python", &[("/metrics", "get-metrics")]));
    assert_eq!(scrape(&llama.control()).unwrap(), None);
}

/// What a profile's names find in a recorded scrape, one to a line.
fn told_by(profile: &str) -> String {
    let server = Canned::new(recordings(profile, &[("/metrics", "get-metrics")]));
    let profile = ProfileFile::find(profile, Path::new(".")).unwrap().at(None).unwrap();
    let counters = scrape_named(&server.control(), profile.counters.as_ref()).unwrap().unwrap();
    let line = |counter: Counter| match counters.get(counter) {
        Some(value) => format!("{} {value} {}", counter.name(), counter.unit()),
        None => format!("{} –", counter.name()),
    };
    Counter::ALL.map(line).join("\n")
}

#[test]
fn a_profile_knows_all_that_its_engine_counts() {
    insta::assert_snapshot!(format!("vLLM\n{}\n\nSGLang\n{}", told_by("vllm"), told_by("sglang")));
}

#[test]
fn every_line_of_a_recorded_scrape_is_read() {
    for (engine, samples) in [("vllm", "vllm:"), ("sglang", "sglang:")] {
        let bytes = String::from_utf8(recorded(engine, "get-metrics")).unwrap();
        let body: Vec<&str> = bytes
            .lines()
            .filter(|line| line.starts_with(samples) || line.starts_with("process_"))
            .collect();
        let read = parse_metrics(&body.join("\n")).unwrap();
        assert_eq!(read.len(), body.len(), "{engine}");
        assert!(read.len() > 100, "{engine}");
    }
}

#[test]
fn counters_that_can_not_be_read_name_the_line() {
    let server = Canned::new(answers(&[("/metrics", plain(200, "up 1\n<html>\n"))]));
    let error = scrape(&server.control()).unwrap_err();
    insta::assert_snapshot!(told(&error, port(&server)));
}

#[test]
fn the_model_that_is_served_has_a_root() {
    let server = Canned::new(recordings("vllm", &[("/v1/models", "get-models")]));
    let probed = probe(&server.control()).unwrap();
    let expected = ServedModel {
        id: "tiny".into(),
        max_model_len: Some(2048),
        root: Some("/models/model-tiny-llama".into()),
    };
    assert_eq!(probed.models.unwrap(), [expected]);
}

fn port(server: &Canned) -> u16 {
    match server.address.endpoint {
        tokenometer_core::Endpoint::Tcp { port, .. } => port,
        tokenometer_core::Endpoint::Unix { .. } => 0,
    }
}

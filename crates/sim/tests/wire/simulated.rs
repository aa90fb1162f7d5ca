//! A simulated machine over real sockets. How it schedules is tested without
//! them, in virtual time; here it is what a client sees of it, and that the
//! counters tell the truth. Nothing depends on how long anything takes.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokenometer_core::Outcome;
use tokenometer_sim::{Settings, Truth, words};

use crate::client::{Client, Ending, Response, Sim, said, script, simulation};

/// A prompt of so many tokens.
fn prompt(tokens: usize) -> String {
    vec!["w7"; tokens].join(" ")
}

/// The body of a streamed completion.
fn body(prompt: &str, tokens: u32) -> String {
    json!({
        "prompt": prompt, "max_tokens": tokens, "stream": true, "ignore_eos": true,
        "stream_options": { "include_usage": true },
    })
    .to_string()
}

fn complete(sim: &Sim, id: &str, body: &str) -> Response {
    sim.connect().post("/v1/completions", &[("x-request-id", id)], body)
}

/// Every series of a scrape, without its labels where it is the only one of its
/// name.
struct Scrape(HashMap<String, f64>);

impl Scrape {
    fn of(sim: &Sim) -> Scrape {
        let response = sim.connect().get("/metrics");
        let mut series = HashMap::new();
        for line in response.text().lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let before = series.insert(name.to_owned(), value.parse().unwrap());
            assert_eq!(before, None, "{name} is told twice");
        }
        Scrape(series)
    }

    /// The sum of all series of this name.
    fn sum(&self, name: &str) -> f64 {
        let of = |series: &str| series == name || series.starts_with(&format!("{name}{{"));
        let values: Vec<f64> =
            self.0.iter().filter(|(series, _)| of(series)).map(|(_, value)| *value).collect();
        assert!(!values.is_empty(), "there is no {name}");
        values.iter().sum()
    }

    fn with(&self, name: &str, label: &str) -> f64 {
        let of = |series: &str| series.starts_with(&format!("{name}{{")) && series.contains(label);
        self.0.iter().find(|(series, _)| of(series)).unwrap().1.to_owned()
    }
}

/// Scrapes until nothing runs and nothing waits.
fn idle(sim: &Sim) -> Scrape {
    for _ in 0..1000 {
        let scrape = Scrape::of(sim);
        if scrape.sum("vllm:num_requests_running") + scrape.sum("vllm:num_requests_waiting") == 0.0
        {
            return scrape;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("something runs for ever");
}

/// That the counters of an idle machine say what these accounts say.
fn agree(scrape: &Scrape, truths: &[Truth]) {
    let prompts: u32 = truths.iter().filter_map(|truth| truth.prompt_tokens).sum();
    let outputs: u32 = truths.iter().map(|truth| truth.output_tokens).sum();
    for engine in ["vllm", "sglang"] {
        assert_eq!(scrape.sum(&format!("{engine}:prompt_tokens_total")), f64::from(prompts));
        assert_eq!(scrape.sum(&format!("{engine}:generation_tokens_total")), f64::from(outputs));
    }
    assert_eq!(scrape.sum("vllm:request_success_total"), truths.len() as f64);
    assert_eq!(scrape.sum("sglang:num_requests_total"), truths.len() as f64);
    assert_eq!(scrape.sum("vllm:kv_cache_usage_perc"), 0.0);
    assert_eq!(scrape.sum("sglang:num_used_tokens"), 0.0);
}

#[test]
fn a_request_is_answered_as_by_the_script() {
    let sim = Sim::simulated("");
    let response = complete(&sim, "a", &body("w1 w2 w3", 5));
    assert_eq!((response.status, response.ending), (200, Ending::Proper));
    let events = response.events();
    let sizes: Vec<usize> = events.iter().map(|event| words::count(&said(event))).collect();
    assert_eq!(sizes, [1, 1, 1, 1, 1, 0]);
    assert_eq!(events[4]["choices"][0]["finish_reason"], "length");
    let usage = json!({
        "prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8,
        "prompt_tokens_details": { "cached_tokens": 0 },
    });
    assert_eq!(events[5]["usage"], usage);
    assert!(response.is_done());
    let truth = sim.truth("a");
    assert_eq!((truth.prompt_tokens, truth.output_tokens), (Some(3), 5));
    assert_eq!((truth.outcome, truth.writes.len()), (Outcome::Ok, 5));
    let scripted = Sim::scripted("ttft=1ms gap=0");
    assert_eq!(complete(&scripted, "a", &body("w1 w2 w3", 5)).said(), response.said());
}

#[test]
fn tokens_are_the_same_on_every_server_of_a_seed() {
    let start = |seed: &str| {
        Sim::start(Settings {
            simulation: Some(simulation(seed)),
            script: script(seed),
            ..Settings::default()
        })
    };
    let say = |seed: &str| complete(&start(seed), "a", &body("w1 w2", 40)).said();
    let first = say("seed=3");
    assert_eq!(words::count(&first), 40);
    assert_eq!(say("seed=3"), first);
    assert_ne!(say("seed=4"), first);
}

#[test]
fn whole_answers_and_every_dialect_come_to_their_end() {
    let sim = Sim::simulated("");
    let mut client = sim.connect();
    let stream = client.post("/v1/completions", &[], &body("w1 w2", 6)).said();
    let whole = r#"{"prompt":"w1 w2","max_tokens":6}"#;
    let whole = client.post("/v1/completions", &[("x-request-id", "w")], whole).json();
    assert_eq!(whole["choices"][0]["text"], json!(stream));
    assert_eq!(whole["usage"]["completion_tokens"], 6);
    assert_eq!(whole["usage"]["prompt_tokens_details"], json!({ "cached_tokens": 0 }));
    assert_eq!(sim.truth("w").writes.iter().map(|(_, tokens)| *tokens).collect::<Vec<_>>(), [6]);
    let chat = r#"{"messages":[{"role":"user","content":"w1"}],"max_tokens":4,"stream":true}"#;
    let chat = client.post("/v1/chat/completions", &[], chat);
    assert_eq!(words::count(&chat.said()), 4);
    assert_eq!(chat.events()[0]["choices"][0]["delta"]["role"], "assistant");
    let generate = r#"{"text":"w1 w2","sampling_params":{"max_new_tokens":3},"stream":true}"#;
    let generate = client.post("/generate", &[], generate);
    assert_eq!(generate.events()[2]["meta_info"]["completion_tokens"], 3);
    let triton = r#"{"text_input":"w1","max_tokens":3,"stream":true}"#;
    let triton = client.post("/v2/models/ensemble/generate_stream", &[], triton);
    assert_eq!(triton.events().len(), 3);
    let tgi = r#"{"inputs":"w1","parameters":{"max_new_tokens":3,"details":true}}"#;
    assert_eq!(client.post("/generate_stream", &[], tgi).events().len(), 3);
    agree(&idle(&sim), &sim.truths());
}

#[test]
fn what_is_handed_out_together_is_one_event() {
    let sizes = |options: &str| {
        let sim = Sim::simulated(options);
        let events = complete(&sim, "a", &body("w1", 9)).events();
        let sizes: Vec<usize> = events.iter().map(|event| words::count(&said(event))).collect();
        let written = sim.truth("a").writes.iter().map(|(_, tokens)| *tokens as usize).collect();
        (sizes[..sizes.len() - 1].to_vec(), written)
    };
    let drafted = "num-speculative-tokens=3 acceptance=1";
    assert_eq!(sizes(drafted), (vec![1, 4, 4], vec![1, 4, 4]));
    assert_eq!(sizes("stream-interval=3"), (vec![1, 3, 3, 2], vec![1, 3, 3, 2]));
    let sim = Sim::simulated(drafted);
    let tgi = r#"{"inputs":"w1","parameters":{"max_new_tokens":9}}"#;
    let frames = sim.connect().post("/generate_stream", &[("x-request-id", "t")], tgi).events();
    assert_eq!(frames.len(), 9, "a frame is a token");
    let written: Vec<u32> = sim.truth("t").writes.iter().map(|(_, tokens)| *tokens).collect();
    assert_eq!(written, [1, 4, 4]);
    let scrape = idle(&sim);
    let drafts = |name| scrape.sum(&format!("vllm:spec_decode_num_{name}_total"));
    assert_eq!(
        (drafts("drafts"), drafts("draft_tokens"), drafts("accepted_tokens")),
        (2.0, 6.0, 6.0)
    );
}

#[test]
fn a_prompt_that_was_seen_is_cached_until_it_is_flushed() {
    let sim = Sim::simulated("block-size=16");
    let body = body(&prompt(64), 2);
    let mut client = sim.connect();
    let ask = |client: &mut Client<_>| {
        let usage = client.post("/v1/completions", &[], &body).events().pop().unwrap();
        usage["usage"]["prompt_tokens_details"]["cached_tokens"].clone()
    };
    // The last token is always computed, so the last block is never whole.
    assert_eq!([ask(&mut client), ask(&mut client)], [json!(0), json!(48)]);
    let scrape = idle(&sim);
    assert_eq!(scrape.sum("vllm:prefix_cache_queries_total"), 128.0);
    assert_eq!(scrape.sum("vllm:prefix_cache_hits_total"), 48.0);
    assert_eq!(scrape.sum("vllm:prompt_tokens_cached_total"), 48.0);
    assert_eq!(scrape.sum("sglang:cached_tokens_total"), 48.0);
    assert_eq!(scrape.sum("sglang:cache_hit_rate"), 0.375);

    let flushed = client.post("/flush_cache", &[], "");
    assert_eq!((flushed.status, flushed.text()), (200, "Cache flushed.\n"));
    assert_eq!([ask(&mut client), ask(&mut client)], [json!(0), json!(48)]);
    let reset = client.post("/reset_prefix_cache", &[], "");
    assert_eq!((reset.status, reset.json()), (200, json!({ "success": true })));
    assert_eq!(ask(&mut client), 0);
    let generate = json!({"text": prompt(64), "sampling_params": {"max_new_tokens": 1}});
    let generate = client.post("/generate", &[], &generate.to_string()).json();
    assert_eq!(generate["meta_info"]["cached_tokens"], 48);

    let without = Sim::simulated("prefix-cache=off");
    complete(&without, "a", &body);
    let usage = complete(&without, "b", &body).events().pop().unwrap()["usage"].clone();
    assert_eq!(usage.get("prompt_tokens_details"), None, "there is no cache to speak of");
    assert_eq!(idle(&without).sum("vllm:prefix_cache_queries_total"), 0.0);
}

#[test]
fn counters_tell_the_truth_while_requests_run() {
    let sim = Sim::simulated("time-scale=5 max-num-seqs=4 kv-tokens=2048 block-size=16");
    let requests: Vec<_> = (0..24_u32)
        .map(|number| {
            let mut client = sim.connect();
            let body = body(&format!("w{number} {}", prompt(20)), 100 + number);
            let id = format!("r-{number}");
            client.send("POST", "/v1/completions", &[("x-request-id", &id)], &body);
            (client, 100 + number)
        })
        .collect();
    let all: u32 = requests.iter().map(|(_, tokens)| tokens).sum();
    let mut before = 0.0;
    let mut known = 0.0;
    let mut most: f64 = 0.0;
    while before < f64::from(all) {
        let scrape = Scrape::of(&sim);
        let [running, waiting] =
            ["running", "waiting"].map(|name| scrape.sum(&format!("vllm:num_requests_{name}")));
        assert!(running <= 4.0 && running + waiting <= 24.0, "{running} and {waiting}");
        let used = scrape.sum("vllm:kv_cache_usage_perc");
        assert!((0.0..=1.0).contains(&used), "{used}");
        assert_eq!(used > 0.0, running > 0.0, "who runs has room, and nobody else");
        assert_eq!(scrape.sum("sglang:token_usage"), used);
        assert_eq!(scrape.sum("sglang:num_running_reqs"), running);
        assert_eq!(scrape.sum("sglang:num_queue_reqs"), waiting);
        let requests = running + waiting + scrape.sum("sglang:num_requests_total");
        assert!((known..=24.0).contains(&requests), "a request is never lost sight of");
        known = requests;
        let tokens = scrape.sum("vllm:generation_tokens_total");
        assert!(tokens >= before);
        (before, most) = (tokens, most.max(running));
    }
    for (mut client, tokens) in requests {
        assert_eq!(words::count(&client.read().said()), tokens as usize);
    }
    assert_eq!(most, 4.0, "there were more than could run");
    let scrape = idle(&sim);
    agree(&scrape, &sim.truths());
    let firsts = scrape.sum("vllm:time_to_first_token_seconds_count");
    assert_eq!((firsts, scrape.sum("vllm:e2e_request_latency_seconds_count")), (24.0, 24.0));
    let gaps: u32 = (0..24).map(|number| 99 + number).sum();
    assert_eq!(scrape.sum("vllm:inter_token_latency_seconds_count"), f64::from(gaps));
    let steps = scrape.sum("tokenometer_sim_steps_total");
    assert!((f64::from(all) / 4.0..=f64::from(all)).contains(&steps), "{steps}");
}

#[test]
fn whoever_hangs_up_gives_back_its_room() {
    let sim = Sim::simulated("time-scale=1");
    let mut client = sim.connect();
    client.send("POST", "/v1/completions", &[("x-request-id", "gone")], &body(&prompt(40), 50_000));
    assert!((0..10_000).any(|_| Scrape::of(&sim).sum("vllm:generation_tokens_total") > 0.0));
    let scrape = Scrape::of(&sim);
    assert_eq!(scrape.sum("vllm:num_requests_running"), 1.0);
    assert!(scrape.sum("vllm:kv_cache_usage_perc") > 0.0);
    let mut other = sim.connect();
    assert_eq!(other.post("/flush_cache", &[], "").status, 400);
    let refused = other.post("/reset_prefix_cache", &[], "").json();
    assert_eq!(refused, json!({ "success": false }));
    drop(client);
    let scrape = idle(&sim);
    assert_eq!(scrape.sum("sglang:num_used_tokens"), 0.0);
    assert_eq!(scrape.with("vllm:request_success_total", "abort"), 1.0);
    assert_eq!(scrape.sum("sglang:num_aborted_requests_total"), 1.0);
    assert_eq!(sim.truth("gone").outcome, Outcome::Cancelled);
}

#[test]
fn what_never_fits_is_refused_with_its_numbers() {
    let sim = Sim::simulated("kv-tokens=64 block-size=16");
    let refused = complete(&sim, "much", &body(&prompt(30), 35));
    assert_eq!(refused.status, 400);
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("65 tokens") && message.contains("64"), "{message}");
    assert_eq!(sim.truth("much").outcome, Outcome::HttpError);
    assert_eq!(complete(&sim, "fits", &body(&prompt(30), 34)).status, 200);

    let large = Sim::simulated("kv-tokens=1099511627776");
    let headers = [("x-sim", "fault=overrun:4294967295")];
    let refused = large.connect().post("/v1/completions", &headers, &body("w1", 1));
    assert_eq!(refused.status, 400, "more than can be counted");
}

#[test]
fn faults_happen_on_a_simulated_machine_too() {
    use Outcome::*;
    let sim = Sim::simulated("");
    let run = |fault: &str| {
        let id = format!("f {fault}");
        let headers = [("x-request-id", &*id), ("x-sim", &*format!("fault={fault}"))];
        let mut client = sim.connect();
        if fault.starts_with("silence") {
            client.stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        }
        let response = client.post("/v1/completions", &headers, &body("w1 w2", 8));
        drop(client);
        (response, sim.truth(&id))
    };
    for (fault, outcome, tokens, ending) in [
        ("error-after:3", StreamError, 3, Ending::Proper),
        ("error-after:0", StreamError, 0, Ending::Proper),
        ("cut-after:3", Truncated, 3, Ending::Closed),
        ("silence-after:3", Timeout, 3, Ending::Silence),
        ("stop-at:3", Short, 3, Ending::Proper),
        ("overrun:2", Long, 10, Ending::Proper),
        ("empty:finished", Empty, 0, Ending::Proper),
        ("status:503", HttpError, 0, Ending::Proper),
        ("bad-utf8:8", StreamError, 8, Ending::Proper),
        ("slow-headers:20ms", Ok, 8, Ending::Proper),
        ("finish-apart", Ok, 8, Ending::Proper),
    ] {
        let (response, truth) = run(fault);
        assert_eq!((truth.outcome, truth.output_tokens), (outcome, tokens), "{fault}");
        assert_eq!(response.ending, ending, "{fault}");
    }
    let (bundled, _) = run("bundled-first:3");
    let sizes: Vec<usize> =
        bundled.events().iter().map(|event| words::count(&said(event))).collect();
    assert_eq!(sizes, [3, 1, 1, 1, 1, 1, 0]);
    let scrape = idle(&sim);
    assert_eq!(scrape.sum("vllm:kv_cache_usage_perc"), 0.0, "every fault gave back its room");
}

#[test]
fn a_chunk_that_never_came_spoils_nothing() {
    // Drafts make fewer events than there are tokens.
    let sim = Sim::simulated("num-speculative-tokens=3 acceptance=1");
    for (chunk, outcome) in [(3, Outcome::StreamError), (4, Outcome::Ok)] {
        let fault = format!("fault=bad-utf8:{chunk}");
        let id = format!("c-{chunk}");
        let headers = [("x-request-id", &*id), ("x-sim", &*fault)];
        sim.connect().post("/v1/completions", &headers, &body("w1", 9));
        assert_eq!(sim.truth(&id).outcome, outcome, "{chunk}");
    }
}

#[test]
fn it_keeps_its_own_time() {
    let sim = Sim::simulated("");
    let headers = [("x-sim", "gap=1ms")];
    let refused = sim.connect().post("/v1/completions", &headers, &body("w1", 2));
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("set gap on a simulated machine"), "{}", refused.text());
}

#[test]
fn headers_wait_for_the_first_token_only_where_they_are_to() {
    for (headers, early) in [("early", true), ("late", false)] {
        // So slow that the first token takes most of a second.
        let settings = Settings {
            simulation: Some(simulation("time-scale=0.01")),
            script: script(&format!("headers={headers}")),
            ..Settings::default()
        };
        let sim = Sim::start(settings);
        let response = complete(&sim, "h", &body("w1", 1));
        let first = sim.truth("h").writes[0].0;
        assert_eq!(response.reads[0].0 < first, early, "{headers}");
        assert_eq!(words::count(&response.said()), 1);
    }
}

#[test]
fn it_says_what_it_simulates() {
    let sim = Sim::simulated("max-num-seqs=7 prefix-cache=off kv-tokens=4096 seed=5");
    let info: Value = sim.connect().get("/server_info").json();
    assert_eq!(
        info["simulated"],
        json!({
            "machine": "h100", "gpus": 1, "model": "llama-3.1-8b", "calibration": "ideal",
            "calibrated": false, "time_scale": 1000.0, "kv_tokens": 4096, "seed": 5,
        })
    );
    let options = &info["options"];
    assert_eq!((&options["max-num-seqs"], &options["seed"]), (&json!(7), &json!(5)));
    assert_eq!((&options["prefix-cache"], &options["policy"]), (&json!(false), &json!("mixed")));
    let scrape = Scrape::of(&sim);
    assert_eq!(scrape.with("tokenometer_simulated", "machine=\"h100\""), 1.0);
    assert_eq!(scrape.with("tokenometer_simulated", "calibration=\"ideal\""), 1.0);
    assert_eq!(scrape.with("vllm:cache_config_info", "num_gpu_blocks=\"256\""), 1.0);
    assert_eq!(scrape.sum("sglang:max_total_num_tokens"), 4096.0);
    let scripted = Sim::scripted("").connect().get("/server_info").json();
    assert_eq!(scripted["simulated"], json!({ "script": true }));
    assert_eq!(scripted["options"]["ttft"], "50ms");
}

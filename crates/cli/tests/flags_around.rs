//! Every flag that says whom to measure, what happens around the load, or what
//! is shown and written of it acts: something is seen of a run with it that is
//! not seen of the same run without it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::Value;
use support::{Ran, Sim, Test, failures};

/// One flag, and how it is seen.
struct Row {
    /// What both runs have.
    base: &'static str,
    /// What only the second has.
    with: &'static str,
    /// Where to look.
    seen: fn(&Left) -> String,
    /// What is there with the flag alone.
    only_with: &'static str,
}

const fn row(
    base: &'static str,
    with: &'static str,
    seen: fn(&Left) -> String,
    only_with: &'static str,
) -> Row {
    Row { base, with, seen, only_with }
}

/// The embedded engine, over at once.
const OWN: &str = "--num-prompts 3 --output-len 4 -- --ttft 1ms --gap 0";
/// The same, long enough to be watched.
const SLOW: &str = "--num-prompts 8 --output-len 100 -- --ttft 5ms --gap 3ms";
/// The same as the first, as vLLM's tool would have shown it, and as it would have kept it.
const VIEW: &str = "--view vllm-0.33 --num-prompts 3 --output-len 4 -- --ttft 1ms --gap 0";
const SAVE: &str =
    "--view vllm-0.33 --save-result --num-prompts 3 --output-len 4 -- --ttft 1ms --gap 0";
/// The same, as SGLang's tool would have.
const SGLANG: &str = "--view sglang-0.5.23 --num-prompts 3 --output-len 4 -- --ttft 1ms --gap 0";
/// A server, and where it is.
const SERVER: &str = "--base-url http://127.0.0.1:PORT --num-prompts 3 --output-len 4";
const HERE: &str = "--port PORT --num-prompts 3 --output-len 4";
/// More prompts than there are conversations.
const FEW: &str = "--rules vllm-0.33 --dataset-name sharegpt --dataset-path given/few.json --num-prompts \
                   9 --sharegpt-output-len 4 -- --ttft 1ms --gap 0";

const ROWS: &[Row] = &[
    row(OWN, "--host 127.0.0.1 --port PORT", told, "error: the arguments after `--`"),
    row(HERE, "--host 127.0.0.1", address, "http://127.0.0.1:"),
    row("--num-prompts 3", "--port PORT", address, "http://localhost:"),
    row(SERVER, "--endpoint /v1/nowhere", told, "/v1/nowhere does not exist on this server"),
    row(SERVER, "--header x-sim:fault=status:503", told, "HTTP 503"),
    row(
        "--base-url http://127.0.0.1:PORT --num-prompts 3 --model /files/of/it",
        "--served-model-name sim",
        model,
        "sim",
    ),
    row(SERVER, "--flush-cache", switched, "{path=\"/flush_cache\"} 1"),
    row(SERVER, "--profile", switched, "{path=\"/start_profile\"} 1"),
    row(SERVER, "--profile", switched, "{path=\"/stop_profile\"} 1"),
    row(OWN, "--connect-timeout 7s", limits, "connect: 7s"),
    row(OWN, "--first-timeout 7s", limits, "first: 7s"),
    row(OWN, "--idle-timeout 7s", limits, "idle: 7s"),
    row(OWN, "--total-timeout 7s", limits, "total: 7s"),
    row(FEW, "--no-oversample", sent, "4 requests"),
    row(OWN, "--out elsewhere", files, "elsewhere/trials/"),
    row(OWN, "--json", printed, "{"),
    row(SLOW, "--disable-tqdm", progress, "no line"),
    row(OWN, "--view sglang-0.4.5", printed, "As sglang-0.4.5 would have printed it"),
    row(VIEW, "--explain", printed, "Why its figures are not ours"),
    row(VIEW, "--metric-percentiles 25,90", printed, "P90 TTFT (ms):"),
    row(VIEW, "--percentile-metrics ttft,e2el", printed, "Mean E2EL (ms):"),
    row(VIEW, "--save-result", files, "openai-infqps-concurrency#-sim-#-#.json"),
    row(SAVE, "--result-dir kept/here", files, "kept/here/openai-infqps"),
    row(SAVE, "--result-filename mine.json", files, "mine.json"),
    row(SAVE, "--save-detailed", keys, " ttfts "),
    row(SAVE, "--output-details", keys, " generated_texts "),
    row(SAVE, "--metadata version=7 gpus=2", keys, " version gpus "),
    row(SAVE, "--label ours", result, "\"label\": \"ours\""),
    row(SAVE, "--metric-percentiles 25,90", keys, " p90_tpot_ms "),
    row(SAVE, "--percentile-metrics e2el", keys, " p99_e2el_ms "),
    row(
        "--view vllm-0.33 --save-result --result-filename given/old.json --num-prompts 3 --output-len 4 \
         -- --ttft 1ms --gap 0",
        "--append-result",
        appended,
        "from before",
    ),
    row(SGLANG, "--output-file all.jsonl", files, "all.jsonl"),
    row(SGLANG, "--output-file all.jsonl --output-details", result, "\"ttfts\": ["),
];

/// What a run has left.
struct Left {
    test: Test,
    ran: Ran,
    /// What it showed on a terminal.
    shown: String,
    server: Sim,
}

impl Left {
    /// Runs a bench in a folder of its own, beside a server of its own. Flags
    /// of the bench go before the arguments of its engine.
    fn by(base: &str, with: &str) -> Left {
        let test = Test::new();
        fs::create_dir(test.path().join("given")).unwrap();
        test.file("given/few.json", &conversations(4))
            .file("given/old.json", "{\"from before\": 1}");
        let server = test.sim("--ttft 1ms --gap 0");
        let (_, port) = server.address.rsplit_once(':').unwrap();
        let (bench, engine) = match base.split_once(" -- ") {
            Some((bench, engine)) => (bench, format!(" -- {engine}")),
            None => (base, String::new()),
        };
        let bench = format!("bench --out run {bench} {with}{engine}").replace("PORT", port);
        let (ran, shown) = test.command(&bench).run_on_terminal();
        Left { test, ran, shown, server }
    }

    /// Text that it has left in its run folder; none where it has left none.
    fn kept(&self, path: &str) -> String {
        fs::read_to_string(self.test.path().join("run").join(path)).unwrap_or_default()
    }
}

/// So many conversations in ShareGPT's shape.
fn conversations(count: usize) -> String {
    let said = |from: &str, n: usize| {
        format!(r#"{{"from": "{from}", "value": "Something of some length was said here, {n}."}}"#)
    };
    let one = |n| format!(r#"{{"conversations": [{}, {}]}}"#, said("human", n), said("gpt", n));
    format!("[{}]", (0..count).map(one).collect::<Vec<_>>().join(", "))
}

fn printed(left: &Left) -> String {
    left.ran.stdout.clone()
}

fn told(left: &Left) -> String {
    left.shown.clone()
}

fn progress(left: &Left) -> String {
    if left.shown.contains("measuring") { "a line" } else { "no line" }.to_owned()
}

fn trial(left: &Left) -> Value {
    let kept = left.kept("trials/1-target-bench/trial.json");
    serde_json::from_str(&kept).unwrap_or_default()
}

fn sent(left: &Left) -> String {
    format!("{} requests", trial(left)["workload"]["requests"])
}

fn address(left: &Left) -> String {
    trial(left)["target"]["address"].to_string()
}

fn model(left: &Left) -> String {
    trial(left)["target"]["model"].to_string()
}

fn limits(left: &Left) -> String {
    left.kept("study.lock.yaml").split_once("\nlimits:").unwrap().1.to_owned()
}

/// Every file, by its path, with `#` for each number.
fn files(left: &Left) -> String {
    let mut found = String::new();
    let mut folders = vec![left.test.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(left.test.path()).unwrap();
                writeln!(found, "{}", path.display()).unwrap();
            }
        }
    }
    let words = found.split(|c: char| c.is_ascii_digit()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("#")
}

/// The other tool's file of results, where it lies beside the run folder.
fn result(left: &Left) -> String {
    let entries = fs::read_dir(left.test.path()).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap());
    texts.collect()
}

/// A file of results that was there already.
fn appended(left: &Left) -> String {
    fs::read_to_string(left.test.path().join("given/old.json")).unwrap()
}

/// The keys of the object in its last line.
fn keys(left: &Left) -> String {
    let text = result(left);
    let last: Value =
        text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    let keys = last.as_object().into_iter().flat_map(|object| object.keys());
    keys.fold(" ".to_owned(), |all, key| all + key + " ")
}

/// How often the server's switches were used, as it says itself.
fn switched(left: &Left) -> String {
    let address = left.server.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.lines().filter(|line| line.starts_with("tokenometer_sim_switched_total")).collect()
}

fn check(row: &Row) -> Result<(), String> {
    let (without, with) = (Left::by(row.base, ""), Left::by(row.base, row.with));
    let (before, after) = ((row.seen)(&without), (row.seen)(&with));
    if before.contains(row.only_with) || !after.contains(row.only_with) {
        let Row { with, only_with, .. } = row;
        return Err(format!(
            "{with}: {only_with:?} is not what differs:\n{before}\n---\n{after}\n"
        ));
    }
    Ok(())
}

#[test]
fn every_flag_acts() {
    let failures = failures(ROWS, check);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A server that is late is waited for, and one that doesn't come isn't for
/// ever.
#[test]
fn a_server_is_waited_for() {
    let test = Test::new();
    let bench = "bench --base-url unix:socket --num-prompts 3 --output-len 4 --out run --json";
    let wait = "--ready-check-timeout-sec";
    for impatient in [bench, &format!("{bench} {wait} 0"), &format!("{bench} {wait} 1")] {
        assert_eq!(test.run(impatient).code(), 3, "{impatient}");
    }
    let mut waiting = test.command(bench).and(&format!("{wait} 60")).start();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(waiting.child.try_wait().unwrap().is_none(), "it did not wait");
    let server = test.command("sim --listen unix:socket --ttft 1ms --gap 0").start();
    let ran = waiting.finish();
    assert_eq!(ran.json()["outcomes"]["ok"], 3, "{ran}");
    server.signal(Signal::TERM);
    server.finish();
}

/// A tokenizer whose tokens are words, as the embedded engine's are.
const WORDS: &str = r#"{"version": "1.0", "added_tokens": [],
    "pre_tokenizer": {"type": "WhitespaceSplit"},
    "model": {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}}"#;

/// A bench that refuses a server of another tokenizer than this one.
fn strictly(test: &Test, server: &str, tokenizer: &str) -> Ran {
    test.file("words.json", WORDS);
    test.run(&format!(
        "bench --base-url {server} --num-prompts 3 --output-len 4 --tokenizer {tokenizer} \
         --strict-tokenizer --out run --json"
    ))
}

#[test]
fn a_server_that_counts_as_the_tokenizer_does_is_measured() {
    let test = Test::new();
    let sim = test.sim("--ttft 1ms --gap 0");
    let ran = strictly(&test, &sim.address, "words.json");
    assert_eq!(ran.json()["outcomes"]["ok"], 3, "{ran}");
}

#[test]
fn a_server_that_counts_otherwise_is_refused_before_anything_is_kept() {
    let test = Test::new();
    let (plain, one_more) = (test.sim("--ttft 1ms"), test.sim("--prompt-count-offset 1"));
    for (server, tokenizer) in [(plain.address, "builtin"), (one_more.address, "words.json")] {
        let ran = strictly(&test, &server, tokenizer);
        assert_eq!(ran.code(), 2, "{ran}");
        assert!(ran.stderr.contains("the server has another tokenizer"), "{ran}");
        assert!(!test.path().join("run").exists());
        // Without the flag it is measured.
        let bench = "bench --num-prompts 3 --output-len 4 --out run --json";
        let ran = test.run(&format!("{bench} --base-url {server} --tokenizer {tokenizer}"));
        assert_eq!(ran.json()["outcomes"]["ok"], 3, "{ran}");
        fs::remove_dir_all(test.path().join("run")).unwrap();
    }
}

#[test]
fn what_there_is_nothing_to_undo_of_is_told() {
    let bench = "bench --num-prompts 3 --disable-ignore-eos --skip-chat-template";
    insta::assert_snapshot!(Test::new().run(bench));
}

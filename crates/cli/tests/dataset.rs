//! `tokenometer dataset`: what is fetched, sampled, shown and frozen.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use serde_json::Value;
use support::files::{Files, Shelved};
use support::{Invocation, Test};

/// A file, and its SHA-256.
const CONTENT: &[u8] = b"[{\"id\": 1}]\n";
const SHA256: &str = "8eafc3cd0e0cf85c9cf797a1c47c9ff16f850809cea9b9ffcb4dd0a39270edc4";

/// A commit, as the hub has them.
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

impl Test {
    /// The program in an environment that leads to this hub and this folder
    /// alone.
    fn with_hub(&self, arguments: &str, hub: &Files) -> Invocation<'_> {
        let home = self.path().to_str().unwrap();
        self.command(arguments).env("HOME", home).env("HF_ENDPOINT", &hub.address)
    }
}

/// A file of a dataset on a hub.
fn file_on_hub() -> Files {
    Files::serve(&[("/datasets/org/name/resolve/main/a/b.json", Shelved::file("1", CONTENT))])
}

#[test]
fn a_file_of_the_hub_lies_under_its_repositorys_name() {
    let (test, hub) = (Test::new(), file_on_hub());
    let fetch = "dataset fetch datasets/org/name:a/b.json";
    let ran = test.with_hub(fetch, &hub).run();
    assert_eq!(ran.code(), 0, "{ran}");
    let path = test.path().join(".local/share/tokenometer/datasets/org/name/a/b.json");
    assert_eq!(ran.stdout, format!("{}\n", path.display()));
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    // Nobody said which file it should be: so the second time it is not known.
    insta::assert_snapshot!(test.with_hub(fetch, &hub).run());
    let checked = format!("{fetch} --sha256 {SHA256} --json");
    let ran = test.with_hub(&checked, &hub).run();
    let expected = serde_json::json!({
        "path": path, "bytes": CONTENT.len(), "sha256": SHA256, "checked": true, "was_there": true,
    });
    assert_eq!(ran.json(), expected);
}

#[test]
fn what_is_fetched_is_found_by_its_word() {
    let test = Test::new();
    let home = test.path().to_str().unwrap().to_owned();
    let sample = "dataset sample sharegpt --num-prompts 1";
    insta::assert_snapshot!(test.command(sample).env("XDG_DATA_HOME", &home).run());
    let prompt = "What is it that the river carries past the old town every spring?";
    let turns = format!(r#"[{{"from": "human", "value": "{prompt}"}}]"#);
    fs::create_dir_all(test.path().join("tokenometer/datasets")).unwrap();
    let place = "tokenometer/datasets/ShareGPT_V3_unfiltered_cleaned_split.json";
    test.file(place, &format!(r#"[{{"id": "x1", "conversations": {turns}}}]"#));
    let ran = test.command(sample).env("XDG_DATA_HOME", &home).run();
    let line: Value = ran.json();
    assert_eq!((line["id"].as_str(), line["prompt"].as_str()), (Some("x1"), Some(prompt)));
}

#[test]
fn a_known_word_has_to_be_the_known_file() {
    let path = "/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered/resolve/\
                192ab2185289094fc556ec8ce5ce1e8e587154ca/ShareGPT_V3_unfiltered_cleaned_split.json";
    let (test, hub) = (Test::new(), Files::serve(&[(path, Shelved::file("1", CONTENT))]));
    let ran = test.with_hub("dataset fetch sharegpt --out chats.json", &hub).run();
    assert_eq!(fs::read_dir(test.path()).unwrap().count(), 0, "{ran}");
    insta::assert_snapshot!(ran);
}

#[test]
fn a_wrong_hash_names_both() {
    let (test, hub) = (Test::new(), file_on_hub());
    let fetch = format!(
        "dataset fetch datasets/org/name:a/b.json --out b.json --sha256 {}",
        SHA256.replace('8', "9")
    );
    insta::assert_snapshot!(test.with_hub(&fetch, &hub).run());
}

#[test]
fn the_token_is_told_to_the_hub_alone() {
    let elsewhere = Files::serve(&[("/b.json", Shelved::file("1", CONTENT))]);
    let location = format!("location: {}/b.json", elsewhere.address);
    let redirect = Shelved { status: 302, ..Shelved::default() }.with(&location);
    let hub = Files::serve(&[("/org/name/resolve/v2/b.json", redirect)]);
    let test = Test::new();
    let told = |arguments: &str| {
        let ran = test.with_hub(arguments, &hub).env("HF_TOKEN", "hf_tulip").run();
        assert_eq!(ran.code(), 0, "{ran}");
        ran
    };
    told("dataset fetch org/name:b.json --revision v2 --out one.json");
    told(&format!("dataset fetch {}/b.json --out two.json", elsewhere.address));
    assert!(hub.seen()[0].contains("authorization: bearer hf_tulip"));
    assert_eq!(elsewhere.seen().len(), 2);
    assert!(elsewhere.seen().iter().all(|head| !head.contains("tulip")));
}

#[test]
fn what_is_not_there_or_not_for_everybody() {
    let path = "/org/gated/resolve/main/b.json";
    let gated = Shelved { status: 401, ..Shelved::default() }
        .with("x-error-message: Access to model org/gated is restricted.");
    let hub = Files::serve(&[(path, gated)]);
    let test = Test::new();
    let missing = test.with_hub("dataset fetch org/name:b.json --out b.json", &hub).run();
    let gated = test.with_hub("dataset fetch org/gated:b.json --out b.json", &hub).run();
    assert_eq!(fs::read_dir(test.path()).unwrap().count(), 0);
    insta::assert_snapshot!(format!("{missing}\n{gated}"));
}

#[test]
fn where_the_hub_is_out_of_reach() {
    let test = Test::new();
    let hub = Files { address: "http://127.0.0.1:1".to_owned(), ..Files::serve(&[]) };
    insta::assert_snapshot!(test.with_hub("dataset fetch sharegpt --out chats.json", &hub).run());
}

#[test]
fn what_cannot_be_fetched() {
    let test = Test::new();
    let runs = [
        "dataset fetch",
        "dataset fetch sharegtp",
        "dataset fetch org/name",
        "dataset fetch https://x.org/a.json --revision main --out . --sha256 12",
        "dataset fetch sonnet --out s.txt --sha256 12",
        "dataset fetch sonnet",
        "dataset fetch --tokenizer org/name",
        "dataset fetch --tokenizer org/../name",
    ]
    .map(|arguments| format!("$ {arguments}\n{}", test.run(arguments)));
    insta::assert_snapshot!(runs.join("\n"));
}

/// A model's tokenizer on a hub.
fn tokenizer_on_hub() -> Files {
    let of = |etag: &str, content: &[u8]| {
        Shelved::file(etag, content).with(&format!("x-repo-commit: {COMMIT}"))
    };
    let at = |revision: &str, file: &str| format!("/org/name/resolve/{revision}/{file}");
    let files = [("main", "tokenizer.json"), (COMMIT, "tokenizer.json")]
        .map(|(revision, file)| (at(revision, file), of("aaa1", b"{\"tokenizer\": 1}")));
    let config = (at(COMMIT, "tokenizer_config.json"), of("bbb2", b"{}"));
    let files: Vec<_> = files.into_iter().chain([config]).collect();
    let files: Vec<_> = files.iter().map(|(path, file)| (path.as_str(), file.clone())).collect();
    Files::serve(&files)
}

#[test]
fn a_tokenizer_lies_where_the_other_tools_look() {
    let (test, hub) = (Test::new(), tokenizer_on_hub());
    let ran = test.with_hub("dataset fetch --tokenizer org/name", &hub).run();
    assert_eq!(ran.code(), 0, "{ran}");
    let model = test.path().join(".cache/huggingface/hub/models--org--name");
    let snapshot = model.join("snapshots").join(COMMIT);
    assert_eq!(ran.stdout, format!("{}\n", snapshot.display()));
    assert_eq!(fs::read_to_string(model.join("refs/main")).unwrap(), COMMIT);
    assert_eq!(fs::read(snapshot.join("tokenizer.json")).unwrap(), b"{\"tokenizer\": 1}");
    assert_eq!(fs::read(snapshot.join("tokenizer_config.json")).unwrap(), b"{}");
    let link = fs::read_link(snapshot.join("tokenizer.json")).unwrap();
    assert_eq!(link.to_str(), Some("../../blobs/aaa1"));
    assert_eq!(fs::read_dir(model.join("blobs")).unwrap().count(), 2);
    // The second time nothing is fetched: the hub is asked what it has.
    let ran = test.with_hub("dataset fetch --tokenizer org/name --json", &hub).run();
    assert_eq!(ran.json()["files"], serde_json::json!(["tokenizer.json", "tokenizer_config.json"]));
    assert_eq!(hub.seen().iter().filter(|head| head.starts_with("get")).count(), 2);
}

#[test]
fn a_tokenizer_that_is_not_there() {
    let test = Test::new();
    let none = test.with_hub("dataset fetch --tokenizer org/other", &tokenizer_on_hub()).run();
    let path = "/org/name/resolve/main/tokenizer.json";
    let no_hub = Files::serve(&[(path, Shelved::file("1", b"{}"))]);
    let no_hub = test.with_hub("dataset fetch --tokenizer org/name", &no_hub).run();
    insta::assert_snapshot!(format!("{none}\n{no_hub}"));
}

#[test]
fn a_sample_is_the_same_every_time() {
    let test = Test::new();
    let sample = "dataset sample builtin --num-prompts 3 --out";
    let ran = test.command(sample).arg("a.jsonl").run();
    assert_eq!((ran.code(), ran.stdout.as_str()), (0, ""), "{ran}");
    test.command(sample).arg("b.jsonl").run();
    let read = |name: &str| fs::read_to_string(test.path().join(name)).unwrap();
    assert_eq!(read("a.jsonl"), read("b.jsonl"));
    let lines: Vec<String> = read("a.jsonl")
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let beginning: String = line["prompt"].as_str().unwrap().chars().take(60).collect();
            format!("{} {} {beginning}", line["id"], line["output_tokens"])
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let bench = "bench --dataset-name custom --dataset-path a.jsonl --num-prompts 3 --json";
    let measured = test.run(&format!("{bench} --output-len 2")).json();
    assert_eq!(measured["outcomes"]["ok"], 3);
}

#[test]
fn what_cannot_be_sampled() {
    let test = Test::new();
    test.file("lines.jsonl", "{\"prompt\": 1}\n").file("few.json", "[{\"id\": 1}]");
    let runs = [
        "dataset sample none.json",
        "dataset sample lines.jsonl",
        "dataset sample few.json --num-prompts 2",
        "dataset sample few.json --num-prompts 0 --seed x --output-len 0",
        "dataset sample few.json --format parquet",
        "dataset sample builtin --out none/x.jsonl",
    ]
    .map(|arguments| format!("$ {arguments}\n{}", test.run(arguments)));
    insta::assert_snapshot!(runs.join("\n"));
}

#[test]
fn help_of_dataset() {
    let test = Test::new();
    let helps = ["dataset --help", "dataset fetch --help", "dataset sample --help"]
        .map(|arguments| format!("$ {arguments}\n{}", test.run(arguments)));
    insta::assert_snapshot!(helps.join("\n"));
}

#[test]
fn the_lengths_of_another_tool_need_nothing_else() {
    let test = Test::new();
    let show = "dataset show --lengths-only --rules sglang-0.2.14 --dataset-name random \
                --random-input-len 4096 --random-output-len 2048 --random-range-ratio 0 \
                --num-prompts 1000 --seed 1";
    let ran = test.command(show).arg("--json").run();
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.stdout.lines().count(), 1);
    let golden =
        r#""requests":1000,"input_tokens":2033482,"output_tokens":1027062,"zero_output":3"#;
    assert!(ran.stdout.contains(golden), "{ran}");
    insta::assert_snapshot!(test.run(show));
}

#[test]
fn what_would_be_sent_is_shown() {
    let test = Test::new();
    test.file(
        "prompts.jsonl",
        "{\"prompt\": \"Why is\\nthe sea salty?\", \"output_tokens\": 64}\n\
         {\"prompt\": \"Count to three, and then go on to a hundred without stopping for \
         breath even once\", \"output_tokens\": 128}\n",
    );
    let shows = [
        "--dataset-name custom --dataset-path prompts.jsonl",
        "--dataset-name custom --dataset-path prompts.jsonl --tokenizer builtin --backend openai-chat",
        "--dataset-name random-ids --random-input-len 7 --num-prompts 3",
        "--dataset-name sharegpt --dataset-path builtin --num-prompts 3 --seed 2",
    ]
    .map(|flags| format!("$ dataset show {flags}\n{}", test.run(&format!("dataset show {flags}"))));
    insta::assert_snapshot!(shows.join("\n"));
    let show = "dataset show --dataset-name custom --dataset-path prompts.jsonl --json";
    insta::assert_snapshot!("what_would_be_sent_as_json", test.run(show).stdout);
}

#[test]
fn what_cannot_be_shown_or_made() {
    let test = Test::new();
    let runs = [
        "show --dataset-name custom",
        "show --dataset-name random --num-prompts 0 --seed x",
        "show --rules vllm-0.8.4 --gsp-num-groups 3",
        "show --rules sglang-0.4.5 --dataset-name sharegpt",
        "make",
        "make --out x --format sharegpt",
        "make --out x --format llm-infra-bench --dataset-name custom",
        "make builtin --out x --format parquet --seed 7",
        "make --out x --dataset-name random-ids --num-prompts 2 --format custom",
        "make --out none/x.parquet --num-prompts 2",
        "make --out x --categories poems",
        "make --out x --from-server http://127.0.0.1:1 --categories poems --per-category 0 --seed 3",
        "make --out x --from-server http://127.0.0.1:1",
    ]
    .map(|arguments| format!("$ dataset {arguments}\n{}", test.run(&format!("dataset {arguments}"))));
    assert_eq!(fs::read_dir(test.path()).unwrap().count(), 0);
    insta::assert_snapshot!(runs.join("\n"));
}

#[test]
fn a_frozen_workload_is_sent_again_as_it_was() {
    let test = Test::new();
    let made = test
        .run("dataset make --num-prompts 12 --ignore-eos --output-len 3 --out w.parquet --json");
    let sha256 = made.json()["workload_sha256"].clone();
    let shown = test.run("dataset show --dataset-name frozen --dataset-path w.parquet --json");
    assert_eq!(shown.json()["workload_sha256"], sha256);
    let bench =
        "bench --num-prompts 12 --json --seed 9 --dataset-name frozen --dataset-path w.parquet";
    let sent = test.run(&format!("{bench} --out run")).json();
    assert_eq!(sent["workload_sha256"], sha256);
    assert_eq!(sent["outcomes"]["ok"], 12);
    // What a run has measured is a frozen workload, too, whenever it was due.
    let kept = "dataset show --dataset-name frozen --dataset-path";
    let shown = test.run(&format!("{kept} run/workload/bench.parquet --json")).json();
    assert_eq!(shown["workload_sha256"], sha256);
    test.run(&format!("{bench} --out open --request-rate 200"));
    let shown = test.run(&format!("{kept} open/workload/bench.parquet --json")).json();
    assert_eq!(shown["workload_sha256"], sha256);
}

#[test]
fn what_is_no_frozen_workload() {
    let test = Test::new();
    test.run("dataset make --num-prompts 3 --out w.parquet");
    let mut bytes = fs::read(test.path().join("w.parquet")).unwrap();
    let first = bytes.windows(5).position(|word| word == b"wrote").unwrap();
    bytes[first] = b'W';
    fs::write(test.path().join("w.parquet"), bytes).unwrap();
    test.file("text.parquet", "PAR");
    let runs = [
        "--dataset-path w.parquet",
        "--dataset-path text.parquet",
        "--dataset-path none.parquet",
        "--dataset-path none.parquet --ignore-eos --gsp-num-groups 3",
        "",
    ]
    .map(|flags| {
        let show = format!("dataset show --dataset-name frozen {flags}");
        format!("$ {show}\n{}", test.run(&show))
    });
    insta::assert_snapshot!(runs.join("\n"));
    test.run("dataset make --num-prompts 3 --out w.parquet");
    let show = "dataset show --dataset-name frozen --dataset-path w.parquet --ignore-eos";
    insta::assert_snapshot!("a_frozen_workload_is_not_changed", test.run(show));
}

#[test]
fn lines_of_a_workload_are_read_back() {
    let test = Test::new();
    let make = "dataset make --num-prompts 4 --format custom --out w.jsonl";
    let made = test.run(make);
    assert_eq!((made.code(), made.stdout.as_str()), (0, "w.jsonl\n"), "{made}");
    let lengths = |flags: &str| {
        let shown = test.run(&format!("dataset show --num-prompts 4 --json {flags}")).json();
        (shown["requests"].clone(), shown["output_tokens"].clone())
    };
    let read = lengths("--dataset-name custom --dataset-path w.jsonl");
    assert_eq!(read, lengths(""));
}

#[test]
fn the_projects_own_conversations_are_a_file_like_any_other() {
    let test = Test::new();
    let made = test.run("dataset make builtin --num-prompts 50 --out chats.json --json");
    assert_eq!(made.json(), serde_json::json!({ "path": "chats.json", "count": 50 }));
    let text = fs::read_to_string(test.path().join("chats.json")).unwrap();
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!((list.len(), list[0]["conversations"][0]["from"].as_str()), (50, Some("human")));
    let show = "dataset show --dataset-name sharegpt --dataset-path chats.json --num-prompts 5";
    assert_eq!(test.run(show).code(), 0);
}

#[test]
fn a_server_writes_prompts_by_category() {
    let test = Test::new();
    let sim = test.sim("--ttft 1ms --gap 0 --output-tokens 40");
    let make = format!("dataset make --from-server {} --out prompts.json", sim.address);
    let some = "--categories math,coding --per-category 3";
    let ran = test.command(&format!("{make} {some}")).env("OPENAI_API_KEY", "sk-tulip").run();
    assert_eq!((ran.code(), ran.stdout.as_str()), (0, "prompts.json\n"), "{ran}");
    let text = fs::read_to_string(test.path().join("prompts.json")).unwrap();
    assert!(!text.contains("tulip"));
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    let ids: Vec<&str> = list.iter().map(|prompt| prompt["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["math_0", "math_1", "math_2", "coding_3", "coding_4", "coding_5"]);
    for prompt in &list {
        assert!(!prompt["prompt"].as_str().unwrap().is_empty());
        assert_eq!(prompt["max_output_tokens"], 256);
        assert_eq!(prompt["min_output_tokens"], 1);
        assert_eq!(prompt["ignore_eos"], false);
    }
    // And that tool's rules send them.
    let show = "dataset show --rules llm-infra-bench --dataset-path prompts.json --json";
    let shown = test.run(show).json();
    assert_eq!((&shown["requests"], &shown["output_tokens"]), (&6.into(), &(6 * 256).into()));
    insta::assert_snapshot!(test.run(&format!("{make} --model other")));
}

#[test]
fn our_own_flags_are_foreign_to_no_tool() {
    let test = Test::new();
    let llm_infra_bench = "--rules llm-infra-bench";
    let show = "dataset show --lengths-only --json --dataset-path prompts.json";
    test.file("prompts.json", r#"[{"id": "a", "prompt": "Say it.", "max_output_tokens": 3}]"#);
    assert_eq!(test.run(&format!("{show} {llm_infra_bench}")).json()["requests"], 1);
    // What is wrong with a tool's rules here is that a server has none.
    let make = "dataset make --from-server http://127.0.0.1:1 --categories math --per-category 1";
    let refused = test.run(&format!("{make} --out made.json {llm_infra_bench}"));
    let told: Vec<&str> = refused.stderr.lines().filter(|line| line.contains("error:")).collect();
    assert_eq!(told, ["error: --rules: the server writes the prompts"], "{refused}");
}

#[test]
fn a_server_that_writes_nothing_is_told() {
    let chat = Shelved {
        content: br#"{"choices": [{"message": {"content": " \n"}}]}"#.to_vec(),
        ..Shelved::default()
    };
    let models = Shelved { content: br#"{"data": [{"id": "m"}]}"#.to_vec(), ..Shelved::default() };
    let server = Files::serve(&[("/v1/models", models), ("/v1/chat/completions", chat)]);
    let test = Test::new();
    let make = format!("dataset make --from-server {} --out prompts.json", server.address);
    let ran = test.run(&make);
    assert_eq!(fs::read_dir(test.path()).unwrap().count(), 0);
    insta::assert_snapshot!(ran);
}

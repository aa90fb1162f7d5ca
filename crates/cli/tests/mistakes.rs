//! What the program says when it was told something that can't be, or finds
//! something that isn't as it should be.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;
use std::net::TcpListener;

use support::Test;

#[test]
fn an_unknown_flag() {
    insta::assert_snapshot!(Test::new().run("bench --max-concurency 4"));
}

#[test]
fn an_unknown_backend() {
    insta::assert_snapshot!(Test::new().run("bench --backend vllm2"));
}

#[test]
fn a_bad_duration() {
    insta::assert_snapshot!(Test::new().run("bench --duration 30"));
}

#[test]
fn a_bad_header_is_not_repeated() {
    let ran = Test::new().command("bench --header").arg("sk-tulip").run();
    assert!(!ran.stderr.contains("tulip"), "{ran}");
    insta::assert_snapshot!(ran);
}

#[test]
fn a_key_that_no_header_can_hold_is_not_repeated() {
    let bench = "bench --base-url http://127.0.0.1:1";
    let ran = Test::new().command(bench).env("OPENAI_API_KEY", "sk-sec\nret").run();
    assert!(!ran.stderr.contains("sk-sec"), "{ran}");
    insta::assert_snapshot!(ran);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let ran = Test::new()
        .command("bench --duration soon --num-prompts ten --max-concurrency 0 --burstiness 2")
        .and("--base-url localhost:8000 --dataset-path x.jsonl --random-input-len 7 --seed -1")
        .and("--header novalue --temperature -1 --idle-timeout 0s --extra-request-body [1]")
        .run();
    insta::assert_snapshot!(ran);
}

#[test]
fn random_ids_need_a_tokenizer_and_the_completions_route() {
    let ran = Test::new()
        .command("bench --base-url http://127.0.0.1:1 --dataset-name random-ids")
        .and("--backend openai-chat --random-range-ratio 1 --random-input-len 0")
        .run();
    insta::assert_snapshot!(ran);
}

#[test]
fn a_model_without_a_server() {
    insta::assert_snapshot!(Test::new().run("bench --model llama --num-prompts 3"));
}

#[test]
fn the_embedded_engines_own_mistakes() {
    let ran = Test::new()
        .command("bench --num-prompts 3 -- --ttft soon --fault explode --fault no-done=1.5")
        .and("--cpu 1 --listen 127.0.0.1:1 --keep-alive never --gap 1..2ms")
        .run();
    insta::assert_snapshot!(ran);
}

#[test]
fn an_unknown_flag_of_the_embedded_engine() {
    insta::assert_snapshot!(Test::new().run("bench --num-prompts 3 -- --tempo 7"));
}

#[test]
fn engine_arguments_for_another_server() {
    let bench = "bench --base-url http://127.0.0.1:1 --num-prompts 3 -- --ttft 1ms";
    insta::assert_snapshot!(Test::new().run(bench));
}

#[test]
fn sim_is_told_what_it_cannot_be() {
    insta::assert_snapshot!(Test::new().run("sim --headers soon --listen here --fault no-done=x"));
}

/// Machines, models and calibrations come and go, so the lists of them are not part
/// of a snapshot.
#[test]
fn a_machine_that_nobody_knows() {
    let ran = Test::new()
        .command("sim --machine h101 --model llama --calibration fast --max-num-seqs none")
        .and("--policy any --ttft 1ms --gap 2ms --tokens-per-chunk 2")
        .run()
        .to_string();
    for said in [
        "the machine `h101` (there are a100, h100,",
        "the model `llama` (there are llama-3.1-8b,",
        "the calibration `fast` (there are ideal,",
        "--max-num-seqs none: failed to read `none`",
        "--policy any: failed to read `any` as policy: it is `mixed`, `prefill-first` or",
        "--ttft: is for a script",
        "--gap: is for a script",
        "--tokens-per-chunk: is for a script",
    ] {
        assert!(ran.contains(said), "{said} isn't in\n{ran}");
    }
    let ran = Test::new().run("sim --machine h100").to_string();
    assert!(ran.contains("name it by --model; there are llama-3.1-8b,"), "{ran}");
}

#[test]
fn options_of_a_machine_without_one() {
    let options = "sim --calibration ideal --max-num-seqs 4 --time-scale 50 --prefix-cache off";
    insta::assert_snapshot!(Test::new().run(options));
}

#[test]
fn a_simulation_that_contradicts_itself() {
    let sim = "sim --machine h100 --model llama-3.1-8b";
    insta::assert_snapshot!(
        Test::new().run(&format!("{sim} --num-speculative-tokens 3 --decode-steps 10"))
    );
    insta::assert_snapshot!(Test::new().run("sim --machine h100 --model llama-3.1-70b"));
}

#[test]
fn no_such_dataset() {
    let bench = "bench --dataset-name custom --dataset-path none.jsonl --num-prompts 3";
    insta::assert_snapshot!(Test::new().run(bench));
}

#[test]
fn half_a_json_in_a_dataset() {
    let test = Test::new();
    test.file("p.jsonl", "{\"prompt\": \"a\", \"output_tokens\": 3}\n{\"prompt\": \"b\n[]\n");
    let ran = test.run("bench --dataset-name custom --dataset-path p.jsonl --num-prompts 3");
    assert!(!test.path().join("runs").exists());
    insta::assert_snapshot!(ran);
}

#[test]
fn half_a_json_in_the_extra_body() {
    let test = Test::new();
    test.file("extra.json", "{\"top_p\": ");
    insta::assert_snapshot!(test.run("bench --num-prompts 3 --extra-request-body @extra.json"));
}

#[test]
fn no_extra_body_where_it_should_be() {
    insta::assert_snapshot!(Test::new().run("bench --num-prompts 3 --extra-request-body @none"));
}

#[test]
fn several_choices_are_refused() {
    let test = Test::new();
    let bench = test.command("bench --num-prompts 3 --extra-request-body");
    insta::assert_snapshot!(bench.arg("{\"n\": 2}").run());
}

#[test]
fn no_tokenizer_where_it_should_be() {
    insta::assert_snapshot!(Test::new().run("bench --num-prompts 3 --tokenizer nowhere"));
}

#[test]
fn no_server() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let test = Test::new();
    let ran = test.run(&format!("bench --base-url http://{closed} --num-prompts 3"));
    assert!(!test.path().join("runs").exists());
    insta::assert_snapshot!(ran);
}

#[test]
fn the_wrong_model() {
    let test = Test::new();
    let sim = test.sim("--model llama-3.1-8b");
    let ran =
        test.run(&format!("bench --base-url {} --model llama-8b --num-prompts 3", sim.address));
    insta::assert_snapshot!(ran);
}

#[test]
fn tls_to_a_server_that_speaks_none() {
    let test = Test::new();
    let sim = test.sim("");
    let address = sim.address.replace("http:", "https:");
    insta::assert_snapshot!(test.run(&format!("bench --base-url {address} --num-prompts 3")));
}

#[test]
fn no_authority_to_trust() {
    let test = Test::new();
    test.file("none.pem", "");
    let bench = test.command("bench --base-url https://127.0.0.1:1 --num-prompts 3");
    let ran = bench
        .env("SSL_CERT_FILE", test.path().join("none.pem").to_str().unwrap())
        .env("SSL_CERT_DIR", test.path().to_str().unwrap())
        .run();
    insta::assert_snapshot!(ran);
}

#[test]
fn an_occupied_folder() {
    let test = Test::new();
    fs::create_dir_all(test.path().join("old/trials")).unwrap();
    insta::assert_snapshot!(test.run("bench --num-prompts 3 --out old"));
}

#[test]
fn a_folder_that_cannot_be_made() {
    let test = Test::new();
    test.file("file", "");
    insta::assert_snapshot!(test.run("bench --num-prompts 3 --out file/run"));
}

#[test]
fn an_address_that_is_taken() {
    let test = Test::new();
    let sim = test.sim("");
    let address = sim.address.trim_start_matches("http://");
    insta::assert_snapshot!(test.run(&format!("sim --listen {address}")));
}

#[test]
fn what_is_no_run() {
    insta::assert_snapshot!(Test::new().run("report ."));
}

#[test]
fn a_run_that_was_broken_off_before_anything() {
    let test = Test::new();
    fs::create_dir_all(test.path().join("run/workload")).unwrap();
    test.file("run/study.lock.yaml", "schema_version: 1\n");
    test.file("run/workload/bench.parquet.tmp", "");
    insta::assert_snapshot!(test.run("report run"));
}

#[test]
fn too_few_file_descriptors() {
    let test = Test::new();
    let bench = "bench --num-prompts 3 --max-concurrency 500 --out run";
    insta::assert_snapshot!(test.command(bench).with_open_files(200).run());
}

#[test]
fn a_full_disk_behind_stdout() {
    let test = Test::new();
    let bench = "bench --num-prompts 3 --random-output-len 4 --out run -- --ttft 1ms --gap 0";
    let ran = test.command(bench).stdout_to("/dev/full").run();
    assert!(test.path().join("run/trials/1-target-bench/trial.json").exists());
    insta::assert_snapshot!(ran);
}

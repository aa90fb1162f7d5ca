//! `tokenometer compare`: run folders that were not one study, arms of one that was, and
//! limits in CI. Folders are made by quick runs of the embedded engine; since whether a
//! trial counts depends on how busy this machine is, and its numbers do, too, both are then
//! written anew.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod compared;
mod support;

use std::fs;
use std::path::Path;

use compared::{Crafted, STEADY, VERDICT_WORDS};
use serde_json::{Value, json};
use support::{Ran, Test};

/// A comparison in a folder with `base` and `new`, whose second is so many times as fast.
fn compared(factor: f64, arguments: &str) -> Ran {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.run("new", &STEADY.map(|value| value * factor));
    runs.test.run(&format!("compare base:one new:one {arguments}"))
}

#[test]
fn two_runs_stand_beside_one_another() {
    let ran = compared(1.05, "");
    assert_eq!(ran.code(), 0, "{ran}");
    for word in VERDICT_WORDS {
        assert!(!ran.stdout.contains(word), "{word}: {ran}");
    }
    insta::assert_snapshot!(ran);
}

#[test]
fn a_program_reads_the_same() {
    let seen = compared(1.05, "--json").json();
    let pair = &seen["pairs"][0];
    assert_eq!(
        (&pair["how"], &pair["reference"]["name"]),
        (&"observational".into(), &"base:one".into())
    );
    let figures = pair["scenarios"][0]["figures"].as_array().unwrap();
    let tokens = figures.iter().find(|figure| figure["metric"] == "output_throughput").unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((number(&tokens["effect"]) - 1.05).abs() < 1e-9, "{tokens}");
    assert!(number(&tokens["interval"][0]) < 1.05 && number(&tokens["interval"][1]) > 1.05);
    assert_eq!(tokens["reference"].as_array().unwrap().len(), 3);
    assert_eq!(seen["limit"], Value::Null);
}

#[test]
fn scenarios_are_known_by_what_was_sent() {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.run("new", &STEADY);
    // The same work under another name, on an arm of another name.
    runs.each_trial("new", |trial| {
        if trial["arm"] == "one" {
            trial["summary"]["output_throughput"] = 500.0.into();
        }
    });
    runs.rename("new", "few-c2", "many-c2");
    let ran = runs.test.run("compare base:one new:two");
    assert_eq!(ran.code(), 0, "{ran}");
    assert!(ran.stdout.contains("few-c2 (many-c2)  closed loop"), "{ran}");
    assert!(ran.stdout.contains("new:two against base:one"), "{ran}");
}

#[test]
fn arms_are_known_by_their_names() {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.run("new", &STEADY);
    let both = runs.test.run("compare base new");
    assert!(both.stdout.contains("new:one against base:one"), "{both}");
    assert!(both.stdout.contains("new:two against base:two"), "{both}");
    let named = runs.test.run("compare base:two new base:one");
    assert!(named.stdout.contains("new:two against base:two"), "{named}");
    assert!(named.stdout.contains("base:one against base:two"), "{named}");
    let itself = runs.test.run("compare base base");
    assert_eq!(itself.code(), 2);
    assert!(itself.stderr.contains("base:one, base:two"), "{itself}");
}

#[test]
fn another_workload_is_not_compared() {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.run("new", &STEADY);
    runs.each_trial("new", |trial| trial["workload_sha256"] = "00ff".into());
    let ran = runs.test.run("compare base:one new:one --fail-if-slower 3%");
    assert_eq!(ran.code(), 4, "{ran}");
    insta::assert_snapshot!(ran);
}

#[test]
fn blocks_that_only_one_side_was_sent_dont_count() {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.run("new", &STEADY);
    runs.each_trial("new", |trial| {
        if trial["block"] == 2 {
            trial["workload_sha256"] = "00ff".into();
        }
    });
    let ran = runs.test.run("compare base:one new:one");
    assert_eq!(ran.code(), 0, "{ran}");
    for side in ["reference", "compared"] {
        let told = format!("{side}: block 2: the other side was never sent its workload");
        assert!(ran.stdout.contains(&told), "{ran}");
    }
    assert!(ran.stdout.contains("numbers only: an interval needs 3 blocks"), "{ran}");
}

#[test]
fn what_does_not_count_is_left_out_with_its_reason() {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.run("new", &STEADY);
    runs.each_trial("new", |trial| {
        if trial["block"] != 1 {
            trial["validity"]["standing"] = "invalid".into();
        }
    });
    let ran = runs.test.run("compare base:one new:one --metric output_throughput");
    assert!(ran.stdout.contains("compared: blocks 2, 3: the trial is void"), "{ran}");
    assert!(ran.stdout.contains("3 and 1"), "{ran}");
    runs.each_trial("new", |trial| trial["validity"]["standing"] = "failed".into());
    let ran = runs.test.run("compare base:one new:one --metric output_throughput");
    assert_eq!(ran.code(), 4, "{ran}");
    assert!(ran.stdout.contains("compared: blocks 1, 2, 3: the engine failed"), "{ran}");
}

#[test]
fn arms_of_one_study_are_paired() {
    let runs = Crafted::new();
    // Blocks that differ far more than the arms do, which only pairs can see through.
    let blocks = [1000.0, 2000.0, 500.0];
    runs.run("run", &blocks);
    runs.each_trial("run", |trial| {
        if trial["arm"] == "two" {
            let block = usize::try_from(trial["block"].as_u64().unwrap()).unwrap();
            trial["summary"]["output_throughput"] = (0.9 * blocks[block - 1]).into();
        }
    });
    let slower = runs.test.run("compare run:one run:two --fail-if-slower 3%");
    assert_eq!(slower.code(), 1, "{slower}");
    assert!(slower.stdout.contains("ONE STUDY has measured both"), "{slower}");
    assert!(slower.stdout.contains("Its verdict"), "{slower}");
    assert!(slower.stdout.contains("the limit is surely crossed"), "{slower}");
    let faster = runs.test.run("compare run:two run:one --fail-if-slower 3%");
    assert_eq!(faster.code(), 0, "{faster}");
    assert!(faster.stdout.contains("the limit is surely kept"), "{faster}");
}

#[test]
fn a_study_that_was_concluded_is_quoted() {
    let runs = Crafted::new();
    runs.run("run", &STEADY);
    let ran = runs.test.run("compare run:one run:two");
    assert!(ran.stdout.contains("none yet: tokenometer report run tells"), "{ran}");
    runs.with_verdict("run");
    let ran = runs.test.run("compare run:one run:two");
    let said = runs.verdict("run")["comparisons"][0]["sentence"].clone();
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(said.as_str().unwrap()), "{said}: {ran}");
}

#[test]
fn engines_on_different_numbers_of_gpus_are_compared_gpu_by_gpu() {
    let runs = Crafted::new();
    for (name, gpus) in [("base", 4), ("new", 8)] {
        runs.run(name, &STEADY);
        let simulation = json!({ "machine": "h100", "gpus": gpus, "model": "m" });
        runs.each_trial(name, |trial| trial["simulation"] = simulation.clone());
    }
    let ran = runs.test.run("compare base:one new:one --json");
    let seen = ran.json();
    let scenario = &seen["pairs"][0]["scenarios"][0];
    assert_eq!(scenario["budget"][0]["field"], "gpu-count", "{ran}");
    for figure in scenario["figures"].as_array().unwrap() {
        let effect = figure["effect"].as_f64().map(|effect| (1e6 * effect).round() / 1e6);
        let expected = (figure["metric"] == "output_throughput").then_some(0.5);
        assert_eq!(effect, expected, "{figure}");
    }
}

#[test]
fn shares_are_compared_by_points_where_their_objectives_are_the_same() {
    let runs = Crafted::new();
    for (name, share) in [("base", 0.95), ("new", 0.85)] {
        runs.run(name, &STEADY);
        runs.each_trial(name, |trial| {
            trial["summary"]["goodput"] =
                json!({ "good": 4, "attainment": share, "per_second": 1.0, "withheld": null });
            trial["invocation"]["goodput"] = json!({ "ttft": 100.0 });
        });
    }
    let ran = runs.test.run("compare base:one new:one --fail-if-slower 3%");
    assert_eq!(ran.code(), 1, "{ran}");
    assert!(ran.stdout.contains("-10.0 points"), "{ran}");
    assert!(ran.stdout.contains("few-c2: attainment  +10.0 %"), "{ran}");
    runs.each_trial("new", |trial| trial["invocation"]["goodput"] = json!({ "ttft": 200.0 }));
    let ran = runs.test.run("compare base:one new:one --fail-if-slower 3%");
    assert_eq!(ran.code(), 4, "{ran}");
    assert!(ran.stdout.contains("no difference: the objectives are not the same"), "{ran}");
}

#[test]
fn a_limit_ends_it_with_a_code() {
    for (factor, arguments, code) in [
        (0.9, "--fail-if-slower 3%", 1),
        (1.1, "--fail-if-slower 3%", 0),
        (0.999, "--fail-if-slower 3%", 0),
        (0.9, "--fail-if-slower 20%", 0),
        (0.97, "--fail-if-slower 3%", 4),
        // A metric that nobody has can't be said anything of.
        (1.1, "--fail-if-slower 3% --metric attainment", 4),
        (0.9, "", 0),
    ] {
        let ran = compared(factor, arguments);
        assert_eq!(ran.code(), code, "{factor} {arguments}: {ran}");
    }
}

#[test]
fn a_study_that_could_end_early_is_left_to_its_verdict() {
    let runs = Crafted::new();
    runs.run("run", &STEADY);
    let lock = runs.test.path().join("run/study.lock.yaml");
    let text = fs::read_to_string(&lock).unwrap();
    let sequential = text.replacen("  blocks: 3\n", "  blocks: { from: 3, at-most: 9 }\n", 1);
    assert_ne!(text, sequential, "the study's blocks stand elsewhere");
    fs::write(lock, sequential).unwrap();
    let ran = runs.test.run("compare run:one run:two --fail-if-slower 3%");
    assert_eq!(ran.code(), 4, "{ran}");
    assert!(ran.stdout.contains("It could end after each block"), "{ran}");
}

#[test]
fn a_limit_is_explained() {
    let ran = compared(0.9, "--fail-if-slower 3% --metric output_throughput --metric ttft_p50");
    let (_, limit) = ran.stdout.split_once("\nLimit").unwrap();
    insta::assert_snapshot!(limit);
}

#[test]
fn a_run_that_lacks_a_scenario_leaves_the_limit_open() {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.run("new", &STEADY);
    runs.each_trial("new", |trial| {
        trial["workload_sha256"] = "00ff".into();
    });
    runs.rename("new", "few-c2", "many-c2");
    let ran = runs.test.run("compare base:one new:one --fail-if-slower 3%");
    assert_eq!(ran.code(), 4, "{ran}");
    assert!(ran.stdout.contains("measured of the reference alone"), "{ran}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let runs = Crafted::new();
    runs.run("base", &STEADY);
    runs.test.file("broken.json", "{\"a\": 1,\n \"b\": }");
    fs::create_dir(runs.test.path().join("empty")).unwrap();
    let ran = runs
        .test
        .run("compare base:three missing empty broken.json --metric speed --fail-if-slower 3");
    assert_eq!((ran.code(), ran.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ran.stderr);
    let ran = runs.test.run("compare base:one base:two --scenario few");
    assert_eq!(ran.code(), 2);
    assert!(ran.stderr.contains("--scenario few"), "{ran}");
}

#[test]
fn help_of_compare() {
    insta::assert_snapshot!(Test::new().run("compare --help"));
}

#[test]
fn the_study_of_the_page_can_be_carried_out() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compare.md");
    let page = fs::read_to_string(page).unwrap();
    let block = |file: &str| -> String {
        let (_, rest) = page.split_once(&format!("```yaml\n# {file}")).unwrap();
        rest.split_once('\n').unwrap().1.split("```").next().unwrap().to_owned()
    };
    let test = Test::new();
    fs::create_dir(test.path().join("perf")).unwrap();
    let profile = block("perf/base.yaml");
    test.file("perf/study.yaml", &block("perf/study.yaml")).file("perf/base.yaml", &profile);
    test.file("perf/new.yaml", &profile.replace("name: base", "name: new"));
    let ran = test.run("run perf/study.yaml --dry-run");
    assert_eq!(ran.code(), 0, "{ran}");
    assert!(ran.stdout.contains("5 blocks") && ran.stdout.contains("20 trials"), "{ran}");
}

//! `report` in every form: of a study, of a bench, and of what is neither. The run folders
//! are made up.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;

use serde_json::Value;
use support::{Test, files_below};
use tokenometer_made_up::{Kind, make};

/// The folder `run` with a study whose every number is made up.
fn made_up(kind: Kind) -> Test {
    let test = Test::new();
    make(kind, &test.path().join("run")).unwrap();
    test
}

/// A file in a test's folder.
fn read(test: &Test, name: &str) -> String {
    fs::read_to_string(test.path().join(name)).unwrap()
}

/// What this prints, where all goes well.
fn printed(test: &Test, arguments: &str) -> String {
    let ran = test.run(arguments);
    assert_eq!(ran.code(), 0, "{ran}");
    ran.stdout
}

#[test]
fn a_study_has_every_form() {
    let test = made_up(Kind::SingleBlock);
    let begins = [
        ("console", "study made up: single block"),
        ("html", "<!DOCTYPE html>"),
        ("markdown", "# made up: single block\n"),
        ("csv", "study,block,arm,scenario,standing,"),
        ("csv-wide", "study,block,arm,scenario,standing,"),
        ("json", "{\"schema_version\":1,"),
    ];
    for (format, first) in begins {
        let text = printed(&test, &format!("report run --format {format}"));
        assert!(text.starts_with(first), "{format} begins with {}", &text[..60]);
        // In a file stands the same, and nothing of it on stdout.
        let ran = test.run(&format!("report run --format {format} --out new/report"));
        assert_eq!((ran.code(), ran.stdout.as_str()), (0, ""), "{ran}");
        assert!(ran.stderr.starts_with("written to new/report"), "{ran}");
        assert!(read(&test, "new/report") == text, "{format} is another in its file");
    }
    let left: Vec<String> = files_below(&test.path().join("new"));
    assert_eq!(left, ["report"], "nothing unfinished lies beside it");
}

#[test]
fn all_forms_say_what_the_verdict_says() {
    let test = made_up(Kind::Decided);
    let verdict: Value = serde_json::from_str(&read(&test, "run/verdict.json")).unwrap();
    let object: Value = serde_json::from_str(&printed(&test, "report run --format json")).unwrap();
    assert_eq!(object["verdict"]["comparisons"], verdict["comparisons"]);
    let markdown = printed(&test, "report run --format markdown").replace('\\', "");
    let console = printed(&test, "report run");
    let console = console.split_whitespace().collect::<Vec<_>>().join(" ");
    for comparison in verdict["comparisons"].as_array().unwrap() {
        let sentence = comparison["sentence"].as_str().unwrap();
        assert!(markdown.contains(sentence), "{sentence}");
        assert!(console.contains(sentence), "{sentence}");
    }
    let flips = |finding: &&Value| finding["kind"] == "flip";
    let findings = object["findings"].as_array().unwrap();
    let flip = findings.iter().find(flips).expect("the order of this study flips");
    assert_eq!(flip["rests_on"].as_array().unwrap().len(), 2);
    assert!(console.contains(flip["sentence"].as_str().unwrap()));
    // As many rows as planned trials, and as figures of them.
    let trials = object["trials"].as_array().unwrap().len();
    let rows =
        |form: &str| printed(&test, &format!("report run --format {form}")).lines().count() - 1;
    assert_eq!(rows("csv-wide"), trials);
    assert_eq!(rows("csv") % trials, 0);
}

#[test]
fn whatever_a_study_came_to_its_report_is_no_failure() {
    for kind in
        [Kind::Failed, Kind::Invalid, Kind::NotComparable, Kind::Interrupted, Kind::SingleBlock]
    {
        let test = made_up(kind);
        for format in ["console", "markdown", "html", "csv"] {
            let text = printed(&test, &format!("report run --format {format}"));
            let has = |words: &str| text.contains(words);
            match kind {
                Kind::Failed => assert!(has("failed"), "{kind} as {format}"),
                Kind::Invalid => assert!(has("invalid"), "{kind} as {format}"),
                Kind::Interrupted => assert!(has("missing"), "{kind} as {format}"),
                _ => {}
            }
        }
        let markdown = printed(&test, "report run --format markdown");
        match kind {
            Kind::NotComparable => {
                assert!(markdown.contains("are not comparable"), "{markdown}");
                assert!(!markdown.contains("is best"), "{markdown}");
            }
            Kind::SingleBlock => {
                assert!(markdown.contains("a verdict needs 3 blocks"), "{markdown}");
                assert!(!markdown.contains("is best"), "{markdown}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_bench_has_every_form() {
    let test = Test::with_bench();
    let object: Value = serde_json::from_str(&printed(&test, "report run --json")).unwrap();
    assert_eq!(object["requests"], 8, "its trial's own object");
    assert!(printed(&test, "report run").contains("Latency"), "its trial's own page");
    let html = printed(&test, "report run --format html");
    assert!(html.trim_end().ends_with("</html>"), "{} bytes", html.len());
    let markdown = printed(&test, "report run --format markdown");
    assert!(markdown.contains("\nNone: nothing was compared."), "{markdown}");
    assert_eq!(printed(&test, "report run --format csv-wide").lines().count(), 2);
    let pictures = test.run("report run --plots pictures");
    assert_eq!((pictures.code(), pictures.stdout.as_str()), (0, ""), "{pictures}");
    let names = files_below(&test.path().join("pictures"));
    assert!(names.iter().any(|name| name == "summary-table.svg"), "{names:?}");
    for name in names {
        let bytes = fs::read(test.path().join("pictures").join(&name)).unwrap();
        let begins: &[u8] = if name.ends_with(".png") { b"\x89PNG\r\n" } else { b"<svg" };
        assert!(bytes.starts_with(begins), "{name}");
    }
}

#[test]
fn another_tools_folders_have_its_layout() {
    let test = made_up(Kind::Interrupted);
    let ran = test.run("report run --export llm-infra-bench --out out");
    assert_eq!((ran.code(), ran.stdout.as_str()), (0, ""), "{ran}");
    assert!(ran.stderr.contains(": it is missing\n"), "{ran}");
    let files = files_below(&test.path().join("out"));
    let summaries: Vec<&String> =
        files.iter().filter(|name| name.ends_with("/benchmark_summary.csv")).collect();
    assert!(!summaries.is_empty(), "{files:?}");
    for name in summaries {
        let text = read(&test, &format!("out/{name}"));
        let mut lines = text.lines();
        let header = lines.next().unwrap();
        assert!(
            header.starts_with(
                "timestamp,backend,concurrency,total_requests,duration_sec,ttft_mean_ms"
            )
        );
        assert!(header.ends_with(",temp_mean_c,temp_max_c"), "{header}");
        let beside = files.iter().filter(|file| file.ends_with("_requests.csv"));
        let folder = name.strip_suffix("/benchmark_summary.csv").unwrap();
        let runs = beside.filter(|file| file.starts_with(&format!("{folder}/"))).count();
        assert_eq!(lines.count(), runs, "{name} has a row for each run");
        let (_, concurrency) = folder.rsplit_once("-concurrency-").unwrap();
        assert!(concurrency.parse::<u32>().is_ok(), "{name}");
    }
}

#[test]
fn what_cannot_be_reported_says_why() {
    let test = made_up(Kind::SingleBlock);
    fs::create_dir(test.path().join("folder")).unwrap();
    fs::write(test.path().join("file"), "").unwrap();
    let mut told = String::new();
    for arguments in [
        "report folder --format html",
        "report run --format html --out folder",
        "report run --format markdown --out file/report.md",
        "report run --plots file",
        "report run --export llm-infra-bench --out file",
        "report run --export llm-infra-bench --format csv --trials",
        "report run --plots pictures --out report.html",
        "report run --trials --format html",
        "report run --view vllm-0.33 --format csv-wide",
        "report run --format pdf",
    ] {
        let ran = test.run(arguments);
        assert_eq!((ran.code(), ran.stdout.as_str()), (2, ""), "{arguments}: {ran}");
        told.push_str(&format!("$ {arguments}\n{}\n", ran.stderr));
    }
    insta::assert_snapshot!(told);
}

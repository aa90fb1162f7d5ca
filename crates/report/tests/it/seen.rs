//! The console report and the JSON of every sample, as people and programs see
//! them.

use serde_json::Value;
use tokenometer_core::Outcome;
use tokenometer_report::{Style, console, json_line, warnings};
use tokenometer_results::Trial;

use crate::sample;

/// The folder that every sample is said to lie in.
const RUN: &str = "runs/2026-08-12-103107";

/// A sample's console report. No line may be wider than a page.
fn page(trial: &Trial) -> String {
    let page = console(trial, RUN, Style::Plain);
    for line in page.lines() {
        assert!(line.chars().count() <= 100, "too wide: {line}");
    }
    page
}

/// A sample's JSON, one value a line for the snapshot.
fn json(trial: &Trial) -> String {
    let line = json_line(trial, RUN);
    assert_eq!(line.lines().count(), 1);
    let value: Value = serde_json::from_str(&line).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn healthy() {
    insta::assert_snapshot!("healthy_console", page(&sample::healthy()));
    insta::assert_snapshot!("healthy_json", json(&sample::healthy()));
}

#[test]
fn all_failed() {
    insta::assert_snapshot!("all_failed_console", page(&sample::all_failed()));
    insta::assert_snapshot!("all_failed_json", json(&sample::all_failed()));
}

#[test]
fn interrupted() {
    insta::assert_snapshot!("interrupted_console", page(&sample::interrupted()));
    insta::assert_snapshot!("interrupted_json", json(&sample::interrupted()));
}

#[test]
fn simulated() {
    insta::assert_snapshot!("simulated_console", page(&sample::simulated()));
    insta::assert_snapshot!("simulated_json", json(&sample::simulated()));
    insta::assert_snapshot!("on_a_machine_console", page(&sample::on_a_machine()));
    let line: Value = serde_json::from_str(&json(&sample::on_a_machine())).unwrap();
    assert_eq!(line["simulation"]["machine"], "a100");
}

#[test]
fn doubtful() {
    insta::assert_snapshot!("doubtful_console", page(&sample::doubtful()));
    insta::assert_snapshot!("doubtful_json", json(&sample::doubtful()));
}

#[test]
fn colour_adds_nothing_but_colour() {
    for trial in [sample::healthy(), sample::all_failed(), sample::doubtful()] {
        let coloured = console(&trial, RUN, Style::Coloured);
        assert!(coloured.contains("\u{1b}[1m"));
        let mut plain = String::new();
        for (index, part) in coloured.split('\u{1b}').enumerate() {
            plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
        let expected = page(&trial);
        assert_eq!(trimmed, expected.lines().collect::<Vec<_>>());
    }
}

#[test]
fn the_promised_keys_are_there() {
    let line: Value = serde_json::from_str(&json_line(&sample::healthy(), RUN)).unwrap();
    for outcome in Outcome::ALL {
        assert!(line["outcomes"][outcome.name()].is_u64(), "{outcome}");
    }
    for key in ["requests", "duration_s", "input_tokens", "output_tokens"] {
        assert!(line[key].is_number(), "{key}");
    }
    for key in ["request_throughput", "output_throughput"] {
        assert!(line[key].is_f64(), "{key}");
    }
    assert_eq!(line["validity"]["standing"], "valid");
    for metric in ["ttft_ms", "tpot_ms", "itl_ms", "icl_ms", "e2e_ms", "lateness_ms"] {
        for key in ["mean", "std", "p50", "p90", "p95", "p99", "max", "n"] {
            assert!(line[metric][key].is_number(), "{metric}.{key}");
        }
    }
}

#[test]
fn the_report_is_the_same_from_the_folder() {
    let trial = sample::doubtful();
    let kept: Trial = serde_json::from_str(&serde_json::to_string(&trial).unwrap()).unwrap();
    assert_eq!(json_line(&kept, RUN), json_line(&trial, RUN));
    assert_eq!(page(&kept), page(&trial));
}

#[test]
fn every_warning_names_its_cure() {
    for trial in [sample::all_failed(), sample::interrupted(), sample::doubtful()] {
        for warning in warnings(&trial) {
            assert!(!warning.cause().is_empty());
            if warning.name() != "said" {
                assert!(!warning.effect().is_empty() && !warning.cure().is_empty(), "{warning}");
            }
        }
    }
    assert_eq!(warnings(&sample::healthy()), []);
}

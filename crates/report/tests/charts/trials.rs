//! The charts of one trial.

use std::collections::BTreeMap;

use serde_json::json;
use tokenometer_report::chart::catalogue;
use tokenometer_report::digest::{Course, GapCounts, Reading, RequestSeen, TrialDigest, Waterfall};
use tokenometer_results::Trial;

use crate::made::{Scenario, id, ids, told, trial};

fn sample(scenario: &Scenario) -> Trial {
    trial(&id(1, "vllm", scenario.name), scenario, 1.0)
}

fn requests() -> Waterfall {
    let whole = RequestSeen {
        request: 3,
        intended_s: 0.25,
        sent_s: Some(0.3),
        first_s: Some(0.55),
        last_s: Some(2.0),
        end_s: Some(2.01),
        outcome: "ok".to_owned(),
        input: Some(512),
        output: Some(128),
        ..RequestSeen::default()
    };
    let failed = RequestSeen {
        request: 13,
        intended_s: 1.0,
        sent_s: Some(1.0),
        first_s: Some(1.2),
        last_s: Some(1.4),
        end_s: Some(1.9),
        outcome: "reset".to_owned(),
        error: Some("the peer\nhung up <b>".to_owned()),
        ..RequestSeen::default()
    };
    let unended = RequestSeen {
        request: 23,
        intended_s: 1.5,
        sent_s: Some(1.6),
        outcome: "cancelled".to_owned(),
        ..RequestSeen::default()
    };
    Waterfall { rows: vec![whole, failed, unended], of: 30, every: 10 }
}

fn reading(source: &str, name: &str, unit: &str, values: &[f64]) -> Reading {
    let points = values.iter().enumerate().map(|(second, value)| [second as f64, *value]);
    Reading {
        source: source.to_owned(),
        name: name.to_owned(),
        unit: unit.to_owned(),
        points: points.collect(),
        ..Reading::default()
    }
}

fn digest() -> TrialDigest {
    let gpu = |device: &str| Reading {
        device: Some(device.to_owned()),
        ..reading("gpu", "power", "W", &[200.0, 310.5, 305.0])
    };
    TrialDigest {
        quantiles: BTreeMap::from([
            ("ttft_ms", vec![[0.0, 20.0], [0.5, 30.0], [0.9, 55.0], [1.0, 90.0]]),
            ("e2e_ms", vec![[0.0, 900.0], [0.5, 1000.0], [0.9, 2000.0], [1.0, 2500.0]]),
        ]),
        gaps: GapCounts {
            borders_ms: vec![1.0, 4.0, 16.0, 64.0, 256.0],
            counts: vec![12, 900, 0, 1],
        },
        waterfall: requests(),
        course: Course {
            bin_s: 0.5,
            in_flight: vec![2.0, 7.5, 8.0],
            waiting_first: vec![2.0, 3.0, 0.5],
            tokens_per_s: vec![0.0, 640.0, 900.0],
            due_per_s: vec![4.0, 6.0, 2.0],
        },
        readings: vec![
            reading("engine", "running", "requests", &[1.0, 8.0, 7.0]),
            reading("engine", "waiting", "requests", &[0.0, 2.0, 1.0]),
            reading("engine", "kv_use", "share", &[0.1, 0.4, 0.7]),
            // It never changes, so that there is nothing to see.
            reading("engine", "kv_capacity", "tokens", &[5e4, 5e4, 5e4]),
            gpu("0"),
            gpu("1"),
        ],
        ..TrialDigest::default()
    }
}

#[test]
fn a_trial_is_shown_over_time() {
    let charts = catalogue::of_trial(&sample(&Scenario::open("chat-r2", 2.0)), &digest());
    let expected = [
        "requests",
        "load-over-time",
        "tokens-over-time",
        "arrivals-over-time",
        "token-gaps",
        "latency-quantiles",
        "engine-kv-use",
        "gpu-power",
    ];
    assert_eq!(ids(&charts), expected);
    for chart in &charts {
        insta::assert_snapshot!(format!("trial-{}", chart.id), told(chart));
    }
}

#[test]
fn a_closed_loop_has_no_arrivals_of_its_own() {
    let charts = catalogue::of_trial(&sample(&Scenario::closed("chat-c8", 8)), &digest());
    assert!(!ids(&charts).contains(&"arrivals-over-time"));
}

#[test]
fn a_trial_of_which_nothing_is_left_has_no_charts() {
    let trial = sample(&Scenario::closed("chat-c8", 8));
    assert_eq!(catalogue::of_trial(&trial, &TrialDigest::default()), []);
}

#[test]
fn a_long_line_is_small_and_says_the_same() {
    let mut digest = digest();
    let points = (0..200).map(|step| [f64::from(step) / 3.0, 1.0 / f64::from(step + 1)]);
    digest.readings[2].points = points.collect();
    let charts = catalogue::of_trial(&sample(&Scenario::closed("chat-c8", 8)), &digest);
    let chart = charts.iter().find(|chart| chart.id == "engine-kv-use").unwrap();
    let trace = &tokenometer_report::chart::spec(chart)["data"][0];
    assert_eq!(trace["mode"], json!("lines"));
    assert_eq!(trace["hovertext"], json!(null));
    assert_eq!(trace["y"][2], json!(0.333333));
    let template = "%{fullData.name}<br>time since the window opened: %{x:.4~g} s<br>\
                    kv use: %{y:.4~g} share<extra></extra>";
    assert_eq!(trace["hovertemplate"], json!(template));
}

//! Each chart of a study, from studies made for it.

use serde_json::json;
use tokenometer_core::Standing;
use tokenometer_core::summary::Goodput;
use tokenometer_results::SimulationSeen;

use crate::made::{Scenario, Study, digest, ids, named, start, told};

fn closed() -> Vec<Scenario> {
    vec![
        Scenario::closed("chat-c64", 64),
        Scenario::closed("chat-c1", 1),
        Scenario::closed("chat-c8", 8),
    ]
}

/// A sweep of concurrency in which some of it didn't go well.
fn swept() -> Study {
    let mut study = Study::of(&["vllm", "sglang"], closed(), 3);
    study.change("sglang", "chat-c64", |trial| trial.validity.standing = Standing::Saturated);
    study.change_one(2, ("vllm", "chat-c8"), Standing::Invalid);
    study.change_one(3, ("vllm", "chat-c8"), Standing::Failed);
    study.change("vllm", "chat-c64", |trial| trial.interrupted = trial.block == 1);
    study
}

#[test]
fn a_sweep_of_concurrency() {
    let charts = swept().charts();
    let expected = [
        "throughput-by-concurrency",
        "ttft-by-concurrency",
        "tpot-by-concurrency",
        "itl-by-concurrency",
        "e2e-by-concurrency",
        "throughput-by-e2e",
        "throughput-by-tpot",
        "throughput-by-interactivity",
        "scaling-efficiency",
        "latency-heat-map",
    ];
    assert_eq!(ids(&charts), expected);
    for chart in &charts {
        insta::assert_snapshot!(chart.id.as_str(), told(chart));
    }
}

#[test]
fn a_sweep_of_rates_over_two_workloads() {
    let mut scenarios = vec![
        Scenario::open("chat-r2", 2.0),
        Scenario::open("chat-r4", 4.0),
        Scenario::open("code-r2", 2.0).of_lengths([2048, 64]),
        Scenario::open("code-r4", 4.0).of_lengths([2048, 64]),
    ];
    // All at once is no rate.
    scenarios.push(Scenario {
        traffic: json!({ "open": { "rate": null, "burstiness": null, "cap": null } }),
        ..Scenario::closed("chat-at-once", 1)
    });
    let charts = Study::of(&["vllm", "sglang"], scenarios, 3).charts();
    for id in [
        "throughput-by-rate-chat",
        "throughput-by-rate-code",
        "ttft-by-rate-chat",
        "throughput-by-e2e-over-rates-code",
        "throughput-by-scenario",
    ] {
        insta::assert_snapshot!(id, told(named(&charts, id)));
    }
    // What stands on no axis has its bars, and only that.
    let bars = told(named(&charts, "ttft-by-scenario"));
    assert!(bars.contains("chat-at-once, p99") && !bars.contains("chat-r2"), "{bars}");
}

#[test]
fn sweeps_of_lengths() {
    let lengths = |name, lengths| Scenario::closed(name, 128).of_lengths(lengths);
    let scenarios = vec![
        lengths("short-out", [3200, 800]),
        lengths("middle-out", [3200, 1600]),
        lengths("long-out", [3200, 6400]),
        lengths("long-in", [12800, 800]),
        // Both differ from all others, so that it lies on neither axis.
        lengths("apart", [1000, 2000]),
    ];
    let charts = Study::of(&["vllm"], scenarios, 2).charts();
    let expected = [
        "throughput-by-input-length",
        "ttft-by-input-length",
        "tpot-by-input-length",
        "itl-by-input-length",
        "e2e-by-input-length",
        "throughput-by-output-length",
        "ttft-by-output-length",
        "tpot-by-output-length",
        "itl-by-output-length",
        "e2e-by-output-length",
        "throughput-by-scenario",
        "ttft-by-scenario",
        "tpot-by-scenario",
        "itl-by-scenario",
        "e2e-by-scenario",
        "latency-heat-map",
    ];
    assert_eq!(ids(&charts), expected);
    for chart in &charts[..10] {
        insta::assert_snapshot!(chart.id.as_str(), told(chart));
    }
}

#[test]
fn one_scenario_has_bars_and_no_axis() {
    let charts = Study::of(&["vllm", "sglang"], vec![Scenario::closed("c8", 8)], 1).charts();
    let expected =
        ["throughput", "ttft", "tpot", "itl", "e2e"].map(|id| format!("{id}-by-scenario"));
    assert_eq!(ids(&charts), expected);
    for chart in &charts[1..] {
        insta::assert_snapshot!(chart.id.as_str(), told(chart));
    }
}

#[test]
fn objectives_have_charts_where_a_study_states_some() {
    let mut study = Study::of(&["vllm", "sglang"], closed(), 3);
    for (scenario, share) in [("chat-c1", 1.0), ("chat-c8", 0.9), ("chat-c64", 0.25)] {
        study.change("vllm", scenario, |trial| {
            trial.summary.goodput = Some(Goodput {
                good: Some(25),
                attainment: Some(share),
                per_second: Some(10.0 * share),
                withheld: None,
            });
        });
    }
    let charts = study.charts();
    for id in ["goodput-by-concurrency", "attainment-by-concurrency"] {
        insta::assert_snapshot!(id, told(named(&charts, id)));
    }
}

#[test]
fn tokens_of_a_gpu_are_only_of_arms_whose_gpus_are_known() {
    let mut study = Study::of(&["vllm", "sglang"], closed(), 3);
    for scenario in closed() {
        study.change("vllm", scenario.name, |trial| {
            trial.options.insert("tensor-parallel".to_owned(), json!(2));
            trial.options.insert("data-parallel".to_owned(), json!(2));
        });
    }
    let charts = study.charts();
    insta::assert_snapshot!("per-gpu", told(named(&charts, "throughput-by-interactivity")));
    for scenario in closed() {
        study.change("sglang", scenario.name, |trial| {
            trial.simulation = Some(SimulationSeen {
                machine: "h100".to_owned(),
                gpus: Some(8),
                model: "m".to_owned(),
                calibration: None,
                calibrated: None,
                time_scale: None,
            });
        });
    }
    let charts = study.charts();
    let chart = named(&charts, "throughput-by-interactivity");
    assert!(chart.notes.is_empty(), "{:?}", chart.notes);
}

#[test]
fn the_prefix_cache_on_and_off() {
    let scenarios = vec![Scenario::closed("fresh", 8), Scenario::closed("shared", 16)];
    let mut study = Study::of(&["off", "on", "silent"], scenarios, 3);
    for scenario in ["fresh", "shared"] {
        for (arm, is_on) in [("off", false), ("on", true)] {
            study.change(arm, scenario, |trial| {
                trial.options.insert("prefix-cache".to_owned(), json!(is_on));
            });
        }
    }
    let charts = study.charts();
    for id in
        ["prefix-cache-throughput", "prefix-cache-ttft", "prefix-cache-tpot", "prefix-cache-e2e"]
    {
        insta::assert_snapshot!(id, told(named(&charts, id)));
    }
}

#[test]
fn one_state_of_the_prefix_cache_is_no_comparison() {
    let mut study = Study::of(&["vllm", "sglang"], closed(), 3);
    study.change("vllm", "chat-c1", |trial| {
        trial.options.insert("prefix-cache".to_owned(), json!(true));
    });
    assert!(!ids(&study.charts()).iter().any(|id| id.starts_with("prefix-cache")));
}

#[test]
fn quantile_curves() {
    let mut study = swept().with_digest(digest);
    study.digest.trials.values_mut().for_each(|trial| trial.readings.clear());
    let charts = study.charts();
    let curves: Vec<&str> =
        ids(&charts).into_iter().filter(|id| id.starts_with("quantiles-")).collect();
    assert_eq!(curves.len(), 12);
    for id in ["quantiles-ttft-chat-c64", "quantiles-tpot-chat-c8"] {
        insta::assert_snapshot!(id, told(named(&charts, id)));
    }
    // Alone, a scenario needs not be named.
    let charts =
        Study::of(&["vllm"], vec![Scenario::closed("c8", 8)], 1).with_digest(digest).charts();
    for id in ["quantiles-e2e", "quantiles-icl"] {
        insta::assert_snapshot!(id, told(named(&charts, id)));
    }
}

#[test]
fn what_gpus_did() {
    let scenarios = vec![Scenario::closed("chat-c1", 1), Scenario::closed("chat-c8", 8)];
    let mut study = Study::of(&["vllm", "sglang"], scenarios, 3);
    study.change_one(1, ("sglang", "chat-c8"), Standing::Invalid);
    let study = study.with_digest(digest);
    let charts = study.charts();
    for id in [
        "gpu-utilisation",
        "gpu-utilisation-over-time-chat-c8",
        "gpu-memory",
        "gpu-memory-over-time-chat-c1",
        "gpu-power",
        "gpu-power-over-time-chat-c8",
        "gpu-temperature",
        "gpu-temperature-over-time-chat-c1",
    ] {
        insta::assert_snapshot!(id, told(named(&charts, id)));
    }
}

#[test]
fn stages_of_a_cold_start() {
    let arms = ["vllm", "sglang", "stillborn"];
    let mut study = Study::of(&arms, vec![Scenario::closed("c8", 8)], 2);
    study.digest.starts = vec![
        start(1, "vllm", &[("process", 2.0), ("weights", 20.0), ("first_token", 1.0)]),
        start(2, "vllm", &[("process", 3.0), ("first_token", 1.5)]),
        start(1, "sglang", &[("process", 4.0), ("capture", 30.0), ("first_token", 0.5)]),
        // What breaks off isn't fast.
        start(2, "sglang", &[("process", 4.0)]),
        start(1, "stillborn", &[("process", 1.0)]),
    ];
    insta::assert_snapshot!("cold-start", told(named(&study.charts(), "cold-start")));
}

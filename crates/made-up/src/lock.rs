//! The lock of a made-up study, in the form in which the program itself writes it.

use serde_json::{Map, Value, json};
use tokenometer_results::{Extent, Origin, Traffic};

use crate::plan::{Arm, Plan, Scenario};

/// The machine and the model that every arm says that it simulates.
pub(crate) const MACHINE: &str = "made-up";
/// As [`MACHINE`].
pub(crate) const MODEL: &str = "made-up-8b";

/// What stands where the hashes of files would: none of them exist.
pub(crate) fn origin(plan: &Plan) -> Origin {
    Origin {
        study: format!("made up: seed {}", plan.seed),
        program: "made up".to_owned(),
        ..Origin::default()
    }
}

/// The lock.
pub(crate) fn lock(plan: &Plan) -> Value {
    let names: Vec<&str> = plan.scenarios.iter().map(|cell| cell.name.as_str()).collect();
    let block = |number: u32| {
        json!({ "number": number, "seed": plan.seed + u64::from(number),
                "arms": order(plan, number), "cells": names })
    };
    json!({
        "name": format!("made up: {}", plan.name),
        "tool": crate::trial::tool(),
        "study": study(plan),
        "arms": by_name(plan, started),
        "cells": plan.scenarios.iter().map(|scenario| cell(plan, scenario)).collect::<Vec<_>>(),
        "blocks": (1..=plan.blocks).map(block).collect::<Vec<_>>(),
    })
}

/// The arms in the order in which a block runs them: each comes first in turn.
pub(crate) fn order(plan: &Plan, block: u32) -> Vec<String> {
    let mut names: Vec<String> = plan.arms.iter().map(|arm| arm.name.clone()).collect();
    let turn = block as usize % names.len().max(1);
    names.rotate_left(turn);
    names
}

/// The study in its own words.
fn study(plan: &Plan) -> Value {
    let mut workloads = Map::new();
    for scenario in &plan.scenarios {
        let words = json!({ "dataset": "random", "input-len": scenario.input,
                            "output-len": scenario.output, "ignore-eos": true });
        workloads.insert(scenario.workload.clone(), words);
    }
    let scenario = |scenario: &Scenario| {
        let mut words = load(scenario);
        words["workload"] = json!(scenario.workload);
        words["name"] = json!(scenario.name);
        words["input-len"] = json!(scenario.input);
        words["output-len"] = json!(scenario.output);
        words
    };
    let mut study = json!({
        "name": format!("made up: {}", plan.name),
        "about": plan.about,
        "arms": by_name(plan, |arm| json!({ "engine": "made-up", "model": MODEL,
                                            "options": arm.options })),
        "workloads": workloads,
        "scenarios": plan.scenarios.iter().map(scenario).collect::<Vec<_>>(),
        "blocks": plan.blocks,
        "seed": plan.seed,
        "reference": plan.arms.first().map(|arm| &arm.name),
        "differs": plan.differs,
        "primary": plan.primary,
        "margin": 0.02,
    });
    if let Some(ttft_s) = plan.ttft_objective_s {
        study["objectives"] = json!({ "ttft": format!("{}ms", ttft_s * 1e3), "attain": 0.95 });
    }
    study
}

/// What each arm has, by its name.
fn by_name(plan: &Plan, of: impl Fn(&Arm) -> Value) -> Map<String, Value> {
    plan.arms.iter().map(|arm| (arm.name.clone(), of(arm))).collect()
}

/// What an arm's engine is started with.
fn started(arm: &Arm) -> Value {
    json!({
        "engine": "made-up", "version": null, "model": MODEL, "dialect": "openai-completions",
        "mode": "online", "machine": MACHINE, "simulates": crate::trial::simulation(arm),
        "options": arm.options, "args": [],
    })
}

/// A workload under a load, as it is sent to each arm.
fn cell(plan: &Plan, scenario: &Scenario) -> Value {
    let sent = |arm: &Arm| {
        json!({ "options": arm.options, "dataset": "random", "exact": true, "temperature": 0.0,
                "stream": true, "extra-request-body": {} })
    };
    json!({
        "name": scenario.name,
        "workload": { "dataset": "random", "input-len": scenario.input,
                      "output-len": scenario.output },
        "load": load(scenario),
        "extent": extent(scenario),
        "arms": by_name(plan, sent),
    })
}

/// How requests become due, in the words of a study.
fn load(scenario: &Scenario) -> Value {
    match scenario.traffic {
        Traffic::Closed { concurrency } => json!({ "concurrency": concurrency }),
        Traffic::Open { rate, .. } => json!({ "rate": rate }),
        Traffic::Ramp { from, to, .. } => json!({ "ramp": { "from": from, "to": to } }),
    }
}

/// How much is measured, in the words of a study.
fn extent(scenario: &Scenario) -> Value {
    match scenario.extent {
        Extent::Requests(count) => json!({ "requests": count }),
        Extent::DurationS(length) => json!({ "duration": format!("{length}s") }),
    }
}

//! Studies and trials whose every number is made up by a plain formula.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokenometer_core::{Standing, Summary, Verdict};
use tokenometer_report::chart::{Chart, catalogue, csv, spec};
use tokenometer_report::digest::{Digest, Reading, StartSeen, TrialDigest};
use tokenometer_report::measured::Measured;
use tokenometer_report::{CellSeen, Ending, StudySeen};
use tokenometer_results::{SCHEMA_VERSION, Stage, Start, Trial, TrialId};

/// How a scenario loads an engine, and with what.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub traffic: Value,
    /// Prompt and generated tokens.
    pub lengths: [u64; 2],
    /// How heavy it is: throughput falls and latency rises with it.
    pub weight: f64,
}

impl Scenario {
    /// A closed loop.
    pub fn closed(name: &'static str, concurrency: u32) -> Scenario {
        Scenario {
            name,
            traffic: json!({ "closed": { "concurrency": concurrency } }),
            lengths: [512, 128],
            weight: f64::from(concurrency),
        }
    }

    /// An open loop.
    pub fn open(name: &'static str, rate: f64) -> Scenario {
        let traffic = json!({ "open": { "rate": rate, "burstiness": 1.0, "cap": null } });
        Scenario { traffic, weight: 2.0 * rate, ..Scenario::closed(name, 1) }
    }

    /// The same with other lengths.
    pub fn of_lengths(self, lengths: [u64; 2]) -> Scenario {
        let weight = self.weight * (lengths[0] + lengths[1]) as f64 / 640.0;
        Scenario { lengths, weight, ..self }
    }
}

/// A study in the making.
#[derive(Debug, Default)]
pub struct Study {
    pub arms: Vec<&'static str>,
    pub scenarios: Vec<Scenario>,
    pub blocks: u32,
    pub interrupted: bool,
    pub trials: BTreeMap<TrialId, Trial>,
    pub verdict: Option<Verdict>,
    pub digest: Digest,
}

impl Study {
    /// Every arm in every scenario in every block; each arm a quarter faster than the last,
    /// and each block a little faster than the one before.
    pub fn of(arms: &[&'static str], scenarios: Vec<Scenario>, blocks: u32) -> Study {
        let mut study = Study { arms: arms.to_vec(), scenarios, blocks, ..Study::default() };
        for block in 1..=blocks {
            for (place, arm) in arms.iter().enumerate() {
                for scenario in &study.scenarios {
                    let id = id(block, arm, scenario.name);
                    let speed = 1.25_f64.powi(place as i32) * (1.0 + 0.01 * f64::from(block));
                    study.trials.insert(id.clone(), trial(&id, scenario, speed));
                }
            }
        }
        study
    }

    /// Changes the trials of an arm in a scenario.
    pub fn change(&mut self, arm: &str, scenario: &str, change: impl Fn(&mut Trial)) {
        let ours = |id: &TrialId| id.arm == arm && id.scenario == scenario;
        self.trials.iter_mut().filter(|(id, _)| ours(id)).for_each(|(_, trial)| change(trial));
    }

    /// Changes one trial.
    pub fn change_one(&mut self, block: u32, (arm, scenario): (&str, &str), standing: Standing) {
        self.trials.get_mut(&id(block, arm, scenario)).unwrap().validity.standing = standing;
    }

    /// What a digest has of every trial.
    pub fn with_digest(mut self, digest: impl Fn(&TrialId, &Trial) -> TrialDigest) -> Study {
        let of_trial = |(id, trial): (&TrialId, &Trial)| (id.clone(), digest(id, trial));
        self.digest.trials = self.trials.iter().map(of_trial).collect();
        self
    }

    /// Its charts.
    pub fn charts(&self) -> Vec<Chart> {
        self.seen(|seen| catalogue::of_study(seen, &Measured::of(seen), &self.digest))
    }

    /// What is known of it.
    pub fn seen<Shown>(&self, show: impl FnOnce(&StudySeen<'_>) -> Shown) -> Shown {
        let ids = self.trials.keys();
        let cells = (1..=self.blocks).flat_map(|block| {
            self.arms.iter().flat_map(move |arm| {
                self.scenarios.iter().map(move |scenario| id(block, arm, scenario.name))
            })
        });
        let planned: Vec<TrialId> = cells.collect();
        assert!(ids.into_iter().all(|id| planned.contains(id)), "only planned trials are made");
        let cells = planned.iter().map(|id| CellSeen {
            block: id.block,
            arm: &id.arm,
            scenario: &id.scenario,
            ending: self.trials.get(id).map_or(Ending::Missing, Ending::Carried),
        });
        let seen = StudySeen {
            name: "made up",
            run: "runs/made-up",
            arms: self.arms.clone(),
            scenarios: self.scenarios.iter().map(|scenario| scenario.name).collect(),
            blocks: self.blocks,
            interrupted: self.interrupted,
            report: None,
            rehearsal_of: None,
            estimate: None,
            verdict: self.verdict.as_ref(),
            cells: cells.collect(),
            notes: Vec::new(),
        };
        show(&seen)
    }
}

/// The one of some charts that has this name.
pub fn named<'c>(charts: &'c [Chart], id: &str) -> &'c Chart {
    let ids: Vec<&str> = charts.iter().map(|chart| chart.id.as_str()).collect();
    charts.iter().find(|chart| chart.id == id).unwrap_or_else(|| panic!("no {id} in {ids:?}"))
}

/// The names of some charts.
pub fn ids(charts: &[Chart]) -> Vec<&str> {
    charts.iter().map(|chart| chart.id.as_str()).collect()
}

/// All of a chart as text: what it says, its data, and its form for plotly.
pub fn told(chart: &Chart) -> String {
    let mut text = format!("{}\n{}\n", chart.title, chart.about.trim_end());
    for note in &chart.notes {
        text += &format!("* {note}\n");
    }
    text += &format!("\n{}\n", csv(chart).replace('\r', ""));
    let spec = spec(chart);
    for trace in spec["data"].as_array().unwrap() {
        text += &format!("{trace}\n");
    }
    for (key, value) in spec["layout"].as_object().unwrap() {
        text += &format!("{key}: {value}\n");
    }
    text
}

pub fn id(block: u32, arm: &str, scenario: &str) -> TrialId {
    TrialId { block, arm: arm.to_owned(), scenario: scenario.to_owned() }
}

/// A trial that is so fast.
pub fn trial(id: &TrialId, scenario: &Scenario, speed: f64) -> Trial {
    let span = |tokens: u64| json!({ "min": tokens, "mean": tokens as f64, "max": tokens });
    let around = |middle: f64| {
        json!({ "mean": 1.1 * middle, "std": middle, "p50": middle, "p90": 2.0 * middle,
                "p95": 2.5 * middle, "p99": 4.0 * middle, "max": 9.0 * middle, "n": 100,
                "requests": 100, "absent": {}, "intervals": {}, "withheld": {} })
    };
    let slow = (1.0 + scenario.weight / 40.0) / speed;
    let mut summary = serde_json::to_value(Summary::default()).unwrap();
    summary["output_throughput"] = json!(40.0 * scenario.weight / slow);
    summary["ttft_ms"] = around(32.0 * slow);
    summary["tpot_ms"] = around(8.0 * slow);
    summary["itl_ms"] = around(7.5 * slow);
    summary["e2e_ms"] = around(1000.0 * slow);
    let trial = json!({
        "schema_version": SCHEMA_VERSION,
        "tool": { "name": "tokenometer", "version": "1", "build": null },
        "block": id.block, "arm": id.arm, "scenario": id.scenario, "blocks": 3,
        "simulated": false, "interrupted": false, "started_ns": 0,
        "target": { "address": "http://127.0.0.1:1", "dialect": "openai-completions",
                    "model": "tiny", "engine": null },
        "workload": { "name": format!("{}-{}@1", id.block, id.scenario), "dataset": "random", "requests": 100,
                      "input_tokens": span(scenario.lengths[0]),
                      "output_tokens": span(scenario.lengths[1]), "exact": true },
        "workload_sha256": "ab", "wire_sha256": "cd",
        "load": { "traffic": scenario.traffic, "extent": { "duration_s": 5.0 },
                  "streamed": true, "connections": 8, "drain_limit_s": 60.0 },
        "seeds": {}, "tokenizer": null,
        "phases": { "warm_up": null, "ramp_in": null,
                    "measure": { "start_ns": 0, "end_ns": 5_000_000_000_i64 }, "drain": null },
        "instrument": tokenometer_core::Instrument::default(),
        "summary": summary,
        "validity": { "standing": "valid", "gates": [] },
        "failures": [], "finish_reasons": {}, "warnings": [], "files": {},
    });
    serde_json::from_value(trial).unwrap()
}

/// The quantile curves of a trial, and what its GPUs did.
pub fn digest(id: &TrialId, trial: &Trial) -> TrialDigest {
    let curve = |middle: Option<f64>| {
        let at = |step: u32| {
            let quantile = f64::from(step) / 4.0;
            [quantile, middle.unwrap() * (0.5 + quantile)]
        };
        (0..=4).map(at).collect::<Vec<_>>()
    };
    let summary = &trial.summary;
    let reading = |device: &str, name: &str, unit: &str, level: f64| Reading {
        source: "gpu".to_owned(),
        device: Some(device.to_owned()),
        name: name.to_owned(),
        unit: unit.to_owned(),
        points: vec![[0.0, level], [2.5, 1.5 * level]],
        mean: Some(1.25 * level),
        max: Some(1.5 * level),
    };
    let block = f64::from(id.block);
    TrialDigest {
        quantiles: BTreeMap::from([
            ("ttft_ms", curve(summary.ttft_ms.p50)),
            ("tpot_ms", curve(summary.tpot_ms.p50)),
            ("e2e_ms", curve(summary.e2e_ms.p50)),
            ("icl_ms", curve(summary.tpot_ms.p50)),
        ]),
        readings: vec![
            reading("0", "utilisation", "share", 0.5 + 0.01 * block),
            reading("1", "utilisation", "share", 0.4 + 0.01 * block),
            reading("0", "memory", "B", 6e10),
            reading("0", "power", "W", 300.0 + block),
            reading("0", "temperature", "°C", 50.0 + block),
        ],
        ..TrialDigest::default()
    }
}

/// A start of an engine with its stages.
pub fn start(block: u32, arm: &str, stages: &[(&str, f64)]) -> StartSeen {
    let stage = |(name, duration_s): &(&str, f64)| Stage {
        name: (*name).to_owned(),
        duration_s: *duration_s,
    };
    let start = Start::new([], [], stages.iter().map(stage).collect());
    StartSeen { block, arm: arm.to_owned(), scenario: None, start }
}

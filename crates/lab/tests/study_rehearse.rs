//! Rehearsals: what becomes of the published comparisons, and what is said where a
//! study can't be rehearsed.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tokenometer_core::Mistake;
use tokenometer_lab::study::{Rehearsal, World, read};
use tokenometer_workload::Extent;

/// The rehearsal of a study, on a machine that has nothing of what it needs.
fn rehearse(name: &str, text: &str, machine: Option<&str>) -> Result<Rehearsal, Vec<Mistake>> {
    let world =
        World { folder: Path::new("."), datasets: None, hub_caches: &[], variable: &|_| None };
    read(name, text, world.folder).and_then(|written| Rehearsal::make(&written, machine, &world))
}

/// What a rehearsal says of itself, or why there is none.
fn told(name: &str, text: &str, machine: Option<&str>) -> String {
    match rehearse(name, text, machine) {
        Err(mistakes) => {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            lines.join("\n") + "\n"
        }
        Ok(rehearsal) => {
            let mut text = rehearsal.notes().join("\n") + "\n";
            for cell in &rehearsal.plan.cells {
                let Extent::Requests(requests) = cell.load.extent else {
                    panic!("a rehearsal has no end")
                };
                let output = cell.words.output_len;
                let _ = writeln!(text, "  {}: {requests} × {output:?}", cell.name);
            }
            text
        }
    }
}

#[test]
fn every_published_study_is_rehearsed_or_says_why_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies/published");
    let mut studies: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    studies.sort();
    let mut text = String::new();
    for path in studies {
        let name = path.file_name().unwrap().to_str().unwrap();
        let _ = writeln!(text, "== {name}");
        text += &told(name, &fs::read_to_string(&path).unwrap(), Some("h200"));
    }
    insta::assert_snapshot!(text);
}

const STUDY: &str = "\
name: two
models:
  llama: { path: meta-llama/Llama-3.1-8B-Instruct, options: { tensor-parallel: 2 } }
arms:
  vllm:
    engine: vllm
    model: llama
    machine: h100
    options: { max-num-seqs: 4, precision: bfloat16 }
    args: [--swap-space, \"4\"]
    mode: offline
  sglang: { engine: sglang, model: llama, headers: { Authorization: $UNSET_KEY } }
  sim: { engine: sim, machine: a100, model: llama-3.1-8b, time-scale: 2 }
workloads:
  chat: { dataset: random, input-len: 256, output-len: 200, duration: 30s }
  poem: { dataset: sonnet, requests: 5 }
scenarios:
  - { workload: chat, concurrency: [1, 8], options: { vllm: { max-num-seqs: 2, eager: true } } }
  - { workload: chat, rate: 4, vary: { max-num-seqs: [2, 4] } }
  - { workload: poem, rate: inf }
blocks: { from: 3, at-most: 6 }
price: { per-hour: 4, currency: EUR }
cpus: { client: 0, engine: 1-7 }
pause: 2s
";

#[test]
fn an_arm_is_played_by_what_it_is_meant_for() {
    insta::assert_snapshot!(told("two.yaml", STUDY, Some("h200x4")));
    let rehearsal = rehearse("two.yaml", STUDY, Some("h200x4")).unwrap();
    let lock = serde_json::to_value(rehearsal.plan.lock()).unwrap();
    assert_eq!(lock["rehearsal-of"]["study"], "two");
    assert_eq!(lock["study"]["rehearsal"], true);
    assert_eq!(lock["arms"]["vllm"]["options"]["machine"], "h100x2");
    assert_eq!(lock["arms"]["sglang"]["options"]["machine"], "h200x4");
    assert_eq!(lock["arms"]["sim"]["options"]["time-scale"], 50.0);
    assert_eq!(lock["cells"][0]["arms"]["vllm"]["options"]["max-num-seqs"], 2);
    // What arrives at a rate arrives as many times as often as the engines are faster.
    assert_eq!(lock["cells"][2]["load"]["rate"], 200.0);
}

#[test]
fn what_no_rehearsal_knows_is_told_together() {
    let study = STUDY
        .replace("machine: h100", "machine: b900")
        .replace("path: meta-llama/Llama-3.1-8B-Instruct", "path: somebody/else")
        .replace("dataset: sonnet", "dataset: custom, path: mine.jsonl");
    insta::assert_snapshot!(told("two.yaml", &study, None));
}

#[test]
fn a_model_that_does_not_fit_is_told() {
    let study = STUDY.replace("meta-llama/Llama-3.1-8B-Instruct", "deepseek-ai/DeepSeek-R1");
    insta::assert_snapshot!(told("two.yaml", &study, Some("h200x4")));
}

#[test]
fn the_study_itself_is_estimated_and_not_its_rehearsal() {
    let rehearsal = rehearse("two.yaml", STUDY, Some("h200x4")).unwrap();
    let estimate = rehearsal.estimate(None).unwrap();
    assert_eq!((estimate.least.blocks, estimate.most.unwrap().blocks), (3, 6));
    assert_eq!(estimate.currency.as_deref(), Some("EUR"));
    let [vllm, sglang, sim] = estimate.arms.as_slice() else { panic!("there are three arms") };
    assert_eq!((vllm.gpus, sglang.gpus, sim.gpus), (Some(2), Some(4), None));
    // What is simulated anyway needs no GPU, and goes as fast as the study has it.
    assert_eq!(sim.least.unwrap().gpu_hours, 0.0);
    assert!(sim.simulated.as_deref().unwrap().ends_with("at 2 times the clock"));
    let block = vllm.block.unwrap();
    // Four windows of 30 s each, and the poem; with options of its own on two starts.
    assert_eq!((block.trials, block.starts), (5, 3));
    assert!(block.loads_s > 120.0 && block.loads_s < 240.0, "{block:?}");
    assert_eq!(block.pauses_s, 4.0);
    let (least, most) = (vllm.least.unwrap(), vllm.most.unwrap());
    assert!((least.duration_s - 3.0 * block.total_s()).abs() < 1e-6);
    assert!((most.cost.unwrap() - 4.0 * most.duration_s / 3600.0).abs() < 1e-9);
    let by_gpu = rehearsal.estimate(Some(2.5)).unwrap().arms[0].least.unwrap();
    assert!((by_gpu.cost.unwrap() - 2.5 * by_gpu.gpu_hours).abs() < 1e-9);
    assert!((by_gpu.gpu_hours - 2.0 * by_gpu.duration_s / 3600.0).abs() < 1e-9);
}

#[test]
fn a_script_is_rehearsed_as_it_is_and_not_foretold() {
    let study = "name: scripts\narms: { one: { engine: sim, options: { gap: 1ms } } }\n\
                 workloads: { chat: { output-len: 8, duration: 2s } }\n\
                 scenarios: [{ workload: chat, rate: 4 }]\n";
    let rehearsal = rehearse("scripts.yaml", study, None).unwrap();
    let lock = serde_json::to_value(rehearsal.plan.lock()).unwrap();
    assert_eq!(lock["cells"][0]["load"]["rate"], 4.0);
    let estimate = rehearsal.estimate(None).unwrap();
    assert_eq!(estimate.arms[0].block, None);
    assert!(estimate.arms[0].why_not.as_deref().unwrap().contains("script"));
    insta::assert_snapshot!(told("scripts.yaml", study, None));
}

//! Which pictures a study has.

use serde_json::{Value, json};
use tokenometer_core::Standing;
use tokenometer_report::{Plot, Plots, plots};

use crate::made::{self, Scenario, Study};

const ARMS: [&str; 2] = ["vllm", "sglang"];

fn scenarios() -> Vec<Scenario> {
    vec![Scenario::closed("chat-c4", 4), Scenario::closed("chat-c16", 16)]
}

fn study() -> Study {
    Study::of(&ARMS, scenarios(), 3)
}

fn of(study: &Study) -> Plots {
    study.seen(|seen| plots(seen, &study.digest))
}

fn named<'p>(plots: &'p Plots, name: &str) -> &'p Plot {
    plots.plots.iter().find(|plot| plot.name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_study_has_each_chart_and_the_names_of_the_other_tool() {
    let study = study().with_digest(made::digest);
    let plots = of(&study);
    let names: Vec<&str> = plots.plots.iter().map(|plot| plot.name.as_str()).collect();
    for chart in study.charts() {
        assert!(names.contains(&chart.id.as_str()), "{}", chart.id);
    }
    for name in [
        "throughput_all_combined",
        "throughput_tiny",
        "cross_model_comparison",
        "latency_heatmap",
        "gpu_comparison",
        "scaling_efficiency",
        "summary_table",
    ] {
        assert!(named(&plots, name).png_only, "{name}");
    }
    assert_eq!(plots.left_out, []);
    let files: Vec<String> =
        named(&plots, "summary-table").files().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(files, ["summary-table.svg", "summary-table.png"]);
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len(), "no two pictures share a name");
}

#[test]
fn the_pictures_of_the_other_tool_hold_what_its_do() {
    let study = study().with_digest(made::digest);
    let plots = of(&study);
    for name in ["cross_model_comparison", "gpu_comparison", "latency_heatmap", "summary-table"] {
        insta::assert_snapshot!(name, named(&plots, name).svg);
    }
}

#[test]
fn without_readings_of_a_gpu_it_is_said_why_there_is_no_picture() {
    let plots = of(&study());
    assert!(!plots.plots.iter().any(|plot| plot.name == "gpu_comparison"));
    let left_out: Vec<&str> = plots.left_out.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(left_out, ["gpu_comparison.png"]);
}

#[test]
fn without_a_closed_loop_there_is_only_the_table_of_the_other_tools_names() {
    let study = Study::of(&ARMS, vec![Scenario::open("chat-r2", 2.0)], 3);
    let plots = of(&study);
    let theirs: Vec<&str> =
        plots.plots.iter().filter(|plot| plot.png_only).map(|plot| plot.name.as_str()).collect();
    assert_eq!(theirs, ["summary_table"]);
    assert_eq!(plots.left_out.len(), 6, "{:?}", plots.left_out);
}

#[test]
fn every_picture_of_a_simulated_study_says_so() {
    let mut study = study().with_digest(made::digest);
    study.change("vllm", "chat-c4", |trial| trial.simulated = true);
    for plot in of(&study).plots {
        assert!(plot.svg.contains("SIMULATED: vllm; such numbers"), "{}", plot.name);
    }
    study.change("sglang", "chat-c4", |trial| trial.simulated = true);
    for plot in of(&study).plots {
        assert!(plot.svg.contains("SIMULATED: every arm"), "{}", plot.name);
    }
}

#[test]
fn every_picture_of_an_interrupted_study_says_so() {
    let stopped = Study { interrupted: true, ..study() };
    for plot in of(&stopped).plots {
        assert!(plot.svg.contains("INTERRUPTED: the study was stopped"), "{}", plot.name);
    }
}

#[test]
fn an_arm_that_failed_has_no_bar_of_no_height() {
    let mut study = study();
    study.change("sglang", "chat-c16", |trial| trial.validity.standing = Standing::Failed);
    let plots = of(&study);
    let comparison = &named(&plots, "cross_model_comparison").svg;
    assert_eq!(comparison.matches(">no number</text>").count(), 3, "{comparison}");
    assert!(comparison.contains("Left out, failed in all blocks: sglang in chat-c16."));
    assert!(named(&plots, "latency_heatmap").svg.contains("–, hatched: no number that counts."));
}

/// A comparison of `sglang` with `vllm`.
fn comparison(metric: &str, effect: Value, answer: Value, remarks: &[&str]) -> Value {
    json!({
        "scenario": "chat-c4", "metric": metric, "higher_is_better": true, "in_points": false,
        "arm": "sglang", "reference": "vllm", "answer": answer, "sentence": "",
        "effect": effect, "interval": null, "alone": null, "difference_p": null,
        "equivalence_p": null, "resolvable": null, "more": null, "blocks": [],
        "agreement": null, "declared": [], "strategy": [], "unverified": [],
        "remarks": remarks,
    })
}

#[test]
fn the_words_of_the_summary_are_the_verdicts() {
    let verdict = json!({
        "study": "made up", "simulated": [], "rehearsal": false,
        "rule": { "alpha": 0.05, "margin": 0.02, "margin_points": 0.01, "family": 2,
                  "from": null, "at_most": 3, "blocks": 3 },
        "twins": null,
        "comparisons": [
            comparison("output_throughput", json!(1.21), json!({ "word": "better" }), &["per GPU"]),
            comparison("ttft_p50", Value::Null, json!({ "word": "failed", "arms": ["vllm"] }), &[]),
        ],
        "others": [], "idle_declarations": [], "objectives": [],
        "best": [{ "scenario": "chat-c4", "metric": "output_throughput", "arms": ["sglang"] },
                 { "scenario": "chat-c16", "metric": "output_throughput",
                   "arms": ["vllm", "sglang"] }],
    });
    let verdict = Some(serde_json::from_value(verdict).unwrap());
    let plots = of(&Study { verdict, ..study() });
    let table = &named(&plots, "summary-table").svg;
    for words in [
        ">best by output throughput</text>",
        ">output throughput per GPU: better ×1.210 against vllm</text>",
        ">TTFT p50: failed against vllm</text>",
    ] {
        assert_eq!(table.matches(words).count(), 1, "{words}");
    }
    assert_eq!(table.matches(">reference</text>").count(), 1);
}

//! The answers of a study in one picture.

use serde_json::{Value, json};
use tokenometer_core::Verdict;

use crate::made::{Scenario, Study, ids, named, told};

fn comparison(metric: &str, arm: &str, (effect, interval): (Value, Value), answer: Value) -> Value {
    json!({
        "scenario": "chat-c8", "metric": metric, "higher_is_better": !metric.contains("ttft"),
        "in_points": metric == "attainment", "arm": arm, "reference": "vllm", "answer": answer,
        "sentence": "", "effect": effect, "interval": interval, "alone": null,
        "difference_p": null, "equivalence_p": null, "resolvable": null, "more": null,
        "blocks": [], "agreement": null, "declared": [], "strategy": [], "unverified": [],
        "remarks": [],
    })
}

fn verdict(comparisons: Vec<Value>) -> Verdict {
    serde_json::from_value(json!({
        "study": "made up", "simulated": [], "rehearsal": false,
        "rule": { "alpha": 0.05, "margin": 0.02, "margin_points": 0.01, "family": 4,
                  "from": null, "at_most": 3, "blocks": 3 },
        "twins": { "arms": ["vllm", "vllm-again"], "noise": "noisy", "resolvable_ratio": 1.1 },
        "comparisons": comparisons, "others": [], "best": [], "idle_declarations": [],
        "objectives": [],
    }))
    .unwrap()
}

fn study(comparisons: Vec<Value>) -> Study {
    let arms = ["vllm", "sglang", "vllm-again"];
    let mut study = Study::of(&arms, vec![Scenario::closed("chat-c8", 8)], 3);
    study.verdict = Some(verdict(comparisons));
    study
}

fn word(word: &str) -> Value {
    json!({ "word": word })
}

#[test]
fn effects_with_their_intervals_and_words() {
    let found = |effect: f64, low: f64, high: f64| (json!(effect), json!([low, high]));
    let none = || (Value::Null, Value::Null);
    let charts = study(vec![
        comparison("output_throughput", "sglang", found(1.21, 1.18, 1.24), word("better")),
        comparison("ttft_p50", "sglang", found(1.05, 0.98, 1.13), word("undecided")),
        comparison(
            "output_throughput",
            "vllm-again",
            found(1.001, 0.99, 1.01),
            json!({ "word": "equivalent", "differ": false }),
        ),
        comparison(
            "ttft_p50",
            "vllm-again",
            none(),
            json!({ "word": "not_comparable", "reasons": ["kv-capacity: 1 and 2"] }),
        ),
        comparison("attainment", "sglang", found(-0.03, -0.041, -0.019), word("worse")),
    ])
    .charts();
    assert_eq!(ids(&charts)[..2], ["verdicts", "verdicts-of-shares"]);
    for chart in &charts[..2] {
        insta::assert_snapshot!(chart.id.as_str(), told(chart));
    }
}

#[test]
fn very_many_comparisons_are_parted_by_metric() {
    let one = |metric: &str| {
        comparison(metric, "sglang", (json!(3.0), json!([0.5, 9.0])), word("undecided"))
    };
    let comparisons = (0..13).flat_map(|_| [one("output_throughput"), one("ttft_p50")]).collect();
    let charts = study(comparisons).charts();
    assert_eq!(ids(&charts)[..2], ["verdicts-output-throughput", "verdicts-ttft-p50"]);
    let chart = named(&charts, "verdicts-ttft-p50");
    assert!(
        told(chart).contains("\"ticktext\":[\"×0.5\",\"×1\",\"×2\",\"×5\"]"),
        "{}",
        told(chart)
    );
}

#[test]
fn a_study_without_a_verdict_has_no_picture_of_one() {
    let study = Study::of(&["vllm"], vec![Scenario::closed("chat-c8", 8)], 1);
    assert!(!ids(&study.charts()).iter().any(|id| id.starts_with("verdicts")));
}

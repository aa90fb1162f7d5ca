//! What another tool was asked for, and what of it must be the same.

use tokenometer_core::Rules;
use tokenometer_results::{ForeignAsked, ForeignResult};
use tokenometer_verdict::comparability::{Difference, Fact, Refusal, field};

use super::Alike;
use crate::compare::definitions;

/// How requests were sent, as a file says.
pub(super) fn sent(scenario: &Alike) -> String {
    let result = scenario.first();
    let requests = result.asked.prompts.unwrap_or(result.completed);
    format!("{} · {requests} requests", load(&result.asked))
}

fn load(asked: &ForeignAsked) -> String {
    let cap = asked.max_concurrency.map(|cap| format!(" · at most {cap} in flight"));
    let rate = match asked.rate {
        _ if asked.ramp.is_some() => asked.ramp.clone().unwrap_or_default(),
        rate if rate.is_finite() => {
            let shape = asked.burstiness.filter(|shape| *shape != 1.0);
            let shape = shape.map(|shape| format!(", burstiness {shape}")).unwrap_or_default();
            format!("{rate} requests/s{shape}")
        }
        _ => "all requests due at once".to_owned(),
    };
    format!("{rate}{}", cap.unwrap_or_default())
}

/// What is known to differ of what must be the same. Two files that don't differ in any of
/// it may still differ in all that they don't hold.
pub(super) fn refusals(one: &ForeignResult, two: &ForeignResult) -> Vec<Refusal> {
    let mut all = Vec::new();
    let mut note = |name: &str, [reference, arm]: [String; 2]| {
        if reference != arm {
            let field = field(name).expect("it is a field of arms");
            let [arm, reference] = [arm, reference].map(Fact::Word);
            all.push(Refusal::Differs(Difference { field, arm, reference }));
        }
    };
    // The layout of 0.2.14 is silent on the most requests in flight.
    let is_silent = |result: &ForeignResult| result.rules == Some(Rules::Sglang0214);
    let loads = [one, two].map(|result| {
        let mut asked = result.asked.clone();
        asked.max_concurrency =
            asked.max_concurrency.filter(|_| !is_silent(one) && !is_silent(two));
        load(&asked)
    });
    note("load", loads);
    note("workload", [one, two].map(requests));
    if let (Some(reference), Some(arm)) = (&one.asked.dataset, &two.asked.dataset) {
        note("workload", [reference, arm].map(|name| format!("dataset {name}")));
    }
    if one.asked.dataset.is_some() && two.asked.dataset.is_some() {
        note("workload", [one, two].map(|result| lengths_asked(&result.asked)));
    }
    if let (Some(reference), Some(arm)) = (&one.asked.model, &two.asked.model) {
        note("model", [reference, arm].map(Clone::clone));
    }
    if definitions::may_be_the_same(one, two) == Some(false) {
        note(
            "prompt-tokens",
            [one, two].map(|result| {
                result.figures.get("total_input_tokens").map(f64::to_string).unwrap_or_default()
            }),
        );
    }
    all
}

/// How many requests there were: what was asked for, else what came back.
fn requests(result: &ForeignResult) -> String {
    format!(
        "{} requests",
        result.asked.prompts.unwrap_or(result.completed + result.failed.unwrap_or(0))
    )
}

fn lengths_asked(asked: &ForeignAsked) -> String {
    let lengths: Vec<String> =
        asked.lengths.iter().map(|(key, value)| format!("{key} {value}")).collect();
    lengths.join(", ")
}

/// The metrics that a limit is of where none is named: of requests that are due at their
/// own times how long they take, else the throughput.
pub(super) fn primary(asked: &ForeignAsked) -> Vec<String> {
    let names: &[&str] =
        if asked.rate.is_finite() { &["ttft_p50", "tpot_p50"] } else { &["output_throughput"] };
    names.iter().map(|name| (*name).to_owned()).collect()
}

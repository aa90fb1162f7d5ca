//! `study.lock.yaml`: what was to be measured, with every default made
//! explicit. It holds the names of headers, and none of their values.

use serde::Serialize;
use serde_json::{Value, json};
use tokenometer_results::Tool;
use tokenometer_workload::{DatasetSettings, Extent, Pattern};

use crate::describe::dataset_name;
use crate::environment::tool;
use crate::settings::{Bench, TargetSettings, TokenizerChoice, WarmUp};

/// A study of one arm, one scenario and one block.
#[derive(Debug, Serialize)]
pub(crate) struct Lock {
    name: String,
    tool: Tool,
    blocks: u32,
    seed: u64,
    arms: Value,
    workloads: Value,
    scenarios: Value,
    limits: Value,
}

impl Lock {
    pub(crate) fn of(bench: &Bench, arm: &str, scenario: &str) -> Lock {
        Lock {
            name: scenario.to_owned(),
            tool: tool(),
            blocks: 1,
            seed: bench.trial.workload.seed,
            arms: json!({ arm: arm_settings(bench) }),
            workloads: json!({ scenario: workload_settings(bench) }),
            scenarios: json!([scenario_settings(bench, scenario)]),
            limits: limits(bench),
        }
    }
}

fn arm_settings(bench: &Bench) -> Value {
    let target = match &bench.target {
        TargetSettings::Running { address, model, .. } => {
            json!({ "engine": "openai", "base-url": address.to_string(), "model": model })
        }
        TargetSettings::Embedded(embedded) => {
            json!({ "engine": "sim", "args": embedded.arguments })
        }
    };
    let headers: Vec<&str> =
        bench.trial.rendering.headers.iter().map(|header| header.name.as_str()).collect();
    json!({
        "target": target,
        "dialect": bench.trial.dialect.name(),
        "stream": bench.trial.rendering.stream,
        "temperature": bench.trial.rendering.temperature,
        "headers": headers,
        "extra-request-body": bench.trial.rendering.extra,
        "tokenizer": tokenizer_words(&bench.trial.tokenizer),
    })
}

fn tokenizer_words(choice: &TokenizerChoice) -> Option<&str> {
    match choice {
        TokenizerChoice::None => None,
        TokenizerChoice::Named { name, .. } => Some(name),
        TokenizerChoice::OfPrompts => Some("builtin, for prompts alone"),
        TokenizerChoice::OfServer { .. } => Some("the server's"),
    }
}

fn workload_settings(bench: &Bench) -> Value {
    let workload = &bench.trial.workload;
    let mut settings = json!({
        "dataset": dataset_name(&workload.dataset),
        "exact": workload.exact,
        "output-len": workload.output_tokens,
        "prompts": format!("{:?}", workload.prompt_shape).to_lowercase(),
    });
    if let DatasetSettings::RandomIds(random) = &workload.dataset {
        settings["random-input-len"] = json!(random.input_tokens);
        settings["random-output-len"] = json!(random.output_tokens);
        settings["random-range-ratio"] = json!(random.input_ratio);
    }
    settings
}

fn scenario_settings(bench: &Bench, workload: &str) -> Value {
    // JSON has no infinity; the flag's own word stands for it.
    let number = |number: f64| if number.is_finite() { json!(number) } else { json!("inf") };
    let mut scenario = match bench.trial.load.pattern {
        Pattern::Closed { concurrency } => json!({ "concurrency": concurrency }),
        Pattern::Open { rate, burstiness, cap } => {
            json!({ "rate": number(rate), "burstiness": number(burstiness), "max-concurrency": cap })
        }
        Pattern::Ramp(ramp) => json!({
            "rate": { "from": ramp.from, "to": ramp.to, "shape": ramp.shape.name() },
            "burstiness": number(ramp.burstiness),
            "max-concurrency": ramp.cap,
        }),
    };
    scenario["workload"] = json!(workload);
    match bench.trial.load.extent {
        Extent::Requests(count) => scenario["requests"] = json!(count),
        Extent::Duration(length) => scenario["duration"] = seconds(length),
    }
    scenario["warm-up"] = match bench.trial.warm_up {
        WarmUp::None => json!({ "requests": 0 }),
        WarmUp::Requests(count) => json!({ "requests": count }),
        WarmUp::UntilSettled { at_most } => {
            json!({ "until": "settled", "at-most": seconds(at_most) })
        }
    };
    scenario
}

fn limits(bench: &Bench) -> Value {
    let limits = bench.trial.limits;
    json!({
        "connect": seconds(limits.connect),
        "first": seconds(limits.first),
        "idle": seconds(limits.idle),
        "total": seconds(limits.total),
        "drain": bench.trial.drain_limit.map_or(json!("2 x p99 e2e, at least 60s"), seconds),
    })
}

fn seconds(length: std::time::Duration) -> Value {
    json!(format!("{}s", length.as_secs_f64()))
}

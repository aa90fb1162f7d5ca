//! What the tools themselves printed and wrote: by every layout, from figures
//! that were made up for them, and from runs against real engines.

mod captured;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use tokenometer_core::Nanos;
use tokenometer_results::RampUp;

use super::View;
use super::asked::Asked;
use super::bench_serving::{Page, Run};
use super::reading::Output;
use super::stamp::Stamp;

/// `make_layouts.py` wrote it by running the released clients.
const LAYOUTS: &str = include_str!("../../tests/golden/layouts.json");
/// The clients' clock: 2026-08-12 10:31:07.25.
const NOW: Nanos = Nanos(1_786_530_667_250_000_000);

#[derive(Deserialize)]
struct Layouts {
    server_info: Json,
    outputs: BTreeMap<String, Vec<Noted>>,
    cases: Vec<Case>,
}

/// What a client noted of one request.
#[derive(Clone, Deserialize)]
struct Noted {
    success: bool,
    start: f64,
    ttft: f64,
    itl: Vec<f64>,
    tokens: Vec<u32>,
    latency: f64,
    prompt_len: u32,
    output_len: u32,
    text: String,
    error: String,
}

#[derive(Deserialize)]
struct Case {
    view: String,
    duration: f64,
    asked: Json,
    outputs: String,
    console: String,
    file_name: String,
    file: String,
}

/// The requests of a case as we note them. Their tokenizer takes words for
/// tokens, and their server says nothing of prompts.
fn outputs(noted: &[Noted]) -> Vec<Output> {
    let output = |(index, one): (usize, &Noted)| Output {
        request: index as u32,
        row: index as u32,
        success: one.success,
        ok: one.success,
        error: one.error.clone(),
        start: one.start,
        ttft: one.ttft,
        latency: one.latency,
        itl: one.itl.clone(),
        events: one.itl.len() as u32 + 1,
        tokens: one.tokens.iter().copied().map(Some).collect(),
        prompt_len: Some(one.prompt_len),
        output_len: Some(one.output_len),
        counted: Some(one.text.split_whitespace().count() as u32),
        text: one.text.clone(),
        ..Output::default()
    };
    noted.iter().enumerate().map(output).collect()
}

/// What a case was asked for, with the defaults of `make_layouts.py`.
fn asked(given: &Json, requests: usize) -> Asked {
    let text = |key: &str| given.get(key).and_then(Json::as_str).map(str::to_owned);
    let number = |key: &str| given.get(key).and_then(Json::as_f64);
    let list = |key: &str| given.get(key).and_then(Json::as_array).cloned();
    let ramp = given.get("ramp_up");
    Asked {
        backend: text("backend").unwrap_or("openai".into()),
        dataset_name: text("dataset_name").unwrap_or("random".into()),
        dataset_path: None,
        model: text("model").unwrap_or("tiny".into()),
        tokenizer: None,
        num_prompts: requests as u64,
        request_rate: number("request_rate").unwrap_or(f64::INFINITY),
        burstiness: number("burstiness").unwrap_or(1.0),
        max_concurrency: number("max_concurrency").map(|most| most as u32),
        sharegpt_output_len: number("sharegpt_output_len").map(|length| length as u32),
        random_input_len: Some(100),
        random_output_len: Some(50),
        random_range_ratio: Some(0.5),
        ramp_up: ramp.map(|ramp| serde_json::from_value::<RampUp>(ramp.clone()).unwrap()),
        tag: text("tag"),
        label: text("label"),
        metadata: list("metadata")
            .into_iter()
            .flatten()
            .map(|pair| serde_json::from_value(pair).unwrap())
            .collect(),
        goodput: given
            .get("goodput")
            .map(|limits| serde_json::from_value(limits.clone()).unwrap())
            .unwrap_or_default(),
        percentile_metrics: list("percentile_metrics").map_or_else(
            || ["ttft", "tpot", "itl"].map(str::to_owned).to_vec(),
            |names| names.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
        ),
        percentiles: list("percentiles")
            .map_or(vec![99.0], |all| all.iter().map(|p| p.as_f64().unwrap()).collect()),
    }
}

/// The same, laid out by us.
fn page(case: &Case, layouts: &Layouts) -> Page {
    let outputs = outputs(&layouts.outputs[&case.outputs]);
    let asked = asked(&case.asked, outputs.len());
    let flag = |key: &str| case.asked.get(key).and_then(Json::as_bool).unwrap_or(false);
    let view = View::from_name(&case.view).unwrap();
    let run = Run {
        view,
        asked: &asked,
        outputs: &outputs,
        duration: case.duration,
        at: Stamp::new(NOW, NOW),
        server_info: Some(&layouts.server_info),
        details: flag("details") || view == View::Vllm084,
        append: flag("append"),
    };
    run.show()
}

#[test]
fn every_layout_is_the_tools_own_to_the_byte() {
    let layouts: Layouts = serde_json::from_str(LAYOUTS).unwrap();
    assert!(layouts.cases.len() >= 26, "cases are missing");
    for case in &layouts.cases {
        let page = page(case, &layouts);
        // The tools disagree by nothing but the last bit of powers.
        let name = format!("{} with {}", case.view, case.asked);
        assert_eq!(page.console, case.console, "what {name} prints");
        assert_eq!(page.file.name, case.file_name, "where {name} writes");
        assert_eq!(String::from_utf8(page.file.bytes).unwrap(), case.file, "what {name} writes");
    }
}

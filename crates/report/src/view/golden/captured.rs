//! What `vllm bench serve` of vLLM 0.32 and `bench_serving` of SGLang 0.5.23
//! printed and wrote of runs against real engines.

use serde_json::Value as Json;

use super::{NOW, asked};
use crate::view::asked::Asked;
use crate::view::figures::{Figures, Noted};
use crate::view::numpy::Sample;
use crate::view::python::Value;
use crate::view::reading::Output;
use crate::view::stamp::Stamp;
use crate::view::{View, sglang, vllm};

/// What a client wrote and what it printed.
macro_rules! captured {
    ($name:literal, $json:literal) => {
        (
            include_str!(concat!("../../../tests/golden/captured/", $name, $json)),
            include_str!(concat!("../../../tests/golden/captured/", $name, ".txt")),
        )
    };
}

/// A file as JSON: its infinite rate, which is none, comes back below.
fn read(written: &str) -> Json {
    serde_json::from_str(&written.replace("Infinity", "\"inf\"")).unwrap()
}

/// Every plain figure that the file holds, under its own key.
fn figures(file: &Json) -> Figures {
    let mut figures = Figures::default();
    for (key, value) in file.as_object().unwrap() {
        figures.put(key, Value::from(value));
    }
    let gaps = numbers(file, "itls").into_iter().flatten().collect();
    figures.put("max_itl_ms", Sample::new(gaps).max() * 1000.0);
    figures
}

/// A list of numbers, or of lists of them.
fn numbers(file: &Json, key: &str) -> Vec<Vec<f64>> {
    let list = file.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
    let row = |value: &Json| match value {
        Json::Array(items) => items.iter().map(|item| item.as_f64().unwrap()).collect(),
        other => vec![other.as_f64().unwrap()],
    };
    list.iter().map(row).collect()
}

/// The requests, as far as the file tells of them.
fn outputs(file: &Json) -> Vec<Output> {
    let lists = ["input_lens", "output_lens", "ttfts", "latencies", "start_times", "queue_times"];
    let lists = lists.map(|key| numbers(file, key));
    let itls = numbers(file, "itls");
    let count = itls.len().max(lists[3].len());
    let make = |index: usize| {
        let of = |list: usize| lists[list].get(index).map(|row| row[0]);
        let text = |key: &str| file[key][index].as_str().unwrap_or_default().to_owned();
        Output {
            request: index as u32,
            success: true,
            prompt_len: of(0).map(|tokens| tokens as u32),
            output_len: of(1).map(|tokens| tokens as u32),
            ttft: of(2).unwrap_or(0.0),
            latency: of(3).unwrap_or(0.0),
            start: of(4).unwrap_or(0.0),
            due: of(4).zip(of(5)).map_or(0.0, |(start, queued)| start - queued),
            itl: itls.get(index).cloned().unwrap_or_default(),
            text: text("generated_texts"),
            error: text("errors"),
            ..Output::default()
        }
    };
    (0..count).map(make).collect()
}

/// What the client was asked for.
fn told(file: &Json, percentiles: &[f64]) -> Asked {
    let mut given = file.clone();
    let object = given.as_object_mut().unwrap();
    object.insert("model".into(), file.get("model_id").cloned().unwrap_or_default());
    object.remove("goodput");
    let mut asked = asked(&given, 0);
    asked.percentiles = percentiles.to_vec();
    asked.percentile_metrics = ["ttft", "tpot", "itl", "e2el"].map(str::to_owned).to_vec();
    asked.num_prompts = file["num_prompts"].as_u64().unwrap_or(0);
    asked.tokenizer = file["tokenizer_id"].as_str().map(str::to_owned);
    asked.random_input_len = file["random_input_len"].as_u64().map(|length| length as u32);
    asked.random_output_len = file["random_output_len"].as_u64().map(|length| length as u32);
    asked.random_range_ratio = file["random_range_ratio"].as_f64();
    asked
}

/// The report alone, without what vLLM's tool says before it begins.
fn report(console: &str) -> &str {
    &console[console.find("====").unwrap()..]
}

#[test]
fn sglang_shows_what_it_showed() {
    for (written, printed) in
        [captured!("sglang-against-vllm", ".jsonl"), captured!("sglang-native", ".jsonl")]
    {
        let file = read(written);
        let (view, figures, asked) = (View::Sglang0523, figures(&file), told(&file, &[]));
        assert_eq!(sglang::console(view, &asked, &figures), printed);
        let mut object = sglang::object(view, &asked, &figures);
        object.extend(sglang::details(&outputs(&file)));
        assert_eq!(Value::Dict(object).dumps() + "\n", written);
    }
}

/// Its file has no latencies of requests, but times to the first token and
/// gaps, of which the figures can be worked out again.
#[test]
fn sglang_works_out_what_it_worked_out() {
    for (written, _) in
        [captured!("sglang-against-vllm", ".jsonl"), captured!("sglang-native", ".jsonl")]
    {
        let (file, asked) = (read(written), told(&read(written), &[]));
        let (outputs, duration) = (outputs(&file), file["duration"].as_f64().unwrap());
        let view = View::Sglang0523;
        let noted = Noted { view, asked: &asked, outputs: &outputs, duration, accept_length: None };
        let (ours, theirs) = (noted.figures(), figures(&file));
        for span in ["ttft", "itl"] {
            for statistic in ["mean", "median", "std", "p90", "p95", "p99"] {
                let key = format!("{statistic}_{span}_ms");
                assert_eq!(ours.get(&key), theirs.get(&key), "{key}");
            }
        }
        // The sums of prompts are not of the lists, which are the server's.
        for key in ["completed", "total_output_tokens", "request_throughput", "output_throughput"] {
            assert_eq!(ours.get(key), theirs.get(key), "{key}");
        }
    }
}

#[test]
fn vllm_shows_what_it_showed() {
    let (of_some, of_one) = ([50.0, 90.0, 95.0, 99.0], [99.0]);
    for ((written, printed), percentiles) in [
        (captured!("vllm-completions", ".json"), &of_some[..]),
        (captured!("vllm-chat", ".json"), &of_one[..]),
    ] {
        let file = read(written);
        let (view, asked, outputs) = (View::Vllm033, told(&file, percentiles), outputs(&file));
        let figures = figures(&file);
        let console = vllm::console(view, &asked, &figures, &outputs);
        assert_eq!(report(&console), printed);
        let details = file.get("ttfts").is_some();
        let at = (Stamp::new(NOW, NOW), details);
        let object = vllm::object(view, &asked, &figures, &outputs, at);
        let keys: Vec<&str> = object.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, file.as_object().unwrap().keys().collect::<Vec<_>>());
    }
}

/// With the lists of all requests, everything can be worked out again, to the
/// last bit.
#[test]
fn vllm_works_out_what_it_worked_out() {
    let (written, printed) = captured!("vllm-completions", ".json");
    let file = read(written);
    let asked = told(&file, &[50.0, 90.0, 95.0, 99.0]);
    let (view, outputs) = (View::Vllm033, outputs(&file));
    let duration = file["duration"].as_f64().unwrap();
    let noted = Noted { view, asked: &asked, outputs: &outputs, duration, accept_length: None };
    let figures = noted.figures();
    assert_eq!(report(&vllm::console(view, &asked, &figures, &outputs)), printed);
    let at = (Stamp::new(NOW, NOW), true);
    let mut object = vllm::object(view, &asked, &figures, &outputs, at);
    for (key, value) in &mut object {
        // The date is not ours, and of a time in the queue only its end is kept.
        if key == "date" || key == "queue_times" {
            *value = Value::from(&file[key.as_str()]);
        }
    }
    assert_eq!(Value::Dict(object).dumps(), written);
}

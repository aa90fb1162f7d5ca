//! What vLLM's `benchmark_serving.py` of 0.8.4 and `vllm bench serve` of 0.33
//! print and write.

use super::asked::Asked;
use super::figures::{Figures, percentile_word, queue_time};
use super::python::Value;
use super::reading::Output;
use super::sheet::{Section, Sheet};
use super::stamp::Stamp;
use super::{Mode, ResultFile, View};

/// The spans that it can give statistics of: title, name in labels, name in
/// keys and flags.
const SPANS: [[&str; 3]; 6] = [
    ["Time to First Token", "TTFT", "ttft"],
    ["Time per Output Token (excl. 1st token)", "TPOT", "tpot"],
    ["Inter-token Latency", "ITL", "itl"],
    ["End-to-end Latency", "E2EL", "e2el"],
    ["Client-side Queueing", "Client Queue Time", "client_queue_time"],
    [
        "Queue-inclusive End-to-end Latency",
        "E2EL incl. Client Queue",
        "e2el_including_client_queue",
    ],
];

/// How many failures are shown.
const FAILURES_SHOWN: usize = 10;

/// The spans that were asked for and that there are.
fn sections(asked: &Asked, figures: &Figures) -> Vec<Section> {
    let wanted = |stem: &str| {
        asked.percentile_metrics.iter().any(|metric| metric == stem)
            && figures.has(&format!("mean_{stem}_ms"))
    };
    let mut statistics = vec!["mean".to_owned(), "median".to_owned()];
    statistics.extend(asked.percentiles.iter().map(|&p| format!("p{}", percentile_word(p))));
    let section = |[title, name, stem]: [&'static str; 3]| {
        let statistics = statistics.clone();
        Section { title, name, stem, statistics }
    };
    SPANS.into_iter().filter(|[.., stem]| wanted(stem)).map(section).collect()
}

/// What it prints.
pub(super) fn console(view: View, asked: &Asked, figures: &Figures, outputs: &[Output]) -> String {
    let mut sheet = Sheet::default();
    traffic(&mut sheet, view, asked);
    if view == View::Vllm033 {
        failures(&mut sheet, outputs);
    }
    sheet.title(" Serving Benchmark Result ", '=');
    counts(&mut sheet, view, asked, figures);
    throughput(&mut sheet, view, asked, figures);
    for section in sections(asked, figures) {
        sheet.section(&section, figures);
    }
    sheet.rule();
    sheet.into_text()
}

/// What it says of its load, before it begins.
fn traffic(sheet: &mut Sheet, view: View, asked: &Asked) {
    let shape = Value::Float(asked.burstiness).shown();
    let kind = if asked.burstiness == 1.0 { "Poisson process" } else { "Gamma distribution" };
    match asked.ramp_up.as_ref().filter(|_| view == View::Vllm033) {
        Some(ramp) => {
            let (start, end) = (ramp.start_rps, ramp.end_rps);
            sheet.line(&format!("Traffic ramp-up strategy: {}.", ramp.strategy));
            sheet.line(&format!(
                "Will increase RPS from {start} to {end} RPS over the duration of the benchmark."
            ));
        }
        None => sheet.line(&format!("Traffic request rate: {}", asked.rate_shown())),
    }
    sheet.line(&format!("Burstiness factor: {shape} ({kind})"));
    let most = Value::from(asked.max_concurrency).shown();
    sheet.line(&format!("Maximum request concurrency: {most}"));
}

/// The first requests that failed.
fn failures(sheet: &mut Sheet, outputs: &[Output]) {
    let failed = outputs.iter().filter(|output| !output.success).take(FAILURES_SHOWN);
    for (index, output) in failed.enumerate() {
        if index == 0 {
            sheet.line("Failed requests during benchmark run detected (capping to 10):");
        }
        sheet.line(&format!("Error {index}: {}", output.error));
    }
}

fn counts(sheet: &mut Sheet, view: View, asked: &Asked, figures: &Figures) {
    sheet.row("Successful requests:", &figures.get("completed"));
    if view == View::Vllm033 {
        sheet.row("Failed requests:", &figures.get("failed"));
        if let Some(most) = asked.max_concurrency {
            sheet.row("Maximum request concurrency:", &most.into());
        }
        if asked.request_rate.is_finite() {
            sheet.number("Request rate configured (RPS):", &asked.request_rate.into());
        }
    }
    sheet.number("Benchmark duration (s):", &figures.get("duration"));
    sheet.row("Total input tokens:", &figures.get("total_input_tokens"));
    sheet.row("Total generated tokens:", &figures.get("total_output_tokens"));
}

fn throughput(sheet: &mut Sheet, view: View, asked: &Asked, figures: &Figures) {
    sheet.number("Request throughput (req/s):", &figures.get("request_throughput"));
    if !asked.goodput.is_empty() {
        sheet.number("Request goodput (req/s):", &figures.get("request_goodput"));
    }
    sheet.number("Output token throughput (tok/s):", &figures.get("output_throughput"));
    if view == View::Vllm033 {
        let peak = figures.get("max_output_tokens_per_s");
        sheet.number("Peak output token throughput (tok/s):", &peak);
        sheet.number("Peak concurrent requests:", &figures.get("max_concurrent_requests"));
    }
    // The older one writes it with a capital.
    let word = if view == View::Vllm033 { "token" } else { "Token" };
    let total = figures.get("total_token_throughput");
    sheet.number(&format!("Total {word} throughput (tok/s):"), &total);
}

/// The object that it writes. `details` says whether the lists of requests are
/// in it, which the older version never leaves out.
pub(super) fn object(
    view: View,
    asked: &Asked,
    figures: &Figures,
    outputs: &[Output],
    (at, details): (Stamp, bool),
) -> Vec<(String, Value)> {
    let mut object = Object(head(view, asked, at));
    let is_new = view == View::Vllm033;
    object.figures(figures, &["duration", "completed"]);
    if is_new {
        object.figures(figures, &["failed"]);
    }
    object.figures(figures, &["total_input_tokens", "total_output_tokens", "request_throughput"]);
    // The older one has a colon inside the key.
    let goodput = if is_new { "request_goodput" } else { "request_goodput:" };
    object.put(goodput, figures.get("request_goodput"));
    object.figures(figures, &["output_throughput", "total_token_throughput"]);
    lists(&mut object, view, asked, outputs, details || !is_new);
    if is_new {
        object.figures(figures, &["max_output_tokens_per_s", "max_concurrent_requests"]);
        // Only speech has a real time to compare with.
        object.put("rtfx", Value::Float(0.0));
        if let Some(events) = rate_changes(asked, outputs, at) {
            object.put("rps_change_events", events);
        }
    }
    for section in sections(asked, figures) {
        let mut statistics = section.statistics.clone();
        statistics.insert(2, "std".to_owned());
        for statistic in statistics {
            let key = format!("{statistic}_{}_ms", section.stem);
            object.put(&key, figures.get(&key));
        }
    }
    object.0
}

/// An object in the making. A key that is there already keeps its place.
struct Object(Vec<(String, Value)>);

impl Object {
    fn put(&mut self, key: &str, value: Value) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    fn figures(&mut self, figures: &Figures, keys: &[&str]) {
        for key in keys {
            self.put(key, figures.get(key));
        }
    }
}

/// What stands before the figures.
fn head(view: View, asked: &Asked, at: Stamp) -> Vec<(String, Value)> {
    let tokenizer = asked.tokenizer.as_deref().unwrap_or(&asked.model);
    let mut head = Object(Vec::new());
    head.put("date", Value::text(at.date_time('-')));
    if view == View::Vllm033 {
        head.put("endpoint_type", Value::text(&asked.backend));
    }
    head.put("backend", Value::text(&asked.backend));
    if view == View::Vllm033 {
        head.put("label", asked.label.as_deref().into());
    }
    head.put("model_id", Value::text(&asked.model));
    head.put("tokenizer_id", Value::text(tokenizer));
    head.put("num_prompts", asked.num_prompts.into());
    for (key, value) in &asked.metadata {
        head.put(key, Value::text(value));
    }
    head.put("request_rate", asked.rate_or_inf());
    head.put("burstiness", asked.burstiness.into());
    head.put("max_concurrency", asked.max_concurrency.into());
    if let Some(ramp) = asked.ramp_up.as_ref().filter(|_| view == View::Vllm033) {
        head.put("ramp_up_strategy", Value::text(&ramp.strategy));
        head.put("ramp_up_start_rps", Value::Int(ramp.start_rps as i64));
        head.put("ramp_up_end_rps", Value::Int(ramp.end_rps as i64));
    }
    head.0
}

/// What it writes of each request: two lists always, where it is new.
fn lists(object: &mut Object, view: View, asked: &Asked, outputs: &[Output], details: bool) {
    let list = |value: &dyn Fn(&Output) -> Value| Value::List(outputs.iter().map(value).collect());
    let known = |tokens: Option<u32>| tokens.map_or(Value::Unknown, Value::from);
    let is_new = view == View::Vllm033;
    if details {
        let prompt = |output: &Output| {
            known(output.server_prompt_len.filter(|_| is_new).or(output.prompt_len))
        };
        object.put("input_lens", list(&prompt));
        object.put("output_lens", list(&|output| known(output.output_len)));
        object.put("ttfts", list(&|output| Value::Float(output.ttft)));
        object.put("itls", list(&|output| Value::floats(output.itl.iter().copied())));
    }
    if is_new {
        object.put("latencies", list(&|output| Value::Float(output.latency)));
        if details {
            object.put("start_times", list(&|output| Value::Float(output.start)));
        }
        let queued = queue_time(asked);
        object.put("queue_times", list(&|output| Value::Float(queued(output))));
    }
    if details {
        object.put("generated_texts", list(&|output| Value::text(&output.text)));
        object.put("errors", list(&|output| Value::text(&output.error)));
    }
}

/// When a rising rate passed each whole number: at the request that was first
/// due at it.
fn rate_changes(asked: &Asked, outputs: &[Output], at: Stamp) -> Option<Value> {
    let ramp = asked.ramp_up.as_ref()?;
    let event = |rate: i64, seconds: f64| {
        let instant = Value::text(at.began_plus(seconds).iso());
        Value::Dict(vec![("rps".into(), Value::Int(rate)), ("timestamp".into(), instant)])
    };
    let mut last = ramp.start_rps as i64;
    let mut events = vec![event(last, 0.0)];
    let steps = outputs.len().saturating_sub(1).max(1) as f64;
    for (index, output) in outputs.iter().enumerate() {
        let progress = index as f64 / steps;
        let rate = match ramp.strategy.as_str() {
            "exponential" => ramp.start_rps * (ramp.end_rps / ramp.start_rps).powf(progress),
            _ => ramp.start_rps + (ramp.end_rps - ramp.start_rps) * progress,
        };
        events.extend((last + 1..=rate as i64).map(|rate| event(rate, output.due)));
        last = last.max(rate as i64);
    }
    Some(Value::List(events))
}

/// The file that it writes. With `append` it is a line more of a file that may
/// be there.
pub(super) fn file(
    view: View,
    asked: &Asked,
    (at, append): (Stamp, bool),
    json: &str,
) -> ResultFile {
    let most = asked.max_concurrency.map(|most| format!("-concurrency{most}")).unwrap_or_default();
    let (model, date) = (asked.model_name(), at.date_time('-'));
    let label = match (&asked.label, view) {
        (Some(label), View::Vllm033) if !label.is_empty() => label,
        _ => &asked.backend,
    };
    let rate = match asked.ramp_up.as_ref().filter(|_| view == View::Vllm033) {
        Some(ramp) => {
            let (strategy, start, end) = (&ramp.strategy, ramp.start_rps, ramp.end_rps);
            format!("ramp-up-{strategy}-{start}qps-{end}qps")
        }
        None => format!("{}qps", asked.rate_shown()),
    };
    let name = format!("{label}-{rate}{most}-{model}-{date}.json");
    let mode = if append {
        Mode::Append { to_new: Vec::new(), to_old: b"\n".to_vec() }
    } else {
        Mode::Create
    };
    ResultFile { name, mode, bytes: json.as_bytes().to_vec() }
}

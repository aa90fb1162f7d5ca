//! What SGLang's `bench_serving` prints and writes, in three versions: one
//! layout, and what each version has of it.

use super::asked::Asked;
use super::figures::Figures;
use super::python::Value;
use super::reading::Output;
use super::sheet::{Section, Sheet};
use super::stamp::Stamp;
use super::{Mode, ResultFile, View};

/// What one version has.
struct Edition {
    /// How the page calls the most requests in flight, if it shows them.
    concurrency: Option<&'static str>,
    /// Whether it tells text from images in the input.
    input_kinds: bool,
    /// Whether it shows the fullest seconds.
    peaks: bool,
    /// Whether it shows the throughput of both kinds of tokens, and the
    /// concurrency.
    totals: bool,
    /// What it prints of each span, from top to bottom.
    sections: Vec<Section>,
    /// The keys of its file, in order.
    keys: &'static [&'static str],
    /// Whether a file is named after its dataset, rather than after ShareGPT.
    names_dataset: bool,
}

const TITLE_TPOT: &str = "Time per Output Token (excl. 1st token)";

/// What 0.2.14 and 0.3.0 write.
const KEYS_0_2: &[&str] = &[
    "backend",
    "dataset_name",
    "request_rate",
    "total_input_tokens",
    "total_output_tokens",
    "total_output_tokens_retokenized",
    "mean_e2e_latency_ms",
    "median_e2e_latency_ms",
    "median_ttft_ms",
    "median_itl_ms",
    "output_throughput",
    "sharegpt_output_len",
    "random_input_len",
    "random_output_len",
    "random_range_ratio",
    "duration",
    "completed",
];

/// What 0.4.5 writes.
const KEYS_0_4: &[&str] = &[
    "backend",
    "dataset_name",
    "request_rate",
    "max_concurrency",
    "sharegpt_output_len",
    "random_input_len",
    "random_output_len",
    "random_range_ratio",
    "duration",
    "completed",
    "total_input_tokens",
    "total_output_tokens",
    "total_output_tokens_retokenized",
    "request_throughput",
    "input_throughput",
    "output_throughput",
    "mean_e2e_latency_ms",
    "median_e2e_latency_ms",
    "std_e2e_latency_ms",
    "p99_e2e_latency_ms",
    "mean_ttft_ms",
    "median_ttft_ms",
    "std_ttft_ms",
    "p99_ttft_ms",
    "mean_tpot_ms",
    "median_tpot_ms",
    "std_tpot_ms",
    "p99_tpot_ms",
    "mean_itl_ms",
    "median_itl_ms",
    "std_itl_ms",
    "p95_itl_ms",
    "p99_itl_ms",
    "concurrency",
    "accept_length",
];

/// What 0.5.23 writes, before what it writes of objectives.
const KEYS_0_5: &[&str] = &[
    "tag",
    "backend",
    "dataset_name",
    "request_rate",
    "max_concurrency",
    "sharegpt_output_len",
    "random_input_len",
    "random_output_len",
    "random_range_ratio",
    "server_info",
    "duration",
    "completed",
    "total_input_tokens",
    "total_input_text_tokens",
    "total_input_vision_tokens",
    "total_output_tokens",
    "total_output_tokens_retokenized",
    "request_throughput",
    "input_throughput",
    "output_throughput",
    "total_throughput",
    "mean_e2e_latency_ms",
    "median_e2e_latency_ms",
    "std_e2e_latency_ms",
    "p90_e2e_latency_ms",
    "p95_e2e_latency_ms",
    "p99_e2e_latency_ms",
    "mean_ttft_ms",
    "median_ttft_ms",
    "std_ttft_ms",
    "p90_ttft_ms",
    "p95_ttft_ms",
    "p99_ttft_ms",
    "mean_tpot_ms",
    "median_tpot_ms",
    "std_tpot_ms",
    "p90_tpot_ms",
    "p95_tpot_ms",
    "p99_tpot_ms",
    "mean_itl_ms",
    "median_itl_ms",
    "std_itl_ms",
    "p90_itl_ms",
    "p95_itl_ms",
    "p99_itl_ms",
    "concurrency",
    "accept_length",
    "max_output_tokens_per_s",
    "max_concurrent_requests",
];

/// What 0.5.23 adds where objectives were given.
const KEYS_GOODPUT: &[&str] =
    &["goodput_slos_ms", "request_goodput", "slo_attainment", "slo_attainment_by_metric"];

impl Edition {
    fn of(view: View) -> Edition {
        match view {
            View::Sglang0214 => Edition::of_0_2(),
            View::Sglang045 => Edition::of_0_4(),
            _ => Edition::of_0_5(),
        }
    }

    fn of_0_2() -> Edition {
        let three = &["mean", "median", "p99"];
        let sections = vec![
            Section::new("End-to-End Latency", "E2E Latency", "e2e_latency", &["mean", "median"]),
            Section::new("Time to First Token", "TTFT", "ttft", three),
            Section::new(TITLE_TPOT, "TPOT", "tpot", three),
            Section::new("Inter-token Latency", "ITL", "itl", three),
        ];
        Edition {
            concurrency: None,
            input_kinds: false,
            peaks: false,
            totals: false,
            sections,
            keys: KEYS_0_2,
            names_dataset: false,
        }
    }

    fn of_0_4() -> Edition {
        let sections = vec![
            Section::new("End-to-End Latency", "E2E Latency", "e2e_latency", &["mean", "median"]),
            Section::new("Time to First Token", "TTFT", "ttft", &["mean", "median", "p99"]),
            Section::new(
                "Inter-Token Latency",
                "ITL",
                "itl",
                &["mean", "median", "p95", "p99", "max"],
            ),
        ];
        Edition {
            // So misspelt that scripts look for it.
            concurrency: Some("Max reqeuest concurrency:"),
            totals: true,
            sections,
            keys: KEYS_0_4,
            ..Edition::of_0_2()
        }
    }

    fn of_0_5() -> Edition {
        let five = &["mean", "median", "p90", "p95", "p99"];
        let six = &["mean", "median", "p90", "p95", "p99", "max"];
        let sections = vec![
            Section::new("End-to-End Latency", "E2E Latency", "e2e_latency", five),
            Section::new("Time to First Token", "TTFT", "ttft", five),
            Section::new(TITLE_TPOT, "TPOT", "tpot", five),
            Section::new("Inter-Token Latency", "ITL", "itl", six),
        ];
        Edition {
            concurrency: Some("Max request concurrency:"),
            input_kinds: true,
            peaks: true,
            totals: true,
            sections,
            keys: KEYS_0_5,
            names_dataset: true,
        }
    }
}

/// Puts in what is no figure but an argument, or the server's word.
pub(super) fn put_asked(figures: &mut Figures, asked: &Asked, server_info: Value) {
    figures.put("tag", asked.tag.as_deref());
    figures.put("backend", asked.backend.as_str());
    figures.put("dataset_name", asked.dataset_name.as_str());
    figures.put("request_rate", asked.request_rate);
    figures.put("max_concurrency", asked.max_concurrency);
    figures.put("sharegpt_output_len", asked.sharegpt_output_len);
    figures.put("random_input_len", asked.random_input_len);
    figures.put("random_output_len", asked.random_output_len);
    figures.put("random_range_ratio", asked.random_range_ratio);
    figures.put("server_info", server_info);
}

/// What it prints.
pub(super) fn console(view: View, asked: &Asked, figures: &Figures) -> String {
    let edition = Edition::of(view);
    let mut sheet = Sheet::default();
    sheet.line("");
    sheet.title(" Serving Benchmark Result ", '=');
    traffic(&mut sheet, &edition, asked, figures);
    throughput(&mut sheet, &edition, figures);
    if !asked.goodput.is_empty() && view == View::Sglang0523 {
        goodput(&mut sheet, asked, figures);
    }
    for section in &edition.sections {
        sheet.section(section, figures);
    }
    sheet.rule();
    sheet.into_text()
}

fn traffic(sheet: &mut Sheet, edition: &Edition, asked: &Asked, figures: &Figures) {
    sheet.row("Backend:", &Value::text(&asked.backend));
    sheet.row("Traffic request rate:", &Value::Float(asked.request_rate));
    if let Some(label) = edition.concurrency {
        // A limit of none is none to it either.
        let most = asked.max_concurrency.filter(|&most| most > 0).map(Value::from);
        sheet.row(label, &most.unwrap_or_else(|| Value::text("not set")));
    }
    sheet.row("Successful requests:", &figures.get("completed"));
    sheet.number("Benchmark duration (s):", &figures.get("duration"));
    sheet.row("Total input tokens:", &figures.get("total_input_tokens"));
    if edition.input_kinds {
        sheet.row("Total input text tokens:", &figures.get("total_input_text_tokens"));
    }
    sheet.row("Total generated tokens:", &figures.get("total_output_tokens"));
    let retokenized = figures.get("total_output_tokens_retokenized");
    sheet.row("Total generated tokens (retokenized):", &retokenized);
}

fn throughput(sheet: &mut Sheet, edition: &Edition, figures: &Figures) {
    sheet.number("Request throughput (req/s):", &figures.get("request_throughput"));
    sheet.number("Input token throughput (tok/s):", &figures.get("input_throughput"));
    sheet.number("Output token throughput (tok/s):", &figures.get("output_throughput"));
    if edition.peaks {
        let peak = figures.get("max_output_tokens_per_s");
        sheet.number("Peak output token throughput (tok/s):", &peak);
        sheet.row("Peak concurrent requests:", &figures.get("max_concurrent_requests"));
    }
    if edition.totals {
        sheet.number("Total token throughput (tok/s):", &figures.get("total_throughput"));
        sheet.number("Concurrency:", &figures.get("concurrency"));
        let accepted = figures.get("accept_length");
        if accepted.number().is_some_and(|length| length != 0.0) {
            sheet.number("Accept length:", &accepted);
        }
    }
}

fn goodput(sheet: &mut Sheet, asked: &Asked, figures: &Figures) {
    let limits: Vec<String> =
        asked.goodput.iter().map(|(name, limit)| format!("{name}:{limit}")).collect();
    let percent = |value: Value| value.number().map_or(value, |share| Value::Float(share * 100.0));
    sheet.title("Goodput", '-');
    sheet.row("SLOs (ms):", &Value::text(limits.join(" ")));
    sheet.number("Request goodput (req/s):", &figures.get("request_goodput"));
    sheet.number("SLO attainment (%):", &percent(figures.get("slo_attainment")));
    if let Value::Dict(shares) = figures.get("slo_attainment_by_metric") {
        for (name, share) in shares {
            let label = format!("{} SLO attainment (%):", name.to_uppercase());
            sheet.number(&label, &percent(share));
        }
    }
}

/// The object that it writes.
pub(super) fn object(view: View, asked: &Asked, figures: &Figures) -> Vec<(String, Value)> {
    let with_goodput = view == View::Sglang0523 && !asked.goodput.is_empty();
    let more = if with_goodput { KEYS_GOODPUT } else { &[] };
    let keys = Edition::of(view).keys.iter().chain(more);
    keys.map(|&key| (key.to_owned(), figures.get(key))).collect()
}

/// What the newest adds to the object for each request.
pub(super) fn details(outputs: &[Output]) -> Vec<(String, Value)> {
    let list = |value: fn(&Output) -> Value| Value::List(outputs.iter().map(value).collect());
    let known = |tokens: Option<u32>| tokens.map_or(Value::Unknown, Value::from);
    // Of a prompt's length it takes the server's word here, though not in sums.
    let input_lens =
        outputs.iter().map(|output| known(output.server_prompt_len.or(output.prompt_len)));
    vec![
        ("input_lens".into(), Value::List(input_lens.collect())),
        ("output_lens".into(), Value::List(outputs.iter().map(|o| known(o.output_len)).collect())),
        ("ttfts".into(), list(|output| Value::Float(output.ttft))),
        ("itls".into(), list(|output| Value::floats(output.itl.iter().copied()))),
        ("generated_texts".into(), list(|output| Value::text(&output.text))),
        ("errors".into(), list(|output| Value::text(&output.error))),
    ]
}

/// The file that it writes: a line more at each run.
pub(super) fn file(view: View, asked: &Asked, at: Stamp, json: &str) -> ResultFile {
    let (backend, day, number) = (&asked.backend, at.month_day(), asked.num_prompts);
    let length = |length: Option<u32>| Value::from(length).shown();
    let (input, output) = (length(asked.random_input_len), length(asked.random_output_len));
    let dataset = asked.dataset_name.as_str();
    let is_random =
        if view == View::Sglang0214 { dataset == "random" } else { dataset.starts_with("random") };
    let name = if is_random {
        format!("{backend}_{day}_{number}_{input}_{output}.jsonl")
    } else if Edition::of(view).names_dataset {
        format!("{backend}_{day}_{number}_{dataset}.jsonl")
    } else {
        format!("{backend}_{day}_{number}_sharegpt.jsonl")
    };
    let bytes = format!("{json}\n").into_bytes();
    ResultFile { name, mode: Mode::APPEND, bytes }
}

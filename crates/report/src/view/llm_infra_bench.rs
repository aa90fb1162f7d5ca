//! What `llm_infra_bench` prints and writes: a short page, an indented JSON, a
//! CSV of all runs and one of this run's requests.
//!
//! It works out its figures in its own way, so that they are not those of
//! [`figures`](super::figures). What it reads of the GPU we don't: those fields
//! stay empty.

use super::asked::Asked;
use super::figures::{Figures, tpot};
use super::numpy::Sample;
use super::python::{Value, csv_line, fixed, numpy_round};
use super::reading::Output;
use super::stamp::Stamp;
use super::{Mode, ResultFile};

/// Why there is nothing of the GPU.
const NO_GPU: &str = "it samples the GPU's counters while it runs, which we don't yet";
/// Why there are no lengths of prompts.
const NO_PROMPTS: &str =
    "it takes a quarter of the prompt's characters for its tokens; records hold no prompts";
/// Why there are no latencies of tokens for SGLang.
const INVENTED: &str = "for SGLang it doesn't stream: it takes a tenth of the whole time for the \
    time to the first token, and works out the rest from that";
/// Why requests have no names.
const NO_NAMES: &str = "it names requests as its dataset does; ours is the row of the workload";

/// The figures that have places after the point, and how its files round them:
/// three places.
const SUMMARY: [&str; 10] = [
    "ttft_mean_ms",
    "ttft_p99_ms",
    "e2e_mean_ms",
    "e2e_p99_ms",
    "itl_mean_ms",
    "itl_p99_ms",
    "tpot_mean_ms",
    "system_tps",
    "system_rps",
    "mean_prefill_speed_tokens_per_sec",
];

/// What it reads of the GPU, in its JSON.
const GPU: [&str; 12] = [
    "gpu_name",
    "samples_count",
    "gpu_util_mean",
    "gpu_util_max",
    "gpu_util_min",
    "memory_used_mean_mb",
    "memory_used_max_mb",
    "memory_total_mb",
    "power_mean_watts",
    "power_max_watts",
    "temp_mean_c",
    "temp_max_c",
];

/// The columns of its CSV of runs.
const RUN_COLUMNS: [&str; 25] = [
    "timestamp",
    "backend",
    "concurrency",
    "total_requests",
    "duration_sec",
    "ttft_mean_ms",
    "ttft_p99_ms",
    "e2e_mean_ms",
    "e2e_p99_ms",
    "itl_mean_ms",
    "itl_p99_ms",
    "tpot_mean_ms",
    "system_tps",
    "system_rps",
    "prefill_speed",
    "gpu_name",
    "gpu_util_mean",
    "gpu_util_max",
    "mem_used_mean_mb",
    "mem_used_max_mb",
    "mem_total_mb",
    "power_mean_w",
    "power_max_w",
    "temp_mean_c",
    "temp_max_c",
];

/// The columns of its CSV of requests, which are the keys of its list too.
const REQUEST_COLUMNS: [&str; 6] =
    ["request_id", "input_tokens", "output_tokens", "ttft_ms", "e2e_ms", "tpot_ms"];

/// The figures that are explained.
pub(super) const EXPLAINED: &[&str] = &[
    "total_requests",
    "total_duration_sec",
    "ttft_mean_ms",
    "ttft_p99_ms",
    "e2e_mean_ms",
    "e2e_p99_ms",
    "itl_mean_ms",
    "itl_p99_ms",
    "tpot_mean_ms",
    "system_tps",
    "system_rps",
    "mean_prefill_speed_tokens_per_sec",
    "request_id",
    "input_tokens",
    "gpu_name",
    "gpu_util_mean",
    "memory_used_mean_mb",
    "power_mean_watts",
    "temp_mean_c",
    "gpu_samples",
];

/// What one run of it comes to.
pub(super) struct Run<'a> {
    pub(super) asked: &'a Asked,
    /// The requests that it takes for successes; it forgets all others.
    pub(super) outputs: Vec<&'a Output>,
    /// In seconds.
    pub(super) duration: f64,
    /// Where the server listened.
    pub(super) url: &'a str,
    pub(super) at: Stamp,
}

impl Run<'_> {
    /// Whether its figures of single tokens would be made up.
    fn invents(&self) -> bool {
        self.asked.backend == "sglang"
    }

    /// Every figure, not rounded.
    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        figures.put("total_requests", self.outputs.len() as u64);
        figures.put("total_duration_sec", self.duration);
        let tokens: f64 = self.outputs.iter().map(|output| f64::from(output.events)).sum();
        figures.put("total_output_tokens", tokens as u64);
        figures.put("system_tps", tokens / self.duration);
        figures.put("system_rps", self.outputs.len() as f64 / self.duration);
        let of =
            |value: fn(&Output) -> f64| self.outputs.iter().map(|output| value(output)).collect();
        describe(&mut figures, "e2e", of(|output| output.latency));
        describe(&mut figures, "ttft", of(|output| output.ttft));
        describe(&mut figures, "tpot", of(tpot_or_zero));
        let gaps = self.outputs.iter().flat_map(|output| output.itl.iter().copied());
        describe(&mut figures, "itl", gaps.collect());
        figures.lacks("mean_prefill_speed_tokens_per_sec", NO_PROMPTS);
        figures.lacks("input_tokens", NO_PROMPTS);
        figures.lacks("request_id", NO_NAMES);
        for key in GPU.iter().chain(&["gpu_samples"]) {
            figures.lacks(*key, NO_GPU);
        }
        if self.invents() {
            for key in ["ttft_mean_ms", "ttft_p99_ms", "itl_mean_ms", "itl_p99_ms", "tpot_mean_ms"]
            {
                figures.lacks(key, INVENTED);
            }
        }
        figures
    }

    /// What it prints.
    pub(super) fn console(&self, figures: &Figures) -> String {
        let two = |key: &str| figures.get(key).fixed();
        let lines = [
            String::new(),
            format!("=== RESULTS FOR {} ===", self.asked.backend),
            format!("Total Requests: {}", self.outputs.len()),
            format!("Duration:       {}s", fixed(self.duration, 2)),
            format!("System TPS:     {} tok/s", two("system_tps")),
            format!("TTFT (ms):      Mean: {} | P99: {}", two("ttft_mean_ms"), two("ttft_p99_ms")),
            format!("E2E (ms):       Mean: {} | P99: {}", two("e2e_mean_ms"), two("e2e_p99_ms")),
            format!("TPOT (ms):      {}", two("tpot_mean_ms")),
            format!("ITL P99 (ms):   {}", two("itl_p99_ms")),
            String::new(),
        ];
        lines.join("\n")
    }

    /// The object that it writes.
    pub(super) fn object(&self, figures: &Figures) -> Vec<(String, Value)> {
        let dict = |entries: Vec<(&str, Value)>| {
            Value::Dict(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
        };
        let dataset = self.asked.dataset_path.as_deref().unwrap_or(&self.asked.dataset_name);
        let metadata = dict(vec![
            ("backend", Value::text(&self.asked.backend)),
            ("timestamp", Value::text(self.timestamp())),
            ("url", Value::text(self.url)),
            ("concurrency", self.asked.max_concurrency.into()),
            ("dataset", Value::text(dataset)),
            ("total_duration_sec", Value::Float(self.duration).rounded(3)),
            ("total_requests", figures.get("total_requests")),
        ]);
        let summary = SUMMARY.map(|key| (key, rounded(key, figures.get(key))));
        let gpu = GPU.map(|key| (key, figures.get(key)));
        let requests = self.outputs.iter().map(|output| self.request(output).to_vec()).collect();
        vec![
            ("metadata".into(), metadata),
            ("summary".into(), dict(summary.to_vec())),
            ("gpu".into(), dict(gpu.to_vec())),
            ("per_request".into(), Value::Rows(&REQUEST_COLUMNS, requests)),
            ("gpu_samples".into(), figures.get("gpu_samples")),
        ]
    }

    /// What it writes of one request.
    fn request(&self, output: &Output) -> [Value; 6] {
        let millis = |seconds: f64| Value::Float(seconds * 1000.0).rounded(3);
        let of_tokens =
            |seconds: f64| if self.invents() { Value::Unknown } else { millis(seconds) };
        [
            Value::text(output.row.to_string()),
            Value::Unknown,
            output.events.into(),
            of_tokens(output.ttft),
            millis(output.latency),
            of_tokens(tpot_or_zero(output)),
        ]
    }

    /// The files that it writes.
    pub(super) fn files(&self, figures: &Figures, object: &Value) -> Vec<ResultFile> {
        let folder = folder(self.asked);
        let stem = format!("{folder}/{}_{}", self.asked.backend, self.timestamp());
        let header = csv_line(RUN_COLUMNS.map(Value::from)).into_bytes();
        let mut requests = csv_line(REQUEST_COLUMNS.map(Value::from));
        requests.extend(self.outputs.iter().map(|output| csv_line(self.request(output))));
        vec![
            ResultFile {
                name: format!("{stem}.json"),
                mode: Mode::Create,
                bytes: object.dumps_indented().into_bytes(),
            },
            ResultFile {
                name: format!("{folder}/benchmark_summary.csv"),
                mode: Mode::Append { to_new: header, to_old: Vec::new() },
                bytes: csv_line(self.run_row(figures)).into_bytes(),
            },
            ResultFile {
                name: format!("{stem}_requests.csv"),
                mode: Mode::Create,
                bytes: requests.into_bytes(),
            },
        ]
    }

    /// Its CSV of runs, were this the first.
    pub(super) fn csv(&self, figures: &Figures) -> String {
        csv_line(RUN_COLUMNS.map(Value::from)) + &csv_line(self.run_row(figures))
    }

    /// Its row in the CSV of runs.
    fn run_row(&self, figures: &Figures) -> Vec<Value> {
        let mut row = vec![
            Value::text(self.timestamp()),
            Value::text(&self.asked.backend),
            self.asked.max_concurrency.into(),
            figures.get("total_requests"),
            Value::Float(self.duration).rounded(3),
        ];
        row.extend(SUMMARY.map(|key| rounded(key, figures.get(key))));
        row.resize(RUN_COLUMNS.len(), Value::Unknown);
        row
    }

    fn timestamp(&self) -> String {
        self.at.date_time('_')
    }
}

/// The folder that it writes the files of a run into.
pub(super) fn folder(asked: &Asked) -> String {
    let most = Value::from(asked.max_concurrency).shown();
    format!("results/{}/{}-concurrency-{most}", asked.backend, asked.model_name())
}

/// Mean and 99th percentile, in milliseconds; zeros of nothing.
fn describe(figures: &mut Figures, stem: &str, seconds: Vec<f64>) {
    let sample = Sample::new(seconds.into_iter().map(|value| value * 1000.0).collect());
    let or_zero = |value: f64| if sample.is_empty() { 0.0 } else { value };
    figures.put(format!("{stem}_mean_ms"), or_zero(sample.mean()));
    figures.put(format!("{stem}_p99_ms"), or_zero(sample.percentile(99.0)));
}

/// Its files round what numpy worked out as numpy does, and all else as Python
/// does.
fn rounded(key: &str, value: Value) -> Value {
    match value {
        Value::Float(number) if key.ends_with("_ms") => Value::Float(numpy_round(number, 3)),
        other => other.rounded(3),
    }
}

/// The time for each token after the first; 0 where there is but one.
fn tpot_or_zero(output: &Output) -> f64 {
    tpot(output, output.events).unwrap_or(0.0)
}

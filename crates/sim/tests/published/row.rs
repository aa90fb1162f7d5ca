//! The published figures, as they stand in `data/*.csv`.

use crate::load::{Harness, Kind, Load};

/// A study: figures that were published together.
pub struct Study {
    /// What it is called, for people.
    pub title: &'static str,
    /// Where it was published.
    pub source: String,
    /// Whether its latencies are medians; otherwise they are means.
    pub medians: bool,
    pub rows: Vec<Row>,
}

/// One published run.
#[derive(Clone, Debug)]
pub struct Row {
    pub engine: String,
    pub version: String,
    /// The host, where a study has several.
    pub host: String,
    /// Which run of the same, where there are several.
    pub run: String,
    /// As the simulation is told it: `h200x8`.
    pub machine: String,
    pub model: String,
    pub load: Load,
    /// Whether a calibration was fitted to it.
    pub fitted: bool,
    pub figures: Figures,
}

/// Output tokens a second, and latencies in milliseconds; absent where they weren't
/// published or mean something else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    pub throughput: Option<f64>,
    pub ttft: Option<f64>,
    pub tpot: Option<f64>,
    pub e2e: Option<f64>,
}

impl Row {
    /// All that tells it from the others, in words.
    pub fn name(&self) -> String {
        let Row { engine, version, host, run, .. } = self;
        let words = [engine, version, &self.machine, &self.load.name(), host, run];
        let words: Vec<&str> =
            words.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        words.join(" | ")
    }
}

/// All studies, in the order of the page.
pub fn studies() -> Vec<Study> {
    [
        ("SGLang 0.3.0 and vLLM 0.6.0", include_str!("data/sglang-0.3.0.csv")),
        ("SGLang 0.2.14 and vLLM 0.5.5", include_str!("data/llama-3-70b-fp8.csv")),
        ("DeepSeek-R1, online", include_str!("data/deepseek-r1-online.csv")),
        ("DeepSeek-R1, offline", include_str!("data/deepseek-r1-offline.csv")),
        (
            "SkyPilot's suite, with SGLang's harness",
            include_str!("data/skypilot-sglang-harness.csv"),
        ),
        ("SkyPilot's suite, with vLLM's harness", include_str!("data/skypilot-vllm-harness.csv")),
        ("llm_infra_bench", include_str!("data/llm-infra-bench.csv")),
    ]
    .into_iter()
    .map(|(title, text)| study(title, text))
    .collect()
}

fn study(title: &'static str, text: &str) -> Study {
    let head = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("# {key}: ")));
        line.unwrap_or_else(|| panic!("{title} says no {key}")).to_owned()
    };
    let harness = match &*head("harness") {
        "sglang" => Harness::Sglang,
        "vllm" => Harness::Vllm,
        other => panic!("no harness is called {other}"),
    };
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows = lines.map(|line| row(&columns, line, harness)).collect();
    Study { title, source: head("source"), medians: head("statistic") == "median", rows }
}

fn row(columns: &[&str], line: &str, harness: Harness) -> Row {
    let cells: Vec<&str> = line.split(',').collect();
    assert_eq!(cells.len(), columns.len(), "{line}");
    let cell = |name: &str| cells[columns.iter().position(|column| *column == name).unwrap()];
    let number = |name: &str| -> Option<f64> {
        let word = cell(name);
        (!word.is_empty()).then(|| word.parse().unwrap())
    };
    let count = |name: &str| number(name).map(|number| number as u32);
    let word = |name: &str| cell(name).to_owned();
    let load = Load {
        harness,
        kind: Kind::named(cell("load")),
        requests: count("requests").unwrap(),
        input: count("input").unwrap(),
        output: count("output").unwrap(),
        in_flight: count("in_flight"),
        rate: count("rate_per_s"),
    };
    let figures = Figures {
        throughput: number("output_tok_s"),
        ttft: number("ttft_ms"),
        tpot: number("tpot_ms"),
        e2e: number("e2e_ms"),
    };
    Row {
        engine: word("engine"),
        version: word("version"),
        host: word("host"),
        run: word("run"),
        machine: word("machine"),
        model: word("model"),
        load,
        fitted: cell("fitted") == "yes",
        figures,
    }
}

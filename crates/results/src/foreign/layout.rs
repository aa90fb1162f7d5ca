//! From a JSON object to a result: whose it is, in which layout, and which of its keys
//! are there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tokenometer_core::{Mistake, Rules};

use super::text::place;
use super::{ForeignAsked, ForeignResult, ForeignTool};

/// What every layout has.
const EVERYWHERE: [&str; 7] = [
    "backend",
    "request_rate",
    "duration",
    "completed",
    "total_input_tokens",
    "total_output_tokens",
    "output_throughput",
];

/// The lengths that SGLang's files keep.
const LENGTHS: [&str; 4] =
    ["sharegpt_output_len", "random_input_len", "random_output_len", "random_range_ratio"];

/// Files of tools that measure no server, by a key that no other has.
const OTHERS: [(&str, &str); 6] = [
    ("elapsed_time", "vLLM's benchmark of throughput, which starts the engine itself"),
    ("avg_latency", "vLLM's benchmark of latency, which starts the engine itself"),
    ("successful_requests", "SGLang's bench_offline_throughput, which starts the engine itself"),
    ("world_info", "trtllm-bench"),
    ("schema_version", "tokenometer itself: name the run folder instead"),
    ("extra_info", "vLLM's copy for PyTorch: name the file beside it, without `.pytorch`"),
];

/// The result that an object is.
pub(super) fn result(
    name: &str,
    line: usize,
    object: &Map<String, Value>,
) -> Result<ForeignResult, Vec<Mistake>> {
    let reading = Reading { place: place(name, line), object };
    let tool = reading.tool().map_err(|mistake| vec![mistake])?;
    let mistakes: Vec<Mistake> = EVERYWHERE.iter().filter_map(|key| reading.wrong(key)).collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(ForeignResult {
        line,
        tool,
        rules: reading.rules(tool),
        asked: reading.asked(tool),
        completed: reading.whole("completed").unwrap_or_default(),
        failed: reading.whole("failed"),
        figures: reading.figures(),
    })
}

/// An object that is being read.
struct Reading<'a> {
    place: String,
    object: &'a Map<String, Value>,
}

impl Reading<'_> {
    fn tool(&self) -> Result<ForeignTool, Mistake> {
        let has = |key: &str| self.object.contains_key(key);
        if has("model_id") && has("num_prompts") {
            return Ok(ForeignTool::Vllm);
        }
        if has("sharegpt_output_len") {
            return Ok(ForeignTool::Sglang);
        }
        let other = OTHERS.iter().find(|(key, _)| has(key));
        let problem = match other {
            Some((_, whose)) => format!("it is a file of {whose}"),
            None => "it has neither the keys of vLLM's tool (`model_id`, `num_prompts`) nor those \
                     of SGLang's (`sharegpt_output_len`)"
                .to_owned(),
        };
        let cure = "name a result of `vllm bench serve` or of SGLang's `bench_serving`";
        Err(Mistake::new(&self.place, problem, cure))
    }

    /// What is wrong with a key that every layout has.
    fn wrong(&self, key: &str) -> Option<Mistake> {
        let problem = match self.object.get(key) {
            None => "is missing",
            Some(Value::String(_)) if key == "backend" => return None,
            Some(_) if key == "backend" => "is no name",
            // vLLM writes `inf`, and Python's `Infinity` has become a word.
            Some(Value::String(word)) if key == "request_rate" && is_infinite(word) => {
                return None;
            }
            Some(Value::Number(_)) if key != "completed" || self.whole(key).is_some() => {
                return None;
            }
            Some(Value::Null) if !["duration", "completed", "request_rate"].contains(&key) => {
                return None;
            }
            Some(_) => "is no number",
        };
        let place = format!("{}, key `{key}`", self.place);
        Some(Mistake::new(place, problem, "the tool writes it: let it write the file again"))
    }

    /// The version whose layout it is, by what only that one has.
    fn rules(&self, tool: ForeignTool) -> Option<Rules> {
        let has = |key: &str| self.object.contains_key(key);
        match tool {
            ForeignTool::Vllm if has("request_goodput:") => Some(Rules::Vllm084),
            ForeignTool::Vllm if has("failed") => Some(Rules::Vllm033),
            ForeignTool::Sglang if has("total_input_text_tokens") => Some(Rules::Sglang0523),
            ForeignTool::Sglang if has("p95_itl_ms") => Some(Rules::Sglang045),
            ForeignTool::Sglang if !has("mean_ttft_ms") => Some(Rules::Sglang0214),
            ForeignTool::Vllm | ForeignTool::Sglang => None,
        }
    }

    fn asked(&self, tool: ForeignTool) -> ForeignAsked {
        let lengths = LENGTHS.iter().filter_map(|key| Some(((*key).to_owned(), self.number(key)?)));
        let lengths = match tool {
            ForeignTool::Vllm => BTreeMap::new(),
            ForeignTool::Sglang => lengths.collect(),
        };
        ForeignAsked {
            backend: self.word("backend").unwrap_or_default(),
            model: self.word("model_id"),
            dataset: self.word("dataset_name"),
            prompts: self.whole("num_prompts"),
            rate: self.number("request_rate").unwrap_or(f64::INFINITY),
            ramp: self.ramp(),
            burstiness: self.number("burstiness"),
            max_concurrency: self.whole("max_concurrency"),
            lengths,
            objectives: self.object.get("goodput_slos_ms").map(Value::to_string),
        }
    }

    /// How the rate rises.
    fn ramp(&self) -> Option<String> {
        let strategy = self.word("ramp_up_strategy")?;
        let [from, to] = ["ramp_up_start_rps", "ramp_up_end_rps"].map(|key| self.number(key));
        Some(format!("{strategy} ramp from {} to {} requests/s", from?, to?))
    }

    /// Every number at the top that is finite.
    fn figures(&self) -> BTreeMap<String, f64> {
        let finite = |value: &Value| value.as_f64().filter(|number| number.is_finite());
        self.object.iter().filter_map(|(key, value)| Some((key.clone(), finite(value)?))).collect()
    }

    fn word(&self, key: &str) -> Option<String> {
        self.object.get(key)?.as_str().map(str::to_owned)
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.object.get(key)?.as_f64()
    }

    fn whole(&self, key: &str) -> Option<u64> {
        self.object.get(key)?.as_u64()
    }
}

/// Whether a word stands for no limit.
fn is_infinite(word: &str) -> bool {
    ["inf", "Infinity"].contains(&word)
}

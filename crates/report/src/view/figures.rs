//! What a tool works out of all that it noted: every figure under the key that
//! its newest file has for it, by the formulas that all versions share.
//!
//! The layouts pick from these and give them other names where a version has
//! others. Nothing is rounded here.

use std::collections::BTreeMap;

use super::asked::Asked;
use super::numpy::Sample;
use super::python::Value;
use super::reading::Output;
use super::{Family, View};

/// The spans of which tools give statistics: the stem of the key in seconds'
/// lists, and that of the figures.
const TTFT: &str = "ttft";
const TPOT: &str = "tpot";
const ITL: &str = "itl";

/// Every figure by its key. What can't be known is there too, as
/// [`Value::Unknown`], with the reason apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures {
    values: BTreeMap<String, Value>,
    unknown: BTreeMap<String, String>,
}

impl Figures {
    /// Puts a figure in.
    pub(super) fn put(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.values.insert(key.into(), value.into());
    }

    /// Says that a figure can't be known, and why.
    pub(super) fn lacks(&mut self, key: impl Into<String>, why: &str) {
        let key = key.into();
        self.values.insert(key.clone(), Value::Unknown);
        self.unknown.insert(key, why.to_owned());
    }

    /// A figure that may be unknown.
    fn put_or_lack(&mut self, key: &str, value: Option<Value>, why: &str) {
        match value {
            Some(value) => self.put(key, value),
            None => self.lacks(key, why),
        }
    }

    /// A figure; unknown where there is none of that key.
    pub(super) fn get(&self, key: &str) -> Value {
        self.values.get(key).cloned().unwrap_or(Value::Unknown)
    }

    /// Whether there is a figure of that key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Why a figure can't be known, if it can't.
    pub(super) fn why_unknown(&self, key: &str) -> Option<&str> {
        self.unknown.get(key).map(String::as_str)
    }
}

/// What a request's tokens are unknown for.
const NOT_COUNTED: &str = "it counts the text with its tokenizer; give ours with --tokenizer";
/// What a prompt's tokens are unknown for.
const NO_PROMPT_LENGTHS: &str =
    "it counts the prompts with its tokenizer; give ours with --tokenizer";

/// What the figures are worked out of.
pub(super) struct Noted<'a> {
    pub(super) view: View,
    pub(super) asked: &'a Asked,
    /// One for each request, in the tool's order.
    pub(super) outputs: &'a [Output],
    /// From the start of the load to the end of the last request, in seconds.
    pub(super) duration: f64,
    /// How many tokens a step of speculative decoding brought on average, if
    /// the server said.
    pub(super) accept_length: Option<f64>,
}

impl Noted<'_> {
    /// The requests that the tool takes for successes.
    fn successes(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(|output| output.success)
    }

    /// Every figure of `bench_serving`, `benchmark_serving.py` and `vllm bench
    /// serve`.
    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        self.counts(&mut figures);
        self.rates(&mut figures);
        self.spans(&mut figures);
        self.peaks(&mut figures);
        self.goodput(&mut figures);
        let accept = self.accept_length.map(Value::Float);
        figures.put("accept_length", accept.unwrap_or(Value::None));
        figures
    }

    fn counts(&self, figures: &mut Figures) {
        let completed = self.successes().count();
        figures.put("duration", self.duration);
        figures.put("completed", completed as u64);
        figures.put("failed", (self.outputs.len() - completed) as u64);
        let of_server = self.view == View::Vllm033;
        let prompt = |output: &Output| match output.server_prompt_len.filter(|_| of_server) {
            Some(tokens) => Some(tokens),
            None => output.prompt_len,
        };
        let input = total(self.successes().map(prompt));
        for key in ["total_input_tokens", "total_input_text_tokens"] {
            figures.put_or_lack(key, input.map(Value::from), NO_PROMPT_LENGTHS);
        }
        figures.put("total_input_vision_tokens", 0_u64);
        let output = total(self.successes().map(|output| output.output_len));
        figures.put_or_lack("total_output_tokens", output.map(Value::from), NOT_COUNTED);
        let counted = total(self.successes().map(|output| output.counted));
        let key = "total_output_tokens_retokenized";
        figures.put_or_lack(key, counted.map(Value::from), NOT_COUNTED);
    }

    fn rates(&self, figures: &mut Figures) {
        let [input, output] =
            ["total_input_tokens", "total_output_tokens"].map(|key| figures.get(key).number());
        let per_second = |number: Option<f64>| number.map(|n| Value::Float(n / self.duration));
        let completed = figures.get("completed").number();
        figures.put_or_lack("request_throughput", per_second(completed), NOT_COUNTED);
        figures.put_or_lack("input_throughput", per_second(input), NO_PROMPT_LENGTHS);
        figures.put_or_lack("output_throughput", per_second(output), NOT_COUNTED);
        let both = per_second(input.zip(output).map(|(input, output)| input + output));
        for key in ["total_throughput", "total_token_throughput"] {
            figures.put_or_lack(key, both.clone(), NO_PROMPT_LENGTHS);
        }
        let latencies = Sample::new(self.successes().map(|output| output.latency).collect());
        figures.put("concurrency", latencies.sum() / self.duration);
    }

    /// The statistics of every span.
    fn spans(&self, figures: &mut Figures) {
        let listed =
            |value: fn(&Output) -> f64| -> Vec<f64> { self.successes().map(value).collect() };
        self.describe(figures, TTFT, Some(listed(|output| output.ttft)));
        self.describe(figures, TPOT, self.tpots());
        self.describe(figures, ITL, self.itls());
        let latencies = listed(|output| output.latency);
        self.describe(figures, self.latency_stem(), Some(latencies));
        if self.view == View::Vllm033 && self.asked.max_concurrency.is_some() {
            self.describe(figures, "client_queue_time", Some(listed(queue_time(self.asked))));
            if self.asked.request_rate.is_finite() {
                let sums = listed(|output| output.latency + (output.start - output.due));
                self.describe(figures, "e2el_including_client_queue", Some(sums));
            }
        }
    }

    /// What the tools call the whole latency.
    fn latency_stem(&self) -> &'static str {
        if self.view.family() == Family::Vllm { "e2el" } else { "e2e_latency" }
    }

    /// Mean, median, deviation, percentiles and maximum, in milliseconds.
    fn describe(&self, figures: &mut Figures, stem: &str, seconds: Option<Vec<f64>>) {
        let Some(seconds) = seconds else {
            for name in self.statistics() {
                figures.lacks(format!("{name}_{stem}_ms"), NOT_COUNTED);
            }
            return;
        };
        let mut sample = Sample::new(seconds);
        // SGLang lets numpy say that there is no mean of no latency; of all
        // other spans the tools take a single zero for nothing.
        if sample.is_empty() && stem != "e2e_latency" {
            sample = Sample::new(vec![0.0]);
        }
        figures.put(format!("mean_{stem}_ms"), sample.mean() * 1000.0);
        figures.put(format!("median_{stem}_ms"), sample.median() * 1000.0);
        figures.put(format!("std_{stem}_ms"), sample.std() * 1000.0);
        figures.put(format!("max_{stem}_ms"), sample.max() * 1000.0);
        for p in self.percentiles() {
            let key = format!("p{}_{stem}_ms", percentile_word(p));
            figures.put(key, sample.percentile(p) * 1000.0);
        }
    }

    /// The names of all statistics.
    fn statistics(&self) -> Vec<String> {
        let mut names: Vec<String> = ["mean", "median", "std", "max"].map(str::to_owned).to_vec();
        names.extend(self.percentiles().iter().map(|&p| format!("p{}", percentile_word(p))));
        names
    }

    /// The percentiles that the tool works out.
    fn percentiles(&self) -> Vec<f64> {
        match self.view.family() {
            Family::Vllm => self.asked.percentiles.clone(),
            _ => vec![90.0, 95.0, 99.0],
        }
    }

    /// The time for each token after the first, of requests with several.
    fn tpots(&self) -> Option<Vec<f64>> {
        let mut tpots = Vec::new();
        for output in self.successes() {
            tpots.extend(tpot(output, output.output_len?));
        }
        Some(tpots)
    }

    /// The gaps of all requests in one list.
    fn itls(&self) -> Option<Vec<f64>> {
        let mut itls = Vec::new();
        for output in self.successes() {
            if !self.shares_gaps() {
                itls.extend_from_slice(&output.itl);
                continue;
            }
            for (gap, tokens) in output.itl.iter().zip(&output.tokens) {
                let tokens = (*tokens)?;
                itls.extend(std::iter::repeat_n(gap / f64::from(tokens.max(1)), tokens as usize));
            }
        }
        Some(itls)
    }

    /// Whether a gap is shared out among the tokens of its chunk: SGLang does
    /// so on OpenAI's routes where the server decodes speculatively.
    fn shares_gaps(&self) -> bool {
        self.view == View::Sglang0523
            && self.accept_length.is_some_and(|length| length > 0.0)
            && ["sglang-oai", "sglang-oai-chat"].contains(&self.asked.backend.as_str())
    }

    /// The fullest second: of events, which the tools take for tokens, and of
    /// requests, each counted in every second that it touches.
    fn peaks(&self, figures: &mut Figures) {
        let began = self.successes().map(|output| output.start).fold(f64::INFINITY, f64::min);
        let mut events: BTreeMap<u64, u64> = BTreeMap::new();
        let mut requests: BTreeMap<u64, u64> = BTreeMap::new();
        let second = |instant: f64| (instant - began) as u64;
        for output in self.successes() {
            let mut now = output.start + output.ttft;
            *events.entry(second(now)).or_default() += 1;
            for gap in &output.itl {
                now += gap;
                *events.entry(second(now)).or_default() += 1;
            }
            for busy in second(output.start)..=second(output.start + output.latency) {
                *requests.entry(busy).or_default() += 1;
            }
        }
        let most = |seconds: BTreeMap<u64, u64>| seconds.into_values().max().unwrap_or(0);
        figures.put("max_output_tokens_per_s", most(events) as f64);
        figures.put("max_concurrent_requests", most(requests));
    }

    /// The requests that kept within every span allowed.
    fn goodput(&self, figures: &mut Figures) {
        let limits = &self.asked.goodput;
        if limits.is_empty() {
            figures.put("request_goodput", Value::None);
            return;
        }
        let mut good = 0_u64;
        let mut met: BTreeMap<&str, u64> = limits.keys().map(|name| (name.as_str(), 0)).collect();
        for output in self.successes() {
            let Some(output_len) = output.output_len else {
                figures.lacks("request_goodput", NOT_COUNTED);
                return;
            };
            let keeps = |name: &str, limit: f64| self.keeps(output, output_len, name, limit);
            good += u64::from(limits.iter().all(|(name, limit)| keeps(name, *limit)));
            for (name, count) in &mut met {
                *count += u64::from(keeps(name, limits[*name]));
            }
        }
        let sent = self.outputs.len() as f64;
        let shares = met
            .iter()
            .map(|(name, count)| ((*name).to_owned(), Value::Float(*count as f64 / sent)));
        figures.put("request_goodput", good as f64 / self.duration);
        figures.put("slo_attainment", good as f64 / sent);
        figures.put("slo_attainment_by_metric", Value::Dict(shares.collect()));
        let limits = limits.iter().map(|(name, limit)| (name.clone(), Value::Float(*limit)));
        figures.put("goodput_slos_ms", Value::Dict(limits.collect()));
    }

    /// Whether a request kept within one span. SGLang compares milliseconds,
    /// vLLM seconds.
    fn keeps(&self, output: &Output, output_len: u32, name: &str, limit: f64) -> bool {
        let seconds = match name {
            "ttft" => output.ttft,
            "tpot" => tpot(output, output_len).unwrap_or(0.0),
            _ => output.latency,
        };
        match self.view.family() {
            Family::Vllm => limit / 1000.0 >= seconds,
            _ => seconds * 1000.0 <= limit,
        }
    }
}

/// The time for each token after the first; `None` where there is but one.
pub(super) fn tpot(output: &Output, output_len: u32) -> Option<f64> {
    (output_len > 1).then(|| (output.latency - output.ttft) / f64::from(output_len - 1))
}

/// How long a request waited in the client for its slot. All of a load without
/// a rate are due at its beginning.
pub(super) fn queue_time(asked: &Asked) -> fn(&Output) -> f64 {
    if asked.request_rate.is_finite() {
        |output| output.start - output.due
    } else {
        |output| output.start
    }
}

/// A percentile as it stands in a key: `99`, `99.9`.
pub(super) fn percentile_word(p: f64) -> String {
    if p.fract() == 0.0 { format!("{p:.0}") } else { format!("{p}") }
}

/// The sum of numbers that are all known.
fn total(numbers: impl Iterator<Item = Option<u32>>) -> Option<u64> {
    numbers.map(|number| number.map(u64::from)).sum()
}

//! Why a tool's figure is not ours: for each key that both have, or that the
//! tool has and we can't know, one line in plain words.
//!
//! The reasons are put together from the facts in [`eyes`](super::eyes), so
//! that they can't fall behind them.

use std::fmt;

use tokenometer_core::{Distribution, Outcome, Summary};

use super::eyes::{End, Event, Eyes, Length};
use super::figures::Figures;
use super::python::{Value, fixed};
use super::reading::Output;
use super::{Family, View};

/// One figure of a tool's beside ours, and why they are not the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The key of the figure in the tool's file, or what it would be.
    pub key: String,
    /// The tool's figure.
    pub theirs: Figure,
    /// Ours, in the same unit; absent where we have none or withhold it.
    pub ours: Option<Figure>,
    /// Why they differ.
    pub why: String,
}

/// A figure, as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// What the tool would say can't be known from what was kept.
    NotMeasurable,
    /// A whole number.
    Count(u64),
    /// A number, in the unit that its key bears.
    Number(f64),
    /// Words.
    Text(String),
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::NotMeasurable => f.write_str("not measurable"),
            Figure::Count(count) => write!(f, "{count}"),
            Figure::Number(number) => f.write_str(&fixed(*number, 6)),
            Figure::Text(text) => f.write_str(text),
        }
    }
}

impl From<&Value> for Figure {
    fn from(value: &Value) -> Figure {
        match value {
            Value::Unknown => Figure::NotMeasurable,
            Value::Int(number) => u64::try_from(*number)
                .map_or_else(|_| Figure::Number(*number as f64), Figure::Count),
            Value::Float(number) => Figure::Number(*number),
            other => Figure::Text(other.shown()),
        }
    }
}

/// What a figure is about, and so why it may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Completed,
    Failed,
    Duration,
    Requests,
    Input,
    Output,
    Both,
    InFlight,
    Goodput,
    Ttft,
    Tpot,
    Itl,
    E2e,
}

/// What the reasons are put together from.
pub(super) struct Reasons<'a> {
    pub(super) view: View,
    pub(super) eyes: Eyes,
    pub(super) figures: &'a Figures,
    pub(super) summary: &'a Summary,
    pub(super) outputs: &'a [Output],
}

impl Reasons<'_> {
    /// An explanation of every key that needs one, in the order of the keys.
    pub(super) fn explain<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Vec<Explained> {
        keys.into_iter().filter_map(|key| self.explain_one(key)).collect()
    }

    fn explain_one(&self, key: &str) -> Option<Explained> {
        let value = self.figures.get(key);
        let found = self.ours(key);
        let ours = found.as_ref().and_then(|(_, ours)| ours.clone());
        let theirs = Figure::from(&value);
        let why = match (self.figures.why_unknown(key), &found) {
            (Some(why), _) => why.to_owned(),
            (None, Some((topic, Some(ours)))) if !is_same(&theirs, ours) => self.why(*topic, key),
            (None, Some((topic, None))) => self.why_withheld(*topic, key),
            _ => return None,
        };
        Some(Explained { key: key.to_owned(), theirs, ours, why })
    }

    /// What a key is about, and our figure for it if there is one.
    fn ours(&self, key: &str) -> Option<(Topic, Option<Figure>)> {
        if let Some((topic, distribution, statistic)) = self.span(key) {
            return Some((topic, of_distribution(distribution, statistic)));
        }
        let summary = self.summary;
        let ok = summary.outcomes.get(Outcome::Ok.name()).copied().unwrap_or(0);
        let count = |count: Option<u64>| count.map(Figure::Count);
        let number = |number: Option<f64>| number.map(Figure::Number);
        Some(match key {
            "completed" | "total_requests" => (Topic::Completed, count(Some(ok))),
            "failed" => (Topic::Failed, count(summary.requests.checked_sub(ok))),
            "duration" | "total_duration_sec" => {
                (Topic::Duration, number(Some(summary.duration_s)))
            }
            "total_input_tokens" => (Topic::Input, count(summary.input_tokens)),
            "total_output_tokens" => (Topic::Output, count(summary.output_tokens)),
            "request_throughput" | "system_rps" => {
                (Topic::Requests, number(summary.request_throughput))
            }
            "input_throughput" => (Topic::Input, number(summary.input_throughput)),
            "output_throughput" | "system_tps" => {
                (Topic::Output, number(summary.output_throughput))
            }
            "total_throughput" | "total_token_throughput" => {
                (Topic::Both, number(summary.total_throughput))
            }
            "concurrency" => (Topic::InFlight, number(summary.concurrency)),
            "request_goodput" => {
                let goodput = summary.goodput.as_ref()?;
                (Topic::Goodput, number(goodput.per_second))
            }
            _ => return None,
        })
    }

    /// Our distribution behind a key, and which statistic of it is meant.
    fn span<'k>(&self, key: &'k str) -> Option<(Topic, &Distribution, &'k str)> {
        let stem = key.strip_suffix("_ms")?;
        let (front, back) = stem.split_once('_')?;
        // llm_infra_bench writes the statistic last.
        let (statistic, span) = if ["ttft", "e2e", "itl", "tpot"].contains(&front) {
            (back, front)
        } else {
            (front, back)
        };
        let summary = self.summary;
        let (topic, distribution) = match span {
            "ttft" => (Topic::Ttft, &summary.ttft_ms),
            "tpot" => (Topic::Tpot, &summary.tpot_ms),
            "itl" => (Topic::Itl, &summary.itl_ms),
            "e2e_latency" | "e2el" | "e2e" => (Topic::E2e, &summary.e2e_ms),
            _ => return None,
        };
        Some((topic, distribution, statistic))
    }

    /// Why we give none, and why it would not be theirs.
    fn why_withheld(&self, topic: Topic, key: &str) -> String {
        let withheld = format!("ours is withheld: {}", self.withheld(key));
        match self.span(key) {
            Some((_, distribution, _)) if self.has_our_mean(key, distribution) => withheld,
            _ => format!("{}; {withheld}", self.why(topic, key)),
        }
    }

    /// Whether the means of a span agree, so that theirs is made of our values.
    fn has_our_mean(&self, key: &str, distribution: &Distribution) -> bool {
        let Some((_, _, statistic)) = self.span(key) else { return false };
        let mean = self.figures.get(&key.replacen(statistic, "mean", 1));
        let ours = distribution.mean.map(Figure::Number);
        ours.is_some_and(|ours| is_same(&Figure::from(&mean), &ours))
    }

    /// What withholds ours.
    fn withheld(&self, key: &str) -> String {
        let reasons = match self.span(key) {
            Some((_, distribution, statistic)) => {
                let all = &distribution.withheld;
                all.get(our_name(statistic)).or_else(|| all.get("all"))
            }
            None => self.summary.withheld.get(key),
        };
        reasons.cloned().unwrap_or_else(|| "there is no value".to_owned())
    }

    /// Why the figures differ.
    fn why(&self, topic: Topic, key: &str) -> String {
        const OF_ALL: &str = "it divides by n, we by n - 1";
        let is_std = key.starts_with("std_");
        match self.span(key) {
            Some((_, distribution, _)) if is_std && self.has_our_mean(key, distribution) => {
                OF_ALL.to_owned()
            }
            _ if is_std => format!("{}; {OF_ALL}", self.why_topic(topic)),
            _ if key.contains("throughput") || key.starts_with("system_") => {
                format!("{}; over {PERIOD}, ours over the window", self.why_topic(topic))
            }
            _ => self.why_topic(topic),
        }
    }

    fn why_topic(&self, topic: Topic) -> String {
        match topic {
            Topic::Completed | Topic::Failed => self.why_completed(),
            Topic::Duration => self.why_duration(),
            Topic::Requests => self.why_completed(),
            Topic::Input => self.input().to_owned(),
            Topic::Output => self.why_output(),
            Topic::Both => "the sum of both kinds of tokens".to_owned(),
            Topic::InFlight => "the latencies of its successes added up, over the duration; ours \
                counts requests in flight at every instant of the window"
                .to_owned(),
            Topic::Goodput => "its own spans are compared with the limits; ours are".to_owned(),
            Topic::Ttft => self.why_ttft(),
            Topic::Tpot => self.why_tpot(),
            Topic::Itl => self.why_itl(),
            Topic::E2e => format!("from {CLOCK} up to {}; ours {OUR_SPAN}", self.end()),
        }
    }

    fn why_completed(&self) -> String {
        let lenient = self.outputs.iter().filter(|output| output.success && !output.ok).count();
        let strict = self.outputs.iter().filter(|output| !output.success && output.ok).count();
        match (lenient, strict) {
            (0, 0) => "its successes are ours".to_owned(),
            (some, 0) => format!("{some} that we don't call ok it takes for successes"),
            (0, some) => format!("{some} that we call ok it takes for failures"),
            (more, less) => format!(
                "{more} that we don't call ok it takes for successes, {less} that we do for \
                 failures"
            ),
        }
    }

    fn why_duration(&self) -> String {
        let mut why = format!("{PERIOD}; ours is the length of the window");
        if matches!(self.view, View::Sglang045 | View::Sglang0523) {
            why.push_str("; its own also holds its call for the server's state");
        }
        why
    }

    fn input(&self) -> &'static str {
        match self.view {
            View::Vllm033 => "the server's count of the prompt",
            _ => "the prompt as its own tokenizer counts it; ours is the server's count first",
        }
    }

    fn why_output(&self) -> String {
        let credited = self.outputs.iter().filter(|output| output.success);
        let credited =
            credited.filter(|output| output.told.is_some() && output.told != output.output_len);
        match (self.eyes.length, credited.count()) {
            (_, 0) => format!("{}; ours is of what arrived in the window", self.length()),
            (_, some) => {
                format!(
                    "{}, which in {some} of {} requests is not what the server says",
                    self.length(),
                    self.outputs.len()
                )
            }
        }
    }

    /// What it takes for the number of generated tokens.
    fn length(&self) -> &'static str {
        match self.eyes.length {
            Length::Asked => "it takes what was asked for as what was generated",
            Length::Running => "the server's running count of the last frame with text",
            Length::Usage => "the server's count, and a tokenizer's where it sent none",
            Length::Counted => "the text as its own tokenizer counts it",
            Length::AskedIfExact => "it takes what was asked for, where the model could not stop",
            Length::Events => "it counts events, with or without text, as tokens",
        }
    }

    fn why_ttft(&self) -> String {
        let zeros = self.outputs.iter().filter(|output| output.success && output.events == 0);
        let mut why = format!(
            "from {CLOCK} to {}; ours is from the last byte written to the first chunk that bears \
             tokens",
            self.event()
        );
        let zeros = zeros.count();
        if zeros > 0 {
            why.push_str(&format!("; answers without a token, {zeros} here, count as 0 ms"));
        }
        why
    }

    fn why_tpot(&self) -> String {
        format!(
            "up to {}, divided by its tokens less one ({}); ours is between the first and the \
             last arrival, by the tokens after the first arrival",
            self.end(),
            self.length()
        )
    }

    fn why_itl(&self) -> String {
        let counts = match self.eyes.event {
            Event::Running => "a gap is shared out among the tokens that ended it",
            _ => "a gap counts once, however many tokens ended it",
        };
        format!(
            "{counts}, between {}, chunks of one read included as gaps of no length; ours counts \
             once a token, and what one read brought as one arrival",
            self.events()
        )
    }

    /// What it takes for the first token.
    fn event(&self) -> &'static str {
        match self.eyes.event {
            Event::Text => "the first chunk with answer text",
            Event::Speech => "the first chunk with answer text or reasoning",
            Event::Choices => "the first chunk with choices, even without text",
            Event::Delta => {
                "the first delta with text, a tool call or vLLM's own kind of reasoning"
            }
            Event::Running => "the first frame with text",
            Event::Frame => "the first frame, even without text",
            Event::Line => "the first line of data, even without text",
        }
    }

    fn events(&self) -> &'static str {
        match self.eyes.event {
            Event::Text => "chunks with answer text",
            Event::Speech => "chunks with answer text or reasoning",
            Event::Choices => "chunks with choices, even without text",
            Event::Delta => "deltas with text, a tool call or vLLM's own kind of reasoning",
            Event::Running | Event::Frame => "frames",
            Event::Line => "lines of data",
        }
    }

    /// Up to where its latency reaches.
    fn end(&self) -> &'static str {
        match (self.eyes.end, self.view.family()) {
            (End::Line, _) => "the last line of all, [DONE] included",
            (End::Frame, _) => "the last frame of all, that with the counts included",
            (End::Event, Family::LlmInfraBench) => "the last line of data",
            (End::Event, _) => "its last chunk with tokens",
        }
    }
}

/// Where the tools start the clock of a request.
const CLOCK: &str = "just before it connects and sends";
/// Over what its rates are.
const PERIOD: &str = "the time from the start of the load to the end of its last request";
/// What our latency is.
const OUR_SPAN: &str = "is from the last byte written to the last chunk that bears tokens";

/// A statistic as our files name it.
fn our_name(statistic: &str) -> &str {
    if statistic == "median" { "p50" } else { statistic }
}

fn of_distribution(distribution: &Distribution, statistic: &str) -> Option<Figure> {
    let value = match our_name(statistic) {
        "mean" => distribution.mean,
        "std" => distribution.std,
        "p50" => distribution.p50,
        "p90" => distribution.p90,
        "p95" => distribution.p95,
        "p99" => distribution.p99,
        "max" => distribution.max,
        _ => None,
    };
    value.map(Figure::Number)
}

/// Whether two figures are the same, but for how they were added up and what
/// lies between two readings of one clock.
fn is_same(theirs: &Figure, ours: &Figure) -> bool {
    match (theirs, ours) {
        (Figure::Number(a), Figure::Number(b)) => (a - b).abs() <= 1e-6 * a.abs().max(b.abs()),
        _ => theirs == ours,
    }
}

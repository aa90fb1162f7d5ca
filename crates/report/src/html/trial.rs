//! One trial: its figures, what its gates saw, how its requests ended, its charts, and some
//! of its requests one by one.

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_core::{Distribution, Gate, GateStatus, Nanos};
use tokenometer_results::Trial;

use super::amount::{titled, value};
use super::charts::ChartSeen;
use super::embedded::Pack;
use super::facts::{Fact, known};
use super::sign::Badge;
use super::words::Words;
use crate::console::load;
use crate::date::utc;
use crate::digest::{RequestSeen, TrialDigest};
use crate::measured::figure;
use crate::number::{count, decimal, percent, places, short};
use crate::warnings;

/// The figures that stand at the top of a trial.
const FIGURES: [&str; 6] = [
    "output_throughput",
    "request_throughput",
    "goodput",
    "attainment",
    "concurrency",
    "makespan_s",
];

/// The most requests that are listed one by one.
const MOST_REQUESTS: usize = 60;

/// The most ways of failing that are told; the run folder has all of them.
const MOST_FAILURES: usize = 20;

/// A trial that was carried out.
#[derive(Debug, Template)]
#[template(path = "trial.html")]
pub(super) struct TrialSection {
    facts: Vec<Fact>,
    figures: Vec<(String, String)>,
    latencies: Vec<LatencyRow>,
    withheld: Vec<Words>,
    /// The gates that object, those that say nothing, and the ids of those that passed.
    objections: Vec<(Badge, GateLine)>,
    silent: Vec<(Badge, GateLine)>,
    passed: Vec<Words>,
    outcomes: Vec<(Words, String, String)>,
    failures: Vec<Words>,
    more_failures: usize,
    warnings: Vec<Words>,
    readings: Vec<ReadingRow>,
    charts: Vec<ChartSeen>,
    /// What is drawn in them.
    pack: Option<Pack>,
    requests: Vec<RequestRow>,
    /// Which requests those are.
    chosen: String,
}

/// Each part is escaped by its own template.
impl HtmlSafe for TrialSection {}

/// One latency, in milliseconds.
#[derive(Debug)]
struct LatencyRow {
    name: &'static str,
    statistics: [String; 6],
    n: String,
}

/// A gate in a line.
#[derive(Debug)]
struct GateLine {
    name: Words,
    saw: Words,
    advice: Option<Words>,
}

/// Something that was read over time, in short.
#[derive(Debug)]
struct ReadingRow {
    name: Words,
    unit: Words,
    mean: String,
    max: String,
}

/// One request.
#[derive(Debug)]
struct RequestRow {
    request: u32,
    due: String,
    /// From sent to the first token, to the last, and from the first to the last.
    first: String,
    whole: String,
    input: String,
    output: String,
    outcome: Words,
    is_ok: bool,
    text: Words,
    error: Option<Words>,
}

impl TrialSection {
    /// A trial's own words and figures, without charts and requests.
    pub(super) fn brief(trial: &Trial) -> TrialSection {
        let (latencies, withheld) = latencies(trial);
        let gates = trial.validity.gates.iter();
        let having = |one: GateStatus| move |gate: &&Gate| gate.status == one;
        let is_silent =
            |gate: &&Gate| matches!(gate.status, GateStatus::Unknown | GateStatus::Waived);
        TrialSection {
            facts: facts(trial),
            figures: figures(trial),
            latencies,
            withheld,
            objections: gates.clone().filter(having(GateStatus::Failed)).map(gate_line).collect(),
            silent: gates.clone().filter(is_silent).map(gate_line).collect(),
            passed: gates
                .filter(having(GateStatus::Passed))
                .map(|gate| Words::of(&gate.id))
                .collect(),
            outcomes: outcomes(trial),
            failures: failures(trial),
            more_failures: trial.failures.len().saturating_sub(MOST_FAILURES),
            warnings: warnings(trial).iter().map(|one| Words::of(&one.to_string())).collect(),
            readings: Vec::new(),
            charts: Vec::new(),
            pack: None,
            requests: Vec::new(),
            chosen: String::new(),
        }
    }

    /// The same with its charts and some of its requests.
    pub(super) fn whole(self, trial: &Trial, digest: &TrialDigest, anchor: &str) -> TrialSection {
        let (charts, pack) = ChartSeen::of_trial(trial, digest, anchor);
        let (requests, chosen) = requests(digest);
        TrialSection { readings: readings(digest), charts, pack, requests, chosen, ..self }
    }
}

fn facts(trial: &Trial) -> Vec<Fact> {
    let length = |Nanos(nanos): Nanos| format!("{} s", short(nanos as f64 / 1e9));
    let window = trial
        .phases
        .measure
        .map(|span| format!("{} from {}", length(span.length()), utc(span.start_ns)));
    let tokenizer = trial.tokenizer.clone();
    known([
        ("Load", Some(load(trial))),
        ("Window", window),
        ("Warm-up", trial.phases.warm_up.map(|span| length(span.length()))),
        ("Drained in", trial.phases.drain.map(|span| length(span.length()))),
        ("Address", Some(trial.target.address.clone())),
        ("Prefix cache", trial.serving.cache.clone()),
        ("Counted by", tokenizer),
        ("Bytes as sent, SHA-256", Some(trial.wire_sha256.clone())),
        ("Counters of the engine", watched(trial)),
    ])
}

/// How well the engine's counters could be read.
fn watched(trial: &Trial) -> Option<String> {
    let watched = trial.serving.watched.as_ref()?;
    let why = watched.first_gap.as_ref().map(|why| format!(", the first because {why}"));
    Some(match watched.gaps {
        0 => format!("read {} times", count(watched.scrapes)),
        gaps => format!(
            "read {} times, of which {} brought nothing{}",
            count(watched.scrapes),
            count(gaps),
            why.unwrap_or_default()
        ),
    })
}

fn figures(trial: &Trial) -> Vec<(String, String)> {
    let shown = FIGURES.into_iter().filter_map(figure);
    shown
        .filter_map(|figure| Some((titled(figure), value(figure, (figure.of)(&trial.summary)?))))
        .collect()
}

/// The latencies that have anything to say, and why some of it is withheld.
fn latencies(trial: &Trial) -> (Vec<LatencyRow>, Vec<Words>) {
    let summary = &trial.summary;
    let metrics = [
        ("TTFT", &summary.ttft_ms),
        ("TPOT", &summary.tpot_ms),
        ("ITL", &summary.itl_ms),
        ("E2E", &summary.e2e_ms),
        ("lateness", &summary.lateness_ms),
    ];
    let mut withheld: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, metric) in metrics {
        for (statistic, why) in &metric.withheld {
            let what = match statistic.as_str() {
                "all" => name.to_owned(),
                statistic => format!("{name} {}", statistic.replace('_', " ")),
            };
            match withheld.iter_mut().find(|(known, _)| known == why) {
                Some((_, all)) => all.push(what),
                None => withheld.push((why, vec![what])),
            }
        }
    }
    let rows = metrics.into_iter().filter(|(_, metric)| metric.n > 0).map(latency_row).collect();
    let why = |(why, what): (&str, Vec<String>)| Words::of(&format!("{}: {why}", what.join(", ")));
    (rows, withheld.into_iter().map(why).collect())
}

fn latency_row((name, metric): (&'static str, &Distribution)) -> LatencyRow {
    let like = metric.p50.or(metric.mean).or(metric.max).map_or(0, places);
    let shown = |value: Option<f64>| match value {
        Some(value) => decimal(value, like.min(places(value))),
        None => "–".to_owned(),
    };
    let given = [metric.mean, metric.p50, metric.p90, metric.p95, metric.p99, metric.max];
    LatencyRow { name, statistics: given.map(shown), n: count(metric.n) }
}

fn gate_line(gate: &Gate) -> (Badge, GateLine) {
    let (sign, word, tone) = match gate.status {
        GateStatus::Passed => ("✓", "passed", "good"),
        GateStatus::Failed => ("✗", "objects", "bad"),
        GateStatus::Unknown => ("?", "not known", "doubt"),
        GateStatus::Waived => ("·", "waived", "plain"),
    };
    let line = GateLine {
        name: Words::of(&format!("{} {}", gate.id, gate.name)),
        saw: Words::of(&gate.saw),
        advice: gate.advice.as_deref().map(Words::of),
    };
    (Badge { sign, word, tone }, line)
}

/// How the cohort's requests ended: the outcomes that occurred, with their shares.
fn outcomes(trial: &Trial) -> Vec<(Words, String, String)> {
    let all = trial.summary.requests;
    let occurred = trial.summary.outcomes.iter().filter(|(_, requests)| **requests > 0);
    let share = |requests: u64| percent(requests as f64 / all as f64);
    occurred
        .map(|(outcome, requests)| (Words::of(outcome), count(*requests), share(*requests)))
        .collect()
}

/// What was said of the failures.
fn failures(trial: &Trial) -> Vec<Words> {
    let told = trial.failures.iter().take(MOST_FAILURES);
    told.map(|failure| {
        let status = failure.status.map(|status| format!(" (HTTP {status})")).unwrap_or_default();
        let words = match &failure.error {
            Some(error) => format!("“{error}”"),
            None => "nothing was said".to_owned(),
        };
        Words::of(&format!(
            "{} {}{status}: {words}, first in request {}",
            count(failure.requests),
            failure.outcome,
            failure.first_request
        ))
    })
    .collect()
}

fn readings(digest: &TrialDigest) -> Vec<ReadingRow> {
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), short);
    let rows = digest.readings.iter().map(|reading| {
        let device = reading.device.as_ref().map(|device| format!(" {device}"));
        let source = format!("{}{}", reading.source, device.unwrap_or_default());
        ReadingRow {
            name: Words::of(&format!("{source}: {}", reading.name.replace('_', " "))),
            unit: Words::of(&reading.unit),
            mean: shown(reading.mean),
            max: shown(reading.max),
        }
    });
    rows.collect()
}

/// Some requests one by one, and which: all that did not end well come before the others
/// where not all can be listed, since they are what a reader looks for.
fn requests(digest: &TrialDigest) -> (Vec<RequestRow>, String) {
    let waterfall = &digest.waterfall;
    let mut listed: Vec<&RequestSeen> = waterfall.rows.iter().collect();
    if listed.len() > MOST_REQUESTS {
        listed.sort_by_key(|request| request.outcome == "ok");
        listed.truncate(MOST_REQUESTS);
        listed.sort_by(|one, other| one.intended_s.total_cmp(&other.intended_s));
    }
    let chosen = match listed.len() as u64 {
        all if all == waterfall.of => format!("All {} requests due in the window.", count(all)),
        some => format!(
            "{} of the {} requests due in the window: of every {}. the first, and of these those \
             that failed before the others.",
            count(some),
            count(waterfall.of),
            count(waterfall.every),
        ),
    };
    (listed.into_iter().map(request_row).collect(), chosen)
}

fn request_row(request: &RequestSeen) -> RequestRow {
    let span = |from: Option<f64>, to: Option<f64>| match (from, to) {
        (Some(from), Some(to)) => short(1e3 * (to - from)),
        _ => "–".to_owned(),
    };
    let tokens = |number: Option<u32>| number.map_or("–".to_owned(), |n| count(n.into()));
    RequestRow {
        request: request.request,
        due: decimal(request.intended_s, 3),
        first: span(request.sent_s, request.first_s),
        whole: span(request.sent_s, request.last_s.or(request.end_s)),
        input: tokens(request.input),
        output: tokens(request.output),
        outcome: Words::of(&request.outcome),
        is_ok: request.outcome == "ok",
        text: Words::of(&request.text),
        error: request.error.as_deref().map(Words::of),
    }
}
